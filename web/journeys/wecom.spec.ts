/* wecom.spec.ts: 企业微信 is connected at the desk, its groups are read and bound, and whoever scans a live code raises a group's count;
 * against the fake platform (test/fakes/fake_wecom.h). */
import type { ChannelLine, Group, List, Member, WecomGroup, WecomJoin, WecomWay } from '../api/types';
import { decent, expect, panel, settled, type House } from './house';
import { Platform, testAt } from './platform';

const CORP = 'ww0a1b2c3d4e5f6071',
  SECRET = '5ec4e7of7heapp',
  TOKEN = 'wecomTok9',
  KEY = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA';

const test = testAt('wecom', Platform);

test('a WeCom join raises the group count', async ({ house, desk, platform }) => {
  await platform.tell('group', { chat: 'wrOgA1', name: '友信车友 6 群', owner: 'wangwu' });
  await platform.tell('group', { chat: 'wrOgA2', name: '', owner: 'lisi' });
  await platform.tell('come', { chat: 'wrOgA1', who: 'wmOld', name: '老会员' });

  /* Connected, as its page and ours say; first from an address that is not on the list. */
  await platform.tell('bar', { on: true });
  await desk.goto(house.at('channels'));
  await settled(desk);
  await desk.getByRole('button', { name: '连接账号' }).first().click();
  const form = panel(desk, '连接账号');
  await form.getByText('企业微信', { exact: true }).click();
  await form.getByLabel('名称').fill('友信汽车 企微');
  await form.getByLabel('企业 ID').fill(CORP);
  await form.getByLabel('应用 Secret').fill(SECRET);
  await form.getByLabel('Token（令牌）').fill(TOKEN);
  await form.getByLabel('EncodingAESKey').fill(KEY);
  await form.getByLabel('接口地址').fill(platform.url);
  await form.getByRole('button', { name: '连接账号' }).click();
  const card = panel(desk, '怎么连接');
  await expect(card.getByText('企业可信 IP').first()).toBeVisible();
  const channel = (await house.ask<List<ChannelLine>>('GET', '/channels')).items.find((one) => one.kind === 'wecom')!;
  expect(await platform.tell('check', { address: channel.address })).toMatchObject({ same: true });
  await platform.tell('tell', { address: channel.address });
  await expect(card.getByText('加上 203.0.113.9', { exact: false })).toBeVisible();
  await platform.tell('bar', { on: false });

  /* Its groups, by name; one is bound. */
  await card.getByRole('button', { name: '同步客户群' }).click();
  const row = card.locator('li').filter({ hasText: '友信车友 6 群' }).filter({ has: desk.getByRole('button', { name: '绑定' }) });
  await expect(row.getByText('2 人 · 员工 1')).toBeVisible();
  await expect(card.getByText('未命名群（lisi）')).toBeVisible();
  await row.getByRole('button', { name: '绑定' }).click();
  await row.locator('form').getByRole('button', { name: '绑定' }).click();
  await expect(desk.getByText('已绑定，从现在起听这个群')).toBeVisible();
  const groups = async () => (await house.ask<List<Group>>('GET', '/groups')).items;
  await expect.poll(async () => (await groups())[0]?.member_count).toBe(2);

  /* A join code of that group becomes what a live code shows. */
  const code = await house.code({ title: '车展活码', state: 'draft' });
  await card.getByRole('button', { name: '新建加群码' }).click();
  const making = card.locator('form.boxed');
  await making.getByLabel('用在哪里').fill('车展 3 号台');
  await making.locator('.t-select').first().click();
  await desk.locator('.t-select-option').filter({ hasText: '友信车友 6 群' }).click();
  await making.getByText('用在哪里').click();
  await making.getByLabel('新群名').fill('友信车友 ');
  await making.locator('.t-select').last().click();
  await desk.locator('.t-select-option').filter({ hasText: '车展活码' }).click();
  await making.getByRole('button', { name: '新建加群码' }).click();
  await expect(card.getByText('0 人在群')).toBeVisible();
  await decent(desk);
  await house.turn(code.id, 'running');

  /* Somebody scans the live code at the show, and then what it shows them. */
  const phone = await house.phone();
  await phone.goto(`/g/${code.slug}`);
  await expect(phone.locator('img[src^="/f/"]').first()).toBeVisible();
  const join = (await house.ask<List<WecomJoin>>('GET', `/channels/${channel.id}/join-ways`)).items[0]!;
  expect(await platform.tell('scan', { state: join.state, who: 'wmNew', name: '林小满' })).toMatchObject({ chat: 'wrOgA1' });
  await expect.poll(async () => (await groups())[0]?.member_count).toBe(3);
  const member = (await house.ask<List<Member>>('GET', '/members')).items.find((one) => one.nickname === '林小满')!;
  expect(member.source).toContain('车展活码');

  /* The desk sees it: the count, the name, who left. */
  await platform.tell('go', { chat: 'wrOgA1', who: 'wmOld' });
  await expect.poll(async () => (await groups())[0]?.member_count).toBe(2);
  await desk.goto(house.at('groups'));
  await settled(desk);
  await desk.locator('tbody tr').first().click();
  await expect(desk.getByText('林小满').first()).toBeVisible();
  await desk.goto(house.at('channels'));
  await desk.getByText('友信汽车 企微').first().click();
  await expect(desk.getByText('1 人在群')).toBeVisible();
});

