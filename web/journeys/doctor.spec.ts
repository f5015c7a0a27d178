/* doctor.spec.ts: a channel that its platform refuses is explained on the doctor's page, mended, and well again; the big switch of the server. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChannelLine, DoctorPage } from '../api/types';
import { decent, expect, panel, settled, test as base } from './house';

const FAKE = fileURLToPath(new URL('../../build/quntu-test', import.meta.url));

const test = base.extend<{ platform: { url: string; bar: (on: boolean) => Promise<unknown> } }>({
  platform: async ({}, use) => {
    const fake: ChildProcess = spawn(FAKE, ['--fake', 'mp'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: fake.stdout! });
    const url = await new Promise<string>((done, fail) => {
      lines.on('line', (line) => { const at = /ready at (\S+)/.exec(line); if (at) done(at[1]); });
      fake.on('exit', (code) => fail(new Error(`the fake ended with ${code}`)));
    });
    await use({ url, bar: (on) => fetch(`${url}/_fake/bar`, { method: 'POST', body: JSON.stringify({ on }) }) });
    fake.stdin?.end();
  },
});

test('a refused channel is explained, mended and well again', async ({ house, desk, platform }) => {
  const values = { appid: 'wx1234567890abcdef', secret: '5ec4e7of7heacc0un7', token: 'greenTea42', aes_key: 'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA', api: platform.url };
  const mp = await house.ask<ChannelLine>('POST', '/channels', { kind: 'mp', name: '友信汽车', values: Object.entries(values).map(([key, text]) => ({ key, text })) });
  await house.ask('POST', '/channels', { kind: 'manual', name: '微信会员群', values: [] });
  await house.group('会员群');
  await platform.bar(true);

  await desk.goto(house.at('settings/doctor'));
  await settled(desk);
  /* Between four and five in the morning the doctor has come by itself. */
  await expect(desk.getByText(/还没有检查过|(刚刚|前)检查/).first()).toBeVisible();
  await desk.getByRole('button', { name: /^(现在检查|再查一次)$/ }).click();
  await expect(desk.getByText(/正在检查 \d+ \/ \d+/)).toBeVisible();
  await expect(desk.getByText('公众平台不认识这台服务器的 IP：203.0.113.9（40164）')).toBeVisible();
  await expect(desk.getByText('IP 白名单，加上 203.0.113.9')).toBeVisible();
  await expect(desk.getByText('从来没有备份过')).toBeVisible();
  await expect(desk.getByRole('button', { name: '再查一次' })).toBeEnabled();
  await expect(desk.getByRole('link', { name: /打开平台后台/ })).toHaveAttribute('href', 'https://mp.weixin.qq.com');
  await decent(desk);

  /* The warning stands on today's page, and leads to the channel. */
  await desk.goto(house.at('today'));
  await settled(desk);
  await expect(desk.getByText('体检发现问题：友信汽车').first()).toBeVisible();
  await desk.goto(house.at(`channels?open=${mp.id}`));
  const card = panel(desk, '友信汽车');
  await expect(card.getByText('IP 白名单，加上 203.0.113.9')).toBeVisible();

  /* Mended at the platform, examined again on the channel's own page. */
  await platform.bar(false);
  await card.getByRole('button', { name: '再查一次' }).click();
  await expect(card.getByText('IP 白名单，加上 203.0.113.9')).toBeHidden();
  const page = await house.ask<DoctorPage>('GET', '/doctor');
  const channel = page.examinations.find((one) => one.about_id === mp.id)!;
  expect(channel.findings.find((one) => one.word === 'token')?.severity).toBe('ok');
  await desk.goto(house.at('today'));
  await settled(desk);
  await expect(desk.getByText('已恢复正常：友信汽车').first()).toBeVisible();
});

test('the whole server is frozen by whoever keeps it, and let go', async ({ house, desk }) => {
  await desk.goto(house.at('outbox'));
  await settled(desk);
  await desk.getByRole('button', { name: '冻结发送' }).click();
  const form = panel(desk, '冻结所有发送');
  await form.getByText('冻结整台服务器').click();
  await form.getByRole('textbox').fill('欢迎语写错了');
  await form.getByRole('button', { name: '冻结', exact: true }).click();
  await expect(desk.getByText('整台服务器已冻结，什么都不发')).toBeVisible();
  await desk.goto(house.at('today'));
  await expect(desk.getByText(/原因：欢迎语写错了/)).toBeVisible();
  await desk.getByRole('button', { name: '全部解冻' }).click();
  await panel(desk, '全部解冻').getByRole('button', { name: '全部解冻' }).click();
  await expect(desk.getByText('整台服务器已冻结，什么都不发')).toBeHidden();
});
