/* contest.spec.ts: 征集 from handing in to the vote: an entry with a picture is returned, changed, passed, and voted for. */
import { expect, panel, test } from './house';

test('a member hands in an entry, staff return it once and let it pass, a friend votes, and the page of the owner moves', async ({ house, desk }) => {
  let at = '',
    id = '';
  await test.step('make and publish', async () => {
    await desk.goto(house.at('campaigns'));
    await desk.getByRole('button', { name: '新建活动' }).first().click();
    await desk.getByRole('button', { name: '用这个 征集与投票' }).click();
    await desk.getByRole('textbox', { name: '活动名称', exact: true }).fill('晒车大赛');
    await expect(desk.getByText('草稿已自动保存')).toBeVisible();
    await desk.getByRole('button', { name: '发布', exact: true }).click();
    await panel(desk, '发布「晒车大赛」').getByRole('button', { name: '发布', exact: true }).click();
    await expect(desk.getByText('没有待审的作品')).toBeVisible();
    id = /campaigns\/(\d+)/.exec(desk.url())![1];
    at = `/t/${(await house.ask<{ slug: string }>('GET', `/campaigns/${id}`)).slug}`;
  });
  const [lin, an] = [await house.phone(), await house.phone()];
  await test.step('hand in', async () => {
    await lin.goto(at);
    await expect(lin.getByRole('heading', { name: '还没有作品' })).toBeVisible();
    await lin.getByRole('button', { name: '交作品' }).click();
    await lin.getByRole('button', { name: '提交审核' }).click();
    await expect(lin.getByText('这一项要填').first()).toBeVisible();
    await lin.getByLabel('怎么称呼你').fill('林晓');
    await lin.getByLabel('标题').fill('我的坦克 300');
    await lin.getByLabel('说几句').fill('开了三年，还像新的。');
    await lin.getByLabel('加图片').setInputFiles({ name: 'car.png', mimeType: 'image/png', buffer: (await house.picture()).png });
    await lin.getByRole('button', { name: '提交审核' }).click();
    await expect(lin.getByRole('heading', { name: '正在审核' })).toBeVisible();
  });
  await test.step('returned with a reason, handed in again, passed', async () => {
    await desk.getByRole('option').filter({ hasText: '我的坦克 300' }).getByRole('button', { name: '退回' }).click();
    await panel(desk, '退回「我的坦克 300」').getByRole('textbox').fill('请遮住车牌');
    await panel(desk, '退回「我的坦克 300」').getByRole('button', { name: '退回' }).click();
    await lin.reload();
    await expect(lin.getByText('请遮住车牌')).toBeVisible();
    await lin.getByRole('button', { name: '改好再交' }).click();
    await lin.getByRole('button', { name: '提交审核' }).click();
    await expect(lin.getByRole('heading', { name: '正在审核' })).toBeVisible();
    await desk.reload();
    await desk.getByRole('option').filter({ hasText: '我的坦克 300' }).getByRole('button', { name: '通过' }).click();
    await expect(desk.getByText('没有待审的作品')).toBeVisible();
  });
  await test.step('a friend sees it and votes; it counts once for an entry', async () => {
    await an.goto(at);
    await an.getByRole('link', { name: /我的坦克 300/ }).click();
    await expect(an.getByText('开了三年，还像新的。')).toBeVisible();
    await an.getByRole('button', { name: '投 TA 一票' }).click();
    await expect(an.getByText('你已经给这个作品投满了。')).toBeVisible();
    await expect(an.locator('.score b')).toHaveText('1 票');
    await lin.reload();
    await expect(lin.locator('.score b')).toHaveText('1 票');
  });
});
