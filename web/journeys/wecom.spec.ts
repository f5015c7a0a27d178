/* wecom.spec.ts: 企业微信 is connected at the desk, its groups are read and bound, and whoever scans a live code raises a group's count;
 * against the fake platform (test/fakes/fake_wecom.h). */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChannelLine, Group, List, Member, WecomJoin } from '../api/types';
import { decent, expect, panel, settled, test as base } from './house';

const FAKE = process.env.QUNTU_TEST || fileURLToPath(new URL('../../build/quntu-test', import.meta.url));
const CORP = 'ww0a1b2c3d4e5f6071',
  SECRET = '5ec4e7of7heapp',
  TOKEN = 'wecomTok9',
  KEY = 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA';

class Platform {
  url = '';
  private process?: ChildProcess;

  async open(): Promise<void> {
    const fake = (this.process = spawn(FAKE, ['--fake', 'wecom'], { stdio: ['pipe', 'pipe', 'inherit'] }));
    this.url = await new Promise<string>((done, fail) => {
      createInterface({ input: fake.stdout! }).on('line', (line) => {
        const at = /ready at (\S+)/.exec(line);
        if (at) done(at[1]!);
      });
      fake.on('exit', (code) => fail(new Error(`the fake ended with ${code}`)));
    });
  }

  async tell<T>(what: string, body: object = {}): Promise<T> {
    const reply = await fetch(`${this.url}/_fake/${what}`, { method: 'POST', body: JSON.stringify(body) });
    return (await reply.json()) as T;
  }

  close(): void {
    this.process?.stdin?.end();
  }
}

const test = base.extend<{ platform: Platform }>({
  platform: async ({}, use) => {
    const platform = new Platform();
    await platform.open();
    await use(platform);
    platform.close();
  },
});

test('a WeCom join raises the group count', async ({ house, desk, platform }) => {
  test.setTimeout(120_000);
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
  await expect(card.getByText('加上 203.0.113.9', { exact: false })).toBeVisible({ timeout: 30_000 });
  await platform.tell('bar', { on: false });

  /* Its groups, by name; one is bound. */
  await card.getByRole('button', { name: '同步客户群' }).click();
  const row = card.locator('li').filter({ hasText: '友信车友 6 群' }).filter({ has: desk.getByRole('button', { name: '绑定' }) });
  await expect(row.getByText('2 人 · 员工 1')).toBeVisible({ timeout: 30_000 });
  await expect(card.getByText('未命名群（lisi）')).toBeVisible();
  await row.getByRole('button', { name: '绑定' }).click();
  await row.locator('form').getByRole('button', { name: '绑定' }).click();
  await expect(desk.getByText('已绑定，从现在起听这个群')).toBeVisible();
  const groups = async () => (await house.ask<List<Group>>('GET', '/groups')).items;
  await expect.poll(async () => (await groups())[0]?.member_count, { timeout: 20_000 }).toBe(2);

  /* A join code of that group becomes what a live code shows. */
  const code = await house.code({ title: '车展活码', state: 'draft' });
  await card.getByRole('button', { name: '新建加群码' }).click();
  const making = card.locator('form.make');
  await making.getByLabel('用在哪里').fill('车展 3 号台');
  await making.locator('.t-select').first().click();
  await desk.locator('.t-select-option').filter({ hasText: '友信车友 6 群' }).click();
  await making.getByText('用在哪里').click();
  await making.getByLabel('新群名').fill('友信车友 ');
  await making.locator('.t-select').last().click();
  await desk.locator('.t-select-option').filter({ hasText: '车展活码' }).click();
  await making.getByRole('button', { name: '新建加群码' }).click();
  await expect(card.getByText('0 人在群')).toBeVisible({ timeout: 30_000 });
  await decent(desk);
  await house.turn(code.id, 'running');

  /* Somebody scans the live code at the show, and then what it shows them. */
  const phone = await house.phone();
  await phone.goto(`/g/${code.slug}`);
  await expect(phone.locator('img[src^="/f/"]').first()).toBeVisible();
  const join = (await house.ask<List<WecomJoin>>('GET', `/channels/${channel.id}/join-ways`)).items[0]!;
  expect(await platform.tell('scan', { state: join.state, who: 'wmNew', name: '林小满' })).toMatchObject({ chat: 'wrOgA1' });
  await expect.poll(async () => (await groups())[0]?.member_count, { timeout: 30_000 }).toBe(3);
  const member = (await house.ask<List<Member>>('GET', '/members')).items.find((one) => one.nickname === '林小满')!;
  expect(member.source).toContain('车展活码');

  /* The desk sees it: the count, the name, who left. */
  await platform.tell('go', { chat: 'wrOgA1', who: 'wmOld' });
  await expect.poll(async () => (await groups())[0]?.member_count, { timeout: 10_000 }).toBe(2);
  await desk.goto(house.at('groups'));
  await settled(desk);
  await desk.locator('tbody tr').first().click();
  await expect(desk.getByText('林小满').first()).toBeVisible();
  await desk.goto(house.at('channels'));
  await desk.getByText('友信汽车 企微').first().click();
  await expect(desk.getByText('1 人在群')).toBeVisible();
});
