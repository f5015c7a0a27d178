/* house.ts: for each journey a server of its own, the desk an operator sits at, and phones that hold up to a QR code.
 *
 * Story      A journey says `test('…', async ({ house, desk }) => …)`. A fresh `quntu serve` stands on a free port with
 *            林晓 as its owner and one community; `desk` is her browser, already signed in; `house.phone()` is a member
 *            inside WeChat. What a journey does not tell, it has ready-made through the API (house.group, house.code).
 * Holds      Whatever a page says to its console as an error fails the journey (a broken policy, an exception, a 5xx), but
 *            for what the journey has announced with `house.expects`. Servers end when their journey ends.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test as base, expect, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page, type Request } from '@playwright/test';
import type { CampaignDraft, CampaignWhole, Group, GroupDraft, List, LiveCode, LiveCodeDraft, Session, Source, Target, TargetDraft } from '../api/types';

export { expect };
export type Begin = 'owner' | 'empty' | 'example';

const PROGRAM = process.env.QUNTU || fileURLToPath(new URL('../../build/quntu', import.meta.url));
const WECHAT = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
  + ' Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/4G Language/zh_CN';

/* Asking "am I signed in?" is answered with 401 when one is not; that is a question, not a mishap. */
const QUIET = [/\/api\/session$/];

export interface Made extends LiveCode { slug: string; url: string; targets: Target[] }
type CodeWish = Partial<LiveCodeDraft> & { title: string; state?: 'draft' | 'running'; targets?: (Partial<TargetDraft> | Group)[] };

export class House {
  url = '';
  name = 'linxiao';
  password = '只有我记得的那一句话';
  community = '';                                  /* id of the one we stand in */
  readonly mishaps: string[] = [];
  private readonly expected = [...QUIET];
  private readonly contexts: BrowserContext[] = [];
  private readonly streams = new Map<Request, Page>();
  private readonly data = mkdtempSync(join(tmpdir(), 'quntu-journey-'));
  private server?: ChildProcess;
  private owner?: BrowserContext;
  private csrf = '';
  private press = '';                              /* a live code elsewhere, whose QR pictures serve as those of groups */

  constructor(private readonly browser: Browser) {}

  /* ---- The server ---- */

  async open(begin: Begin): Promise<void> {
    if (begin === 'example') {
      const made = spawnSync(PROGRAM, ['init', '--example', '--data', this.data], { encoding: 'utf8' });
      expect(made.status, made.stderr).toBe(0);
      const login = readFileSync(join(this.data, 'login.txt'), 'utf8');
      [this.name, this.password] = ['Name', 'Password'].map((word) => new RegExp(`${word}: *(\\S+)`).exec(login)![1]);
    }
    await this.serve();
    if (begin === 'empty') return;
    this.owner = await this.context();
    const path = begin === 'owner' ? '/api/setup' : '/api/login';
    const card = { display: '林晓', community: '友信会员社群', timezone: 'Asia/Shanghai' };
    const reply = await this.owner.request.post(this.url + path, { data: { name: this.name, password: this.password, ...(begin === 'owner' ? card : {}) } });
    const told = await reply.json() as Session & { me?: Session };
    const me = told.me ?? told;
    expect(reply.ok(), JSON.stringify(me)).toBe(true);
    this.csrf = me.csrf;
    this.community = me.communities[0].id;
  }

  private async serve(): Promise<void> {
    /* Nobody is silent only because the machine is busy: a connection that ends while a question is on its way is a mishap. */
    const server = this.server = spawn(PROGRAM, ['serve', '--data', this.data, '--port', '0', '--idle-timeout-s', '600'], { stdio: ['ignore', 'pipe', 'pipe'] });
    const lines = createInterface({ input: server.stdout! });
    let grumble = '';
    server.stderr!.on('data', (text) => { grumble += String(text); });
    this.url = await new Promise<string>((done, fail) => {
      lines.on('line', (line) => { const at = /ready at (\S+)/.exec(line); if (at) done(at[1]); });
      server.on('error', fail);
      server.on('exit', (code) => fail(new Error(`the server ended with ${code}: ${grumble}`)));
    });
  }

  /* kill -9 in the middle of whatever it does, and started again over the same folder (at another port). */
  async crash(): Promise<void> {
    const server = this.server!, gone = new Promise((done) => server.once('exit', done));
    server.kill('SIGKILL');
    await gone;
    await this.serve();
  }

  async close(): Promise<void> {
    for (const context of this.contexts) await context.close();
    const server = this.server;
    if (server && server.exitCode === null) {
      const gone = new Promise((done) => server.once('exit', done));
      server.kill('SIGTERM');
      await gone;
    }
    rmSync(this.data, { recursive: true, force: true });
  }

  /* ---- Browsers ---- */

  private async context(options: BrowserContextOptions = {}): Promise<BrowserContext> {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', baseURL: this.url, ...options });
    this.contexts.push(context);
    context.on('page', (page) => this.listen(page));
    return context;
  }

