/* Staff: colleagues come by a link, see what they should and no more, prove who they are, and go. */
import { createHmac } from 'node:crypto';
import type { Page } from '@playwright/test';
import { decent, expect, panel, settled, test, type House } from './house';

const PASSWORD = 'lantern-river-42';

/* What an authenticator shows (RFC 6238), so many steps from now. */
function digits(secret: string, off = 0): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((one) => letters.indexOf(one).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
  const message = Buffer.alloc(8);
  message.writeBigInt64BE(BigInt(Math.floor(Date.now() / 30_000) + off));
  const mac = createHmac('sha1', key).update(message).digest();
  const value = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, '0');
}

/* One that it shows neither now nor in the next minutes. */
function wrongDigits(secret: string): string {
  const shown = Array.from({ length: 20 }, (_, step) => digits(secret, step - 1));
  return [...'0123456789'].map((one) => one.repeat(6)).find((one) => !shown.includes(one))!;
}

async function invite(desk: Page, role: string, groups: string[]): Promise<string> {
  await desk.getByRole('button', { name: '邀请同事' }).click();
  const form = panel(desk, '邀请同事');
  await form.getByRole('radio', { name: role }).click();
  if (groups.length) {
    await form.getByRole('radio', { name: '只看指定的群' }).click();
    await form.getByLabel('指定的群').and(form.locator('input')).click();
    for (const group of groups) await desk.locator('.t-select-option:visible').filter({ hasText: group }).click();
    await form.getByText('指定的群').first().click();
  }
  await form.getByRole('button', { name: '生成链接' }).click();
  const ready = panel(desk, '邀请链接做好了');
  const link = (await ready.getByTitle('复制').textContent())!.trim();
  await ready.getByRole('button', { name: '我已复制' }).click();
  return link;
}

async function join(page: Page, link: string, name: string, display: string): Promise<void> {
  await page.goto(link);
  await decent(page);
  await page.getByLabel('怎么称呼你').fill(display);
  await page.getByLabel('账号').fill(name);
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '加入', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
}

async function somebody(house: House): Promise<Page> {
  return house.desk({ colorScheme: 'light' });
}

async function signIn(page: Page, name: string, password: string): Promise<void> {
  await page.goto('/sign-in');
  await page.getByLabel('账号').fill(name);
  await page.getByLabel('密码').fill(password);
  await page.getByRole('button', { name: '登录', exact: true }).click();
}

test('a helper comes by a link and sees two groups, in lists, numbers and search', async ({ house, desk }) => {
  for (const name of ['晨跑一群', '晨跑二群', '夜跑群']) await house.group(name);
  const groups = await house.ask<{ items: { id: string; name: string }[] }>('GET', '/groups');
  const night = groups.items.find((one) => one.name === '夜跑群')!;
  await house.code({ title: '夜跑活码', targets: [{ group_id: night.id }] });
  await desk.goto(house.at('settings/staff'));
  const link = await invite(desk, '运营', ['晨跑一群', '晨跑二群']);
  await desk.reload();
  await expect(desk.getByText('来了 0/1 人')).toBeVisible();
  await expect(desk.getByText(link), 'shown once').toHaveCount(0);

  const hers = await somebody(house);
  await join(hers, link, 'xuan', '许安');
  await hers.goto(house.at('groups'));
  await expect(hers.getByRole('row').filter({ hasText: '晨跑一群' })).toBeVisible();
  await expect(hers.getByRole('row').filter({ hasText: '晨跑二群' })).toBeVisible();
  await expect(hers.getByText('夜跑群')).toHaveCount(0);
  await expect(hers.getByText(/共 2 个群/)).toBeVisible();
  await hers.goto(house.at('codes'));
  await settled(hers);
  await expect(hers.getByText('夜跑活码')).toHaveCount(0);
  await hers.keyboard.press('Control+k');
  await hers.getByRole('combobox').fill('跑');
  await expect(hers.getByRole('option').filter({ hasText: '晨跑一群' })).toBeVisible();
  await expect(hers.getByRole('option').filter({ hasText: '夜跑' })).toHaveCount(0);
  await hers.keyboard.press('Escape');
  const foreign = await hers.request.get(`/api/c/${house.community}/groups/${night.id}`);
  expect(foreign.status()).toBe(404);
  const overview = await (await hers.request.get(`/api/c/${house.community}/overview`)).json() as { groups: number; codes_running: number };
  expect(overview).toMatchObject({ groups: 2, codes_running: 0 });
  await hers.goto(house.at('settings/staff'));
  await expect(hers.getByRole('link', { name: '同事' })).toHaveCount(0);

  house.expects(/410/);
  const late = await somebody(house);
  await late.goto(link);
  await expect(late.getByRole('heading', { level: 1, name: '这个链接打不开了' })).toBeVisible();
  await expect(late.getByText('已经用过了')).toBeVisible();
  await decent(late);

  await desk.reload();
  const row = desk.getByRole('row').filter({ hasText: 'xuan' });
  await expect(row).toContainText('晨跑一群 等 2 个群');
  await row.click();
  await panel(desk, '许安').getByRole('radio', { name: '审核员' }).click();
  await panel(desk, '许安').getByRole('button', { name: '保存' }).click();
  await expect(desk.getByRole('row').filter({ hasText: 'xuan' })).toContainText('审核员');
  house.expects(/401/, /404/);
  await panel(desk, '许安').getByRole('button', { name: '停用' }).click();
  await desk.locator('.t-dialog:visible').getByRole('button', { name: '停用' }).click();
  await expect(desk.getByRole('row').filter({ hasText: 'xuan' })).toContainText('已停用');
  await hers.goto(house.at('groups'));
  await expect(hers, 'out at once').toHaveURL(/sign-in/);

  await desk.goto(house.at('settings/audit'));
  const change = desk.getByRole('row').filter({ hasText: '改了同事的角色或群' });
  await expect(change).toContainText('运营');
  await expect(change).toContainText('审核员');
  await desk.getByPlaceholder('找说明或改动的内容').fill('reviewer');
  await expect(desk.getByRole('row').filter({ hasText: '登记了群' })).toHaveCount(0);
  await decent(desk);
});

