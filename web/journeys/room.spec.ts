/* room.spec.ts: a day in a room of Quntu's own: one desk, two phones, no platform. */
import type { Page } from '@playwright/test';
import { decent, expect, test, type House } from './house';

test('a phone joins by a live code, talks, another sees it at once, an admin mutes, the count follows', async ({ house, desk }) => {
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
    await expect(lin.getByText(/阿宽.*加入了群聊|林晓 等 2 人/)).toBeVisible();
  });
  await test.step('what one says the other sees by itself', async () => {
    await house.hears(an);
    await lin.getByRole('textbox', { name: '说点什么' }).fill('大家好，今天几点开门？');
    await lin.getByRole('button', { name: '发送' }).click();
    await expect(an.getByText('大家好，今天几点开门？')).toBeVisible();
  });
  await test.step('staff answer from the desk, as an announcement', async () => {
    await desk.getByPlaceholder('以你的名字在群里说').fill('营业到 20:00');
    await desk.getByRole('button', { name: '发为公告' }).click();
    await expect(lin.locator('.pin')).toContainText('营业到 20:00');
    await expect(an.locator('.msg').filter({ hasText: '营业到 20:00' })).toBeVisible();
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
    await expect(an.getByText(/你被禁言到/)).toBeVisible();
  });
  await test.step('leaving is counted at the desk; what was just read is not told any more', async () => {
    await lin.getByRole('textbox', { name: '说点什么' }).fill('慢走');
    await lin.getByRole('button', { name: '发送' }).click();
    await expect(an.getByText('慢走')).toBeVisible();
    await an.route('**/leave', async (route) => {
      const response = await route.fetch();
      await new Promise((go) => setTimeout(go, 2500));      /* the answer is slower than the telling of what was read */
      await route.fulfill({ response });
    });
    await an.getByRole('button', { name: '我的群名片' }).click();
    await an.getByRole('button', { name: '退出群聊' }).click();
    await an.getByRole('button', { name: '确认退出' }).click();
    await expect(an.getByRole('button', { name: '加入群聊' })).toBeVisible();
    await expect.poll(async () => (await house.ask<{ member_count: number }>('GET', `/groups/${group.id}`)).member_count).toBe(1);
  });
});

const group = (house: House, name: string) =>
  house.ask<{ id: string }>('POST', '/groups', { name, channel: 'web', rename_allowed: true, invite_allowed: true, lifetime: 'permanent', ends_at: null });

async function enter(phone: Page, at: string, name: string): Promise<void> {
  await phone.goto(at);
  await phone.getByLabel('你在群里叫什么').fill(name);
  await phone.getByRole('button', { name: '加入群聊' }).click();
  await expect(phone.getByRole('textbox', { name: '说点什么' })).toBeVisible();
}
async function say(phone: Page, words: string): Promise<void> {
  await phone.getByRole('textbox', { name: '说点什么' }).fill(words);
  await phone.getByRole('button', { name: '发送' }).click();
}
/* Pictures of every page, for whoever looks at them: ROOM_SHOTS names a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  if (!process.env.ROOM_SHOTS) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(150);
    await page.screenshot({ path: `${process.env.ROOM_SHOTS}/${name}-${colorScheme}.png` });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

test('what is said while a phone has not begun to listen is seen all the same', async ({ house, desk }) => {
  const made = await group(house, '茶友群');
  await desk.goto(house.at(`groups?open=${made.id}`));
  const at = (await desk.locator('a[href^="/r/"]').getAttribute('href'))!;
  const [lin, an] = [await house.phone(), await house.phone()];
  let listen = () => {};
  const held = new Promise<void>((done) => (listen = done));
  await enter(lin, at, '林晓');
  await an.route('**/live', (route) => held.then(() => route.continue()));
  await enter(an, at, '阿宽');
  await expect(lin.getByText(/阿宽.*加入了群聊|林晓 等 2 人/)).toBeVisible();
  await desk.getByPlaceholder('以你的名字在群里说').fill('早上好');
  await an.waitForResponse(/\/news\?/); /* it looks by itself meanwhile, and has just done so */
  await desk.getByRole('button', { name: '发为公告' }).click();
  await expect(lin.locator('.pin')).toContainText('早上好'); /* who listened has been told */
  listen();
  await expect(an.locator('.pin')).toContainText('早上好');
});

