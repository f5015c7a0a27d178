/* brake.ts: what holds sends back now and how many wait, asked for once and shared by the banner, the rail and the pages. */
import { computed, inject, onScopeDispose, provide, type InjectionKey } from 'vue';
import { api } from '@api/client';
import type { Outbox } from '@api/types';
import { useLive } from '@/lib/live';
import { useLoad, type Loaded } from '@/lib/load';
import { below, place } from '@/lib/session';

const key: InjectionKey<Loaded<Outbox>> = Symbol('outbox');

export function provideBrake(): Loaded<Outbox> {
  const loaded = useLoad<Outbox>(
    (signal) => api.get(below('/outbox'), {}, signal),
    () => place.value,
  );
  useLive(['outbox', 'send'], () => void loaded.reload());
  /* The server's own switch may be pressed in another community, or at its terminal. */
  const timer = window.setInterval(() => void loaded.reload(), 60_000);
  onScopeDispose(() => clearInterval(timer));
  provide(key, loaded);
  return loaded;
}

export function useBrake(): Loaded<Outbox> & { frozen: { readonly value: boolean } } {
  const loaded = inject(key)!;
  return { ...loaded, frozen: computed(() => Boolean(loaded.data.value?.frozen_at)) };
}

/* 1320 → "22:00" */
export const minuteText = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
/* Counted no further than a thousand. */
export const many = (n: number) => (n >= 1000 ? '999+' : String(n));
