/* use.ts: small habits that several views share. */
import { nextTick, onMounted, onUnmounted, ref } from 'vue';
import { fault, glance, refresh } from './line';
import { now } from './when';
import { say } from './words';

/* Look at the server every `seconds` while somebody is looking at the page, and at once when they come back. */
export function useGlances(seconds: number): void {
  let timer = 0,
    alive = true;
  const next = () => {
    clearTimeout(timer);
    if (alive && !document.hidden)
      timer = window.setTimeout(() => {
        glance().then(next);
      }, seconds * 1000);
  };
  const seen = () => {
    if (!document.hidden) glance().then(next);
  };
  onMounted(() => {
    next();
    document.addEventListener('visibilitychange', seen);
  });
  onUnmounted(() => {
    alive = false;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  });
}

/* A look the member asked for; says when it was, so that "nothing new" is an answer too. */
export function useLook() {
  const looked = ref('');
  async function look() {
    looked.value = '';
    if (await refresh()) looked.value = say('checked', { clock: clockText() });
  }
  return { looked, look };
}

function clockText(): string {
  const at = new Date(now()),
    two = (n: number) => (n < 10 ? '0' : '') + n;
  return `${at.getHours()}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/* What is wrong with a field: found here, or said by the server. */
export function faultAt(field: string, own?: string): string {
  if (own) return own;
  return fault.value && fault.value.field === field ? fault.value.message : '';
}

/* Bring the first wrong field before the eyes and under the finger. */
export async function showFirstFault(): Promise<void> {
  await nextTick();
  const wrong = document.querySelector('.field.wrong');
  if (!wrong) return;
  wrong.scrollIntoView({ block: 'center' });
  const input = wrong.querySelector('input, textarea') as HTMLElement | null;
  if (input) input.focus();
}