test('a web-room day: joining is welcomed, a question answered by automations, who advertises is muted, who leaves is counted', async ({ house, desk }) => {
  house.expects(/409 \(Conflict\)|403 \(Forbidden\)/);
  const made = await group(house, '茶友群');
  await test.step('two presets, made and switched on at the desk', async () => {
    await desk.goto(house.at('automations'));
    await desk.getByRole('button', { name: '用这个 · 欢迎新人' }).click();
    await expect(desk.getByRole('heading', { level: 1, name: '欢迎新人' })).toBeVisible();
    await desk.getByLabel('合并秒数').and(desk.locator('input')).fill('0'); /* nobody waits a minute here */
    await desk.getByLabel('名称').press('Control+s');
    await expect(desk.getByText('已保存').first()).toBeVisible();
    await desk.getByRole('button', { name: '启用' }).click();
    await expect(desk.getByText('已打开，从现在起生效')).toBeVisible();
    await desk.goto(house.at('automations'));
    await desk.getByRole('button', { name: '现成模板' }).click();
    await desk.getByRole('button', { name: '用这个 · 问价格自动回复' }).click();
    await expect(desk.getByRole('heading', { level: 1, name: '问价格自动回复' })).toBeVisible();
    await desk.getByRole('button', { name: '启用' }).click();
    await expect(desk.getByText('已打开，从现在起生效').last()).toBeVisible();
  });
  await desk.goto(house.at(`groups?open=${made.id}`));
  const at = (await desk.locator('a[href^="/r/"]').getAttribute('href'))!;
  const [lin, an] = [await house.phone(), await house.phone()];
  await test.step('who joins is welcomed by name, on both phones', async () => {
    await lin.goto(at);
    await decent(lin);
    await shoot(lin, 'door');
    await enter(lin, at, '林晓');
    await expect(lin.getByText('欢迎 林晓 加入「茶友群」')).toBeVisible();
    await enter(an, at, '阿宽');
    await expect(lin.getByText('欢迎 阿宽 加入「茶友群」')).toBeVisible();
    await expect(an.locator('.msg').filter({ hasText: '欢迎 阿宽' })).toContainText('提到了你');
  });
  await test.step('they talk; a question is answered by its keyword', async () => {
    await say(lin, '阿宽你好，周六来喝茶吗');
    await expect(an.getByText('周六来喝茶吗')).toBeVisible();
    await say(an, '来。龙井多少钱？');
    await expect(lin.getByText('价目表在群公告里')).toBeVisible();
    await decent(lin);
    await shoot(lin, 'talk');
  });
  await test.step('at the desk 林晓 becomes owner; she calls everybody on her phone', async () => {
    await desk.getByRole('button', { name: '管理 林晓' }).click();
    await desk.getByText('设为群主', { exact: true }).click();
    await desk.locator('dialog[open], .t-dialog').getByRole('button', { name: '设为群主' }).click();
    await expect(lin.getByText('林晓 成为群主')).toBeVisible();
    await expect(desk.locator('.marks').filter({ hasText: '群主' })).toBeVisible();
    await lin.getByRole('textbox', { name: '说点什么' }).pressSequentially('@所');
    await lin.getByRole('button', { name: '@所有人' }).click();
    await lin.getByRole('textbox', { name: '说点什么' }).pressSequentially('明天休息');
    await lin.getByRole('button', { name: '发送' }).click();
    await expect(an.locator('.msg').filter({ hasText: '明天休息' })).toContainText('提到了你');
    await shoot(desk, 'desk');
  });
  await test.step('who advertises is muted with a reason, on the phone', async () => {
    await say(an, '低价茶叶加我');
    await lin.getByRole('button', { name: '阿宽: 低价茶叶加我' }).click();
    await decent(lin);
    await shoot(lin, 'acts');
    await lin.getByLabel('原因（对方会看到）').fill('群里不发广告');
    await lin.getByRole('button', { name: '禁言 10 分钟' }).click();
    await expect(an.getByText(/你被禁言到/)).toBeVisible();
    await expect(an.getByText('群里不发广告')).toBeVisible();
    await shoot(an, 'muted');
  });
  await test.step('the people, found by name; an admin is made', async () => {
    await lin.getByRole('button', { name: '群成员' }).click();
    await expect(lin.locator('.rows .row').first()).toContainText('林晓');
    await decent(lin);
    await shoot(lin, 'people');
    await lin.getByRole('button', { name: '阿宽' }).click();
    await lin.getByRole('button', { name: '设为管理员' }).click();
    await expect(an.getByText('阿宽 成为管理员')).toBeVisible();
    await lin.goto(at);
    await lin.getByRole('button', { name: '我的群名片' }).click();
    await decent(lin);
    await shoot(lin, 'mine');
    await lin.goto(at);
  });
  await test.step('leaving is seen at the desk', async () => {
    await an.getByRole('button', { name: '我的群名片' }).click();
    await an.getByRole('button', { name: '退出群聊' }).click();
    await an.getByRole('button', { name: '确认退出' }).click();
    await expect(an.getByRole('button', { name: '加入群聊' })).toBeVisible();
    await expect(desk.getByRole('button', { name: '管理 阿宽' })).toHaveCount(0);
    const all = await house.ask<{ items: { name: string; acted: number; failed: number }[] }>('GET', '/automations');
    expect(all.items.map((one) => [one.name, one.acted, one.failed]).sort()).toEqual([['欢迎新人', 2, 0], ['问价格自动回复', 1, 0]]);
  });
});
