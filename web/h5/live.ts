/* live.ts: how a page hears that something happened: a stream of the server, or, where there is none, a look every few seconds
 * while somebody is looking. */
import { onMounted, onUnmounted, watch } from 'vue';

const SLOW = 60,
  QUICK = 3; /* seconds between looks: with a stream, and without */

/* `path`: where the stream is; empty: none now, and what is open is closed. What comes back opens it anew: as somebody else. */
export function useLive(path: () => string, look: () => Promise<void>): () => void {
  let stream: EventSource | null = null,
    timer = 0,
    seconds = QUICK,
    alive = true;
  const next = () => {
    clearTimeout(timer);
    if (alive && !document.hidden) timer = window.setTimeout(() => look().then(next), seconds * 1000);
  };
  const close = () => {
    if (stream) stream.close();
    stream = null;
    seconds = QUICK;
  };
  const open = () => {
    const at = path();
    if (stream || !window.EventSource || !at) return;
    const own = new EventSource(at);
    stream = own;
    own.onopen = () => {
      seconds = SLOW;
      look().then(next); /* what happened since the last look was told to nobody */
    };
    own.addEventListener('changed', () => look());
    own.onerror = () => {
      if (own.readyState === EventSource.CLOSED) close();
      seconds = QUICK;
      next();
    };
  };
  const back = () => {
    if (document.hidden) return close();
    open();
    look().then(next);
  };
  onMounted(() => {
    open();
    next();
    document.addEventListener('visibilitychange', back);
  });
  onUnmounted(() => {
    alive = false;
    clearTimeout(timer);
    close();
    document.removeEventListener('visibilitychange', back);
  });
  const anew = () => {
    close();
    open();
  };
  watch(path, anew);
  return anew;
}
