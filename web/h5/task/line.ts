/* line.ts: what the campaign's page knows, how it asks for more (wire.ts carries it), and looks when something happened (live.ts). */
import { ref, shallowRef, watch } from 'vue';
import { useLive } from '../live';
import { clockHeard } from '../when';
import { attempt, broken, busy, fault, look, send, type Dropped } from '../wire';
import { lang, say } from '../words';
import { asTask, taskInDocument, type Page } from './page';

export const task = shallowRef<Page>(taskInDocument());
export const ENDLESS = 4_102_444_800_000; /* an end from here on means none */
export const chosen = ref(''); /* the stage whose prize is looked at */

lang.value = task.value.lang;
clockHeard(task.value.now);

export const base = () => '/t/' + encodeURIComponent(task.value.slug);

function taskOf(body: Record<string, unknown> | undefined): Page | null {
  if (!body || !body.view) return null;
  const fresh = asTask(body);
  clockHeard(fresh.now);
  return fresh;
}

/* The page lay open too long: fetch a new word. */
async function renew(): Promise<void> {
  const fresh = taskOf((await attempt(base() + '/page', look())).body);
  if (fresh) task.value = { ...task.value, csrf: fresh.csrf };
}

/* POST. True: done, and the page is what holds now. False: `fault` says why. */
export async function act(path: string, body: object): Promise<boolean> {
  const answer = await send(path, `${base()}/${path}`, body, () => task.value.csrf, renew);
  if (!answer || answer.fault) return false;
  const fresh = taskOf(answer.body);
  if (fresh) task.value = fresh;
  else if (answer.body) fault.value = { code: 'odd', field: '', message: say('went_wrong') };
  return !fault.value;
}

/* GET it because time has passed or something happened: quiet, once; a failure only raises the banner, the next glance takes it
 * down. While something is being done it waits: the answer to that may be older than what happened. */
let glancing = false,
  again = false,
  putOff = false;
export async function glance(): Promise<void> {
  putOff = putOff || !!busy.value;
  again = glancing;
  if (busy.value || glancing || !task.value.slug) return;
  glancing = true;
  try {
    const fresh = taskOf((await attempt(base() + '/page', look())).body);
    broken.value = '';
    if (fresh && !busy.value) task.value = fresh;
    else putOff = !!fresh;
  } catch (dropped) {
    broken.value = (dropped as Dropped).why;
  }
  glancing = false;
  if (again) glance(); /* something happened while we looked */
}

watch(busy, (now) => {
  if (now || !putOff) return;
  putOff = false;
  glance();
});

export function useNews(): void {
  const anew = useLive(() => (task.value.slug ? base() + '/live' : ''), glance);
  watch(() => !!task.value.me, anew); /* who has just taken part hears of themselves from now on */
}
