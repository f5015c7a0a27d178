/* Posters: from a blank canvas to a picture whose code decodes; what may not stand there is said; nobody overwrites anybody. */
import type { Poster } from '../api/types';
import { decent, expect, panel, settled, test } from './house';

/* What the code in a picture says: the server reads it, as it does for groups. */
async function read(house: { ask: <T>(method: string, path: string, body?: object) => Promise<T> }, jpeg: Buffer): Promise<string> {
  const kept = await house.ask<{ qr: string }>('POST', '/pictures', {
    multipart: { picture: { name: 'poster.jpg', mimeType: 'image/jpeg', buffer: jpeg }, needs_qr: 'true' },
  });
  return kept.qr;
}

test('a poster is made from nothing: text, a code, the preview, saved, and it decodes', async ({ house, desk }) => {
  await house.ask('POST', '/members', { nickname: '周舟' });
  await desk.goto(house.at('posters'));
  await settled(desk);
  await decent(desk);
  await desk.getByRole('button', { name: '新建海报' }).first().click();
  await panel(desk, '从哪一张开始').getByRole('button', { name: '空白海报' }).click();
  await expect(desk).toHaveURL(/\/posters\/\d+$/);

  const layers = desk.getByRole('region', { name: '图层' });
  const props = desk.getByRole('region', { name: '属性' });
  const checks = desk.getByRole('region', { name: '发布前检查' });
  await test.step('a line of text and a code', async () => {
    await expect(checks).toContainText('没有二维码');
    await layers.getByRole('button', { name: '文字' }).click();
    await props.getByRole('textbox', { name: /^文字/ }).fill('{nickname} 邀请你，全网第一');
    await layers.getByRole('button', { name: '二维码' }).first().click();
    await expect(layers.getByRole('listitem')).toHaveCount(2);
    await expect(checks).toContainText('「全网第一」是广告法禁用的绝对化用语');
    await expect(checks).not.toContainText('没有二维码');
    await decent(desk);
  });

  await test.step('keys move a layer, and undo brings it back', async () => {
    await layers.getByRole('listitem').filter({ hasText: '二维码' }).getByRole('button', { name: '二维码' }).first().click();
    const x = props.getByLabel('左').and(props.locator('input'));
    await expect(x).toHaveValue('255');
    await desk.keyboard.press('Shift+ArrowRight');
    await expect(x).toHaveValue('265');
    await desk.keyboard.press('Control+z');
    await expect(x).toHaveValue('255');
    await desk.keyboard.press('Shift+ArrowDown');
    for (let i = 0; i < 9; i++) await desk.keyboard.press('Shift+ArrowDown');
    await desk.keyboard.press('Control+d');
    await expect(layers.getByRole('listitem')).toHaveCount(3);
    await expect(checks).toContainText('不止一个二维码');
    await desk.keyboard.press('Delete');
    await expect(layers.getByRole('listitem')).toHaveCount(2);
  });

  await test.step('the preview is the server’s, as a member has it', async () => {
    const preview = desk.getByRole('region', { name: '真人预览' });
    await expect(preview.getByRole('img', { name: '海报预览' })).toBeVisible();
    await preview.locator('input').click();
    await desk.locator('.t-select-option:visible').filter({ hasText: '周舟' }).click();
    await expect(preview.locator('[aria-busy="true"]')).toHaveCount(0);
    await expect(preview.getByRole('alert')).toHaveCount(0);
  });

  await test.step('saved, and its picture decodes', async () => {
    await expect(desk.getByText('有未保存的修改')).toBeVisible();
    await desk.getByRole('button', { name: '保存', exact: true }).click();
    await expect(desk.getByText('已保存')).toBeVisible();
    const id = /posters\/(\d+)/.exec(desk.url())![1];
    const got = await desk.request.get(`/api/c/${house.community}/posters/${id}/picture`);
    expect(got.headers()['content-type']).toBe('image/jpeg');
    expect(await read(house, await got.body())).toMatch(/^http.*\/p\/preview$/);
  });
});

test('somebody else saved first: nothing is overwritten, and nothing is lost', async ({ house, desk }) => {
  house.expects(/status of 409.*\/posters\//);
  const starters = await house.ask<{ items: { design: Poster }[] }>('GET', '/posters/starters');
  const { name, width, height, art, layers } = starters.items[1].design;
  const made = await house.ask<Poster>('POST', '/posters', { name, width, height, art, layers });
  await desk.goto(house.at(`posters/${made.id}`));
  await settled(desk);
  await expect(desk.getByRole('region', { name: '发布前检查' })).toContainText('六要素齐了');
  await house.ask('PUT', `/posters/${made.id}`, { name: '别人改的', width, height, art, layers, version: 1 });

  await desk.getByRole('textbox', { name: '海报名称' }).fill('我改的');
  await desk.getByRole('button', { name: '保存', exact: true }).click();
  await panel(desk, '别人刚保存过这张海报').getByRole('button', { name: '我的另存一份' }).click();
  await expect(desk).not.toHaveURL(new RegExp(`${made.id}$`));
  const all = await house.ask<{ items: { name: string }[] }>('GET', '/posters');
  expect(all.items.map((one) => one.name).sort()).toEqual(['别人改的', '我改的'].sort());
});

test('on a phone a poster is looked at, and its words are changed', async ({ house }) => {
  const starters = await house.ask<{ items: { design: Poster }[] }>('GET', '/posters/starters');
  const { name, width, height, art, layers } = starters.items[2].design;
  const made = await house.ask<Poster>('POST', '/posters', { name, width, height, art, layers });
  const phone = await house.desk({ viewport: { width: 390, height: 844 }, storageState: await (await house.desk()).context().storageState() });
  await phone.goto(house.at(`posters/${made.id}`));
  await settled(phone);
  await decent(phone);
  await phone.getByRole('region', { name: '图层' }).getByRole('button', { name: /一起来/ }).click();
  await phone.getByRole('region', { name: '属性' }).getByRole('textbox', { name: /^文字/ }).fill('一起来喝茶');
  await phone.getByRole('button', { name: '保存', exact: true }).click();
  await expect(phone.getByText('已保存')).toBeVisible();
  const now = await house.ask<Poster>('GET', `/posters/${made.id}`);
  expect(now.layers.some((one) => one.text === '一起来喝茶')).toBe(true);
});
