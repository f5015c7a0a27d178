/* API: an owner hands a program a token; the program does what the token names and no more; then it is over. */
import { decent, expect, panel, settled, test } from './house';

interface Refusal {
  error: { code: string; detail: string };
}

test('a token is made, used by a program, and revoked', async ({ house, desk }) => {
  await house.ask('POST', '/groups', { name: '友信一群' });
  await desk.goto(house.at('settings/tokens'));
  await expect(desk.getByText('还没有令牌')).toBeVisible();
  await decent(desk);
  await desk.getByRole('button', { name: '新建令牌' }).first().click();
  const form = panel(desk, '新建令牌');
  await form.getByLabel('用途').fill('收银系统');
  await form.getByLabel('groups:read').check();
  await form.getByLabel('members:write').check();
  await form.getByRole('button', { name: '新建令牌' }).click();
  const ready = panel(desk, '令牌做好了');
  const token = (await ready.getByTitle('复制').first().textContent())!.trim();
  expect(token).toMatch(/^qt_[A-Za-z0-9]{40}$/);
  await ready.getByRole('button', { name: '我已复制' }).click();
  const row = desk.getByRole('row').filter({ hasText: '收银系统' });
  await expect(row).toContainText('还没用过');
  await expect(desk.getByText(token), 'shown once').toHaveCount(0);

  /* Nothing of a browser: no cookie, no word, only the token. */
  const at = `${house.url}/api/c/${house.community}`;
  const ask = (path: string, init: RequestInit = {}) => fetch(at + path, { ...init, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } });
  const groups = await ask('/groups');
  expect(groups.status).toBe(200);
  expect(((await groups.json()) as { items: { name: string }[] }).items.map((one) => one.name)).toEqual(['友信一群']);
  expect((await ask('/members', { method: 'POST', body: JSON.stringify({ nickname: '安安' }) })).status).toBe(200);
  const refused = await ask('/members');
  expect(refused.status).toBe(403);
  expect(((await refused.json()) as Refusal).error).toMatchObject({ code: 'scope_missing', detail: 'members:read' });

  /* The log says which program it was. */
  await desk.goto(house.at('settings/audit'));
  await expect(desk.getByRole('row').filter({ hasText: '安安' }).getByText('收银系统')).toBeVisible();

  await desk.goto(house.at('settings/tokens'));
  await expect(row).not.toContainText('还没用过');
  await row.click();
  await panel(desk, '收银系统').getByRole('button', { name: '撤销令牌' }).click();
  await panel(desk, '马上收到 401').getByRole('button', { name: '撤销令牌' }).click();
  await expect(row).toContainText('已撤销');
  const late = await ask('/groups');
  expect(late.status).toBe(401);
  expect(((await late.json()) as Refusal).error.code).toBe('token_revoked');
});

test('the page of the API finds a route, shows how to call it, and tries it', async ({ house, desk }) => {
  await house.ask('POST', '/groups', { name: '友信一群' });
  await desk.goto(house.at('api'));
  await settled(desk);
  await decent(desk);
  const find = desk.getByRole('textbox', { name: '找路径、说明或权限' });
  await find.fill('get /groups groups:read');
  const one = desk.locator('#get_groups');
  await one.getByRole('button').first().click();
  await expect(one).toContainText('groups:read');
  await expect(one.locator('pre').first()).toContainText(`curl "${house.url}/api/c/${house.community}/groups" \\`);
  await one.getByRole('button', { name: '发送' }).click();
  await expect(one).toContainText('200 OK');
  await expect(one).toContainText('友信一群');
  await decent(desk);
  await desk.reload();
  await expect(one, 'its address opens it').toContainText('命令行示例');

  await desk.getByText('错误码', { exact: true }).click();
  await find.fill('rate_limited');
  await expect(desk.getByRole('cell', { name: 'rate_limited' })).toBeVisible();
  await desk.getByText('Webhook 事件', { exact: true }).click();
  await find.fill('member_joined_group');
  await expect(desk.getByRole('cell', { name: 'member_joined_group' })).toBeVisible();
  await desk.setViewportSize({ width: 390, height: 844 });
  await decent(desk);
});
