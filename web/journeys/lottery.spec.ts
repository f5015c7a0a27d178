/* lottery.spec.ts: 抽奖 from the form to the file: set up, drawn on a phone, won, redeemed; and the file of draws holds. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, panel, test } from './house';

const PROGRAM = process.env.QUNTU || fileURLToPath(new URL('../../build/quntu', import.meta.url));

test('an operator publishes a lottery, a phone draws and wins, the counter redeems it, and quntu verify derives every result', async ({ house, desk }) => {
  let at = '',
    id = '';
  await test.step('set up and publish', async () => {
    await desk.goto(house.at('campaigns'));
    await desk.getByRole('button', { name: '新建活动' }).first().click();
    await desk.getByRole('button', { name: '用这个 抽奖' }).click();
    await desk.getByRole('textbox', { name: '活动名称', exact: true }).fill('洗车季抽奖');
    await expect(desk.locator('[data-field="places[2].title"] input')).toHaveValue('三等奖');
    await desk.locator('[data-field="places[2].ppm"] input').fill('97.9');
    await desk.keyboard.press('Tab');
    await desk.locator('[data-field="places[1].note"] textarea').fill('到店出示');
    await desk.locator('[data-field="places[2].note"] textarea').fill('到店出示');
    await expect(desk.getByText('人人中奖')).toBeVisible();
    await expect(desk.getByText('草稿已自动保存')).toHaveCount(2);
    await desk.getByRole('button', { name: '发布', exact: true }).click();
    await panel(desk, '发布「洗车季抽奖」').getByRole('button', { name: '发布', exact: true }).click();
    await expect(desk.getByText('还没有人抽')).toBeVisible();
    id = /campaigns\/(\d+)/.exec(desk.url())![1];
    at = `/t/${(await house.ask<{ slug: string }>('GET', `/campaigns/${id}`)).slug}`;
  });
  const lin = await house.phone();
  let prize = '';
  await test.step('what was promised stands there before the first draw', async () => {
    await lin.goto(at);
    await expect(lin.getByText('概率 97.9%')).toBeVisible();
    await lin.getByText('为什么公平').click();
    await expect(lin.getByText('活动结束后在这里公布。')).toBeVisible();
    await lin.goBack();
  });
  await test.step('take part and draw', async () => {
    await lin.getByLabel('怎么称呼你').fill('林晓');
    await lin.getByRole('button', { name: '我要参加' }).click();
    await expect(lin.getByText('还有 1 次机会')).toBeVisible();
    await lin.getByRole('button', { name: '抽奖', exact: true }).click();
    const result = lin.locator('.result');
    await expect(result).toBeVisible();
    prize = (await result.locator('h2').textContent())!.replace('抽中了 · ', '');
    await expect(lin.getByRole('button', { name: '抽奖', exact: true })).toBeDisabled();
    await expect(desk.getByRole('cell', { name: '林晓' })).toBeVisible();
  });
  await test.step('redeem what was won (the first prize asks for an address instead)', async () => {
    if (prize === '一等奖') {
      await lin.getByRole('button', { name: '填收货地址', exact: true }).click();
      await lin.getByLabel('收件人').fill('林晓');
      await lin.getByLabel('手机号').fill('13800138000');
      await lin.getByLabel('收货地址').fill('上海');
      await lin.getByRole('button', { name: '保存地址' }).click();
      await expect(lin.getByText('等待发货')).toBeVisible();
      return;
    }
    await lin.getByRole('button', { name: '查看奖品' }).click();
    const code = (await lin.locator('.code-line b').textContent())!.replace(/\s/g, '');
    await desk.goto(house.at(`redeem?code=${code}`));
    await desk.getByRole('button', { name: '核销', exact: true }).click();
    await expect(desk.getByText('核销成功')).toBeVisible();
  });
  await test.step('after the end the file holds; a changed letter is named', async () => {
    await house.ask('POST', `/campaigns/${id}/state`, { state: 'ended' });
    await lin.goto(at);
    await lin.getByText('为什么公平').click();
    await expect(lin.getByText('活动结束后在这里公布。')).toHaveCount(0);
    const text = await (await lin.request.get(`${at}/draws`)).text();
    const file = join(tmpdir(), `draws-${id}.txt`);
    const verify = (bytes: string) => {
      writeFileSync(file, bytes);
      return spawnSync(PROGRAM, ['verify', file], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'zh_CN.UTF-8' } });
    };
    const good = verify(text);
    expect(good.stdout).toContain('每一个结果都对得上');
    expect(good.status).toBe(0);
    const bad = verify(text.replace(/"place":\d/, '"place":0'));
    expect(bad.stdout).toContain('第 2 行');
    expect(bad.status).toBe(1);
  });
});
