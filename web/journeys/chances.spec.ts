/* chances.spec.ts: 抽奖机会 as a prize: the operator promises turns of a wheel for bringing a friend, a member wins, claims and draws. */
import type { Campaign, CampaignDraft, CampaignWhole } from '../api/types';
import { expect, panel, test } from './house';

test('an operator gives turns of a wheel for friends; a member claims them, draws, and reads where they came from', async ({ house, desk }) => {
  const DAY = 86_400_000,
    now = Date.now();
  const base: Partial<CampaignDraft> = {
    rules: '转一转', organiser: '友信', takes_part: 'all', capacity: 0, strength: 'anonymous', act: 'tap', new_only: false, helps_each: 0,
    mutual: false, hold_minutes: 0, still_days: 0, starts_at: now - 60_000,
  };
  const wheel = await house.ask<CampaignWhole>('POST', '/campaigns', {
    ...base, kind: 'lottery', name: '春季大转盘', ends_at: now + 30 * DAY, claim_until: now + 40 * DAY,
  });
  await house.ask('PUT', `/campaigns/${wheel.id}/draw`, {
    looks: 'wheel', mode: 'chance', day_chances: 0, most: 0, helps_chance: 0, helps_most: 0, wins_day: 0, wins_most: 0,
    places: [{ kind: 'onsite', title: '洗车券', note: '到店出示', value: 3000, stock: 100, ppm: 1_000_000 }],
  });
  await house.ask('POST', `/campaigns/${wheel.id}/state`, { state: 'running' });
  const treasure = await house.ask<CampaignWhole>('POST', '/campaigns', {
    ...base, kind: 'treasure', name: '带一位朋友来转', ends_at: now + 7 * DAY, claim_until: now + 14 * DAY,
    stages: [{ goal: 1, prizes: [{ kind: 'onsite', title: '大转盘抽奖 2 次', value: 0, stock: 20 }] }],
  } as Partial<CampaignDraft>);

  await test.step('the operator chooses the prize, how many and which lottery', async () => {
    await desk.goto(house.at(`campaigns/${treasure.id}`));
    const prize = desk.locator('[data-field="stages[0].prizes[0]"]');
    await prize.getByText('抽奖机会', { exact: true }).click();
    await prize.locator('[data-field$=".chances"] input').fill('2');
    await desk.keyboard.press('Tab');
    await prize.locator('[data-field$=".lottery_id"] input').click();
    await desk.getByText('春季大转盘').last().click();
    await expect(desk.getByText('草稿已自动保存')).toBeVisible();
    await expect(prize.getByRole('link', { name: '打开这场抽奖' })).toHaveAttribute('href', new RegExp(`/campaigns/${wheel.id}$`));
    await expect
      .poll(async () => (await house.ask<CampaignWhole>('GET', `/campaigns/${treasure.id}`)).stages[0].prizes[0].lottery)
      .toBe('春季大转盘');
    await desk.getByRole('button', { name: '发布', exact: true }).click();
    await panel(desk, '发布「带一位朋友来转」').getByRole('button', { name: '我了解风险，发布' }).click();
    await expect(desk.getByText('已发布，链接和二维码在右边')).toBeVisible();
  });

  const slug = (await house.ask<Campaign>('GET', `/campaigns/${treasure.id}`)).slug;
  const lin = await house.phone(),
    bo = await house.phone();
  await test.step('a friend helps, and the chances are claimed', async () => {
    await lin.goto(`/t/${slug}`);
    await expect(lin.getByText('2 次抽奖机会 · 春季大转盘')).toBeVisible();
    await lin.getByLabel('怎么称呼你').fill('林晓');
    await lin.getByRole('button', { name: '我要参加' }).click();
    const own = await lin.evaluate(async () => {
      const page = (await (await fetch(`${location.pathname}/page`)).json()) as { me: { slug: string } };
      return page.me.slug;
    });
    await bo.goto(`/t/${own}`);
    await bo.getByRole('button', { name: '为 TA 助力' }).click();
    await expect(bo.getByText('助力成功')).toBeVisible();
    const open = await lin.context().newPage();
    await open.goto(`/t/${wheel.slug}`);
    await open.getByLabel('怎么称呼你').fill('林晓');
    await open.getByRole('button', { name: '我要参加' }).click();
    await expect(open.getByText('机会用完了。')).toBeVisible();
    await house.hears(open);
    await lin.bringToFront();
    await lin.getByRole('button', { name: '领取', exact: true }).click();
    await lin.getByRole('button', { name: '确认领取' }).click();
    await expect(lin.getByText('2 次机会已经放进「春季大转盘」，点下面的按钮去抽。')).toBeVisible();
    await expect(open.getByText('还有 2 次机会'), 'the wheel that lies open was told').toBeVisible();
    await open.close();
  });

  await test.step('she goes there and draws', async () => {
    await lin.getByRole('button', { name: '去抽奖' }).click();
    await expect(lin.getByText('还有 2 次机会')).toBeVisible();
    await expect(lin.getByText('「带一位朋友来转」的奖品')).toBeVisible();
    await lin.getByRole('button', { name: '抽奖', exact: true }).click();
    await expect(lin.locator('.result')).toContainText('洗车券');
    await expect(lin.getByText('还有 1 次机会')).toBeVisible();
  });

  await test.step('the desk sees the order, and ending the lottery asks twice', async () => {
    await desk.goto(house.at(`campaigns/${treasure.id}?part=orders`));
    await expect(desk.getByText('2 次机会 · 春季大转盘')).toBeVisible();
    await desk.goto(house.at(`campaigns/${wheel.id}`));
    await desk.getByRole('button', { name: '更多' }).click();
    await desk.getByText('结束', { exact: true }).click();
    house.expects(/409/);
    await panel(desk, '结束「春季大转盘」').getByRole('button', { name: '结束', exact: true }).click();
    await panel(desk, '还有活动在送它的机会').getByRole('button', { name: '我已了解，结束' }).click();
    await expect.poll(async () => (await house.ask<Campaign>('GET', `/campaigns/${wheel.id}`)).state).toBe('ended');
  });
});
