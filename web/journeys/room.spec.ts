/* room.spec.ts: a day in a room of Quntu's own: one desk, two phones, no platform. */
import { expect, test } from './house';

test('a phone joins by a live code, talks, another sees it at once, an admin mutes, the count follows', async ({ house, desk }) => {
  test.setTimeout(90_000);
  const group = await house.ask<{ id: string }>('POST', '/groups', {
    name: '茶友群', channel: 'web', rename_allowed: true, invite_allowed: true, lifetime: 'permanent', ends_at: null,
  });
  await desk.goto(house.at(`groups?open=${group.id}`));
  const link = desk.locator('a[href^="/r/"]');
  await expect(link).toBeVisible();
  const at = (await link.getAttribute('href'))!;
  const code = await house.code({ title: '扫码进群', targets: [{ kind: 'group', group_id: group.id, title: '' }] });
  const [lin, an] = [await house.phone(), await house.phone()];
  await test.step('the live code leads into the room', async () => {
    await lin.goto(`/g/${code.slug}`);
    await expect(lin).toHaveURL(new RegExp(at));
    await lin.getByLabel('你在群里叫什么').fill('林晓');
    await lin.getByRole('button', { name: '加入群聊' }).click();
    await expect(lin.getByRole('textbox', { name: '说点什么' })).toBeVisible();
    await an.goto(at);
    await an.getByLabel('你在群里叫什么').fill('阿宽');
    await an.getByRole('button', { name: '加入群聊' }).click();
    await expect(lin.getByText(/阿宽.*加入了群聊|林晓 等 2 人/)).toBeVisible({ timeout: 3_000 });
  });
  await test.step('what one says the other sees within a second', async () => {
    await lin.getByRole('textbox', { name: '说点什么' }).fill('大家好，今天几点开门？');
    await lin.getByRole('button', { name: '发送' }).click();
    await expect(an.getByText('大家好，今天几点开门？')).toBeVisible({ timeout: 1_500 });
  });
  await test.step('staff answer from the desk, as an announcement', async () => {
    await desk.getByPlaceholder('以你的名字在群里说').fill('营业到 20:00');
    await desk.getByRole('button', { name: '发为公告' }).click();
    await expect(lin.locator('.pin')).toContainText('营业到 20:00', { timeout: 5_000 });
    await expect(an.locator('.msg').filter({ hasText: '营业到 20:00' })).toBeVisible({ timeout: 5_000 });
  });
  if (process.env.ROOM_SHOTS) {
    for (const [phone, width, name] of [[lin, 390, 'in'], [an, 360, 'in360']] as const) {
      await phone.setViewportSize({ width, height: 780 });
      await phone.screenshot({ path: `${process.env.ROOM_SHOTS}/${name}.png` });
      await phone.emulateMedia({ colorScheme: 'dark' });
      await phone.screenshot({ path: `${process.env.ROOM_SHOTS}/${name}-dark.png` });
      await phone.emulateMedia({ colorScheme: 'light' });
    }
    await desk.screenshot({ path: `${process.env.ROOM_SHOTS}/desk.png` });
  }
  await test.step('an owner made by staff mutes on the phone', async () => {
    const seats = await house.ask<{ items: { member_id: string; nickname: string }[] }>('GET', `/groups/${group.id}/seats`);
    const whom = seats.items.find((one) => one.nickname === '林晓')!.member_id;
    await house.ask('POST', `/groups/${group.id}/room`, { what: 'owner', member_id: whom, n: 0, minutes: 0, text: '' });
    await an.getByRole('textbox', { name: '说点什么' }).fill('买茶加我');
    await an.getByRole('button', { name: '发送' }).click();
    await lin.getByRole('button', { name: '阿宽: 买茶加我' }).click();
    await lin.getByRole('button', { name: '禁言 10 分钟' }).click();
    await expect(an.getByText(/你被禁言到/)).toBeVisible({ timeout: 3_000 });
  });
  await test.step('leaving is counted at the desk', async () => {
    await an.getByRole('button', { name: '我的群名片' }).click();
    await an.getByRole('button', { name: '退出群聊' }).click();
    await an.getByRole('button', { name: '确认退出' }).click();
    await expect(an.getByRole('button', { name: '加入群聊' })).toBeVisible();
    await expect.poll(async () => (await house.ask<{ member_count: number }>('GET', `/groups/${group.id}`)).member_count).toBe(1);
  });
});
