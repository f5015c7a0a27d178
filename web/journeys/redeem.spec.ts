/* redeem.spec.ts: a prize is handed out at a counter: by a phone, once, by the clerk it is for, while the shop is open. */
import { expect, panel, test } from './house';

test('the member shows a code, the clerk’s phone reads it: once; the second time says when, where and by whom; a wrong clerk and a closed shop say why', async ({ house, desk }) => {
  house.expects(/status of 40[39]/); /* the refusals this is about */
  const campaign = await house.campaign({ name: '洗车季', goal: 1 });
  const made = await Promise.all(
    [['clerk', '陈店员'], ['other', '周店员']].map(([name, display]) => house.ask<{ id: string; password: string }>('POST', '/staff', { name, display, role: 'reader' })),
  );
  const today = new Date(Date.now() + 8 * 3_600_000).getUTCDay(); /* in Shanghai */
  const days = [today || 7, today + 1].sort().join(''); /* tomorrow, too: a midnight may come meanwhile */
  await test.step('the operator writes down a shop and names it for the prize', async () => {
    await desk.goto(house.at(`campaigns/${campaign.id}?part=orders`));
    await desk.getByRole('button', { name: /^设置 / }).click();
    const side = panel(desk, '的核销');
    await side.getByRole('button', { name: '加一个门店' }).click();
    await side.getByLabel('门店名').fill('东街店');
    await side.getByLabel('地址').fill('东街 1 号');
    await side.getByRole('button', { name: '保存' }).first().click();
    await expect(side.getByText('东街 1 号')).toBeVisible();
    const [shop] = (await house.ask<{ items: { id: string; title: string }[] }>('GET', '/redeem-places')).items;
    await house.ask('PUT', `/redeem-places/${shop.id}`, { ...shop, address: '东街 1 号', hours: [{ days, opens: 0, closes: 1440 }], clerks: [made[0].id] });
    const [rule] = (await house.ask<{ items: { prize: string }[] }>('GET', `/campaigns/${campaign.id}/redeeming`)).items;
    await house.ask('PUT', `/prizes/${rule.prize}/redeeming`, { from_at: null, until_at: null, hours: [], places: [shop.id], clerks: [] });
    await desk.reload();
    await expect(desk.getByText('东街店', { exact: true })).toBeVisible();
  });
  const [lin, an] = [await house.phone(), await house.phone()];
  let code = '';
  await test.step('a member claims, and sees where it is redeemed', async () => {
    await lin.goto(`/t/${campaign.slug}`);
    await lin.getByLabel('怎么称呼你').fill('林晓');
    await lin.getByRole('button', { name: '我要参加' }).click();
    await an.goto(/\/t\/\w+/.exec((await lin.locator('.words p').textContent())!)![0]);
    await an.getByLabel('怎么称呼你').fill('安安');
    await an.getByRole('button', { name: '为 TA 助力' }).click();
    await lin.getByRole('button', { name: '领取奖品' }).click();
    await lin.getByRole('button', { name: '确认领取' }).click();
    await expect(lin.getByText('东街 1 号')).toBeVisible();
    code = (await lin.locator('.code-line b').textContent())!.replace(/\s/g, '');
  });
  const phoneOf = async (name: string, password: string) => {
    const phone = await house.phone({ userAgent: undefined });
    expect((await phone.request.post('/api/login', { data: { name, password } })).ok()).toBe(true);
    return phone;
  };
  await test.step('a clerk of another shop is told that it is not theirs', async () => {
    const other = await phoneOf('other', made[1].password);
    await other.goto(house.at(`redeem?code=${code}`));
    await other.getByRole('button', { name: '核销', exact: true }).click();
    await expect(other.getByRole('heading', { name: '不归你核销' })).toBeVisible();
  });
  const clerk = await phoneOf('clerk', made[0].password);
  await test.step('the shop’s clerk sees what it is and for whom, and hands it out; the member’s page moves by itself', async () => {
    await clerk.goto(house.at(`redeem?code=${code}`));
    await expect(clerk.getByText('林晓 的奖品')).toBeVisible();
    await clerk.getByRole('button', { name: '核销', exact: true }).click();
    await expect(clerk.getByText('核销成功')).toBeVisible();
    await expect(lin.getByRole('heading', { name: '已经核销' })).toBeVisible();
  });
  await test.step('the same code again: when, where, by whom', async () => {
    await clerk.getByRole('button', { name: '核销下一个' }).click();
    await clerk.getByLabel('兑换码').fill(`${house.url}${house.at(`redeem?code=${code}`)}`);
    await clerk.getByRole('button', { name: '核销', exact: true }).click();
    await expect(clerk.getByRole('heading', { name: '已经用过' })).toBeVisible();
    await expect(clerk.getByText(/由 陈店员 在 东街店 核销/)).toBeVisible();
  });
});