  /* This page has a stream, and so looks once a minute by itself: what it shows sooner it was told. */
  async hears(page: Page): Promise<void> {
    await expect.poll(() => [...this.streams.values()].includes(page), 'it has a stream').toBe(true);
  }

  private listen(page: Page): void {
    page.on('response', (one) => { if (one.request().resourceType() === 'eventsource' && one.ok()) this.streams.set(one.request(), page); });
    page.on('requestfinished', (one) => this.streams.delete(one));
    page.on('requestfailed', (one) => this.streams.delete(one));
    const hear = (text: string) => { if (!this.expected.some((one) => one.test(text))) this.mishaps.push(`${page.url()}: ${text}`); };
    page.on('pageerror', (error) => hear(String(error.stack ?? error)));
    page.on('console', (message) => {
      if (message.type() !== 'error' && !/content security policy/i.test(message.text())) return;
      hear(`${message.text()} ${message.location().url}`);
    });
  }

  /* The journey provokes this: a refusal, a lost connection. */
  expects(...what: RegExp[]): void {
    this.expected.push(...what);
  }

  /* An operator's browser; the owner is signed in already, where there is one. */
  async desk(options: BrowserContextOptions = {}): Promise<Page> {
    const own = this.owner && !Object.keys(options).length;
    return (own ? this.owner! : await this.context(options)).newPage();
  }

  /* Somebody's phone, inside WeChat. Each call is another person. */
  async phone(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.context({ userAgent: WECHAT, viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, ...options });
    return context.newPage();
  }

  at(path: string): string {
    return `/c/${this.community}/${path}`;
  }

  /* ---- What is ready-made ---- */

  async ask<T>(method: string, path: string, body?: object, community = this.community): Promise<T> {
    const multipart = body && 'multipart' in body ? body.multipart as Record<string, string | { name: string; mimeType: string; buffer: Buffer }> : undefined;
    const reply = await this.owner!.request.fetch(`${this.url}/api/c/${community}${path}`, {
      method, headers: { 'X-Quntu-CSRF': this.csrf }, ...(multipart ? { multipart } : body ? { data: body } : {}),
    });
    const text = await reply.text();
    expect(reply.ok(), `${method} ${path}: ${text}`).toBe(true);
    return (text ? JSON.parse(text) : undefined) as T;
  }

  /* A picture with a QR code, printed by the product itself in a community next door, and what the code says. */
  async picture(): Promise<{ png: Buffer; link: string }> {
    const next = { 'X-Quntu-CSRF': this.csrf };
    if (!this.press) {
      const made = await this.owner!.request.post(`${this.url}/api/communities`, { headers: next, data: { name: '印刷间', timezone: 'Asia/Shanghai' } });
      const place = (await made.json() as { id: string }).id;
      const code = await this.ask<LiveCode>('POST', '/livecodes', draft({ title: '样张' }), place);
      this.press = `${place}/${code.id}`;
    }
    const [place, code] = this.press.split('/');
    const links = await this.ask<List<Source>>('POST', `/livecodes/${code}/links`, { label: '样张', kind: 'poster' }, place);
    const link = links.items[links.items.length - 1];
    const reply = await this.owner!.request.get(`${this.url}/api/c/${place}/links/${link.slug}/qr.png?size=600`);
    return { png: await reply.body(), link: link.url };
  }

  /* A group with its QR picture. */
  async group(name: string, more: Partial<GroupDraft> = {}): Promise<Group> {
    const group = await this.ask<Group>('POST', '/groups', { name, ...more });
    const { png } = await this.picture();
    await this.ask('POST', `/groups/${group.id}/qr`, { multipart: { picture: { name: 'qr.png', mimeType: 'image/png', buffer: png } } });
    return this.ask<Group>('GET', `/groups/${group.id}`);
  }

  /* A live code with its targets, running unless a draft is wished for. */
  async code({ state = 'running', targets = [], ...wish }: CodeWish): Promise<Made> {
    const code = await this.ask<LiveCode>('POST', '/livecodes', draft(wish));
    let list: Target[] = [];
    for (const one of targets) list = await this.target(code.id, one);
    if (state === 'running') await this.turn(code.id, 'running');
    const links = await this.ask<List<Source>>('GET', `/livecodes/${code.id}/links`);
    const main = links.items.find((one) => one.kind === 'main')!;
    return { ...code, slug: main.slug, url: main.url, targets: list };
  }

  async target(code: string, wish: Partial<TargetDraft> | Group): Promise<Target[]> {
    const more = 'qr_id' in wish ? { group_id: wish.id } : wish;
    const list = await this.ask<List<Target>>('POST', `/livecodes/${code}/targets`, { kind: 'group', scan_cap: 180, weight: 1, visitors: 'all', stopped: false, ...more });
    return list.items;
  }

