/* mp.spec.ts: a 公众号 from its connecting to a fan's poster in the chat, against the fake platform (test/fakes/fake_mp.c). */
import type { Page } from '@playwright/test';
import type { CampaignWhole, ChannelLine, Follow, List } from '../api/types';
import { decent, expect, panel, settled, type House } from './house';
import { Platform, testAt } from './platform';

const APPID = 'wx1234567890abcdef',
  SECRET = '5ec4e7of7heacc0un7',
  TOKEN = 'greenTea42',
  KEY = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA',
  ONCE = 'ONCE_1uDxHNXwYQfBmXOfPJcjAS3';

interface Sent { openid: string; body: string }

class Account extends Platform {
  /* What our server answered it. */
  async hears(what: string, body: object): Promise<number> {
    return (await this.tell<{ status: number }>(what, body)).status;
  }

  async sent(openid: string): Promise<string[]> {
    const all = (await (await fetch(`${this.url}/_fake/sent`)).json()) as Sent[];
    return all.filter((one) => one.openid === openid).map((one) => one.body);
  }
}

const test = testAt('mp', Account);

const address = async (house: House): Promise<string> => {
  const list = await house.ask<List<ChannelLine>>('GET', '/channels');
  return list.items.find((one) => one.kind === 'mp')!.address;
};

async function connect(house: House, platform: Platform, more: Record<string, string> = {}): Promise<ChannelLine> {
  const values = { appid: APPID, secret: SECRET, token: TOKEN, aes_key: KEY, api: platform.url, open: platform.url, ...more };
  return house.ask<ChannelLine>('POST', '/channels', { kind: 'mp', name: '友信汽车', values: Object.entries(values).map(([key, text]) => ({ key, text })) });
}

test('an account is connected step by step, and says what is wrong with it', async ({ house, desk, platform }) => {
  await desk.goto(house.at('channels'));
  await settled(desk);
  await desk.getByRole('button', { name: '连接账号' }).first().click();
  const form = panel(desk, '连接账号');
  await form.getByText('公众号', { exact: true }).click();
  await form.getByLabel('名称').fill('友信汽车');
  await form.getByLabel('AppID').fill(APPID);
  await form.getByLabel('AppSecret').fill(SECRET);
  await form.getByLabel('Token（令牌）').fill(TOKEN);
  await form.getByLabel('EncodingAESKey').fill(KEY);
  await form.getByLabel('接口地址').fill(platform.url);
  await form.getByRole('button', { name: '连接账号' }).click();
  const card = panel(desk, '怎么连接');
  await expect(card.getByText('IP 白名单').first()).toBeVisible();
  expect(await platform.hears('check', { address: await address(house) })).toBe(200);
  expect(await platform.hears('event', { address: await address(house), openid: 'oLin', event: 'subscribe', key: '' })).toBe(200);
  await platform.tell('bar', { on: true });
  await card.getByRole('button', { name: '新建二维码' }).click();
  await card.getByLabel('用在哪里').fill('徐汇店 收银台');
  await card.getByRole('button', { name: '新建二维码' }).click();
  await expect(card.getByText('40164').first()).toBeVisible();
  await expect.poll(async () => (await house.ask<List<ChannelLine>>('GET', '/channels')).items[0]!.trouble).toContain('40164');
  await desk.reload();
  await expect(desk.getByText('把上面这个 IP 加到公众平台')).toBeVisible();
  await platform.tell('bar', { on: false });
  await expect(card.getByText('0 关注 · 0 再扫')).toBeVisible();
  await card.getByRole('button', { name: '加一个菜单' }).click();
  await card.getByPlaceholder('菜单名').fill('领海报');
  await card.getByPlaceholder('关键词').fill('海报');
  await card.getByRole('button', { name: '保存并发布' }).click();
  await expect(card.getByText('已发布')).toBeVisible();
  await decent(desk);
});

