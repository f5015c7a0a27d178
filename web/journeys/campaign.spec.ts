/* campaign.spec.ts: 任务宝 from the first click to the prize in somebody's hands: one desk, three phones. */
import { expect, panel, test } from './house';

test('an operator publishes, a friend helps, the page of the other phone moves by itself, the prize is redeemed', async ({ house, desk }) => {
  let at = '';
  await test.step('make and publish', async () => {
    await desk.goto(house.at('campaigns'));
    await desk.getByRole('button', { name: '新建活动' }).first().click();
    await desk.getByRole('button', { name: '用这个 任务宝' }).click();
    await desk.getByRole('textbox', { name: '活动名称', exact: true }).fill('洗车季');
    await desk.locator('[data-field="stages[0].goal"] input').fill('1');
    await desk.keyboard.press('Tab');
    await expect(desk.getByText('草稿已自动保存')).toBeVisible();
    await desk.getByRole('button', { name: '发布', exact: true }).click();
    await panel(desk, '发布「洗车季」').getByRole('button', { name: '我了解风险，发布' }).click();
    await expect(desk.getByText('还没有人参加')).toBeVisible();
    const id = /campaigns\/(\d+)/.exec(desk.url())![1];
    at = `/t/${(await house.ask<{ slug: string }>('GET', `/campaigns/${id}`)).slug}`;
  });
  const [lin, an] = [await house.phone(), await house.phone()];
  let own = '';
  await test.step('take part', async () => {
    await lin.goto(at);
    await lin.getByLabel('怎么称呼你').fill('林晓');
    await lin.getByRole('button', { name: '我要参加' }).click();
    own = /\/t\/\w+/.exec((await lin.locator('.words p').textContent())!)![0];
    await expect(lin.getByText('0 / 1')).toBeVisible();
  });
  await test.step('help; the other page hears of it', async () => {
    await house.hears(lin);
    await an.goto(own);
    await an.getByLabel('怎么称呼你').fill('安安');
    await an.getByRole('button', { name: '为 TA 助力' }).click();
    await expect(an.getByText('助力成功')).toBeVisible();
    await expect(lin.getByRole('button', { name: '领取奖品' })).toBeVisible();
    await expect(lin.locator('.friends b').filter({ hasText: '安安' })).toBeVisible();
  });
  await test.step('a third phone only looks, and is told whose page it is', async () => {
    const bo = await house.phone();
    await bo.goto(own);
    await expect(bo.getByRole('heading', { name: '林晓 想请你帮个忙' })).toBeVisible();
  });
  await test.step('the friend takes part, too; the desk sees the funnel and who brought whom', async () => {
    await an.locator('#own-name').fill('安安');
    await an.getByRole('button', { name: '我要参加' }).click();
    await expect(an.getByText('0 / 1')).toBeVisible();
    await desk.locator('.parts').getByText('数据', { exact: true }).click();
    await expect(desk.getByRole('heading', { name: '从看到到领奖' })).toBeVisible();
    await expect(desk.getByRole('link', { name: /^参加了 2/ })).toBeVisible();
    await desk.getByRole('link', { name: /^带来过助力 1/ }).click();
    await expect(desk.getByText('带来过助力的')).toBeVisible();
    await expect(desk.getByRole('row', { name: /林晓/ })).toBeVisible();
    await expect(desk.getByRole('row', { name: /安安/ })).toHaveCount(0);
    await desk.locator('.parts').getByText('邀请树', { exact: true }).click();
    await desk.getByRole('button', { name: '展开 林晓' }).click();
    await expect(desk.locator('.branch.inner .name').filter({ hasText: '安安' })).toBeVisible();
    await desk.getByRole('textbox', { name: '找一个人，看 TA 是从哪里来的' }).fill('安安');
    await desk.getByRole('button', { name: /安安 0 个助力/ }).click();
    await expect(desk.locator('.path li')).toHaveText([/林晓/, /安安/]);
  });
  await test.step('claim and redeem', async () => {
    await lin.getByRole('button', { name: '领取奖品' }).click();
    await lin.getByRole('button', { name: '确认领取' }).click();
    await expect(lin.getByText('到店出示')).toBeVisible();
    const code = (await lin.locator('.code-line b').textContent())!.replace(/\s/g, '');
    await desk.goto(house.at(`redeem?code=${code}`));
    await desk.getByRole('button', { name: '核销', exact: true }).click();
    await expect(desk.getByText('核销成功')).toBeVisible();
    await expect(lin.getByRole('heading', { name: '已经核销' })).toBeVisible();
  });
});
