/* The passport: scanned, joined, and then her own page: what is kept, what she agreed to, a copy, and gone. */
import { readFileSync } from 'node:fs';
import { decent, expect, panel, test } from './house';

test('a member finds her page, changes her mind, takes a copy, and is erased', async ({ house, desk }) => {
  const group = await house.group('友信会员 1 群');
  const code = await house.code({ title: '友信车主群', guide: '每天一条养车知识', targets: [group] });
  const phone = await house.phone({ viewport: { width: 360, height: 740 }, userAgent: 'Mozilla/5.0 (Linux; Android 10) Chrome/86.0 Mobile' });

  await test.step('she scans and joins; her own page is one tap away', async () => {
    await phone.goto(`/g/${code.slug}`);
    await phone.getByRole('button', { name: '我已经进群了' }).tap();
    await phone.getByLabel('你在群里叫什么').fill('小周');
    await phone.getByRole('button', { name: '确认，我进群了' }).tap();
    await phone.getByRole('link', { name: '我的' }).tap();
    await expect(phone.getByRole('heading', { level: 1, name: '我的' })).toBeVisible();
    await expect(phone.getByText('小周')).toBeVisible();
    expect(await phone.locator('meta[property="og:title"]').getAttribute('content')).toContain('友信会员社群');
    await decent(phone);
  });

  await test.step('her group is there, with a code to come back by', async () => {
    await phone.getByRole('button', { name: /友信会员 1 群/ }).tap();
    await expect(phone.getByRole('img', { name: /友信会员 1 群/ })).toBeVisible();
    await decent(phone);
    await phone.goBack();
    await expect(phone.getByRole('heading', { level: 1, name: '我的' })).toBeVisible();
  });

  await test.step('a switch holds, also after a reload; off is the same tap', async () => {
    const news = phone.getByRole('switch', { name: '接收活动和优惠消息' });
    await expect(news).not.toBeChecked();
    await news.tap();
    await expect(news).toBeChecked();
    await phone.reload();
    await expect(news).toBeChecked();
    await news.tap();
    await expect(news).not.toBeChecked();
  });

  await test.step('new words ask again, and say so; staff see every word of it', async () => {
    await phone.getByRole('switch', { name: '接收活动和优惠消息' }).tap();
    await expect(phone.getByRole('switch', { name: '接收活动和优惠消息' })).toBeChecked();
    await desk.goto(house.at('settings/privacy'));
    await desk.getByRole('button', { name: '修改说明: 接收活动和优惠消息' }).click();
    const form = panel(desk, '接收活动和优惠消息');
    await form.getByLabel('说明：做什么、为什么').fill('每周一条用车提醒，节假日有优惠。');
    await expect(form.getByText('1 人会被重新问一次', { exact: false })).toBeVisible();
    await form.getByRole('button', { name: '保存' }).click();
    await expect(desk.getByText('第 2 版', { exact: false })).toBeVisible();
    await decent(desk);
    await phone.reload();
    await expect(phone.getByText('这里的说明更新过，请重新决定。')).toBeVisible();
    await expect(phone.getByRole('switch', { name: '接收活动和优惠消息' })).not.toBeChecked();
    await desk.goto(house.at('members'));
    await desk.getByText('小周').first().click();
    await expect(panel(desk, '小周').getByText('接收活动和优惠消息')).toBeVisible();
    await panel(desk, '小周').getByRole('button', { name: '全部记录' }).click();
    await expect(panel(desk, '小周').getByText(/本人在「我的」页/).first()).toBeVisible();
  });

  await test.step('under 14 a guardian speaks first', async () => {
    await phone.getByRole('button', { name: '修改' }).tap();
    await phone.getByLabel('生日').fill('2020-3-1');
    await phone.getByLabel('监护人姓名').fill('周妈妈');
    await phone.getByLabel('监护人电话').fill('138 0013 8000');
    await decent(phone);
    await phone.getByRole('button', { name: '保存' }).tap();
    await expect(phone.getByRole('heading', { level: 1, name: '我的' })).toBeVisible();
  });

  await test.step('she reads what is kept and takes a copy', async () => {
    await phone.getByRole('button', { name: /这里保存了我的什么/ }).tap();
    await expect(phone.getByText('你扫过哪些码', { exact: false })).toBeVisible();
    await decent(phone);
    const [file] = await Promise.all([phone.waitForEvent('download'), phone.getByRole('link', { name: '下载我的全部资料' }).tap()]);
    expect(file.suggestedFilename()).toBe('我的资料.zip');
    expect(readFileSync(await file.path()).subarray(0, 2).toString()).toBe('PK');
    await phone.goBack();
  });

  await test.step('one typed word, and she is gone; the receipt says when, not who', async () => {
    await phone.getByRole('button', { name: '删除我的资料' }).tap();
    await phone.getByRole('button', { name: '删除我的全部资料' }).tap();
    await expect(phone.getByRole('alert')).toContainText('请输入「删除」');
    await decent(phone);
    await phone.getByLabel(/确定的话/).fill('删除');
    await phone.getByRole('button', { name: '删除我的全部资料' }).tap();
    await expect(phone.getByRole('heading', { name: '已经删除' })).toBeVisible();
    await decent(phone);
    await phone.getByRole('link', { name: '核对这个编号' }).tap();
    await expect(phone.getByRole('heading', { name: '这份资料已删除' })).toBeVisible();
    await expect(phone.getByText('友信')).toHaveCount(0);
    await decent(phone);
  });

  await test.step('her phone meets the page as a new one; staff find nobody, and a receipt', async () => {
    await phone.goto(`/g/${code.slug}`);
    await expect(phone.getByRole('button', { name: '我已经进群了' })).toBeVisible();
    await phone.getByRole('link', { name: '我的' }).tap();
    await expect(phone.getByText('这里没有你的资料')).toBeVisible();
    await decent(phone);
    await desk.goto(house.at('members'));
    await expect(desk.getByText('还没有成员')).toBeVisible();
    await desk.goto(house.at('settings/privacy'));
    await expect(desk.getByRole('row').filter({ hasText: '本人操作' })).toBeVisible();
  });
});

test('staff erase a member on request, and the page says what tonight would clear', async ({ house, desk }) => {
  await house.ask('POST', '/members', { nickname: '安安', phone: '13800138000' });
  await desk.goto(house.at('members'));
  await desk.getByText('安安').first().click();
  await panel(desk, '安安').getByRole('button', { name: '删除全部资料' }).click();
  const ask = panel(desk, '为什么删');
  await expect(ask).toBeVisible();
  await ask.getByRole('button', { name: '删除全部资料' }).click();
  await expect(desk.getByText(/已删除，回执/)).toBeVisible();
  await expect(desk.getByText('还没有成员')).toBeVisible();
  await desk.goto(house.at('settings/privacy'));
  await desk.getByRole('button', { name: '算一下今晚会清掉多少' }).click();
  await expect(desk.getByText(/按现在填的：访客记录 0/)).toBeVisible();
  await decent(desk);
});
