/* kinds.spec.ts: the other plays of the campaign engine, and what happens at the desk around them. */
import { expect, panel, test } from './house';

test('two questions in a row: the second is asked while the first still fades', async ({ house, desk }) => {
  house.expects(/409/);
  const code = await house.code({ title: '分享领券', gate: 'proof', gate_note: '请转发到朋友圈', state: 'draft', targets: [await house.group('一群')] });
  await desk.goto(house.at(`codes/${code.id}`));
  await desk.getByRole('button', { name: '开始运行' }).click();
  await panel(desk, '开始运行「分享领券」').getByRole('button', { name: '开始运行' }).click();
  const second = panel(desk, '这个门槛要求对方分享').getByRole('button', { name: '我已了解，仍然开始' });
  await expect(second).toBeVisible();
  await desk.waitForTimeout(500);           /* longer than any fading: it is still there */
  await second.click();
  await expect(desk.getByText('已开始运行')).toBeVisible();
  await expect(desk.locator('.t-dialog:visible')).toHaveCount(0);
});
