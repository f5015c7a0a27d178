/* fraud.spec.ts: many helps from one network are looked at with their evidence, rejected, appealed against and given back; the
 * parcel leaves by a sheet, and the page after the end says what came of it.
 */
import { expect, panel, test } from './house';

test('six helps from one network: evidence, a rejection with its reason, an appeal, and they count again', async ({ house, desk }) => {
  const campaign = await house.campaign({ name: '洗车季', goal: 6 });
  const lin = await house.phone();
  await test.step('take part; friends on one network help', async () => {
    await lin.goto(`/t/${campaign.slug}`);
    await lin.getByLabel('怎么称呼你').fill('林晓');
    await lin.getByRole('button', { name: '我要参加' }).click();
    await expect(lin.getByText('0 / 6')).toBeVisible();
  });
  const own = /\/t\/\w+/.exec((await lin.locator('.words p').textContent())!)![0];
  await test.step('from the sixth on they wait', async () => {
    for (let i = 0; i < 7; i++) {
      const friend = await house.phone();
      await friend.goto(own);
      await friend.getByLabel('怎么称呼你').fill(`好友${i + 1}`);
      await friend.getByRole('button', { name: '为 TA 助力' }).click();
      /* The five count at once; one that is looked at again a few seconds later may wait by the time its friend's page shows it. */
      await expect(friend.getByText(i < 5 ? /助力成功|这次助力要由主办方看一眼才算数/ : '这次助力要由主办方看一眼才算数').first()).toBeVisible();
      await friend.context().close();
    }
    await expect(lin.getByText(/位好友的助力正在核实/)).toBeVisible();
  });
  await test.step('the desk sees the evidence and rejects with a reason', async () => {
    await desk.goto(house.at(`campaigns/${campaign.id}?part=review`));
    const finding = desk.getByRole('article', { name: '同一网络 10 分钟内超量的 2 次助力，还没有算' });
    await expect(finding.getByText('中风险')).toBeVisible();
    await expect(finding.getByRole('cell', { name: '好友7' })).toBeVisible();
    await expect(finding.getByRole('cell', { name: '127.0.0', exact: true }).first()).toBeVisible();
    /* What counted already is looked at as well, a few seconds later: the same kind of phone. */
    await expect(desk.getByRole('article').filter({ hasText: '同款设备' })).toBeVisible();
    await desk.getByLabel('不通过时，双方看到的原因').fill('同一台手机换着点');
    await desk.getByText('全选').click();
    await desk.getByRole('button', { name: /项不通过/ }).click();
    await expect(desk.getByText(/次助力有变化/)).toBeVisible();
  });
  await test.step('the participant reads why and appeals', async () => {
    await expect(lin.getByText(/次助力核实后没有通过/)).toBeVisible();
    await expect(lin.getByText('原因：同一台手机换着点')).toBeVisible();
    await lin.getByRole('button', { name: '我要申诉' }).click();
    await lin.getByLabel('为什么应该算数').fill('都是我们合唱团的人，当时连着同一个无线网');
    await lin.getByRole('button', { name: '提交申诉' }).click();
    await expect(lin.getByText('申诉已提交，等主办方答复').first()).toBeVisible();
    await lin.getByRole('button', { name: '返回' }).last().click();
  });
  await test.step('staff answer, and they count again', async () => {
    await expect(desk.getByText('都是我们合唱团的人')).toBeVisible();
    await desk.getByLabel('答复（TA 会看到）').fill('核实过了，谢谢说明');
    await desk.getByRole('button', { name: '申诉成立，恢复助力' }).click();
    await expect(lin.getByText('申诉通过，助力已经恢复')).toBeVisible();
    await expect(lin.getByText('主办方答复：核实过了，谢谢说明')).toBeVisible();
    await expect(lin.getByRole('button', { name: '领取奖品' })).toBeVisible();
  });
  await test.step('limits and the list', async () => {
    await desk.getByRole('button', { name: '防刷设置' }).click();
    const side = panel(desk, '防刷设置');
    await expect(side.getByLabel('同一网络、同款设备，几次起 · 不验证身份')).toBeVisible();
    await side.getByLabel('内容').fill('13800138000');
    await side.getByLabel('原因（给同事看）').fill('卖助力的');
    await side.getByRole('button', { name: '加入名单' }).click();
    await expect(side.getByText('卖助力的')).toBeVisible();
  });
});

test('parcels leave by a sheet that names the lines that do not fit, and the result says what came of it', async ({ house, desk }) => {
  const campaign = await house.campaign({
    name: '年货季',
    stages: [
      {
        goal: 1,
        title: '',
        prizes: [
          { kind: 'onsite', title: '洗车券', note: '到店出示', value: 5000, stock: 5 },
          { kind: 'physical', title: '保温杯', note: '', value: 3900, stock: 5 },
        ],
      },
    ],
  });
  const claimed = async (name: string, prize: string) => {
    const [lin, friend] = [await house.phone(), await house.phone()];
    await lin.goto(`/t/${campaign.slug}`);
    await lin.getByLabel('怎么称呼你').fill(name);
    await lin.getByRole('button', { name: '我要参加' }).click();
    const own = /\/t\/\w+/.exec((await lin.locator('.words p').textContent())!)![0];
    await friend.goto(own);
    await friend.getByLabel('怎么称呼你').fill('好友');
    await friend.getByRole('button', { name: '为 TA 助力' }).click();
    await expect(friend.getByText('助力成功')).toBeVisible();
    await lin.getByRole('button', { name: '领取奖品' }).click();
    await lin.getByText(prize).first().click();
    return lin;
  };
  const parcel = await claimed('林晓', '保温杯');
  await parcel.getByLabel('收件人').fill('林晓');
  await parcel.getByLabel('手机号').fill('13800138000');
  await parcel.getByLabel('收货地址').fill('上海市');
  await parcel.getByRole('button', { name: '确认领取' }).click();
  await expect(parcel.getByText('等待发货').first()).toBeVisible();

  await test.step('a sheet: one line fits, one does not', async () => {
    await desk.goto(house.at(`campaigns/${campaign.id}?part=orders`));
    const code = (await desk.locator('.id').first().textContent())!.trim();
    await desk.getByRole('button', { name: '上传发货表' }).click();
    await panel(desk, '上传发货表').locator('input[type=file]').setInputFiles({
      name: '发货.csv', mimeType: 'text/csv', buffer: Buffer.from(`订单号,快递,单号\n${code},顺丰,SF1024\n不存在,顺丰,SF2\n`),
    });
    await expect(desk.getByText('1 个已发货')).toBeVisible();
    await expect(desk.getByText('第 3 行')).toBeVisible();
    await expect(parcel.getByText('顺丰 SF1024').first()).toBeVisible();
  });
  await test.step('the result, once it has ended', async () => {
    await house.ask('POST', `/campaigns/${campaign.id}/state`, { state: 'ended' });
    await desk.goto(house.at(`campaigns/${campaign.id}?part=result`));
    await expect(desk.getByRole('heading', { name: '「年货季」结果' })).toBeVisible();
    await expect(desk.getByRole('cell', { name: '保温杯' })).toBeVisible();
  });
});
