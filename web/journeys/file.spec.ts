/* file.spec.ts: a price list is uploaded at the desk and sent: a member of a room saves the very bytes, a QQ group finds it among its
 * files, an assistant saves it from the run-sheet. What QQ members put there is heard by name. */
import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { decent, expect, panel, test } from './house';
import { Client } from './qq_client';

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const PDF = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7919) % 251)), Buffer.from('\n%%EOF\n')]);

/* Pictures for whoever looks at them: FILE_SHOTS names a folder. */
async function shoot(page: Page, name: string): Promise<void> {
  if (!process.env.FILE_SHOTS) return;
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(200);
    await page.screenshot({ path: `${process.env.FILE_SHOTS}/${name}-${colorScheme}.png` });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

async function choose(desk: Page, group: string): Promise<void> {
  await desk.getByRole('button', { name: '发一条' }).first().click();
  const form = panel(desk, '发一条');
  await form.getByLabel('发到哪个群').first().click();
  await desk.locator('.t-select-option', { hasText: group }).first().click();
  await form.getByText('文件', { exact: true }).first().click();
}
async function sendFile(desk: Page, group: string, name: string): Promise<void> {
  const form = panel(desk, '发一条');
  await choose(desk, group);
  await form.locator('input[type=file]').setInputFiles({ name: '价目表 2026 秋.pdf', mimeType: 'application/pdf', buffer: PDF });
  await expect(form.getByRole('link', { name: '价目表 2026 秋.pdf' })).toBeVisible();
  if (name) await form.getByLabel('文件名').last().fill(name);
}
async function saved(page: Page, press: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [file] = await Promise.all([page.waitForEvent('download'), press()]);
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

test('a file is sent into a room and saved there byte for byte; people, QQ and the next reader get the same', async ({ house, desk }) => {
  const room = await house.ask<{ id: string }>('POST', '/groups', {
    name: '茶友群', channel: 'web', rename_allowed: true, invite_allowed: true, lifetime: 'permanent', ends_at: null,
  });
  await house.group('车主 3 群');
  await desk.goto(house.at(`groups?open=${room.id}`));
  const at = (await desk.locator('a[href^="/r/"]').getAttribute('href'))!;
  const lin = await house.phone();
  await lin.goto(at);
  await lin.getByLabel('你在群里叫什么').fill('林晓');
  await lin.getByRole('button', { name: '加入群聊' }).click();
  await expect(lin.getByRole('textbox', { name: '说点什么' })).toBeVisible();

  await test.step('what cannot be sent is said before it leaves', async () => {
    await desk.goto(house.at('outbox'));
    const form = panel(desk, '发一条');
    await choose(desk, '茶友群');
    await shoot(desk, 'say-empty');
    const input = form.locator('input[type=file]');
    await input.setInputFiles({ name: '安装.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ') });
    await expect(form.getByText('不能发这种文件')).toBeVisible();
    await input.setInputFiles({ name: '空.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(0) });
    await expect(form.getByText('这个文件是空的')).toBeVisible();
    house.expects(/400 \(Bad Request\)/);
    await input.setInputFiles({ name: '假的.pdf', mimeType: 'application/pdf', buffer: Buffer.from('MZ not a PDF') });
    await expect(form.getByText('文件内容和扩展名对不上')).toBeVisible();
    await shoot(desk, 'say-wrong');
    await form.getByRole('button', { name: '取消' }).click();
  });

  await test.step('the operator names it and sends it; the member saves the very bytes', async () => {
    await sendFile(desk, '茶友群', '周六到店价目');
    await expect(panel(desk, '发一条').getByText('群聊页里显示为文件卡片')).toBeVisible();
    await shoot(desk, 'say-file');
    await panel(desk, '发一条').getByRole('button', { name: '放进发件箱' }).click();
    await expect(desk.getByText('已放进发件箱')).toBeVisible();
    await expect(lin.locator('.msg').getByText('周六到店价目.pdf')).toBeVisible();
    await decent(lin);
    await shoot(lin, 'room');
    const got = await saved(lin, () => lin.getByRole('link', { name: '下载文件' }).click());
    expect(got.name).toBe('周六到店价目.pdf');
    expect(got.bytes.equals(PDF)).toBe(true);
    await desk.goto(house.at(`groups?open=${room.id}`));
    await expect(desk.getByRole('link', { name: '周六到店价目.pdf' })).toBeVisible();
    await shoot(desk, 'talk');
  });

  await test.step('where people send, the run-sheet has it to save', async () => {
    await desk.goto(house.at('outbox'));
    await sendFile(desk, '车主 3 群', '');
    await expect(panel(desk, '发一条').getByText('会放进今日待办')).toBeVisible();
    await panel(desk, '发一条').getByRole('button', { name: '放进发件箱' }).click();
    await expect(desk.getByText('已放进今日待办')).toBeVisible();
    const phone = await house.desk({ ...PHONE, storageState: await desk.context().storageState() });
    await phone.goto(house.at('runsheet'));
    const item = phone.getByRole('region', { name: '车主 3 群' });
    await expect(item.getByRole('link', { name: '价目表 2026 秋.pdf' })).toBeVisible();
    await decent(phone);
    await shoot(phone, 'sheet');
    const got = await saved(phone, () => item.getByRole('link', { name: '下载文件' }).click());
    expect(got.bytes.equals(PDF)).toBe(true);
    await item.getByRole('button', { name: '做完了' }).click();
    await expect(phone.getByText('现在没有要发的')).toBeVisible();
  });
});

test('a file goes into the files of a QQ group; one that a member puts there is heard by its name', async ({ house, desk }) => {
  const client = new Client();
  await client.open();
  try {
    const channel = await house.ask<{ id: string; address: string }>('POST', '/channels', {
      kind: 'onebot', name: '车友 QQ',
      values: [{ key: 'api_url', text: client.url }, { key: 'token', text: 'ob-token-7' }, { key: 'secret', text: 'ob-secret-2026' }],
    });
    const group = await house.ask<{ id: string }>('POST', '/groups', { name: '车主 QQ 群', channel: 'onebot' });
    await house.ask('POST', `/channels/${channel.id}/groups`, { subject: '600', group_id: group.id });
    await desk.goto(house.at('outbox'));
    await sendFile(desk, '车主 QQ 群', '');
    await expect(panel(desk, '发一条').getByText('上传到 QQ 群的群文件')).toBeVisible();
    await panel(desk, '发一条').getByRole('button', { name: '放进发件箱' }).click();
    await expect.poll(async () => (await client.tell<unknown[]>('files')).length).toBe(1);
    const [file] = await client.tell<{ what: string; base64: string }[]>('files');
    expect(file!.what).toBe(`group 600 价目表 2026 秋.pdf ${PDF.length}`);
    expect(Buffer.from(file!.base64, 'base64').equals(PDF)).toBe(true);
    expect(await client.tell('file', { address: channel.address, user: '42', nickname: '老王', name: '自驾路书.docx' })).toEqual({ status: 200 });
    await desk.goto(house.at(`groups?open=${group.id}`));
    await expect(desk.getByText('[文件] 自驾路书.docx')).toHaveCount(1);
  } finally {
    client.close();
  }
});
