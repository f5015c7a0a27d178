/* line.ts: what the landing page knows, and how it asks for more (wire.ts carries it). */
import { shallowRef, watchEffect } from 'vue';
import { asPage, pageInDocument, type Page } from './page';
import { clockHeard } from './when';
import { attempt, broken, busy, fault, headed, look, PATIENCE, send, untilAnswered, type Dropped } from './wire';
import { lang, say } from './words';

export { broken, busy, fault, headed };
export type { Fault } from './wire';

export const page = shallowRef<Page>(pageInDocument());

lang.value = page.value.lang;
clockHeard(page.value.now);
watchEffect(() => {
  headed.value = !!(page.value.community.name || page.value.code.title);
});

const base = () => '/g/' + encodeURIComponent(page.value.slug);

/* The page in an answer; none when the answer is something else. */
function pageOf(body: Record<string, unknown> | undefined): Page | null {
  if (!body || !body.view) return null;
  const fresh = asPage(body);
  clockHeard(fresh.now);
  return fresh;
}

/* The page lay open too long: fetch a new word. */
async function renew(): Promise<void> {
  const fresh = pageOf((await attempt(base() + '/page', look())).body);
  if (fresh) page.value = { ...page.value, csrf: fresh.csrf };
}

/* ---- What views call ---- */

/* POST /g/{slug}/{path}. True: done, and the page is what holds now. False: `fault` says why. */
export async function act(path: string, body: object): Promise<boolean> {
  const answer = await send(path, `${base()}/${path}`, body, () => page.value.csrf, renew);
  if (!answer || answer.fault) return false;
  const fresh = pageOf(answer.body);
  if (fresh) page.value = fresh;
  else if (answer.body) fault.value = { code: 'odd', field: '', message: say('went_wrong') };
  return !fault.value;
}

/* GET the current state because the member asked. True: answered. */
export async function refresh(): Promise<boolean> {
  if (busy.value) return false;
  busy.value = 'page';
  fault.value = null;
  const answer = await untilAnswered(base() + '/page', look, PATIENCE, renew);
  const fresh = pageOf(answer.body);
  busy.value = '';
  if (fresh) page.value = fresh;
  else fault.value = answer.fault || { code: 'odd', field: '', message: say('went_wrong') };
  return !!fresh;
}

/* GET it because time has passed: quiet, once; a failure only raises the banner, the next glance takes it down. */
let glancing = false;
export async function glance(): Promise<void> {
  if (busy.value || glancing || !page.value.slug) return;
  glancing = true;
  try {
    const fresh = pageOf((await attempt(base() + '/page', look())).body);
    broken.value = '';
    if (fresh && !busy.value) page.value = fresh;
  } catch (dropped) {
    broken.value = (dropped as Dropped).why;
  } finally {
    glancing = false;
  }
}