  /* A campaign that runs for a week: friends tap, `goal` of them make a prize at the counter; `more` replaces fields. */
  async campaign({ goal = 3, ...more }: Partial<CampaignDraft> & { name: string; goal?: number }): Promise<CampaignWhole> {
    const now = Date.now(), day = 86_400_000;
    const prize = { kind: 'onsite', title: '洗车券', note: '到店出示', value: 5000, stock: 10 };
    const made = await this.ask<CampaignWhole>('POST', '/campaigns', {
      kind: 'treasure', rules: '好友助力，领洗车券。', organiser: '友信汽车 400-820-8820', starts_at: now - 60_000, ends_at: now + 7 * day,
      claim_until: now + 9 * day, takes_part: 'all', capacity: 0, strength: 'anonymous', act: 'tap', new_only: false, helps_each: 0,
      mutual: false, hold_minutes: 0, still_days: 0, stages: [{ goal, title: '', prizes: [prize] }], ...more,
    });
    return this.ask<CampaignWhole>('POST', `/campaigns/${made.id}/state`, { state: 'running', acknowledge: 'G1' });
  }

  turn(code: string, state: LiveCode['state']): Promise<LiveCode> {
    return this.ask<LiveCode>('POST', `/livecodes/${code}/state`, { state });
  }
}

function draft(wish: Partial<LiveCodeDraft> & { title: string }): LiveCodeDraft {
  return { look: 'plain', strategy: 'order', sticky: true, duplicate_guard: true, gate: 'none', qr_level: 'M', ...wish };
}

export const test = base.extend<{ begin: Begin; house: House; desk: Page }>({
  begin: ['owner', { option: true }],
  house: async ({ browser, begin }, use) => {
    const house = new House(browser);
    try {
      await house.open(begin);
      await use(house);
    } finally {
      await house.close();
    }
    expect(house.mishaps, 'what the pages complained of').toEqual([]);
  },
  desk: async ({ house }, use) => use(await house.desk()),
});

/* ---- What every page owes ---- */

/* One heading, named fields, and on a phone nothing that sticks out at the side. */
export async function decent(page: Page): Promise<void> {
  await expect.poll(() => faultsOf(page), `${page.url()}: one heading, named controls, nothing sticking out`).toEqual([]);
}

function faultsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const seen = (one: Element) => one.getClientRects().length > 0 && getComputedStyle(one).visibility !== 'hidden';
    const tell = (one: Element) => one.outerHTML.slice(0, 160);
    const found: string[] = [];
    const headings = [...document.querySelectorAll('h1')].filter(seen);
    if (headings.length !== 1) found.push(`${headings.length} h1: ${headings.map((one) => one.textContent).join(', ')}`);
    for (const one of document.querySelectorAll<HTMLInputElement>('input:not([type=hidden]), textarea, select'))
      if (seen(one) && !one.labels?.length && !one.getAttribute('aria-label') && !one.getAttribute('aria-labelledby')) found.push(`no label: ${tell(one)}`);
    for (const one of document.querySelectorAll('button, a[href]'))
      if (seen(one) && !one.textContent!.trim() && !one.getAttribute('aria-label') && !one.querySelector('img[alt]:not([alt=""])')) found.push(`no name: ${tell(one)}`);
    for (const one of document.querySelectorAll('.t-image__error')) if (seen(one)) found.push(`a picture that did not come: ${tell(one.parentElement ?? one)}`);
    for (const one of document.querySelectorAll('img')) if (!one.hasAttribute('alt')) found.push(`no alt: ${tell(one)}`);
    const wide = document.documentElement.getBoundingClientRect().width;
    if (wide < document.documentElement.clientWidth) found.push(`the page fills ${wide} px only`);
    if (innerWidth < 500) {
      const scrolls = (one: Element | null): boolean => !!one && one !== document.body && (/auto|scroll|hidden|clip/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
      for (const one of document.body.querySelectorAll('*'))
        if (seen(one) && one.getBoundingClientRect().right > innerWidth + 1 && !scrolls(one)) found.push(`sticks out: ${tell(one)}`);
      if (document.documentElement.scrollWidth > innerWidth) found.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    }
    return found;
  });
}

/* A panel or dialog, by its heading. */
export function panel(page: Page, title: string | RegExp): Locator {
  return page.locator('.t-drawer--open, .t-dialog, dialog[open]').filter({ hasText: title, visible: true });
}

/* How one likes the desk to look: the server has kept it before the page is left. */
export async function prefer(choice: Locator): Promise<void> {
  const kept = choice.page().waitForResponse((one) => one.request().method() === 'PUT' && one.url().endsWith('/api/account'), { timeout: 120_000 });
  await choice.click();
  await kept;
}

/* What the page shows has arrived. */
export async function settled(page: Page): Promise<void> {
  await expect(page.locator('h1:visible')).toHaveCount(1);
  await expect(page.locator('.bones, [aria-busy="true"]')).toHaveCount(0);
}

/* Choose in a select: open it, take the option. */
export async function choose(form: Locator, field: string, option: string): Promise<void> {
  await form.getByLabel(field).and(form.locator('input')).click();
  await form.page().locator('.t-select-option:visible').filter({ hasText: option }).first().click();
}
