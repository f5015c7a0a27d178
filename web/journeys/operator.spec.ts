/* The operator: from a bare group to a live code on the wall, with fifty posters that are counted apart. */
import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import { choose, decent, expect, panel, test } from './house';

/* Give the page a file, the way a person does. */
async function upload(page: Page, press: () => Promise<void>, name: string, mimeType: string, buffer: Buffer): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press()]);
  await chooser.setFiles({ name, mimeType, buffer });
}

/* What a link gives to keep. */
async function download(page: Page, name: string): Promise<{ file: string; bytes: Buffer }> {
  const [got] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name, exact: true }).first().click()]);
  return { file: got.suggestedFilename(), bytes: await readFile(await got.path()) };
}

/* Excel in China still saves GBK; node can only read it, so the table is turned around. */
function gbk(text: string): Buffer {
  const bytesOf = new Map<string, [number, number]>();
  const reader = new TextDecoder('gbk');
  for (let high = 0x81; high <= 0xfe; high++)
    for (let low = 0x40; low <= 0xfe; low++) bytesOf.set(reader.decode(Uint8Array.of(high, low)), [high, low]);
  return Buffer.from([...text].flatMap((sign) => (sign < '\x80' ? [sign.charCodeAt(0)] : bytesOf.get(sign)!)));
}

test('a group gets its QR picture, and a picture without one is told apart', async ({ house, desk }) => {
  house.expects(/status of 4\d\d.*\/qr$/);
  const { png, link } = await house.picture();
  await desk.goto(house.at('groups'));
  await decent(desk);
  await desk.getByRole('button', { name: '新建群' }).first().click();
  await panel(desk, '新建群').getByRole('textbox', { name: /^群名/ }).fill('友信会员 1 群');
  await panel(desk, '新建群').getByRole('button', { name: '新建群' }).click();

  const group = panel(desk, '友信会员 1 群');
  await expect(group.getByText('还没数过')).toBeVisible();
  const drop = () => group.getByRole('button', { name: /选图|群二维码/ }).click();
  await upload(desk, drop, 'holiday.png', 'image/png', await desk.screenshot());
  await expect(group.getByRole('alert')).toContainText('二维码');
  await upload(desk, drop, 'notes.png', 'image/png', Buffer.from('这不是图片'));
  await expect(group.getByRole('alert')).toContainText(/PNG|JPEG/);

  await upload(desk, drop, 'qr.png', 'image/png', png);
  await expect(group.getByText(link)).toBeVisible();
  await expect(group.getByRole('alert')).toHaveCount(0);
  await expect(group.getByRole('img', { name: '群二维码' })).toHaveJSProperty('complete', true);
  await expect(group.getByText('换了群二维码')).toBeVisible();
  await group.getByLabel('更新人数').and(group.locator('input')).fill('37');
  await group.getByRole('button', { name: '更新人数' }).click();
  await expect(group.getByText('人数记为 37')).toBeVisible();
  await decent(desk);
});

