/* Automations: a preset is made with one click, looked at, tested on what was said before, switched on, and answers. */
import { createHmac } from 'node:crypto';
import type { Automation, ChannelLine, Group } from '../api/types';
import { choose, decent, expect, prefer, settled, test, type House } from './house';

const SECRET = 'kaoyu-secret';

/* A QQ group that is heard: a connected account, and one group that lives there. */
async function qq(house: House): Promise<(text: string, who?: number) => Promise<void>> {
  const values = [{ key: 'secret', text: SECRET }, { key: 'api_url', text: 'http://127.0.0.1:9' }];
  const channel = await house.ask<ChannelLine>('POST', '/channels', { kind: 'onebot', name: '车友 QQ', values });
  const slug = channel.address.slice(channel.address.lastIndexOf('/') + 1);
  const group = await house.ask<Group>('POST', '/groups', { name: '车友一群', channel: 'onebot' });
  await house.ask('POST', `/channels/${channel.id}/groups`, { subject: '6001', group_id: group.id });
  let number = 100;
  return async (text, who = 4001) => {
    const body = JSON.stringify({
      time: Math.floor(Date.now() / 1000), self_id: 10001, post_type: 'message', message_type: 'group', sub_type: 'normal', message_id: ++number,
      group_id: 6001, user_id: who, message: [{ type: 'text', data: { text } }], raw_message: text, sender: { user_id: who, nickname: '林晓', card: '' },
    });
    const signature = `sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}`;
    const reply = await fetch(`${house.url}/api/in/${slug}`, { method: 'POST', body, headers: { 'Content-Type': 'application/json', 'X-Signature': signature, 'X-Self-ID': '10001' } });
    expect(reply.ok, await reply.text()).toBe(true);
  };
}

test('a keyword reply: from the preset, tested on the past, switched on, heard, answered', async ({ house, desk }) => {
  const says = await qq(house);
  await says('请问价格多少');
  await says('今天天气不错');
  await desk.goto(house.at('automations'));

  await test.step('presets stand where nothing is yet; one click makes one, off', async () => {
    await expect(desk.getByText('还没有自动化')).toBeVisible();
    await decent(desk);
    await desk.getByRole('button', { name: '用这个 · 问价格自动回复' }).click();
    await expect(desk.getByRole('heading', { level: 1, name: '问价格自动回复' })).toBeVisible();
    await expect(desk.locator('header.head')).toContainText('当有人发言，说的话包含这些词「价格、报价、多少钱…」，就在群里说');
    await decent(desk);
  });

  await test.step('a dry run on what was really said', async () => {
    await desk.locator('.recent button').filter({ hasText: '请问价格多少' }).click();
    await expect(desk.locator('.dry')).toContainText('会做');
    await expect(desk.locator('.dry .bubble')).toContainText('林晓，价目表在群公告里');
    await desk.getByRole('textbox', { name: '自己写一句' }).fill('有人一起自驾吗');
    await desk.getByRole('button', { name: '试', exact: true }).click();
    await expect(desk.locator('.dry')).toContainText('不会做');
  });

  await test.step('the test on the past finds the one question', async () => {
    await desk.getByRole('button', { name: '开始回测' }).click();
    await expect(desk.locator('[data-test=tested]')).toContainText('会做 1 次，涉及 1 人');
    await expect(desk.locator('.lines')).toContainText('请问价格多少');
  });

  await test.step('a condition and another action, saved with Ctrl+S', async () => {
    await desk.getByRole('button', { name: '加一条' }).click();
    await desk.getByRole('button', { name: '加一条' }).click();
    await choose(desk.locator('.outline .line').first(), '比什么', '触发');
    await desk.getByRole('button', { name: '加一个动作' }).click();
    await choose(desk.locator('.deed').nth(1), '动作 2', '贴标签');
    await desk.locator('.deed').nth(1).getByLabel('标签').and(desk.locator('input')).fill('问过价');
    await desk.keyboard.press('Enter');
    await desk.keyboard.press('Escape');
    await desk.getByLabel('名称').press('Control+s');
    await expect(desk.getByText('已保存').first()).toBeVisible();
    await expect(desk.locator('header.head')).toContainText('贴标签「问过价」');
  });

  await test.step('on: the next question is answered, in the outbox; the list counts it', async () => {
    await desk.getByRole('button', { name: '启用' }).click();
    await expect(desk.getByText('已打开，从现在起生效')).toBeVisible();
    await says('报价发一下', 4002);
    await expect.poll(async () => JSON.stringify(await house.ask('GET', '/sends'))).toContain('价目表在群公告里');
    const all = await house.ask<{ items: Automation[] }>('GET', '/automations');
    expect(all.items[0].acted).toBe(1);
    expect(all.items[0].failed).toBe(0);
    await desk.goto(house.at('automations'));
    await settled(desk);
    await expect(desk.getByRole('row').filter({ hasText: '问价格自动回复' })).toContainText('1');
    await decent(desk);
  });
});

test('automations and segments in English, at the desk and on a phone', async ({ house, desk }) => {
  house.expects(/400 \(Bad Request\)/);
  const made = await house.ask<{ id: string }>('POST', '/automations/from-preset', { key: 'moderation' });
  await desk.goto(house.at('automations'));
  await settled(desk);
  await desk.keyboard.press('Control+k');
  await desk.keyboard.type('English');
  await prefer(desk.getByRole('option', { name: 'English' }));
  await expect(desk.getByRole('heading', { name: 'Automations' })).toBeVisible();
  for (const width of [1440, 390]) {
    await desk.setViewportSize({ width, height: 844 });
    for (const page of [`automations/${made.id}`, 'segments/new']) {
      await desk.goto(house.at(page));
      await settled(desk);
      await decent(desk);
    }
  }
  await desk.goto(house.at(`automations/${made.id}`));
  await desk.getByLabel('Name', { exact: true }).fill('');
  await desk.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(desk.getByRole('alert').first()).toBeVisible();
  await decent(desk);
});
