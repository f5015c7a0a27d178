/* Care: the console for the eyes, the hands and the memory: languages, dark, keyboard, warnings, records, colleagues. */
import type { Page } from '@playwright/test';
import { decent, expect, panel, prefer, settled, test } from './house';

const PAGES = ['today', 'groups', 'codes', 'members', 'applications', 'alliance', 'settings/card', 'settings/staff', 'settings/account', 'settings/audit'];

/* All that a reader meets on the page: text, and what fields and buttons are called. */
function words(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [document.title];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) found.push(walk.currentNode.textContent!.trim());
    for (const one of document.querySelectorAll('[placeholder], [title], [aria-label], [alt]'))
      for (const name of ['placeholder', 'title', 'aria-label', 'alt']) found.push(one.getAttribute(name) ?? '');
    return found.filter(Boolean);
  });
}
const chinese = (found: string[]) => found.filter((text) => /[\u3400-\u9fff]/.test(text) && text !== '中文');
const rawKeys = (found: string[]) => found.filter((text) => /^[a-z]+\.[a-z][\w.]*$|^[a-z]+(_[a-z]+)+$/i.test(text));

test.describe('with an example community', () => {
  test.use({ begin: 'example' });

  test('a warning on 今日 names the thing and leads to its remedy', async ({ house, desk }) => {
    await desk.goto(house.at('today'));
    await decent(desk);
    const remedy = desk.getByRole('main').getByRole('link', { name: /^(加一个群|换群码)$/ }).first();
    const told = await remedy.textContent();
    await remedy.click();
    if (told === '加一个群') await expect(desk.getByRole('button', { name: '加一个目标' })).toBeVisible();
    else await expect(desk.locator('.t-drawer--open').getByRole('heading', { name: '群二维码' })).toBeVisible();
  });

  test('the palette goes to a group, the list finds a member, all by keyboard', async ({ house, desk }) => {
    await desk.goto(house.at('today'));
    await expect(desk.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
    const group = (await house.ask<{ items: { name: string }[] }>('GET', '/groups')).items[2].name;
    await desk.keyboard.press('Control+k');
    await expect(desk.getByRole('combobox')).toBeFocused();
    await desk.keyboard.type(group);
    await expect(desk.getByRole('option').filter({ hasText: group })).toHaveAttribute('aria-selected', 'true');
    await desk.keyboard.press('Enter');
    await expect(panel(desk, group).getByRole('heading', { name: '群二维码' })).toBeVisible();
    await desk.keyboard.press('Escape');
    await expect(panel(desk, group)).toHaveCount(0);

    const someone = (await house.ask<{ items: { nickname: string }[] }>('GET', '/members?limit=50')).items.find((one) => one.nickname.length > 2)!.nickname;
    await desk.goto(house.at('members'));
    await desk.getByPlaceholder('找昵称、姓名、手机号').fill(someone);
    await expect(desk).toHaveURL(/q=/);
    await expect(desk.getByRole('row').nth(1)).toContainText(someone);
    await desk.getByRole('row').nth(1).press('Enter');
    await expect(panel(desk, someone).getByRole('heading', { name: '资料' })).toBeVisible();
    await desk.reload();
    await expect(panel(desk, someone), 'the address brings it back').toBeVisible();
  });

  test('dark is dark on every page, and stays', async ({ house, desk }) => {
    await desk.goto(house.at('today'));
    await desk.getByTitle('我的账号').first().click();
    await prefer(desk.getByText('深色', { exact: true }).filter({ visible: true }));
    await expect(desk.locator('html')).toHaveAttribute('data-theme', 'dark');
    for (const path of PAGES) {
      await desk.goto(house.at(path));
      await settled(desk);
      const light = await desk.evaluate(() => [...document.querySelectorAll('body, main, .card, aside')].map((one) => getComputedStyle(one).backgroundColor)
        .map((colour) => colour.match(/[\d.]+/g)!.map(Number)).filter(([, , , alpha = 1]) => alpha > .5).map(([r, g, b]) => Math.max(r, g, b)));
      expect(Math.max(...light), `${path}: the lightest ground`).toBeLessThan(90);
    }
  });

  test('an operator on her phone: every page fits', async ({ house }) => {
    const phone = await house.phone();
    await phone.goto('/sign-in');
    await decent(phone);
    await phone.getByLabel('账号').fill(house.name);
    await phone.getByLabel('密码').fill(house.password);
    await phone.getByRole('button', { name: '登录' }).tap();
    await expect(phone.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
    const code = (await house.ask<{ items: { id: string }[] }>('GET', '/livecodes')).items[0].id;
    const parts = ['numbers', 'targets', 'form', 'sources', 'waiting'].map((part) => `codes/${code}?part=${part}`);
    for (const path of [...PAGES, ...parts]) {
      await phone.goto(house.at(path));
      await settled(phone);
      await decent(phone);
    }
    await phone.getByRole('button', { name: '更多', exact: true }).tap();
    await phone.getByRole('link', { name: /入群申请/ }).filter({ visible: true }).tap();
    await expect(phone.getByRole('heading', { level: 1, name: '入群申请' })).toBeVisible();
  });
});

test('in English nothing Chinese is left but the data, and no key shows raw', async ({ house, desk }) => {
  const made = await house.ask<{ id: string }>('POST', '/../../communities', { name: 'Northside Owners', timezone: 'Asia/Shanghai' });
  house.community = made.id;
  await house.ask('PUT', '/../../account', { display: 'Lin Xiao', lang: 'zh', theme: 'auto' });
  const code = await house.code({ title: 'Service desk', gate: 'form', gate_questions: [{ key: 'q1', label: 'Your car', kind: 'text', required: true, choices: [] }], targets: [await house.group('Owners 1', { topic: 'Care' })] });
  const parts = ['numbers', 'targets', 'form', 'sources', 'waiting'].map((part) => `codes/${code.id}?part=${part}`);
  const phone = await house.phone({ locale: 'en' });
  await phone.goto(code.url);
  await expect(phone.getByRole('heading', { name: 'A few questions first' })).toBeVisible();
  expect(chinese(await words(phone)), 'the member page').toEqual([]);

  await desk.goto(house.at('today'));
  await desk.getByTitle('我的账号').first().click();
  await prefer(desk.getByText('English', { exact: true }).filter({ visible: true }));
  await expect(desk.getByRole('heading', { level: 1, name: 'Today' })).toBeVisible();
  await expect(desk.locator('html')).toHaveAttribute('lang', 'en');
  for (const path of [...PAGES, ...parts, 'groups?open=new', 'codes?open=new', 'nothing/here']) {
    await desk.goto(house.at(path));
    await settled(desk);
    const found = await words(desk);
    expect(chinese(found), `${path}: Chinese in English`).toEqual([]);
    expect(rawKeys(found), `${path}: raw keys`).toEqual([]);
    await decent(desk);
  }

  await desk.goto(house.at('today'));
  await desk.getByTitle('My account').first().click();
  await prefer(desk.getByText('中文', { exact: true }).filter({ visible: true }));
  await expect(desk.getByRole('heading', { level: 1, name: '今日' })).toBeVisible();
  for (const path of [...PAGES, ...parts]) {
    await desk.goto(house.at(path));
    await settled(desk);
    expect(rawKeys(await words(desk)), `${path}: raw keys`).toEqual([]);
  }
});

test('signing in needs no mouse', async ({ house }) => {
  const desk = await house.desk({ colorScheme: 'light' });
  await desk.goto(house.at('groups'));
  await expect(desk).toHaveURL(/\/sign-in\?back=/);
  await expect(desk.getByLabel('账号')).toBeFocused();
  await desk.keyboard.type(house.name);
  await desk.keyboard.press('Tab');
  await desk.keyboard.type(house.password);
  await desk.keyboard.press('Enter');
  await expect(desk.getByRole('heading', { level: 1, name: '群', exact: true })).toBeVisible();
  await desk.keyboard.press('Tab');
  await expect(desk.getByRole('link', { name: '跳到正文' })).toBeFocused();
  const outline = await desk.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle);
  expect(outline, 'focus is visible').not.toBe('none');
});
