/* Tables: an operator brings her old customers, mends what was wrong, takes it all back; and has a table made of the list. */
import { readFile } from 'node:fs/promises';
import type { Download, Page } from '@playwright/test';
import { expect, panel, test } from './house';

const TABLE = '微信名,电话,所在城市,会员标签\n安安,138 0013 8000,杭州,老客户、VIP\n林晓,1390013900,嘉兴,老客户\n王五,13700137000,宁波,\n';

async function bring(page: Page, name: string, bytes: Buffer): Promise<void> {
  await page.locator('input[type=file]').first().setInputFiles({ name, mimeType: 'text/csv', buffer: bytes });
  await expect(page.getByRole('heading', { name: /每一列是什么/ })).toBeVisible();
}
async function run(page: Page, people: number): Promise<void> {
  await page.getByRole('button', { name: `导入 ${people} 位` }).click();
}
const bytesOf = async (got: Download) => readFile(await got.path());

test('a table is brought, mended, brought again and taken back', async ({ house, desk }) => {
  await desk.goto(house.at('members'));
  await desk.getByRole('link', { name: '导入' }).click();

  await test.step('it is looked at first', async () => {
    await bring(desk, '老客户.csv', Buffer.from(TABLE));
    await expect(desk.getByText('电话：')).toBeVisible();
    await expect(desk.getByText(/手机号不对/)).toBeVisible();
  });

  let wrong = Buffer.alloc(0);
  await test.step('two people come in, one row waits', async () => {
    await run(desk, 2);
    await expect(desk.getByText('2 行导入好了，还有 1 行有错')).toBeVisible();
    const [got] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('button', { name: '下载有错的 1 行' }).click()]);
    wrong = await bytesOf(got);
    expect(wrong.toString()).toContain('林晓,1390013900,嘉兴,老客户,3,电话,');
  });

  await test.step('mended, it is brought again', async () => {
    await desk.getByRole('link', { name: '再导入一份' }).click();
    await bring(desk, '老客户-改好.csv', Buffer.from(wrong.toString().replace('1390013900,', '13900139000,')));
    await run(desk, 1);
    await expect(desk.getByText('全部 1 行都导入好了')).toBeVisible();
    await desk.getByRole('link', { name: '去看成员' }).click();
    for (const name of ['安安', '林晓', '王五']) await expect(desk.getByText(name, { exact: true })).toBeVisible();
  });

  await test.step('the first table is taken back', async () => {
    await desk.goto(house.at('members/import'));
    await desk.getByRole('link', { name: /老客户\.csv/ }).click();
    await desk.getByRole('button', { name: '撤销这次导入' }).click();
    await panel(desk, '撤销这次导入').getByRole('button', { name: '撤销这次导入' }).click();
    await expect(desk.getByText('已撤销：移除 2 位，恢复 0 位')).toBeVisible();
    await desk.getByRole('link', { name: '去看成员' }).click();
    await expect(desk.getByText('林晓', { exact: true })).toBeVisible();
    await expect(desk.getByText('安安', { exact: true })).toHaveCount(0);
  });
});

test('the list as it is filtered goes into a table, and is fetched', async ({ house, desk }) => {
  for (const nickname of ['安安', '林晓']) await house.ask('POST', '/members', { nickname, phone: '13800138000' });
  await desk.goto(house.at('members?q=林'));
  await desk.getByRole('button', { name: '导出' }).click();
  const dialog = panel(desk, '导出成员');
  await expect(dialog.getByText('搜索「林」')).toBeVisible();
  await dialog.getByRole('radio', { name: 'CSV' }).click();
  await dialog.getByRole('button', { name: '开始导出' }).click();
  await expect(desk.getByText('可以下载')).toBeVisible();
  const [got] = await Promise.all([desk.waitForEvent('download'), desk.getByRole('button', { name: '下载' }).click()]);
  const text = (await bytesOf(got)).toString();
  expect(text).toContain('林晓,,138****8000');
  expect(text).not.toContain('安安');
  await expect(desk.getByText(/下载 1 次/)).toBeVisible();
});

test('a spreadsheet that was exported comes in again, read by the browser', async ({ house, desk }) => {
  await house.ask('POST', '/members', { nickname: '安安', city: '杭州', phone: '13800138000' });
  await desk.goto(house.at('members'));
  await desk.getByRole('button', { name: '导出' }).click();
  await panel(desk, '导出成员').getByRole('button', { name: '开始导出' }).click();
  const [got] = await Promise.all([
    desk.waitForEvent('download'),
    desk.getByRole('button', { name: '下载' }).click(),
  ]);
  expect(got.suggestedFilename()).toMatch(/\.xlsx$/);
  await desk.goto(house.at('members/import'));
  await bring(desk, '成员.xlsx', await bytesOf(got));
  await expect(desk.getByText(/手机号不对/)).toBeVisible(); /* its middle is hidden: not a number any more */
  await expect(desk.getByText('安安').first()).toBeVisible();
});
