/* The member: from a poster in a shop to the right group, while the operator watches the numbers move. */
import { decent, expect, panel, test } from './house';

test('a member scans, answers, is let in, and is counted while the operator looks on', async ({ house, desk }) => {
  const [first, second] = [await house.group('友信会员 1 群'), await house.group('友信会员 2 群')];
  const code = await house.code({
    title: '售后前台', guide: '每天一条养车知识\n会员价预约保养', tags: ['售后'], targets: [first, second],
    gate: 'form', gate_questions: [{ key: 'q1', label: '你的车型', kind: 'text', required: true, choices: [] }],
  });
  await house.ask('POST', `/livecodes/${code.id}/links`, { label: '西湖店收银台', kind: 'shop', slug: 'westlake' });
  const phone = await house.phone();
  await phone.clock.install();

  await test.step('the operator has the numbers open: nobody yet', async () => {
    await desk.goto(house.at(`codes/${code.id}?range=1`));
    await expect(desk.getByText('这段时间没有人扫过')).toBeVisible();
    await desk.evaluate(() => { document.body.dataset.loaded = 'once'; });
  });

  await test.step('the landing page asks first, and says so when nothing was typed', async () => {
    const reply = await phone.goto('/g/westlake');
    expect(reply!.status()).toBe(200);
    expect(await reply!.text()).toMatch(/og:title" content="[^"]*售后前台/);
    await expect(phone.getByRole('heading', { name: '先回答几个问题' })).toBeVisible();
    await expect(phone.getByText('会员价预约保养'), 'what one gets stands before what is asked').toBeVisible();
    await decent(phone);
    await phone.getByRole('button', { name: '提交申请' }).tap();
    await expect(phone.getByRole('alert')).toContainText('这一项要填');
    await phone.getByLabel('你的车型').fill('星越 L');
    await phone.getByRole('button', { name: '提交申请' }).tap();
    await expect(phone.getByRole('heading', { name: '已提交，等管理员审核' })).toBeVisible();
    await decent(phone);
  });

  const figure = (name: string) => desk.getByRole('button', { name: new RegExp(`^${name}`) }).locator('strong');
  await test.step('the scan shows at the desk by itself', async () => {
    await expect(figure('扫码')).toHaveText('1');
    await expect(figure('访客')).toHaveText('1');
    await expect(figure('入群')).toHaveText('0');
    await decent(desk);
  });

  await test.step('a colleague approves, and the phone shows the code without being touched', async () => {
    const other = await house.desk();
    await other.goto(house.at('applications'));
    const row = other.getByRole('row').filter({ hasText: '星越 L' });
    await expect(row).toContainText('西湖店收银台');
    await decent(other);
    await row.getByRole('button', { name: '通过', exact: true }).click();
    await expect(other.getByText('没有待审核的申请')).toBeVisible();
    await other.close();

    await phone.clock.fastForward(11_000);                  /* the page looks every ten seconds */
    const qr = phone.getByRole('img', { name: /二维码/ });
    await expect(qr).toBeVisible();
    await expect(qr).toHaveAttribute('src', first.qr_file);
    await expect.poll(() => qr.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThanOrEqual(300);
    const box = (await qr.boundingBox())!;
    const above = await phone.evaluate(({ x, y }) => document.elementFromPoint(x, y)?.tagName, { x: box.x + box.width / 2, y: box.y + box.height / 2 });
    expect(above, 'nothing lies over the code').toBe('IMG');
    await expect(phone.getByRole('heading', { level: 1 })).toHaveText('友信会员 1 群');
    await decent(phone);
  });

  await test.step('she joins and says so', async () => {
    await phone.getByRole('button', { name: '我已经进群了' }).tap();
    await decent(phone);
    await phone.getByLabel('你在群里叫什么').fill('小周');
    await phone.getByRole('button', { name: '确认，我进群了' }).tap();
    await expect(phone.getByRole('heading', { name: '你已经在群里了' })).toBeVisible();
    await decent(phone);
    await phone.goto('/g/westlake');
    await expect(phone.getByRole('heading', { name: '你已经在群里了' })).toBeVisible();
  });

  await test.step('the join arrives at the desk; the facts stand behind the number', async () => {
    await expect(figure('入群')).toHaveText('1');
    await expect(figure('扫码')).toHaveText('2');
    await expect(figure('访客')).toHaveText('1');
    expect(await desk.evaluate(() => document.body.dataset.loaded), 'not reloaded').toBe('once');
    await desk.getByRole('button', { name: /^入群/ }).click();
    const facts = panel(desk, '扫码明细');
    const row = facts.getByRole('row').filter({ hasText: '西湖店收银台' });
    await expect(row).toContainText('友信会员 1 群');
    await expect(row).toContainText('iPhone');
    await row.getByRole('link', { name: '小周' }).click();
  });

  await test.step('and she is a member, with where she came from', async () => {
    await expect(desk.getByRole('heading', { level: 1, name: '成员' })).toBeVisible();
    const card = panel(desk, '小周');
    await expect(card).toContainText('西湖店收银台');
    await expect(card).toContainText('售后');
    const row = desk.getByRole('row').filter({ hasText: '小周' });
    await expect(row).toContainText('西湖店收银台');
    await expect(row).toContainText('售后');
    await decent(desk);
  });
});
