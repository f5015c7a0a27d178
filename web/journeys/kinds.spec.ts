/* kinds.spec.ts: the other plays of the campaign engine, and what happens at the desk around them. */
import type { Page } from '@playwright/test';
import { choose, decent, expect, panel, test, type House } from './house';

test('two questions in a row: the second is asked while the first still fades', async ({ house, desk }) => {
  house.expects(/409/);
  const code = await house.code({ title: '分享领券', gate: 'proof', gate_note: '请转发到朋友圈', state: 'draft', targets: [await house.group('一群')] });
  await desk.goto(house.at(`codes/${code.id}`));
  await desk.getByRole('button', { name: '开始运行' }).click();
  await panel(desk, '开始运行「分享领券」').getByRole('button', { name: '开始运行' }).click();
  const second = panel(desk, '这个门槛要求对方分享').getByRole('button', { name: '我已了解，仍然开始' });
  await expect(second).toBeVisible();
  await desk.waitForTimeout(500);           /* longer than any fading: it is still there */
  await second.click();
  await expect(desk.getByText('已开始运行')).toBeVisible();
  await expect(desk.locator('.t-dialog:visible')).toHaveCount(0);
});

/* What every journey here begins with: a play from the first page to being published. */
async function published(desk: Page, house: House, play: string, name: string, fill: (form: Page) => Promise<void> = async () => {}, yes = '我了解风险，发布'): Promise<string> {
  await desk.goto(house.at('campaigns/new'));
  await desk.getByRole('button', { name: `用这个 ${play}` }).click();
  await desk.getByRole('textbox', { name: '活动名称', exact: true }).fill(name);
  await fill(desk);
  await desk.keyboard.press('Tab');
  await expect(desk.getByText('草稿已自动保存')).toBeVisible();
  await desk.getByRole('button', { name: '发布', exact: true }).click();
  await panel(desk, `发布「${name}」`).getByRole('button', { name: yes }).click();
  await expect(desk.getByText('还没有人').first()).toBeVisible();
  const id = /campaigns\/(\d+)/.exec(desk.url())![1];
  return `/t/${(await house.ask<{ slug: string }>('GET', `/campaigns/${id}`)).slug}`;
}

async function takePart(phone: Page, at: string, name: string): Promise<string> {
  await phone.goto(at);
  await phone.getByLabel('怎么称呼你').fill(name);
  await phone.getByRole('button', { name: '我要参加' }).click();
  return /\/t\/\w+/.exec((await phone.locator('.words p').textContent())!)![0];
}

test('老带新: a friend signs up, both pages show their points, and each entry', async ({ house, desk }) => {
  const at = await published(desk, house, '老带新', '长期老带新');
  const [lin, an] = [await house.phone(), await house.phone()];
  const own = await takePart(lin, at, '林晓');
  await expect(lin.getByText('还剩')).toHaveCount(0);        /* it has no end */
  await an.goto(own);
  await expect(an.getByText('你得 20 积分，林晓 得 50 积分')).toBeVisible();
  await an.getByLabel('怎么称呼你').fill('安安');
  await an.getByRole('button', { name: '登记，领见面礼' }).click();
  await expect(an.getByText('欢迎你来')).toBeVisible();
  await expect(an.locator('.points .sum')).toHaveText('20');
  await expect(lin.locator('.points .sum')).toHaveText('50');
  await expect(lin.locator('.points li').filter({ hasText: '带来一位好友' })).toBeVisible();
  for (const page of [lin, an]) await decent(page);
  await desk.goto(desk.url().replace(/\?.*/, '?part=overview'));
  await expect(desk.getByText('两边都奖励的好友')).toBeVisible();
});

test('建群宝: a friend joins the group by the page, and both claim what is everybody’s', async ({ house, desk }) => {
  const group = await house.group('周末自驾群');
  const code = await house.code({ title: '自驾入口', targets: [group] });
  const at = await published(desk, house, '建群宝', '拉满有礼', async (form) => {
    await choose(form.locator('form'), '进哪个活码', '自驾入口');
    await form.locator('[data-field="stages[0].goal"] input').fill('1');
  });
  const [lin, an] = [await house.phone(), await house.phone()];
  const own = await takePart(lin, at, '林晓');
  await an.goto(own);
  await expect(an.getByRole('heading', { name: '林晓 邀你进群' })).toBeVisible();
  await an.getByRole('button', { name: '进群，一起领福利' }).click();
  await an.waitForURL(`**/g/${code.slug}`);
  await an.getByRole('button', { name: '我已经进群了' }).click();
  await an.getByLabel('你在群里叫什么').fill('安安');
  await an.getByRole('button', { name: '确认，我进群了' }).click();
  await lin.getByRole('button', { name: '领取奖品' }).click();
  await lin.getByRole('button', { name: '确认领取' }).click();
  await expect(lin.getByText('到店出示')).toBeVisible();
  await an.goto(own);
  await expect(an.getByText('你已经在群里了')).toBeVisible();
  await decent(an);
  await an.getByRole('button', { name: '领取奖品' }).click();
  await an.getByRole('button', { name: '确认领取' }).click();
  await expect(an.getByText('到店出示')).toBeVisible();
});

test('进群宝: who joins through the gate finds the link on the page; the desk sees each step', async ({ house, desk }) => {
  const code = await house.code({ title: '冬季入口', targets: [await house.group('冬季用车群')] });
  const at = await published(desk, house, '进群宝', '冬季手册', async (form) => {
    await choose(form.locator('form'), '进哪个活码', '冬季入口');
    await form.locator('[data-field="wait_minutes"] input').fill('0');
    await form.getByLabel('领取链接').fill(`${house.url}/api/state`);
  }, '发布');
  const [an, bo] = [await house.phone(), await house.phone()];
  await bo.goto(at);
  await expect(bo.getByRole('button', { name: '进群领取' })).toBeVisible();
  await an.goto(at);
  await decent(an);
  await an.getByRole('button', { name: '进群领取' }).click();
  await an.waitForURL(`**/g/${code.slug}`);
  await an.getByRole('button', { name: '我已经进群了' }).click();
  await an.getByLabel('你在群里叫什么').fill('安安');
  await an.getByRole('button', { name: '确认，我进群了' }).click();
  await expect(an.getByRole('heading', { name: '你已经在群里了' })).toBeVisible();
  await an.goto(at);
  await expect(an.getByText('送到了')).toBeVisible();
  await decent(an);
  await an.getByRole('button', { name: '打开', exact: true }).click();
  await an.waitForURL('**/api/state');
  await desk.goto(desk.url().replace(/\?.*/, '?part=overview'));
  const row = (word: string) => desk.locator('.funnel li').filter({ hasText: word }).locator('b');
  await expect(row('打开活动页')).toHaveText('2');
  await expect(row('进群')).toHaveText('1');
  await expect(row('打开过')).toHaveText('1');
});
