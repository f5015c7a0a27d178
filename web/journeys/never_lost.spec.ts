/* Never lost: whatever stands in the way, a member is told what happened, why, and what to do next. */
import type { Page } from '@playwright/test';
import type { Numbers } from '../api/types';
import { choose, decent, expect, panel, test, type House } from './house';

const code = (page: Page) => page.getByRole('img', { name: /二维码/ });
const says = (page: Page, words: string | RegExp) => expect(page.getByRole('heading', { level: 2, name: words })).toBeVisible();

/* What is over for good still leads somewhere: the link is taken to whoever gave it out. */
async function asks(phone: Page): Promise<void> {
  await phone.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await phone.getByRole('button', { name: '复制链接去问问' }).tap();
  await expect(phone.getByRole('status')).toContainText('复制好了');
  expect(await phone.evaluate(() => navigator.clipboard.readText())).toBe(phone.url());
}

async function joined(house: House, id: string): Promise<number> {
  return (await house.ask<Numbers>('GET', `/livecodes/${id}/numbers`)).joined;      /* of the last days: a midnight may come meanwhile */
}

test('full: a place in the queue, and then the next group', async ({ house, desk }) => {
  const [small, next] = [await house.group('友信会员 1 群'), await house.group('友信会员 2 群')];
  const made = await house.code({ title: '售后前台', targets: [{ group_id: small.id, scan_cap: 1 }] });
  const [lucky, late] = [await house.phone(), await house.phone()];
  await lucky.goto(made.url);
  await expect(code(lucky)).toHaveAttribute('src', small.qr_file);

  await late.clock.install();
  await late.goto(made.url);
  await says(late, /排个队/);
  await decent(late);
  await late.getByRole('button', { name: '加入候补' }).tap();
  await expect(late.getByRole('alert')).toContainText('这一项要填');
  await late.getByLabel('手机号或微信号').fill('13800138000');
  await late.getByLabel('怎么称呼你').fill('老吴');
  await late.getByRole('button', { name: '加入候补' }).tap();
  await says(late, '已经排上队了');
  await expect(late.getByText('你排在第')).toBeVisible();
  await expect(late.getByRole('main').locator('b').filter({ hasText: /^1$/ })).toBeVisible();
  await decent(late);

  await desk.goto(house.at(`codes/${made.id}?part=waiting`));
  await expect(desk.getByRole('row').filter({ hasText: '老吴' })).toContainText('13800138000');
  await decent(desk);
  await desk.getByText(/^目标/).first().click();
  await desk.getByRole('button', { name: '加一个目标' }).first().click();
  await choose(panel(desk, '加一个目标'), '哪个群', '友信会员 2 群');
  await panel(desk, '加一个目标').getByRole('button', { name: '添加' }).click();
  await expect(desk.getByRole('main').getByRole('listitem').filter({ hasText: '友信会员 2 群' })).toBeVisible();

  await late.clock.fastForward(31_000);                     /* the waiting page looks every half minute */
  await expect(code(late)).toHaveAttribute('src', next.qr_file);
  await lucky.reload();
  await expect(code(lucky), 'the first one keeps her group').toHaveAttribute('src', small.qr_file);
});

test('expired: the reason is told, and a new picture brings everybody in', async ({ house }) => {
  const group = await house.group('友信会员 1 群');
  const made = await house.code({ title: '售后前台', contact: '前台 0571-88886666', targets: [group] });
  const { png } = await house.picture();
  const picture = { name: 'qr.png', mimeType: 'image/png', buffer: png };
  await house.ask('POST', `/groups/${group.id}/qr`, { multipart: { picture, expires_at: String(Date.now() + 1500) } });
  const phone = await house.phone();
  await expect.poll(async () => { await phone.goto(made.url); return phone.getByRole('main').textContent(); }).toContain('群二维码到期了');
  await decent(phone);
  await expect(phone.getByText('0571-88886666')).toBeVisible();
  await house.ask('POST', `/groups/${group.id}/qr`, { multipart: { picture } });
  await phone.reload();
  await expect(code(phone)).toBeVisible();
});

test('early: the countdown is true, and the code appears by itself', async ({ house }) => {
  const group = await house.group('友信会员 1 群');
  const phone = await house.phone();
  const opens = async (ahead: number) => {
    const made = await house.code({ title: '开春讲座', guide: '讲三件小事', starts_at: Date.now() + ahead, targets: [group] });
    await phone.goto(made.url);
    const left = async () => Number(/00时00分(\d\d)秒/.exec((await phone.getByRole('timer').allTextContents()).join())?.[1] ?? 99);
    await expect.poll(async () => (await code(phone).count()) > 0 || (await left()) <= ahead / 1000, 'it counts').toBe(true);
    return (await code(phone).count()) > 0;
  };
  let ahead = 4_000;                        /* more where a page takes longer to come */
  while (await opens(ahead)) expect((ahead *= 2)).toBeLessThan(60_000);
  await says(phone, /开放$/);
  await decent(phone);
  await expect(code(phone)).toBeVisible();
});

