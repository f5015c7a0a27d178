/* The newcomer: an empty folder becomes a community with an owner. There is no password anywhere until she chooses one. */
import { decent, expect, test } from './house';

test.use({ begin: 'empty' });

test('an empty folder becomes a community, and only its owner gets in', async ({ house, desk }) => {
  house.expects(/status of 400.*\/api\/setup/, /status of 401.*\/api\/login/);
  await desk.goto('/');
  await expect(desk).toHaveURL('/setup');
  await decent(desk);

  await test.step('a password that everybody guesses is refused at its field', async () => {
    await desk.getByLabel('怎么称呼你').fill('林晓');
    await desk.getByLabel('账号').fill('linxiao');
    await desk.getByLabel('密码').fill('12345');
    await expect(desk.getByRole('button', { name: '下一步' })).toBeDisabled();
    await desk.getByLabel('密码').fill('1234567890');
    await desk.getByRole('button', { name: '下一步' }).click();
    await desk.getByLabel('社群名称').fill('友信会员社群');
    await decent(desk);
    await desk.getByRole('button', { name: '建好并进入' }).click();
    await expect(desk.locator('.field', { hasText: '密码' }).getByRole('alert')).toContainText('太容易猜');
    await expect(desk.getByLabel('怎么称呼你')).toHaveValue('林晓');
  });

  await test.step('a sentence of her own opens the community', async () => {
    await desk.getByLabel('密码').fill(house.password);
    await desk.getByRole('button', { name: '下一步' }).click();
    await expect(desk.getByLabel('社群名称')).toHaveValue('友信会员社群');
    await desk.getByRole('button', { name: '建好并进入' }).click();
    await expect(desk.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
    await expect(desk.getByRole('heading', { name: '从这里开始' })).toBeVisible();
    await decent(desk);
  });

  await test.step('she signs out, mistypes, and comes back in', async () => {
    await desk.getByTitle('我的账号').first().click();
    await desk.getByRole('button', { name: '退出登录' }).click();
    await expect(desk).toHaveURL(/\/sign-in/);
    await decent(desk);
    await desk.getByLabel('账号').fill('linxiao');
    await desk.getByLabel('密码').fill('不是这一句话啊啊');
    await desk.getByRole('button', { name: '登录' }).click();
    await expect(desk.getByRole('alert')).toContainText('密码');
    await desk.getByLabel('密码').fill(house.password);
    await desk.getByRole('button', { name: '登录' }).click();
    await expect(desk.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
    await expect(desk.getByTitle('切换社群').first()).toContainText('友信会员社群');
  });

  await test.step('nobody becomes an owner after her', async () => {
    await desk.goto('/setup');
    await expect(desk).toHaveURL(/\/(sign-in|c\/)/);
    const stranger = await house.desk({ locale: 'en' });
    await stranger.goto('/');
    await expect(stranger).toHaveURL(/\/sign-in/);
    await expect(stranger.getByRole('button', { name: 'Sign in' })).toBeVisible();
  });
});

test('on a phone the first run is the same, under one thumb', async ({ house }) => {
  const phone = await house.phone();
  await phone.goto('/');
  await expect(phone).toHaveURL('/setup');
  await decent(phone);
  await phone.getByLabel('怎么称呼你').fill('林晓');
  await phone.getByLabel('账号').fill('linxiao');
  await phone.getByLabel('密码').fill(house.password);
  await phone.getByRole('button', { name: '下一步' }).tap();
  await phone.getByLabel('社群名称').fill('友信会员社群');
  await phone.getByRole('button', { name: '建好并进入' }).tap();
  await expect(phone.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
  await decent(phone);
});