test('a robot says what an automation wants said, words are forbidden, and groups go over to a colleague', async ({ house, desk, platform }) => {
  for (const [chat, name, owner] of [['wrA', '友信车友 1 群', 'wangwu'], ['wrB', '友信车友 2 群', 'wangwu'], ['wrC', '售后群', 'lisi']])
    await platform.tell('group', { chat, name, owner });
  const { key } = await platform.tell<{ key: string }>('robot', { group: '门店早会' });
  const values = Object.entries({ corpid: CORP, secret: SECRET, token: TOKEN, aes_key: KEY, api: platform.url }).map(([key, text]) => ({ key, text }));
  const channel = await house.ask<ChannelLine>('POST', '/channels', { kind: 'wecom', name: '友信汽车 企微', values });
  await platform.tell('tell', { address: channel.address });
  await desk.goto(house.at(`channels?open=${channel.id}`));
  await settled(desk);
  const card = panel(desk, '怎么连接');
  await card.getByRole('button', { name: '同步客户群' }).click();
  await expect(card.getByText('友信车友 2 群').first()).toBeVisible();

  /* A group of the shop's own people: nothing but a robot. */
  const robots = card.locator('section').filter({ has: desk.getByRole('heading', { name: '群机器人' }) });
  await robots.getByRole('button', { name: '添加机器人' }).click();
  await robots.getByLabel('群名').fill('门店早会');
  await robots.getByLabel('Webhook 地址').fill(`https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${key}`);
  await robots.getByRole('button', { name: '保存' }).click();
  await expect(robots.getByText(`只有机器人的群 · key ••••${key.slice(-4)}`)).toBeVisible();
  await expect(desk.locator('body')).not.toContainText(key);
  await robots.getByRole('button', { name: '说一句' }).click();
  const said = () => platform.tell<{ said: string; times: number }>('robot_said', { key });
  await expect.poll(async () => (await said()).said).toContain('群图已接上这个群');

  /* Whoever joins a customer group is told there. */
  const bound = await house.ask<{ group_id: string }>('POST', `/channels/${channel.id}/groups`, { subject: 'wrA', group_id: null });
  await expect.poll(async () => (await house.ask<List<Group>>('GET', '/groups')).items.find((one) => one.id === bound.group_id)?.member_count).toBe(1);
  const lobby = (await house.ask<List<{ group_id: string }>>('GET', `/channels/${channel.id}/wecom-robots`)).items[0]!;
  const automation = await house.ask<{ id: string }>('POST', '/automations', {
    name: '新人报到', event: 'member_joined_group', groups: [bound.group_id], channels: [], codes: [], tags: [], how: 'any', words: [], from: 0, until: 0,
    where: [], per: 'none', times: 0, days: 0, version: 0, preset: '',
    actions: [{ what: 'say', settings: [{ key: 'group', text: lobby.group_id }, { key: 'text', text: '{nickname} 来了，请接待' }] }],
  });
  await house.ask('POST', `/automations/${automation.id}/state`, { on: true });
  const counted = async () => (await house.ask<List<Group>>('GET', '/groups')).items.find((one) => one.id === bound.group_id)?.member_count;
  await expect.poll(counted).toBe(1); /* who is in it from before joined before */
  await desk.waitForTimeout(1100); /* the platform tells whole seconds */
  await platform.tell('come', { chat: 'wrA', who: 'wmNew', name: '林小满' });
  await expect.poll(async () => (await said()).said).toContain('林小满 来了，请接待');

  /* A rule about words. */
  const words = card.locator('section').filter({ has: desk.getByRole('heading', { name: '敏感词' }) });
  await words.getByRole('button', { name: '新建规则' }).click();
  await words.getByLabel('规则名').fill('价格');
  await words.getByRole('textbox', { name: '敏感词' }).fill('内部价\n底价');
  await words.getByText('手机号', { exact: true }).click();
  await words.getByLabel('管哪些部门').fill('2');
  await words.getByLabel('管哪些部门').press('Enter');
  await words.getByRole('button', { name: '保存' }).click();
  await expect(words.getByText('内部价、底价、手机号')).toBeVisible();
  await expect(words.getByText('正在告诉平台')).toHaveCount(0);
  await decent(desk);

  /* wangwu leaves both groups to lisi; one of them is no more, which nobody told us. */
  await platform.tell('tell', { address: '' });
  await platform.tell('dismiss', { chat: 'wrB' });
  const hand = card.locator('section').filter({ has: desk.getByRole('heading', { name: '群主转接' }) });
  await hand.getByRole('button', { name: '转接客户群' }).click();
  await hand.locator('.t-select').first().click();
  await desk.locator('.t-select-option:visible').filter({ hasText: 'wangwu' }).click();
  await hand.getByRole('button', { name: '全选' }).click();
  await hand.locator('.t-select').last().click();
  await desk.locator('.t-select-option:visible').filter({ hasText: /^lisi$/ }).click(); /* the list of owners, still fading, has "lisi · 1 个群" */
  await decent(desk);
  await hand.getByRole('button', { name: '转接 2 个群' }).click();
  await expect(hand.locator('li').filter({ hasText: '友信车友 1 群' }).getByText('已转接')).toBeVisible();
  await expect(hand.locator('li').filter({ hasText: '友信车友 2 群' }).getByText('这个群已解散，或不是客户群')).toBeVisible();
  expect(await platform.tell('owner', { chat: 'wrA' })).toMatchObject({ owner: 'lisi' });
});

