/* live.ts: the server says that something changed; whoever shows it asks again. One stream a page. */
import { onScopeDispose, watch } from 'vue';
import { address } from '@api/client';
import { place, session } from './session';

export type Topic = 'livecode' | 'scan' | 'group' | 'member' | 'alert' | 'application';

const listeners = new Map<Topic, Set<() => void>>();
let stream: EventSource | undefined;

/* This file is fetched when the first page that listens is, and by then one stands in a community already. */
watch(() => (session.value ? place.value : ''), (id) => {
  stream?.close();
  stream = undefined;
  if (!id) return;
  stream = new EventSource(address(`/c/${id}/live`));
  stream.addEventListener('changed', (event) => {
    listeners.get((event as MessageEvent<string>).data as Topic)?.forEach((tell) => tell());
  });
}, { immediate: true });

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
