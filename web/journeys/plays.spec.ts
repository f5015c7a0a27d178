/* plays.spec.ts: before a campaign begins it is played through from the keyboard and kept, and what members are told is switched and
 * worded; on the phone it stands as news; after the end the forecast is beside what came of it. And a campaign for some cities: who
 * told none is asked, who lives elsewhere reads for whom it is, staff see where they live. */
import { decent, expect, panel, test } from './house';

test('a campaign is played through, its messages are worded, the phone shows them, and the result compares', async ({ house, desk }) => {
  await desk.goto(house.at('campaigns/new'));
  await desk.getByRole('button', { name: '用这个 任务宝' }).click();
  await desk.getByRole('textbox', { name: '活动名称', exact: true }).fill('三人助力');
  await desk.keyboard.press('Tab');
  await expect(desk.getByText('草稿已自动保存')).toBeVisible();

  /* The simulator: more friends each, more people in the end. */
  const forecast = desk.locator('[data-field="forecast"]');
  const people = forecast.locator('[data-number="participants"] dd');
  await expect(people).toHaveText(/\d/);
  const before = Number((await people.textContent())!.replace(/\D/g, ''));
  const opens = forecast.getByLabel('每位参与者带来几位打开');
  await opens.focus();
  await desk.keyboard.press('End');
  await expect(opens).toHaveAttribute('aria-valuetext', '20.0');
  await expect.poll(async () => Number((await people.textContent())!.replace(/\D/g, ''))).toBeGreaterThan(before);
  await expect(forecast.locator('canvas')).toHaveCount(2);
  await forecast.getByRole('button', { name: '留下这份推演' }).press('Enter');
  await expect(desk.getByText('推演已留下')).toBeVisible();

  /* Messages: one off, one in own words, as a sample member reads it. */
  const messages = desk.locator('[data-field="messages"]');
  const enrolled = messages.getByRole('row').filter({ hasText: '参加成功' });
  await messages.getByRole('checkbox', { name: '重复助力 · 活动页' }).click({ force: true });
  await enrolled.getByRole('button', { name: /改/ }).click();
  await enrolled.getByRole('textbox').fill('你好 {name}，欢迎来');
  await expect(enrolled.locator('.text')).toHaveText('你好 林晓，欢迎来');
  await expect(messages.getByText('已保存')).toBeVisible();
  await decent(desk);

  await desk.getByRole('button', { name: '发布', exact: true }).click();
  await panel(desk, '发布「三人助力」').getByRole('button', { name: '我了解风险，发布' }).click();
  await expect(desk.getByText('还没有人').first()).toBeVisible();
  const id = /campaigns\/(\d+)/.exec(desk.url())![1];
  const { slug } = await house.ask<{ slug: string }>('GET', `/campaigns/${id}`);

  const [lin, an] = [await house.phone(), await house.phone()];
  await lin.goto(`/t/${slug}`);
  await lin.getByLabel('怎么称呼你').fill('林晓');
  await lin.getByRole('button', { name: '我要参加' }).click();
  await expect(lin.locator('.news')).toContainText('你好 林晓，欢迎来');
  const own = /\/t\/\w+/.exec((await lin.locator('.words p').first().textContent())!)![0];
  await an.goto(own);
  await an.getByLabel('怎么称呼你').fill('安安');
  await an.getByRole('button', { name: '为 TA 助力' }).click();
  await expect(lin.locator('.news')).toContainText('安安 为你助力成功，现在有 1 位');
  await decent(lin);

  await house.ask('POST', `/campaigns/${id}/state`, { state: 'ended' });
  await desk.goto(house.at(`campaigns/${id}?part=result`));
  await expect(desk.getByText(/推演准不准/)).toBeVisible();
  await expect(lin.locator('.news')).toContainText('结束了');
});