test('paused and resumed, ended for good, and never there', async ({ house }) => {
  house.expects(/status of 404.*\/g\//);
  const group = await house.group('友信会员 1 群');
  const made = await house.code({ title: '售后前台', contact: '林晓 139 0000 0000', targets: [group] });
  const phone = await house.phone();

  await house.turn(made.id, 'paused');
  await phone.goto(made.url);
  await says(phone, '入口暂时关了');
  await decent(phone);
  await phone.getByRole('button', { name: '再看看' }).tap();
  await expect(phone.getByRole('status')).toContainText('还没有变化');
  await house.turn(made.id, 'running');
  await phone.getByRole('button', { name: '再看看' }).tap();
  await expect(code(phone)).toBeVisible();

  await house.turn(made.id, 'ended');
  await phone.reload();
  await says(phone, '已经结束了');
  await expect(phone.getByText('林晓 139 0000 0000')).toBeVisible();
  await asks(phone);
  await phone.getByRole('button', { name: '再看看' }).tap();
  await expect(phone.getByRole('status')).toContainText('还没有变化');
  await decent(phone);

  expect((await phone.goto('/g/nobody-made-this'))!.status()).toBe(404);
  await expect(phone.getByRole('heading', { level: 1, name: '没有找到这个入口' })).toBeVisible();
  await asks(phone);
  await decent(phone);
  const again = phone.waitForEvent('load');
  await phone.getByRole('button', { name: '再看看' }).tap();
  await again;
});

test('a password at the gate: the wrong word is told at the field, the right one opens', async ({ house }) => {
  house.expects(/status of 4\d\d.*\/gate$/);
  const made = await house.code({ title: '到店有礼', gate: 'password', gate_password: '春风十里', gate_note: '口令在前台的立牌上', targets: [await house.group('友信会员 1 群')] });
  const phone = await house.phone();
  await phone.goto(made.url);
  await expect(phone.getByText('口令在前台的立牌上')).toBeVisible();
  await decent(phone);
  await phone.getByLabel('口令').fill('夏夜');
  await phone.getByRole('button', { name: '进入' }).tap();
  await expect(phone.getByRole('alert')).toContainText('口令');
  await expect(code(phone)).toHaveCount(0);
  await phone.getByLabel('口令').fill(' 春风十里 ');
  await phone.getByRole('button', { name: '进入' }).tap();
  await expect(code(phone)).toBeVisible();
});

test('the connection breaks while saying "I have joined": tried again by itself, counted once', async ({ house }) => {
  house.expects(/ERR_INTERNET_DISCONNECTED|ERR_FAILED/);
  const made = await house.code({ title: '售后前台', targets: [await house.group('友信会员 1 群')] });

  await test.step('the request never left', async () => {
    const phone = await house.phone();
    await phone.goto(made.url);
    await phone.getByRole('button', { name: '我已经进群了' }).tap();
    await phone.context().setOffline(true);
    await phone.getByRole('button', { name: '确认，我进群了' }).tap();
    await expect(phone.getByRole('status')).toContainText('网络断了，正在重试');
    await decent(phone);
    await phone.context().setOffline(false);
    await says(phone, '你已经在群里了');
    await expect.poll(() => joined(house, made.id)).toBe(1);
  });

  await test.step('it arrived, and the answer was lost', async () => {
    const phone = await house.phone();
    const keys: string[] = [];
    await phone.route('**/joined', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      return route.abort();
    });
    await phone.goto(made.url);
    await phone.getByRole('button', { name: '我已经进群了' }).tap();
    await phone.getByRole('button', { name: '确认，我进群了' }).tap();
    await says(phone, '你已经在群里了');
    expect(keys.length, 'sent twice').toBe(2);
    expect(keys[0], 'as one and the same act').toBe(keys[1]);
    await expect.poll(() => joined(house, made.id)).toBe(2);
  });
});

test('a nervous thumb taps twice and is counted once', async ({ house }) => {
  const made = await house.code({ title: '售后前台', targets: [await house.group('友信会员 1 群')] });
  const phone = await house.phone();
  let sent = 0;
  phone.on('request', (request) => { if (request.url().endsWith('/joined')) sent++; });
  await phone.goto(made.url);
  await phone.getByRole('button', { name: '我已经进群了' }).tap();
  await phone.getByRole('button', { name: '确认，我进群了' }).dblclick();
  await says(phone, '你已经在群里了');
  expect(sent).toBe(1);
  await expect.poll(() => joined(house, made.id)).toBe(1);
});

test('rules, help and a report are one tap away, and back leaves them', async ({ house, desk }) => {
  const made = await house.code({ title: '售后前台', contact: '前台 0571-88886666', targets: [await house.group('友信会员 1 群')] });
  const phone = await house.phone();
  await phone.goto(made.url);
  await phone.getByRole('button', { name: '扫不了？' }).tap();
  await expect(phone.getByRole('heading', { level: 1, name: '扫不了怎么办' })).toBeVisible();
  await decent(phone);
  await phone.goBack();
  await expect(code(phone)).toBeVisible();

  await phone.getByRole('button', { name: '举报' }).tap();
  await decent(phone);
  await phone.getByRole('button', { name: '提交举报' }).tap();
  await expect(phone.getByRole('alert')).toContainText('请选一项');
  await phone.getByText('冒充或诈骗').tap();
  await phone.getByLabel('补充说明').fill('群里有人冒充客服要转账');
  await phone.getByRole('button', { name: '提交举报' }).tap();
  await says(phone, '收到了，谢谢');
  await decent(phone);
  await phone.getByRole('button', { name: '返回' }).first().tap();
  await expect(code(phone)).toBeVisible();

  await desk.goto(house.at('today'));
  await expect(desk.getByText('有人举报「售后前台」')).toBeVisible();
  await expect(desk.getByText(/冒充客服要转账/)).toBeVisible();
});