/* Connected by the API: how the desk does it, the first journey tells. */
async function connected(house: House, platform: Platform): Promise<ChannelLine> {
  const values = { corpid: CORP, secret: SECRET, token: TOKEN, aes_key: KEY, api: platform.url };
  const channel = await house.ask<ChannelLine>('POST', '/channels', {
    kind: 'wecom',
    name: '友信汽车 企微',
    values: Object.entries(values).map(([key, text]) => ({ key, text })),
  });
  await platform.tell('staff', { userid: 'wangxiao' });
  await platform.tell('tell', { address: channel.address });
  return channel;
}

test('a contact code brings a customer, who is welcomed by name', async ({ house, desk, platform }) => {
  const channel = await connected(house, platform);
  await desk.goto(house.at(`channels?open=${channel.id}`));
  const card = panel(desk, '怎么连接');

  /* What every new customer is told, and a code for the counter that says something of its own. */
  const everybody = card.locator('section').filter({ has: desk.getByRole('heading', { name: '新客户欢迎语' }) });
  await everybody.getByRole('button', { name: '设欢迎语' }).click();
  await everybody.locator('textarea').fill('{nickname}，你好，我是 {staff}');
  await everybody.locator('.t-select input').click();
  await desk.locator('.t-select-option:visible').filter({ hasText: '一个文件' }).click();
  await everybody.locator('input[type=file]').setInputFiles({ name: '价目表.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n%%EOF') });
  await expect(everybody.getByRole('link', { name: '价目表.pdf' })).toBeVisible();
  await decent(desk);
  await everybody.getByRole('button', { name: '保存' }).click();
  await expect(everybody.getByText('近 90 天发了 0 次欢迎语')).toBeVisible();
  const ways = card.locator('section').filter({ has: desk.getByRole('heading', { name: '联系我' }) });
  await ways.getByRole('button', { name: '新建联系我' }).click();
  await ways.getByLabel('用在哪里').fill('展厅前台');
  await ways.locator('.t-tag-input input').fill('wangxiao');
  await desk.keyboard.press('Enter');
  await ways.locator('form').getByRole('button', { name: '新建联系我' }).click();
  const line = ways.locator('li').filter({ hasText: '展厅前台' }).first();
  await expect(line.getByText('0 个客户')).toBeVisible();
  await expect(line.getByRole('img', { name: '展厅前台' })).toBeVisible();
  await line.getByRole('button', { name: '设欢迎语' }).click();
  await line.locator('textarea').fill('{nickname}，欢迎到店，展厅里找我就行');
  await line.getByRole('button', { name: '保存' }).click();
  await decent(desk);

  /* One scans the code, one found the staff by themselves: each hears what is meant for them, within seconds. */
  const way = (await house.ask<List<WecomWay>>('GET', `/channels/${channel.id}/contact-ways`)).items[0]!;
  await platform.tell('add', { external: 'wmA', name: '林小满', userid: 'wangxiao', state: way.state });
  await platform.tell('add', { external: 'wmB', name: '周舟', userid: 'wangxiao', state: '' });
  const heard = async (external: string) => JSON.stringify(await platform.tell('welcomed', { external }));
  await expect.poll(() => heard('wmA')).toContain('林小满，欢迎到店，展厅里找我就行');
  await expect.poll(() => heard('wmB')).toContain('周舟，你好，我是 wangxiao');
  expect(await heard('wmB'), 'with the file').toContain('"media_id"');

  /* The desk sees who came, by which code, and that both were welcomed. */
  await expect(line.getByText('近 90 天发了 1 次欢迎语')).toBeVisible();
  await expect(everybody.getByText('近 90 天发了 1 次欢迎语')).toBeVisible();
  await line.getByRole('button', { name: '1 个客户' }).click();
  await expect(line.getByRole('link', { name: '林小满' })).toBeVisible();
  await expect(line.getByText('加了 wangxiao')).toBeVisible();
  const member = (await house.ask<List<Member>>('GET', '/members')).items.find((one) => one.nickname === '林小满')!;
  expect(member.source).toContain('展厅前台');

  /* A welcome of groups is kept there; that a colleague must still choose it is said. */
  const greet = card.locator('section').filter({ has: desk.getByRole('heading', { name: '入群欢迎语' }) });
  await greet.getByRole('button', { name: '新建入群欢迎语' }).click();
  await greet.locator('textarea').fill('欢迎 {nickname}，看车找小王');
  await greet.locator('form').getByRole('button', { name: '新建入群欢迎语' }).click();
  await expect(greet.getByText('已存到企业微信，等群主在手机上选用')).toBeVisible();
  await decent(desk);
});

