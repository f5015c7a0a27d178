/* pulse.ts: today's numbers and open warnings, asked for once and shared by the rail's badges and the page 今日. */
import { inject, provide, type InjectionKey } from 'vue';
import { api } from '@api/client';
import type { Alert, List, Overview } from '@api/types';
import { useLive } from '@/lib/live';
import { useLoad, type Loaded } from '@/lib/load';
import { below, place } from '@/lib/session';

export interface Pulse extends Overview {
  alerts: Alert[];
}

const key: InjectionKey<Loaded<Pulse>> = Symbol('pulse');

async function feel(signal: AbortSignal): Promise<Pulse> {
  const [overview, alerts] = await Promise.all([
    api.get<Overview>(below('/overview'), {}, signal),
    api.get<List<Alert>>(below('/alerts'), { open: true, limit: 50 }, signal),
  ]);
  return { ...overview, alerts: alerts.items };
}

export function providePulse(): Loaded<Pulse> {
  const loaded = useLoad<Pulse>(feel, () => place.value);
  useLive(['livecode', 'scan', 'group', 'member', 'alert', 'application'], () => void loaded.reload());
  provide(key, loaded);
  return loaded;
}

export function usePulse(): Loaded<Pulse> {
  return inject(key)!;
}