test('a campaign for some cities asks where somebody lives, tells the others for whom it is, and staff see the city', async ({ house, desk }) => {
  await desk.goto(house.at('campaigns/new'));
  await desk.getByRole('button', { name: '用这个 任务宝' }).click();
  await desk.getByRole('textbox', { name: '活动名称', exact: true }).fill('杭嘉洗车礼');
  const regions = desk.locator('[data-field="regions"]');
  await regions.getByRole('textbox').fill('杭州');
  await desk.keyboard.press('Enter');
  await regions.getByRole('textbox').fill('嘉兴市');
  await desk.keyboard.press('Enter');
  await expect(regions).toContainText('嘉兴市');
  await desk.getByRole('button', { name: '发布', exact: true }).click();
  await panel(desk, '发布「杭嘉洗车礼」').getByRole('button', { name: '我了解风险，发布' }).click();
  await expect(desk.getByText('还没有人').first()).toBeVisible();
  const id = /campaigns\/(\d+)/.exec(desk.url())![1];
  const { slug } = await house.ask<{ slug: string }>('GET', `/campaigns/${id}`);

  const [lin, an] = [await house.phone(), await house.phone()];
  for (const [phone, name] of [[lin, '林晓'], [an, '安安']] as const) {
    await phone.goto(`/t/${slug}`);
    await expect(phone.getByText('这个活动面向杭州、嘉兴市的成员')).toBeVisible();
    await phone.getByLabel('怎么称呼你').fill(name);
    await phone.getByRole('button', { name: '我要参加' }).click();
    await expect(phone.locator('.field .fault')).toBeVisible();
    await decent(phone);
  }
  house.expects(/403/);
  await an.getByLabel('所在城市').fill('上海南汇');
  await an.getByRole('button', { name: '我要参加' }).click();
  await expect(an.locator('.fault')).toContainText('这个活动面向杭州、嘉兴市的成员');
  await lin.getByLabel('所在城市').fill('嘉兴');
  await lin.getByRole('button', { name: '我要参加' }).click();
  await expect(lin.getByText('还没有人打开你的链接')).toBeVisible();

  await desk.goto(house.at(`campaigns/${id}?part=people`));
  await desk.locator('main').getByText('林晓').first().click();
  await expect(panel(desk, '林晓')).toContainText('嘉兴');
  await decent(desk);
});

test('whom no channel reaches finds what a campaign tells them on the page of their room, and nobody else does', async ({ house }) => {
  const campaign = await house.campaign({ name: '三人助力' });
  const group = await house.ask<{ id: string }>('POST', '/groups', { name: '车友群', channel: 'web', rename_allowed: true, invite_allowed: true, lifetime: 'permanent', ends_at: null });
  let path = '';
  await expect.poll(async () => (path = (await house.ask<{ path?: string }>('GET', `/groups/${group.id}/room`)).path ?? '')).toMatch(/^\/r\//);
  const [lin, an, bo] = [await house.phone(), await house.phone(), await house.phone()];
  for (const [phone, name] of [[lin, '林晓'], [bo, '小白']] as const) {
    await phone.goto(path);
    await phone.getByLabel('你在群里叫什么').fill(name);
    await phone.getByRole('button', { name: '加入群聊' }).click();
    await expect(phone.locator('.talk')).toBeVisible();
  }
  await lin.goto(`/t/${campaign.slug}`);
  await lin.getByLabel('怎么称呼你').fill('林晓');
  await lin.getByRole('button', { name: '我要参加' }).click();
  const own = /\/t\/\w+/.exec((await lin.locator('.words p').first().textContent())!)![0];
  await an.goto(own);
  await an.getByLabel('怎么称呼你').fill('安安');
  await an.getByRole('button', { name: '为 TA 助力' }).click();
  await expect(an.getByText('助力成功')).toBeVisible();

  await expect(async () => {
    await lin.goto(path);
    await expect(lin.getByRole('button', { name: /1 条写给你的消息/ })).toBeVisible({ timeout: 10_000 });
  }).toPass({ timeout: 200_000 });
  await decent(lin);
  await lin.getByRole('button', { name: /1 条写给你的消息/ }).click();
  await expect(lin.locator('article')).toContainText('安安 为你助力成功，现在有 1 位');
  await decent(lin);
  await lin.getByRole('button', { name: '返回' }).click();
  await expect(lin.getByRole('button', { name: /^写给你的/ })).toBeVisible();
  await bo.reload();
  await expect(bo.locator('.talk')).toBeVisible();
  await expect(bo.locator('.pin.own')).toHaveCount(0);
  await lin.getByRole('button', { name: /^写给你的/ }).click();
  await lin.getByRole('link', { name: '去看看' }).click();
  await expect(lin.getByText('位好友已助力')).toBeVisible();
});

test('who publishes while the draft is saving itself publishes what the form says by then', async ({ house, desk }) => {
  await desk.goto(house.at('campaigns/new'));
  await desk.getByRole('button', { name: '用这个 任务宝' }).click();
  const name = desk.getByRole('textbox', { name: '活动名称', exact: true });
  await expect(name).toBeVisible();
  let held: (() => void) | undefined;
  await desk.route(/\/campaigns\/\d+$/, async (route) => {
    if (route.request().method() === 'PUT' && !held) await new Promise<void>((go) => { held = go; });
    await route.continue();
  });
  await name.fill('三人助力');
  await expect.poll(() => !!held, 'the draft is on its way').toBe(true);
  await name.fill('四人助力');
  await desk.getByRole('button', { name: '发布', exact: true }).click();
  held!();
  await panel(desk, '发布「四人助力」').getByRole('button', { name: '我了解风险，发布' }).click();
  await expect(desk.getByRole('heading', { level: 1, name: '四人助力' })).toBeVisible();
  await expect(desk.getByText('进行中').first()).toBeVisible();
});