test('a mass send waits for its colleague, is reminded of, confirmed, and another is taken back', async ({ house, desk, platform }) => {
  const channel = await connected(house, platform);
  await platform.tell('group', { chat: 'wrOgA1', name: '友信车友 6 群', owner: 'wangxiao' });
  await house.ask('POST', `/channels/${channel.id}/wecom-sync`, {});
  const known = async () => (await house.ask<List<WecomGroup>>('GET', `/channels/${channel.id}/wecom-groups`)).items[0]?.owner;
  await expect.poll(known).toBe('wangxiao');
  const group = (await house.ask<{ group_id: string }>('POST', `/channels/${channel.id}/groups`, { subject: 'wrOgA1', group_id: null })).group_id;
  const say = (text: string, key: string) =>
    house.ask('POST', '/sends', { group_id: group, what: 'text', text, key, due_at: null });
  await say('周六车展，来找我领饮料券', 'one');
  await desk.goto(house.at(`channels?open=${channel.id}`));
  const masses = panel(desk, '怎么连接').locator('section').filter({ has: desk.getByRole('heading', { name: '群发任务' }) });
  const first = masses.locator('li').filter({ hasText: '周六车展' });
  await expect(first.getByText('等 wangxiao 确认')).toBeVisible();
  await first.getByRole('button', { name: '提醒' }).click();
  await expect(first.getByText('24 小时内提醒过 1 次，最多 3 次')).toBeVisible();
  await first.getByRole('button', { name: '撤回群发' }).click();
  await panel(desk, '已经确认的收不回').getByRole('button', { name: '撤回群发' }).click();
  await expect(first.getByText('已撤回')).toBeVisible();
  await expect(masses.getByText('等确认 0 · 已发出 0 · 没发成 0 · 已撤回 1')).toBeVisible();
  await decent(desk);
});
