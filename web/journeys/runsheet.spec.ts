/* The run-sheet: what no platform can send is done by a person on a phone; the freeze switch stops even that. */
import { decent, expect, panel, test } from './house';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };

test('a send to a WeChat group is done from the run-sheet on a phone, and the freeze switch stops the next', async ({ house, desk }) => {
  await house.group('车主 3 群');
  const phone = await house.desk({ ...PHONE, storageState: await desk.context().storageState(), permissions: ['clipboard-read', 'clipboard-write'] });

  await test.step('an operator says something to a group of people', async () => {
    await desk.goto(house.at('outbox'));
    await decent(desk);
    await desk.getByRole('button', { name: '发一条' }).first().click();
    const form = panel(desk, '发一条');
    await form.getByLabel('发到哪个群').first().click();
    await desk.getByRole('listitem').filter({ hasText: '车主 3 群' }).or(desk.locator('.t-select-option', { hasText: '车主 3 群' })).first().click();
    await form.getByLabel('文字').last().fill('周五晚 8 点用车答疑，带着问题来。');
    await form.getByRole('button', { name: '放进发件箱' }).click();
    await expect(desk.getByText('已放进今日待办')).toBeVisible();
  });

  await test.step('on the phone it stands under its group: copied, sent, ticked off with proof', async () => {
    await phone.goto(house.at('runsheet'));
    const group = phone.getByRole('region', { name: '车主 3 群' });
    await expect(group.getByText('周五晚 8 点用车答疑')).toBeVisible();
    await decent(phone);
    await group.getByRole('button', { name: '复制文字' }).tap();
    expect(await phone.evaluate(() => navigator.clipboard.readText())).toBe('周五晚 8 点用车答疑，带着问题来。');
    await expect(group.getByRole('link', { name: '打开微信' })).toHaveAttribute('href', 'weixin://');
    await group.getByRole('button', { name: '填写凭证' }).tap();
    await group.getByLabel('数字凭证').fill('240 人看过');
    await group.getByRole('button', { name: '做完了' }).tap();
    await expect(phone.getByText('现在没有要发的')).toBeVisible();
    await phone.getByText('做完的').first().tap();
    await expect(phone.getByText('240 人看过')).toBeVisible();
    await expect(phone.getByRole('main').getByText(/林晓 ·/)).toBeVisible();
  });

  await test.step('without a network the tick waits in the phone', async () => {
    house.expects(/ERR_INTERNET_DISCONNECTED/);
    await house.ask('POST', '/sends', { group_id: (await house.ask<{ items: { id: string }[] }>('GET', '/groups')).items[0].id, what: 'text', text: '在电梯里打的勾', key: 'lift' });
    await phone.goto(house.at('runsheet'));
    await expect(phone.getByText('在电梯里打的勾')).toBeVisible();
    await phone.context().setOffline(true);
    await phone.getByRole('button', { name: '做完了' }).tap();
    await expect(phone.getByText('没有网络').first()).toBeVisible();
    await phone.context().setOffline(false);
    await expect(phone.getByText('现在没有要发的')).toBeVisible();
  });

  await test.step('frozen, nothing is done by hand either, and every page says so', async () => {
    const group = (await house.ask<{ items: { id: string }[] }>('GET', '/groups')).items[0].id;
    await house.ask('POST', '/sends', { group_id: group, what: 'text', text: '这一条要等一等', key: 'wait' });
    await desk.goto(house.at('outbox'));
    await desk.getByRole('button', { name: '冻结发送' }).click();
    await panel(desk, '冻结所有发送').getByLabel('原因').fill('3 群有客户投诉');
    await panel(desk, '冻结所有发送').getByRole('button', { name: '冻结', exact: true }).click();
    await expect(desk.getByRole('alert').filter({ hasText: '3 群有客户投诉' })).toBeVisible();
    await desk.goto(house.at('members'));
    await expect(desk.getByRole('alert').filter({ hasText: '发送已冻结' })).toContainText('林晓');
    await phone.goto(house.at('runsheet'));
    await expect(phone.getByText('这一条要等一等')).toBeVisible();
    await expect(phone.getByText('先不要发')).toBeVisible();
    await expect(phone.getByRole('button', { name: '做完了' })).toHaveCount(0);
    await decent(phone);
    await desk.getByRole('button', { name: '解除冻结' }).click();
    await panel(desk, '接着发出去').getByRole('button', { name: '解除冻结' }).click();
    await expect(desk.getByText('已解除')).toBeVisible();
    await expect(phone.getByRole('button', { name: '做完了' })).toBeVisible();
  });
});
