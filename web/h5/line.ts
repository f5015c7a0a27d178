/* line.ts: the one way to the server, made for a phone in a lift.
 *
 * Story      The member taps, the connection drops, a banner says so, the same request goes again by itself, and the
 *            thing is done once.
 * Holds      One act at a time: a second tap while one is under way is nothing. An act keeps its Idempotency-Key
 *            until the server has answered it, also over a reload of the page; only then may the same words be a new
 *            act. An answer is either the new page or a fault; the page is never left blank.
 */
import { computed, ref, shallowRef } from 'vue';
import { asPage, pageInDocument, type Page } from './page';
import { lang, say } from './words';
import { clockHeard } from './when';

export interface Fault {
  code: string;
  message: string;
  field: string;
}

export const page = shallowRef<Page>(pageInDocument());
export const headed = computed(
  () => !!(page.value.community.name || page.value.code.title),
); /* whose page it is stands above */
export const busy = ref(''); /* which act is under way */
export const fault = ref<Fault | null>(null);
export const broken = ref<'' | 'offline' | 'crowded'>(''); /* no answer yet; trying again */

lang.value = page.value.lang;
clockHeard(page.value.now);

const WAITS = [1, 2, 4, 8, 15, 15, 30, 30]; /* seconds between attempts; then the member decides */
const PATIENCE = 15000,
  PATIENCE_UPLOAD = 60000; /* ms for one attempt */

class Dropped {
  constructor(readonly why: 'offline' | 'crowded') {}
}

interface Answer {
  page?: Page;
  fault?: Fault;
}

const wait = (seconds: number) =>
  new Promise<void>((done) => {
    const go = () => {
      clearTimeout(timer);
      window.removeEventListener('online', go);
      done();
    };
    const timer = setTimeout(go, seconds * 1000);
    window.addEventListener('online', go);
  });

/* One attempt. Throws Dropped when nobody can know whether it arrived. */
async function attempt(path: string, init: RequestInit, patience: number): Promise<Answer> {
  let timer = 0;
  const late = new Promise<never>((_, no) => {
    timer = window.setTimeout(() => no(new Dropped('offline')), patience);
  });
  try {
    const reply = await Promise.race([fetch(path, init), late]);
    clockHeard(Date.parse(reply.headers.get('Date') || '') || 0);
    if (reply.status >= 502 && reply.status <= 504) throw new Dropped('crowded');
    if (reply.status === 204) return {}; /* done, and the page stays as it is */
    const body = await Promise.race([reply.json(), late]);
    if (body && body.error) return { fault: { code: '', field: '', message: say('went_wrong'), ...body.error } };
    if (!reply.ok || !body || !body.view) return { fault: { code: 'odd', field: '', message: say('went_wrong') } };
    const fresh = asPage(body);
    clockHeard(fresh.now);
    return { page: fresh };
  } catch (error) {
    if (error instanceof SyntaxError) return { fault: { code: 'odd', field: '', message: say('went_wrong') } };
    throw error instanceof Dropped ? error : new Dropped('offline');
  } finally {
    clearTimeout(timer);
  }
}

async function untilAnswered(path: string, init: () => RequestInit, patience: number): Promise<Answer> {
  let renewed = false;
  for (let turn = 0; ; turn++) {
    try {
      const answer = await attempt(path, init(), patience);
      broken.value = '';
      if (answer.fault && answer.fault.code === 'csrf' && !renewed) {
        renewed = true; /* the page lay open too long: fetch a new word, send again */
        const again = await attempt(base() + '/page', look(), PATIENCE);
        if (again.page) page.value = { ...page.value, csrf: again.page.csrf };
        continue;
      }
      return answer;
    } catch (dropped) {
      if (turn === WAITS.length) break;
      broken.value = (dropped as Dropped).why;
      await wait(WAITS[turn]);
    }
  }
  broken.value = '';
  return { fault: { code: 'offline', field: '', message: say('gave_up') } };
}

const base = () => '/g/' + encodeURIComponent(page.value.slug);
const look = (): RequestInit => ({
  credentials: 'same-origin',
  cache: 'no-store',
  headers: { Accept: 'application/json' },
});

/* ---- Keys ---- */

function newKey(): string {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes);
  return Array.from(bytes, (b) => ('0' + b.toString(16)).slice(-2)).join('');
}

/* Storage may be shut (private windows): the key then lives as long as the page. */
const held: Record<string, string> = {};
function keyFor(what: string): string {
  let key = held[what];
  try {
    key = key || sessionStorage.getItem(what) || '';
  } catch {
    /* shut */
  }
  key = key || newKey();
  held[what] = key;
  try {
    sessionStorage.setItem(what, key);
  } catch {
    /* shut */
  }
  return key;
}
function dropKey(what: string): void {
  delete held[what];
  try {
    sessionStorage.removeItem(what);
  } catch {
    /* shut */
  }
}

function nameOf(body: object): string {
  if (!(body instanceof FormData)) return JSON.stringify(body);
  const parts: unknown[] = [];
  body.forEach((value, name) => parts.push([name, typeof value === 'string' ? value : [value.name, value.size]]));
  return JSON.stringify(parts);
}

/* ---- What views call ---- */

/* POST /g/{slug}/{path}. True: done, and the page is what holds now. False: `fault` says why. */
export async function act(path: string, body: object): Promise<boolean> {
  if (busy.value) return false;
  busy.value = path;
  fault.value = null;
  const upload = body instanceof FormData;
  const what = `quntu:${page.value.slug}/${path}:${nameOf(body)}`,
    key = keyFor(what);
  const init = (): RequestInit => ({
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      Accept: 'application/json',
      'X-Quntu-CSRF': page.value.csrf,
      'Idempotency-Key': key,
      ...(upload ? {} : { 'Content-Type': 'application/json' }),
    },
    body: upload ? body : JSON.stringify(body),
  });
  const answer = await untilAnswered(`${base()}/${path}`, init, upload ? PATIENCE_UPLOAD : PATIENCE);
  busy.value = '';
  if (!answer.fault || answer.fault.code !== 'offline') dropKey(what);
  if (answer.page) page.value = answer.page;
  fault.value = answer.fault || null;
  return !answer.fault;
}

/* GET the current state because the member asked. True: answered. */
export async function refresh(): Promise<boolean> {
  if (busy.value) return false;
  busy.value = 'page';
  fault.value = null;
  const answer = await untilAnswered(base() + '/page', look, PATIENCE);
  busy.value = '';
  if (answer.page) page.value = answer.page;
  else fault.value = answer.fault || null;
  return !!answer.page;
}

/* GET it because time has passed: quiet, once; a failure only raises the banner, the next glance takes it down. */
let glancing = false;
export async function glance(): Promise<void> {
  if (busy.value || glancing || !page.value.slug) return;
  glancing = true;
  try {
    const answer = await attempt(base() + '/page', look(), PATIENCE);
    broken.value = '';
    if (answer.page && !busy.value) page.value = answer.page;
  } catch (dropped) {
    broken.value = (dropped as Dropped).why;
  } finally {
    glancing = false;
  }
}
