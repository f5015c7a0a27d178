/* qq.spec.ts: a QQ account is connected at the desk; its group appears by name; a member asks for the price and is answered. */
import { expect, test } from './house';
import { Client } from './qq_client';

test('a QQ message is answered', async ({ house, desk }) => {
  const client = new Client();
  await client.open();
  try {
    /* The account, as its two pages say. */
    await desk.goto(house.at('channels'));
    await desk.getByRole('button', { name: '连接账号' }).first().click();
    await desk.getByText('QQ（OneBot）').click();
    await desk.getByLabel('名称').fill('车友 QQ');
    await desk.getByLabel('接口地址').fill(client.url);
    await desk.getByLabel('接口令牌').fill('ob-token-7');
    await desk.getByLabel('上报密钥').fill('ob-secret-2026');
    await desk.getByRole('button', { name: '连接账号' }).last().click();
    await expect(desk.getByText('账号已连接')).toBeVisible();
    const address = (await desk.locator('.address .copy').textContent())!.trim();
    expect(address).toMatch(/\/api\/in\/\w{24}$/);

    /* Its heartbeat makes Quntu read the groups; until then the number is typed. */
    const bind = desk.locator('form.bind');
    await bind.locator('input').first().fill('600');
    await bind.getByRole('button', { name: '绑定' }).click();
    await expect(desk.getByText('已绑定，从现在起听这个群')).toBeVisible();
    await desk.keyboard.press('Escape');

    /* Whoever asks for the price is told. */
    const made = await house.ask<{ automation: { id: string } } | { id: string }>('POST', '/automations/from-preset', { key: 'keyword_reply' });
    const id = 'id' in made ? made.id : made.automation.id;
    await house.ask('POST', `/automations/${id}/state`, { on: true });
    expect(await client.tell('join', { address, user: '42' })).toEqual({ status: 200 });
    expect(await client.tell('say', { address, user: '42', nickname: '老王', text: '这个多少钱？' })).toEqual({ status: 200 });
    await expect
      .poll(async () => (await client.tell<string[]>('sent')).join())
      .toContain('价目表在群公告里');
    const sent = await client.tell<string[]>('sent');
    expect(sent[0]).toContain('"qq":"42"');

    /* And the desk sees who is there and what was said. */
    await desk.goto(house.at('groups'));
    await desk.getByText('群 ', { exact: false }).first().waitFor();
    await desk.locator('tbody tr').first().click();
    await expect(desk.getByText('这个多少钱？')).toBeVisible();
    await expect(desk.getByText('价目表在群公告里', { exact: false })).toBeVisible();
    await expect(desk.getByText('老王').first()).toBeVisible();

    /* Somebody asks to come in, with the answer to the group's question; one click, and QQ is told. */
    await client.tell('ask', { address, user: '77', flag: 'f-1', comment: '宝马 3 系，杭州' });
    await expect(desk.getByText('宝马 3 系，杭州')).toBeVisible();
    await desk.getByRole('button', { name: '同意', exact: true }).click();
    await expect(desk.getByText('已同意，平台会放行')).toBeVisible();
    await expect.poll(async () => (await client.tell<{ act: string }>('act')).act).toContain('set_group_add_request f-1 add yes');
    await expect(desk.getByText('宝马 3 系，杭州')).toBeHidden();
  } finally {
    client.close();
  }
});
