/* look.ts: how the landing page looks again: by itself while somebody looks at it, and when the member asks. */
import { onMounted, onUnmounted, ref } from 'vue';
import { glance, refresh } from '../line';
import { now } from '../when';
import { tell } from './words';

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
    if (await refresh()) looked.value = tell('checked', { clock: clockText() });
  }
  return { looked, look };
}

function clockText(): string {
  const at = new Date(now()),
    two = (n: number) => (n < 10 ? '0' : '') + n;
  return `${at.getHours()}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
