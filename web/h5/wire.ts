/* wire.ts: the one way to the server, made for a phone in a lift. Every member page goes through it.
 *
 * Story      The member taps, the connection drops, a banner says so, the same request goes again by itself, and the
 *            thing is done once.
 * Holds      One act at a time: a second tap while one is under way is nothing. An act keeps its Idempotency-Key
 *            until the server has answered it, also over a reload of the page; only then may the same words be a new
 *            act. An answer is either a body or a fault, never nothing at all.
 * Not here   What the body means: line.ts of each page.
 */
import { ref } from 'vue';
import { clockHeard } from './when';
import { say } from './words';

export interface Fault {
  code: string;
  message: string;
  field: string;
}
export interface Answer {
  body?: Record<string, unknown>; /* none after "done, and nothing to say" */
  fault?: Fault;
}

export const busy = ref(''); /* which act is under way */
export const fault = ref<Fault | null>(null);
export const broken = ref<'' | 'offline' | 'crowded'>(''); /* no answer yet; trying again */
export const headed = ref(true); /* whose page it is stands above */

const WAITS = [1, 2, 4, 8, 15, 15, 30, 30]; /* seconds between attempts; then the member decides */
export const PATIENCE = 15000,
  PATIENCE_UPLOAD = 60000; /* ms for one attempt */

export class Dropped {
  constructor(readonly why: 'offline' | 'crowded') {}
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

const odd = (): Answer => ({ fault: { code: 'odd', field: '', message: say('went_wrong') } });

/* One attempt. Throws Dropped when nobody can know whether it arrived. */
export async function attempt(path: string, init: RequestInit, patience = PATIENCE): Promise<Answer> {
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
    return reply.ok && body ? { body } : odd();
  } catch (error) {
    if (error instanceof SyntaxError) return odd();
    throw error instanceof Dropped ? error : new Dropped('offline');
  } finally {
    clearTimeout(timer);
  }
}

/* Again and again until somebody answers. `renew` fetches a new CSRF word when the page lay open too long. */
export async function untilAnswered(
  path: string,
  init: () => RequestInit,
  patience: number,
  renew: () => Promise<void>,
): Promise<Answer> {
  let renewed = false;
  for (let turn = 0; ; turn++) {
    try {
      const answer = await attempt(path, init(), patience);
      broken.value = '';
      if (answer.fault && answer.fault.code === 'csrf' && !renewed) {
        renewed = true;
        await renew();
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

export const look = (): RequestInit => ({
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

/* ---- Acting ---- */

/* POST. `name`: what `busy` says meanwhile. null: something else is under way. */
export async function send(
  name: string,
  path: string,
  body: object,
  csrf: () => string,
  renew: () => Promise<void>,
): Promise<Answer | null> {
  if (busy.value) return null;
  busy.value = name;
  fault.value = null;
  const upload = body instanceof FormData;
  const what = `quntu:${path}:${nameOf(body)}`,
    key = keyFor(what);
  const init = (): RequestInit => ({
    method: 'POST',
    credentials: 'same-origin',
    headers: {
      Accept: 'application/json',
      'X-Quntu-CSRF': csrf(),
      'Idempotency-Key': key,
      ...(upload ? {} : { 'Content-Type': 'application/json' }),
    },
    body: upload ? body : JSON.stringify(body),
  });
  const answer = await untilAnswered(path, init, upload ? PATIENCE_UPLOAD : PATIENCE, renew);
  busy.value = '';
  if (!answer.fault || answer.fault.code !== 'offline') dropKey(what);
  fault.value = answer.fault || null;
  return answer;
}