test('a fan scans the campaign’s code and has a poster in the chat; a friend follows by it and both are told, kill -9 or not', async ({ house, desk, platform }) => {
  await connect(house, platform);
  const day = 86_400_000;
  const made = await house.ask<CampaignWhole>('POST', '/campaigns', {
    kind: 'treasure', name: '秋日洗车礼', rules: '好友关注，领洗车券。', organiser: '友信汽车 400-820-8820', starts_at: Date.now() - 60_000,
    ends_at: Date.now() + 7 * day, claim_until: Date.now() + 9 * day, takes_part: 'all', capacity: 0, strength: 'anonymous', act: 'follow',
    new_only: false, helps_each: 0, mutual: false, hold_minutes: 0, still_days: 0,
    stages: [{ goal: 2, title: '', prizes: [{ kind: 'onsite', title: '洗车券', note: '到店出示', value: 5000, stock: 10 }] }],
  });
  await desk.goto(house.at(`campaigns/${made.id}?tab=settings`));
  await settled(desk);
  await desk.getByLabel('关键词').fill('海报');
  await desk.getByRole('button', { name: '保存公众号设置' }).click();
  await expect(desk.getByAltText(/活动二维码/)).toBeVisible();
  const c = await house.ask<CampaignWhole>('POST', `/campaigns/${made.id}/state`, { state: 'running', acknowledge: 'G1' });
  const follow = await house.ask<Follow>('GET', `/campaigns/${made.id}/follow`);
  expect(follow.url).toContain(`c-${c.slug}`);

  /* In the operator's words, written on the desk. */
  await desk.goto(house.at(`campaigns/${made.id}?part=form`));
  const nearly = desk.locator('[data-field="messages"]').getByRole('row').filter({ hasText: '快达成了' });
  await nearly.getByRole('button', { name: /改/ }).click();
  await nearly.getByRole('textbox').fill('{friend}帮了你，还差 {left} 位');
  await expect(desk.locator('[data-field="messages"]').getByText('已保存')).toBeVisible();

  const scan = async (openid: string, scene: string) =>
    expect(await platform.hears('event', { address: await address(house), openid, event: 'subscribe', key: `qrscene_${scene}` })).toBe(200);
  await scan('oLin', `c-${c.slug}`);
  await expect.poll(async () => (await platform.sent('oLin')).length).toBe(2);
  expect((await platform.sent('oLin'))[0]).toContain('再有 2 位好友扫你的海报关注，就能领洗车券');
  expect((await platform.sent('oLin'))[1]).toContain('"msgtype":"image"');

  const people = await house.ask<List<{ slug: string }>>('GET', `/campaigns/${made.id}/participants`);
  const lin = people.items[0]!.slug;
  await scan('oBo', `t-${lin}`);
  await desk.close();
  await house.crash(); /* acknowledged, and nothing said yet */
  await expect.poll(async () => (await platform.sent('oBo')).length).toBe(2);
  expect((await platform.sent('oBo'))[0]).toContain('助力成功');
  await expect.poll(async () => (await platform.sent('oLin')).length).toBe(3);
  expect((await platform.sent('oLin'))[2]).toContain('帮了你，还差 1 位');
  const told = await house.desk();
  await told.goto(house.url + house.at(`campaigns/${made.id}?part=told`));
  const row = told.getByRole('row').filter({ hasText: '快达成了' });
  await expect(row).toContainText('公众号');
  await decent(told);

  const friend = await house.phone();
  await friend.goto(`${house.url}/t/${lin}`);
  await expect(friend.getByText('关注公众号，为 TA 助力').first()).toBeVisible();
  await expect(friend.locator('figure.qr img')).toBeVisible();
  await decent(friend);
});

/* Opens the page as somebody whom the platform knows, and is back on it. */
async function recognised(phone: Page, path: string): Promise<void> {
  const back = phone.waitForResponse(/\/w\/\d+\/back\?/).then(() => phone.waitForResponse(/\/card\?/));
  await phone.goto(path, { waitUntil: 'commit' });
  await back;
}

test('a fan allows one message on her page, and is told once when a friend helps, though she follows nobody', async ({ house, platform }) => {
  house.expects(/res\.wx\.qq\.com/); /* the platform's script is not here */
  await connect(house, platform, { sign_in: 'yes', once_template: ONCE, confirm: platform.url });
  const c = await house.campaign({ name: '秋日洗车礼', goal: 3 });
  await platform.tell('who', { openid: 'oLin' });
  const lin = await house.phone();
  await recognised(lin, `/t/${c.slug}`);
  await lin.getByLabel('怎么称呼你').fill('林小满');
  await lin.getByRole('button', { name: '我要参加' }).click();
  const ask = lin.getByRole('link', { name: /公众号通知我一次/ });
  await expect(ask).toBeVisible();
  await decent(lin);
  await ask.click();
  await lin.getByRole('link', { name: '拒绝' }).click();
  await expect(ask).toBeVisible();
  await ask.click();
  await lin.getByRole('link', { name: '允许' }).click();
  await expect(lin.getByText('已同意：有进展时，公众号会通知你 1 次')).toBeVisible();
  await expect(lin.getByRole('link', { name: '再多通知一次' })).toBeVisible();
  await decent(lin);

  const { items } = await house.ask<List<{ slug: string }>>('GET', `/campaigns/${c.id}/participants`);
  await platform.tell('who', { openid: 'oBo' });
  const bo = await house.phone();
  await recognised(bo, `/t/${items[0]!.slug}`);
  await bo.getByLabel('怎么称呼你').fill('阿博');
  await bo.getByRole('button', { name: '为 TA 助力' }).click();
  await expect.poll(async () => (await platform.sent('oLin')).join()).toContain('还差 2 位');
  const said = JSON.parse((await platform.sent('oLin'))[0]!) as { template_id: string; scene: string; url: string };
  expect(said).toMatchObject({ template_id: ONCE, scene: '1' });
  await lin.reload();
  await expect(ask).toBeVisible();
  await expect(lin.getByText('已同意')).toHaveCount(0);

  const slow = await house.phone();
  let answer = () => {},
    leads = '';
  const held = new Promise<void>((done) => (answer = done));
  await slow.route(/\/card\?/, async (route) => {
    const response = await route.fetch();
    leads = ((await response.json()) as { sign_in: string }).sign_in;
    await held;
    await route.fulfill({ response });
  });
  await slow.goto(`/t/${c.slug}`);
  await slow.getByLabel('怎么称呼你').fill('阿静');
  const told = slow.waitForResponse(/\/card\?/);
  answer();
  await told;
  expect(leads).toContain('/w/');
  await slow.getByRole('button', { name: '我要参加' }).click();
  await expect(slow.getByText('阿静').first()).toBeVisible();
});
