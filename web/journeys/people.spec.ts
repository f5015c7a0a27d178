/* people.spec.ts: a member's profile with custom fields; found by pinyin and the end of the number; merged, and told apart again. */
import { expect, test } from './house';

const SHOTS = process.env.SHOTS;

test('a field is made, a member filled in, found by pinyin and phone tail', async ({ house, desk }) => {
  await desk.goto(`${house.url}/c/${house.community}/settings/people`);
  await desk.getByRole('button', { name: '添加字段' }).click();
  await desk.getByLabel('名称').fill('车型');
  await desk.getByLabel('代号').fill('car');
  await desk.getByRole('button', { name: '保存' }).click();
  await expect(desk.getByText('一行文字')).toBeVisible();
  if (SHOTS) await desk.screenshot({ path: `${SHOTS}/settings.png`, fullPage: true });

  await desk.goto(`${house.url}/c/${house.community}/members`);
  await desk.getByRole('button', { name: '添加成员' }).click();
  await desk.getByLabel('昵称', { exact: true }).fill('嘉兴小林');
  await desk.getByLabel('姓名', { exact: true }).fill('林晓');
  await desk.getByLabel('手机号', { exact: true }).fill('13812345678');
  await desk.getByLabel('车型', { exact: true }).fill('坦克300');
  if (SHOTS) await desk.screenshot({ path: `${SHOTS}/form.png` });
  await desk.getByRole('button', { name: '保存' }).click();
  await expect(desk.getByText('坦克300')).toBeVisible();
  await desk.getByPlaceholder('写一条备注…').fill('周末才有空');
  await desk.getByRole('button', { name: '记下' }).click();
  await expect(desk.getByText('周末才有空')).toBeVisible();
  if (SHOTS) await desk.screenshot({ path: `${SHOTS}/panel.png` });
  await desk.keyboard.press('Escape');

  for (const q of ['jxxl', 'linxiao', '5678']) {
    await desk.goto(`${house.url}/c/${house.community}/members?q=${q}`);
    await expect(desk.getByText('嘉兴小林').first()).toBeVisible();
  }
  await desk.goto(`${house.url}/c/${house.community}/members?q=zzz`);
  await expect(desk.getByText('没有符合条件的结果')).toBeVisible();
});

test('two members are one person: merged, and told apart again', async ({ house, desk }) => {
  const add = (body: object) => house.ask<{ id: string }>('POST', '/members', body);
  const one = await add({ nickname: '晓晓', phone: '13812345678', city: '嘉兴' });
  await add({ nickname: '林晓', phone: '13812345678', city: '杭州', job: '教练' });
  await desk.goto(`${house.url}/c/${house.community}/members`);
  await expect(desk.getByText('有 1 对成员可能是同一个人')).toBeVisible();
  if (SHOTS) await desk.screenshot({ path: `${SHOTS}/list.png` });
  await desk.getByRole('button', { name: '比较' }).click();
  await desk.getByRole('radio', { name: '杭州' }).click();
  if (SHOTS) await desk.screenshot({ path: `${SHOTS}/merge.png` });
  await desk.getByRole('button', { name: '合并成一位' }).click();
  await expect(desk.getByText('合并记录')).toBeVisible();
  await expect(desk.getByText('教练')).toBeVisible();
  if (SHOTS) {
    await desk.setViewportSize({ width: 390, height: 844 });
    await desk.screenshot({ path: `${SHOTS}/panel390.png` });
    await desk.setViewportSize({ width: 1440, height: 900 });
  }
  await desk.goto(`${house.url}/c/${house.community}/members?open=${one.id}`);
  await desk.getByRole('button', { name: '撤销' }).last().click();
  await desk.locator('.t-dialog').getByRole('button', { name: '撤销' }).click();
  await expect(desk.getByText('合并记录')).toBeHidden();
  await desk.goto(`${house.url}/c/${house.community}/members`);
  await expect(desk.getByText('林晓').first()).toBeVisible();
  await expect(desk.getByText('晓晓').first()).toBeVisible();
});
