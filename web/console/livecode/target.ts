/* target.ts: a target beside its death clock, and the draft that would leave it as it is. */
import type { Clock, Target, TargetDraft } from '@api/types';
import { HOUR, now } from '@/lib/time';

export interface Clocked extends Target {
  clock?: Clock;
}

export function withClocks(targets: Target[], clocks: Clock[]): Clocked[] {
  return targets.map((one) => ({ ...one, clock: clocks.find((clock) => clock.id === one.id) }));
}

export const nameOf = (one: Target) => one.title || one.group_name || one.url;

/* How soon it stops taking people: within two hours is late, within two days is due. */
export function danger(one: Clocked): 'late' | 'due' | 'ok' {
  if (one.state === 'expired') return 'late';
  if (one.state === 'empty') return 'due';
  const left = one.clock?.dies_at ? one.clock.dies_at - now.value : Infinity;
  if (one.state !== 'filling' && one.state !== 'waiting') return 'ok';
  return left < 2 * HOUR ? 'late' : left < 48 * HOUR ? 'due' : 'ok';
}

export function draftOf(one: Target): TargetDraft {
  return {
    kind: one.kind,
    group_id: one.group_id,
    title: one.title,
    picture: one.picture,
    url: one.url,
    scan_cap: one.scan_cap,
    expires_at: one.expires_at,
    weight: one.weight,
    windows: one.windows,
    dates: one.dates,
    region: one.region,
    latitude_e6: one.latitude_e6,
    longitude_e6: one.longitude_e6,
    radius_m: one.radius_m,
    visitors: one.visitors,
    stopped: one.stopped,
  };
}