test('a live code with three groups and a gate is made, started and printed', async ({ house, desk }) => {
  for (const n of [1, 2, 3]) await house.group(`友信会员 ${n} 群`);
  await desk.goto(house.at('codes'));
  await decent(desk);

  await test.step('it begins as a draft with a name', async () => {
    await desk.getByRole('button', { name: '新建活码' }).first().click();
    const dialog = panel(desk, '新建活码');
    await dialog.getByLabel('标题').fill('售后前台');
    await dialog.getByRole('button', { name: '新建', exact: true }).click();
    await expect(desk.getByRole('heading', { level: 1, name: /售后前台/ })).toContainText('草稿');
  });

  await test.step('three groups stand behind it', async () => {
    for (const n of [1, 2, 3]) {
      await desk.getByRole('button', { name: '加一个目标' }).first().click();
      const form = panel(desk, '加一个目标');
      await choose(form, '哪个群', `友信会员 ${n} 群`);
      await form.getByRole('button', { name: '添加' }).click();
      await expect(desk.getByRole('main').getByRole('listitem').filter({ hasText: `友信会员 ${n} 群` })).toBeVisible();
    }
    await expect(desk.getByRole('main').getByRole('listitem').filter({ hasText: '友信会员 1 群' })).toContainText('0 / 180');
    await decent(desk);
  });

  await test.step('a question at the gate and a tag for whoever passes', async () => {
    await desk.getByText('页面与门槛', { exact: true }).click();
    await desk.getByRole('radio', { name: '填表审核' }).click();
    await desk.getByRole('button', { name: '加一个问题' }).click();
    await desk.getByRole('textbox', { name: '问题' }).fill('你的车型');
    await desk.getByRole('textbox', { name: '自动打标签' }).fill('售后');
    await desk.getByRole('textbox', { name: '自动打标签' }).press('Enter');
    await expect(desk.getByText('草稿已自动保存')).toBeVisible();
    await expect(desk.getByRole('region', { name: '成员看到的页面' })).toContainText('你的车型');
    await decent(desk);
  });

  await test.step('starting it says what will happen', async () => {
    await desk.getByRole('button', { name: '开始运行' }).click();
    const ask = panel(desk, '开始运行「售后前台」');
    await expect(ask).toContainText('3 个可用目标，有入群门槛');
    await ask.getByRole('button', { name: '开始运行' }).click();
    await expect(desk.getByRole('heading', { level: 1 })).toContainText('运行中');
  });

  await test.step('its code is a picture for the printer', async () => {
    await desk.getByText('数据', { exact: true }).click();
    await expect(desk.getByText('这段时间没有人扫过')).toBeVisible();
    await decent(desk);
    const png = await download(desk, 'PNG');
    expect(png.bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(png.bytes.readUInt32BE(16), 'its width').toBe(600);
    const svg = await download(desk, 'SVG');
    expect(svg.bytes.toString('utf8')).toMatch(/^(<\?xml[^>]*>\s*)?<svg/);
  });
});

test('fifty sources come from a table: a table with mistakes changes nothing', async ({ house, desk }) => {
  const code = await house.code({ title: '门店海报', targets: [await house.group('友信会员 1 群')] });
  await desk.goto(house.at(`codes/${code.id}?part=sources`));
  await expect(desk.getByText('共 1 个来源')).toBeVisible();
  await decent(desk);
  const choosing = () => panel(desk, '导入来源').locator('label').filter({ hasText: /CSV|csv/ }).click();
  await desk.getByRole('button', { name: '表格导入' }).click();

  await test.step('two rows to mend: named by line, and nothing is made', async () => {
    const bad = `label,kind,note,slug\n西湖店,shop,,\n滨江店,铁塔,,\n城西店,shop,,\n${'长'.repeat(60)},poster,,\n`;
    await upload(desk, choosing, 'sources.csv', 'text/csv', Buffer.from(bad));
    const dialog = panel(desk, '导入来源');
    await expect(dialog.getByText('第 3 行')).toBeVisible();
    await expect(dialog.getByText('第 5 行')).toBeVisible();
    await expect(dialog.getByRole('button', { name: /^导入/ })).toBeDisabled();
    await decent(desk);
    const links = await house.ask<{ total: number }>('GET', `/livecodes/${code.id}/links`);
    expect(links.total).toBe(1);
  });

  await test.step('the mended table, as a spreadsheet in China saves it', async () => {
    const rows = Array.from({ length: 50 }, (_, n) => `西湖区门店${n + 1},门店,收银台,`);
    await upload(desk, choosing, '门店.csv', 'text/csv', gbk(['来源,类型,备注,短链', ...rows].join('\r\n')));
    const dialog = panel(desk, '导入来源');
    await expect(dialog.getByRole('cell', { name: '西湖区门店1', exact: true })).toBeVisible();
    await dialog.getByRole('button', { name: '导入 50 行' }).click();
    await expect(desk.getByText('已导入 50 个来源')).toBeVisible();
    await expect(desk.getByText('共 51 个来源')).toBeVisible();
    await expect(desk.getByRole('row').filter({ hasText: '西湖区门店50' })).toContainText('门店');
  });

  await test.step('and the sheets to print', async () => {
    const pdf = await download(desk, 'A4 打印版 PDF');
    expect(pdf.bytes.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.bytes.subarray(-8).toString()).toContain('%%EOF');
    expect(pdf.file).toMatch(/\.pdf$/);
    const zip = await download(desk, '全部图片 ZIP');
    expect(zip.bytes.subarray(0, 4).toString('latin1')).toBe('PK\x03\x04');
    expect(zip.bytes.readUInt16LE(zip.bytes.length - 12), 'pictures in it: the main code has its own').toBe(50);
    expect(zip.file).toMatch(/\.zip$/);
  });
});
