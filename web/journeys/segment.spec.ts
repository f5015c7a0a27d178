/* Segments: a filter is put together as a sentence, counted while it grows, saved, and used on the members' page. */
import type { Member, Segment, Tag } from '../api/types';
import { choose, decent, expect, panel, test, type House } from './house';
import type { Locator, Page } from '@playwright/test';

async function people(house: House): Promise<void> {
  const cities = ['北京', '北京', '上海', '广州', ''];
  for (let i = 0; i < 10; i++) {
    const one = await house.ask<Member>('POST', '/members', { nickname: `成员${i}`, city: cities[i % 5] });
    if (i % 2 === 0) await house.ask('PUT', `/members/${one.id}/tags`, { tags: i < 4 ? ['增购意向', '车主'] : ['车主'] });
  }
}

const lines = (page: Page): Locator => page.locator('.outline .line');
const counted = (page: Page): Locator => page.locator('[data-test=count]');

/* One of several values in a sentence. */
async function value(line: Locator, option: string): Promise<void> {
  await line.getByLabel('值').and(line.locator('input')).click();
  await line.page().locator('.t-select-option:visible').filter({ hasText: option }).first().click();
  await line.page().keyboard.press('Escape');
}

test('a segment is built as a sentence, counted, saved, and lists its members', async ({ house, desk }) => {
  await people(house);
  await desk.goto(house.at('segments'));
  await expect(desk.getByText('还没有人群')).toBeVisible();
  await decent(desk);
  await desk.getByRole('button', { name: '新建人群' }).first().click();

  await test.step('without a sentence it means everybody, and says so', async () => {
    await expect(counted(desk)).toHaveText('10');
    await expect(desk.getByText('现在的条件等于所有成员')).toBeVisible();
  });

  await test.step('city and tag: the count follows each word', async () => {
    await desk.getByRole('button', { name: '加一条' }).click();
    await choose(lines(desk).nth(0), '比什么', '城市');
    await value(lines(desk).nth(0), '北京');
    await expect(counted(desk)).toHaveText('4');
    await lines(desk).nth(0).locator('input').first().press('Control+Enter');
    await choose(lines(desk).nth(1), '比什么', '标签');
    await value(lines(desk).nth(1), '车主');
    await expect(counted(desk)).toHaveText('2');
  });

  await test.step('an "or" in a group of its own, by keyboard', async () => {
    await lines(desk).nth(1).locator('input').first().press('Alt+ArrowRight');
    await expect(desk.getByText('以下任一满足')).toBeVisible();
    await lines(desk).nth(2).locator('input').first().press('Control+Enter');
    await choose(lines(desk).nth(3), '比什么', '昵称');
    await choose(lines(desk).nth(3), '怎么比', '包含');
    await lines(desk).nth(3).getByLabel('值').and(lines(desk).nth(3).locator('input')).fill('成员1');
    await desk.keyboard.press('Enter');
    await expect(counted(desk)).toHaveText('3');
    await expect(desk.getByRole('banner').or(desk.locator('header.head'))).toContainText('城市是 北京 且 (标签有任一 车主 或 昵称包含 成员1)');
    const first = desk.locator('.result li').filter({ hasText: '成员1' });
    await expect(first).toContainText('昵称包含 成员1');
    await decent(desk);
  });

  await test.step('nobody is said aloud', async () => {
    await lines(desk).nth(0).getByRole('button', { name: /反过来/ }).click();
    await lines(desk).nth(3).locator('input').first().press('Alt+Delete');
    await expect(counted(desk)).toHaveText('3');
    await lines(desk).nth(0).getByRole('button', { name: /反过来/ }).click();
    await expect(counted(desk)).toHaveText('2');
  });

  await test.step('saved, listed with its count, and the members page shows them', async () => {
    await desk.getByLabel('人群名称').fill('北京车主');
    await desk.getByRole('button', { name: '保存' }).click();
    await expect(desk.getByRole('heading', { level: 1, name: '北京车主' })).toBeVisible();
    await desk.goto(house.at('segments'));
    const row = desk.getByRole('row').filter({ hasText: '北京车主' });
    await expect(row).toContainText('城市是 北京 且 (标签有任一 车主)');
    await expect(row.getByRole('link', { name: '2' })).toBeVisible();
    await decent(desk);
    await row.getByRole('link', { name: '2' }).click();
    await expect(desk.getByRole('row').filter({ hasText: '成员' })).toHaveCount(2);
    await expect(desk.getByText('共 2 位成员')).toBeVisible();
    await desk.goto(house.at('segments'));
  });

  await test.step('a copy uses it, so it cannot be deleted', async () => {
    const all = await house.ask<{ items: Segment[] }>('GET', '/segments');
    const where = [{ depth: 0, what: 'all' }, { depth: 1, what: 'segment', holds: 'is', ids: [all.items[0].id] }];
    await house.ask('POST', '/segments', { name: '套着用', where });
    await desk.reload();
    await desk.getByRole('row').filter({ hasText: '北京车主' }).filter({ hasText: '1 处' }).getByRole('button', { name: '删除' }).click();
    await expect(panel(desk, '还不能删除')).toContainText('人群「套着用」');
    await panel(desk, '还不能删除').getByRole('button', { name: '知道了' }).click();
  });
});

test('a deleted tag is named in the sentence that speaks of it', async ({ house, desk }) => {
  await people(house);
  const tags = await house.ask<{ items: Tag[] }>('GET', '/tags');
  const tag = tags.items.find((one) => one.name === '增购意向')!;
  const where = [{ depth: 0, what: 'all' }, { depth: 1, what: 'tag', holds: 'none', ids: [tag.id] }];
  const made = await house.ask<Segment>('POST', '/segments', { name: '没有意向的', where });
  await desk.goto(house.at(`segments/${made.id}`));
  await expect(counted(desk)).toHaveText('8');
  await house.ask('DELETE', `/tags/${tag.id}`);
  await desk.reload();
  await expect(counted(desk)).toHaveText('0');
  await expect(desk.getByText('它说的标签、字段、等级或人群已被删除')).toBeVisible();
  await expect(lines(desk).nth(0)).toContainText('已删除');
});