test('the second factor: enrolled with a code, asked for at the door, a recovery code opens it once', async ({ house, desk }) => {
  await desk.goto(house.at('settings/account'));
  await settled(desk);
  const card = desk.getByRole('region', { name: '两步验证' });
  await card.getByRole('button', { name: '打开两步验证' }).click();
  await expect(card.getByAltText('给验证器扫的二维码')).toBeVisible();
  const secret = (await card.getByTitle('复制').textContent())!.replace(/\s/g, '');
  house.expects(/400/, /401/);
  await card.getByLabel('6 位验证码').fill(wrongDigits(secret));
  await card.getByRole('button', { name: '确认并打开' }).click();
  await expect(card.getByText('验证码不对')).toBeVisible();
  const used = digits(secret);
  await card.getByLabel('6 位验证码').fill(used);
  await card.getByRole('button', { name: '确认并打开' }).click();
  await expect(card.getByRole('listitem')).toHaveCount(10);
  const recovery = (await card.getByRole('listitem').first().textContent())!.trim();
  await card.getByRole('button', { name: '我已存好' }).click();
  await expect(card.getByText('还剩 10 个恢复码')).toBeVisible();
  await decent(desk);

  const phone = await house.phone(), again = await somebody(house);
  await signIn(phone, house.name, house.password);
  await decent(phone);
  await signIn(again, house.name, house.password);
  await expect(again.getByLabel('验证码')).toBeVisible();
  await expect.poll(() => new Set([used, ...[1, 2, 3].map((step) => digits(secret, step))]).size, 'no two of its codes are the same').toBe(4);
  const code = digits(secret, 1);              /* later than the one that was used, and good for a minute at least */
  await phone.getByLabel('验证码').fill(code);
  await again.getByLabel('验证码').fill(code);
  await phone.getByRole('button', { name: '登录', exact: true }).click();
  await expect(phone.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
  await again.getByRole('button', { name: '登录', exact: true }).click();
  await expect(again.getByText('刚刚用过')).toBeVisible();
  await again.getByLabel('验证码').fill(recovery);
  await again.getByRole('button', { name: '登录', exact: true }).click();
  await expect(again.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
  await desk.reload();
  await expect(card.getByText('还剩 9 个恢复码')).toBeVisible();
});

test('a lost phone is signed out from the desk', async ({ house, desk }) => {
  const phone = await house.phone();
  await signIn(phone, house.name, house.password);
  await expect(phone.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
  await desk.goto(house.at('settings/account'));
  const list = desk.getByRole('region', { name: '登录的设备' });
  await expect(list.getByText('微信')).toBeVisible();
  await list.getByRole('listitem').filter({ hasText: '微信' }).getByRole('button', { name: '退出' }).click();
  await expect(list.getByText('微信')).toHaveCount(0);
  house.expects(/401/);
  await phone.goto(house.at('groups'));
  await expect(phone).toHaveURL(/sign-in/);
});

test('a forgotten password is set anew by a link that works once', async ({ house, desk }) => {
  await desk.goto(house.at('settings/staff'));
  const link = await invite(desk, '只读', []);
  const his = await somebody(house);
  await join(his, link, 'zhou', '周一');
  await desk.reload();
  await desk.getByRole('row').filter({ hasText: 'zhou' }).click();
  await panel(desk, '周一').getByRole('button', { name: '重设密码' }).click();
  const ready = panel(desk, '重设密码的链接');
  const reset = (await ready.getByTitle('复制').textContent())!.trim();
  await ready.getByRole('button', { name: '我已复制' }).click();
  const page = await somebody(house);
  await page.goto(reset);
  await decent(page);
  await page.getByLabel('新密码').fill('the-tide-comes-in-7');
  await page.getByRole('button', { name: '保存新密码' }).click();
  await expect(page).toHaveURL(/sign-in/);
  await page.getByLabel('账号').fill('zhou');
  await page.getByLabel('密码').fill('the-tide-comes-in-7');
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
  house.expects(/410/, /401/);
  await page.goto(reset);
  await expect(page.getByText('已经用过了')).toBeVisible();
});
