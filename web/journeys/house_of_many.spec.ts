/* Several communities on one server: a second one from a template, each with its own things, and one that is closed. */
import { decent, expect, panel, settled, test } from './house';

test('a second community comes from a template, and nothing mixes', async ({ house, desk }) => {
  await house.ask('POST', '/groups', { name: '友信会员 1 群' });
  await desk.goto(house.at('groups'));
  await settled(desk);

  await test.step('she looks at the driving school before she makes it', async () => {
    await desk.getByTitle('切换社群').first().click();
    await desk.getByRole('button', { name: '新建社群' }).click();
    const dialog = panel(desk, '新建社群');
    await dialog.getByLabel('社群名称').fill('大学城驾校');
    await dialog.getByRole('button', { name: /^校园驾校/ }).click();
    await expect(dialog.getByText('学车咨询 1 群').first()).toBeVisible();
    await expect(dialog.getByText('课表冲突可以改约')).toBeVisible();
    await decent(desk);
    await dialog.getByRole('button', { name: '新建', exact: true }).click();
    await expect(desk.getByTitle('切换社群').first()).toContainText('大学城驾校');
    await expect(desk.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
  });

  await test.step('its groups, codes, tags and rules are there', async () => {
    await desk.locator('.rail a[href$="/groups"]').click();
    await settled(desk);
    await expect(desk.getByText('科二科三约车群')).toBeVisible();
    await expect(desk.getByText('友信会员 1 群')).toHaveCount(0);
    await desk.locator('.rail a[href$="/codes"]').click();
    await expect(desk.getByText('暑假班拼班', { exact: true })).toBeVisible();
    await desk.locator('.rail a[href$="/settings"]').click();
    await expect(desk.getByLabel('群规')).toHaveValue(/年级学院/);
    await decent(desk);
  });

  await test.step('back in the first one, with the keyboard, nothing of it is to be seen', async () => {
    await desk.getByTitle('切换社群').first().click();
    const first = desk.getByRole('option', { name: /友信会员社群/ });
    await expect(first).toBeVisible();
    await desk.keyboard.press('ArrowDown');
    await desk.keyboard.press('Enter');
    await expect(desk.getByTitle('切换社群').first()).toContainText('友信会员社群');
    await desk.locator('.rail a[href$="/groups"]').click();
    await expect(desk.getByText('友信会员 1 群')).toBeVisible();
    await expect(desk.getByText('科二科三约车群')).toHaveCount(0);
  });
});

test('a template is used, looked back at and taken back', async ({ house, desk }) => {
  await house.ask('POST', '/groups', { name: '车主会员 1 群', note: '我们自己的' });
  await desk.goto(house.at('settings/templates'));
  await settled(desk);
  await decent(desk);
  await desk.getByRole('button', { name: /^车友会员群/ }).click();
  const side = panel(desk, '车友会员群');
  await expect(side.getByText('已有同名')).toBeVisible();
  await side.getByRole('button', { name: '用这个模板' }).click();
  await expect(desk.getByText(/已用上「车友会员群」/)).toBeVisible();
  const groups = await house.ask<{ items: { name: string; note: string }[] }>('GET', '/groups?limit=200');
  expect(groups.items.length).toBe(8);
  expect(groups.items.find((one) => one.name === '车主会员 1 群')?.note).toBe('我们自己的');

  await test.step('a file of one’s own is known again, a changed one is not', async () => {
    const download = desk.waitForEvent('download');
    await desk.getByRole('button', { name: '导出本社群' }).click();
    const path = await (await download).path();
    const text = (await import('node:fs')).readFileSync(path, 'utf8');
    const choose = desk.locator('label', { hasText: '从文件导入' }).first().locator('input');
    await choose.setInputFiles({ name: 'x.json', mimeType: 'application/json', buffer: Buffer.from(text.replaceAll('车主会员 2 群', '别人的会员群')) });
    const strange = desk.locator('.t-drawer--open');
    await expect(strange.getByText('签名之后被改过', { exact: false }).first()).toBeVisible();
    await expect(strange.getByRole('button', { name: '用这个模板' })).toBeDisabled();
    await strange.getByText('我看过了，可以用').click();
    await expect(strange.getByRole('button', { name: '用这个模板' })).toBeEnabled();
    await desk.keyboard.press('Escape');
  });

  await desk.getByRole('button', { name: '撤回' }).click();
  await panel(desk, '撤回').getByRole('button', { name: '撤回' }).click();
  await expect(desk.getByText(/撤回了 \d+ 样/)).toBeVisible();
  const left = await house.ask<{ items: { name: string }[] }>('GET', '/groups?limit=200');
  expect(left.items.map((one) => one.name)).toEqual(['车主会员 1 群']);
});

test('an archived community can be read, says so, and opens again', async ({ house, desk }) => {
  const code = await house.code({ title: '前台', targets: [{ kind: 'url', url: 'https://example.com/' }] });
  await desk.goto(house.at('settings/card'));
  await desk.getByRole('button', { name: '归档' }).first().click();
  const sure = panel(desk, '归档后');
  await expect(sure.getByRole('button', { name: '归档' })).toBeDisabled();
  await sure.getByLabel(/输入/).fill('友信会员社群');
  await sure.getByRole('button', { name: '归档' }).click();
  await expect(desk.locator('.closed')).toContainText('归档');
  const phone = await house.phone();
  await phone.goto(`/g/${code.slug}`);
  await expect(phone.getByText('已经结束了')).toBeVisible();
  await desk.getByRole('button', { name: '重新打开' }).click();
  await panel(desk, '重新打开').getByRole('button', { name: '重新打开' }).click();
  await expect(desk.getByText('已重新打开').first()).toBeVisible();
  await expect(desk.locator('.closed')).toHaveCount(0);
});
