/* pulse.ts: today's numbers, asked for once and shared by the rail's badges and the page 今日. */
import { inject, provide, type InjectionKey } from 'vue';
import { api } from '@api/client';
import type { Overview } from '@api/types';
import { useLive } from '@/lib/live';
import { useLoad, type Loaded } from '@/lib/load';
import { below, place } from '@/lib/session';

const key: InjectionKey<Loaded<Overview>> = Symbol('pulse');

export function providePulse(): Loaded<Overview> {
  const loaded = useLoad<Overview>((signal) => api.get(below('/overview'), {}, signal), () => place.value);
  useLive(['livecode', 'group', 'member', 'alert', 'application'], () => void loaded.reload());
  provide(key, loaded);
  return loaded;
}

export function usePulse(): Loaded<Overview> {
  return inject(key)!;
}
