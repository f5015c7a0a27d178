/* ticks.ts: ticks that were made without a network, kept in the browser until they can be sent. */
import { ref } from 'vue';
import { api, ApiError } from '@api/client';
import { say } from '@/lib/say';
import { place } from '@/lib/session';

export interface Tick {
  id: string;
  minutes: number;
  number: string;
}

const AGAIN = 20_000;
const name = () => `quntu.ticks.${place.value}`;
const read = (): Tick[] => JSON.parse(localStorage.getItem(name()) ?? '[]') as Tick[];
export const waiting = ref<Tick[]>([]);

function keep(ticks: Tick[]): void {
  waiting.value = ticks;
  if (ticks.length) localStorage.setItem(name(), JSON.stringify(ticks));
  else localStorage.removeItem(name());
}

const path = (id: string) => `/c/${place.value}/run-sheet/${id}/done`;
const isOffline = (cause: unknown) => cause instanceof ApiError && cause.status === 0;

/* Sends what waits; one the server refuses is dropped after saying why, unless it may be taken later. */
export async function flush(): Promise<boolean> {
  let sent = false;
  for (const tick of read()) {
    try {
      await api.post(path(tick.id), { minutes: tick.minutes, number: tick.number });
      sent = true;
    } catch (cause) {
      if (isOffline(cause) || (cause instanceof ApiError && (cause.status >= 500 || cause.code === 'frozen'))) break;
      if (cause instanceof ApiError) say(cause.message, 'late');
    }
    keep(read().filter((one) => one.id !== tick.id));
  }
  return sent;
}

/* true: it is done; false: it waits for the network. Anything else is thrown. */
export async function tick(one: Tick, picture?: File): Promise<boolean> {
  let body: FormData | object = { minutes: one.minutes, number: one.number };
  if (picture) {
    const form = new FormData();
    form.set('minutes', String(one.minutes));
    form.set('number', one.number);
    form.set('picture', picture);
    body = form;
  }
  try {
    await api.post(path(one.id), body);
    return true;
  } catch (cause) {
    if (!isOffline(cause) || picture) throw cause;
    keep([...read().filter((other) => other.id !== one.id), one]);
    return false;
  }
}

/* While a page shows it: look what waits, and try again when the network comes back. */
export function watchTicks(done: () => void): () => void {
  waiting.value = read();
  const again = () => {
    if (read().length) void flush().then((sent) => sent && done());
  };
  again();
  const clock = window.setInterval(again, AGAIN);
  window.addEventListener('online', again);
  return () => {
    clearInterval(clock);
    window.removeEventListener('online', again);
  };
}
