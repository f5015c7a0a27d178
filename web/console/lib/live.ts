/* live.ts: the server says that something changed; whoever shows it asks again. One stream a page.
 *
 * The browser mends a stream that breaks. One the server refuses (too many of them, or a proxy in between) stays closed:
 * then we ask every half a minute, and try the stream again after a while. A tab nobody looks at gives its place up.
 */
import { onScopeDispose, watch } from 'vue';
import { address } from '@api/client';
import { place, session } from './session';

export type Topic = 'livecode' | 'scan' | 'group' | 'member' | 'alert' | 'application' | 'segment' | 'automation' | 'import' | 'export' | 'poster' | 'campaign' | 'help' | 'order' | 'draw' | 'packet' | 'entry' | 'channel' | 'message' | 'room' | 'send' | 'outbox';

const ASK = 30_000,
  AGAIN = 300_000,
  UNSEEN = 60_000;

const listeners = new Map<Topic, Set<() => void>>();
const tellAll = () => listeners.forEach((all) => all.forEach((tell) => tell()));

let stream: EventSource | undefined;
let asking = 0,
  again = 0,
  unseen = 0;
let community = ''; /* '': signed out */
let resting = false; /* closed because nobody looks */

function stop(): void {
  stream?.close();
  stream = undefined;
  clearInterval(asking);
  clearTimeout(again);
}

function start(): void {
  stop();
  if (!community) return;
  const mine = (stream = new EventSource(address(`/c/${community}/live`)));
  mine.addEventListener('changed', (event) => {
    listeners.get((event as MessageEvent<string>).data as Topic)?.forEach((tell) => tell());
  });
  mine.addEventListener('open', tellAll); /* again, after a break: what happened meanwhile was told to nobody */
  mine.addEventListener('error', () => {
    if (mine !== stream || mine.readyState !== EventSource.CLOSED) return;
    stop();
    asking = window.setInterval(tellAll, ASK);
    again = window.setTimeout(start, AGAIN);
  });
}

/* This file is fetched when the first page that listens is, and by then one stands in a community already. */
watch(
  () => (session.value ? place.value : ''),
  (id) => {
    community = id;
    if (!resting) start();
  },
  { immediate: true },
);

document.addEventListener('visibilitychange', () => {
  clearTimeout(unseen);
  if (document.hidden) {
    unseen = window.setTimeout(() => {
      resting = true;
      stop();
    }, UNSEEN);
    return;
  }
  if (resting) start();
  resting = false;
  tellAll(); /* what was said meanwhile was not listened to */
});

/* Calls `tell` at most once a second while the page is in sight. */
export function useLive(topics: Topic[], tell: () => void): void {
  let waiting = 0;
  const soon = () => {
    if (waiting) return;
    waiting = window.setTimeout(() => {
      waiting = 0;
      if (!document.hidden) tell();
    }, 1000);
  };
  for (const topic of topics) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic)!.add(soon);
  }
  onScopeDispose(() => {
    clearTimeout(waiting);
    for (const topic of topics) listeners.get(topic)?.delete(soon);
  });
}
