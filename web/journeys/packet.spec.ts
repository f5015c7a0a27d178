/* packet.spec.ts: 裂变红包 from the form to the paid share: set up, opened, shared by two phones, full, asked for, paid, checked. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, panel, test } from './house';

const PROGRAM = process.env.QUNTU || fileURLToPath(new URL('../../build/quntu', import.meta.url));

test('an operator publishes red packets, three phones share one, it is split before their eyes, the money is paid by hand, and quntu verify holds', async ({ house, desk }) => {
  let at = '',
    id = '';
  await test.step('set up and publish', async () => {
    await desk.goto(house.at('campaigns'));
    await desk.getByRole('button', { name: '新建活动' }).first().click();
    await desk.getByRole('button', { name: '用这个 裂变红包' }).click();
    await desk.getByRole('textbox', { name: '活动名称', exact: true }).fill('开红包');
    await desk.locator('[data-field="shares"] input').fill('3');
    await desk.keyboard.press('Tab');
    await desk.locator('[data-field="total"] input').fill('12');
    await desk.keyboard.press('Tab');
    await expect(desk.getByText('够开 41 个红包')).toBeVisible();
    await expect(desk.getByText('草稿已自动保存')).toHaveCount(2);
    await desk.getByRole('button', { name: '发布', exact: true }).click();
    await panel(desk, '发布「开红包」').getByRole('button', { name: '我了解风险，发布' }).click();
    await expect(desk.getByText('还没有人开红包')).toBeVisible();
    id = /campaigns\/(\d+)/.exec(desk.url())![1];
    at = `/t/${(await house.ask<{ slug: string }>('GET', `/campaigns/${id}`)).slug}`;
  });
  const lin = await house.phone(),
    bo = await house.phone(),
    an = await house.phone();
  let own = '';
  await test.step('Lin opens a packet; the seed is committed to and not shown', async () => {
    await lin.goto(at);
    await expect(lin.getByText('每个红包 12 元，3 人分')).toBeVisible();
    await lin.getByLabel('怎么称呼你').fill('林晓');
    await lin.getByRole('button', { name: '开红包' }).click();
    await expect(lin.getByText('还差 2 人，就能一起分')).toBeVisible();
    own = (await lin.locator('.words').textContent())!.match(/\/t\/\w+/)![0];
    await lin.getByText('金额是怎么定的').click();
    await expect(lin.getByText('集齐或失效时公布')).toBeVisible();
    await lin.goBack();
  });
  await test.step('Bo takes a share; Lin sees it by itself', async () => {
    await house.hears(lin);
    await bo.goto(own);
    await bo.getByLabel('怎么称呼你').fill('小波');
    await bo.getByRole('button', { name: '领一份' }).click();
    await expect(bo.getByText('你已占一份，集齐后揭晓金额')).toBeVisible();
    await expect(lin.getByText('还差 1 人，就能一起分')).toBeVisible();
  });
  await test.step('with An it is full: all three read their share', async () => {
    await an.goto(own);
    await an.getByLabel('怎么称呼你').fill('安安');
    await an.getByRole('button', { name: '领一份' }).click();
    for (const phone of [an, bo, lin]) await expect(phone.getByText('你分到', { exact: true })).toBeVisible();
    const sums = await Promise.all([lin, bo, an].map((phone) => phone.locator('.red .sum').textContent()));
    expect(Math.round(sums.reduce((sum, one) => sum + parseFloat(one!.replace('¥', '')), 0) * 100)).toBe(1200);
    await expect(desk.getByText('3 / 3')).toBeVisible();
  });
  const rich = await Promise.all([lin, bo, an].map(async (phone) => ({ phone, yuan: parseFloat((await phone.locator('.red .sum').textContent())!.replace('¥', '')) })));
  const most = rich.sort((a, b) => b.yuan - a.yuan)[0].phone;
  await test.step('money is asked for and paid by hand', async () => {
    await most.getByRole('button', { name: '提现' }).click();
    await most.getByLabel('提多少（元）').fill('1.5');
    await most.getByLabel('怎么付给你').fill('微信 lin_1990');
    await most.getByRole('button', { name: '提交' }).click();
    await expect(most.getByText('等主办方付款')).toBeVisible();
    await desk.goto(house.at(`campaigns/${id}?part=payouts`));
    await desk.getByRole('button', { name: '记为已付' }).click();
    await desk.getByLabel('付款方式和单号').fill('微信转账 1000 0501');
    await panel(desk, '付给').getByRole('button', { name: '记为已付' }).click();
    await expect(desk.getByText('微信转账 1000 0501')).toBeVisible();
    await expect(most.getByText('已付款')).toBeVisible();
  });
  await test.step('after the end the file holds; a changed amount is named', async () => {
    await house.ask('POST', `/campaigns/${id}/state`, { state: 'ended' });
    const file = join(tmpdir(), `packets-${id}.txt`);
    const verify = (bytes: string) => {
      writeFileSync(file, bytes);
      return spawnSync(PROGRAM, ['verify', file], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'zh_CN.UTF-8' } });
    };
    const text = await (await lin.request.get(`${own}/packets`)).text();
    const good = verify(text);
    expect(good.stdout).toContain('每一个结果都对得上');
    expect(good.status).toBe(0);
    const bad = verify(text.replace(/"fen":\[(\d+)/, (_, fen: string) => `"fen":[${+fen + 1}`));   /* one more: whatever it was drawn, it is another */
    expect(bad.stdout).toContain('第 1 份');
    expect(bad.status).toBe(1);
    await desk.goto(house.at(`campaigns/${id}`));
    await desk.getByText('结果', { exact: true }).click();
    const figure = (word: string) => desk.locator('.result dl > div').filter({ hasText: word }).locator('dd');
    await expect(figure('集齐的红包').first()).toHaveText('1');
    await expect(figure('分出的钱')).toHaveText('¥12');
  });
});
