/* turn.ts: publishing, pausing and ending a campaign, each after a word about what it does to those who take part. */
import { api, ApiError } from '@api/client';
import type { Campaign } from '@api/types';
import { act, confirm } from '@/lib/say';
import { below } from '@/lib/session';
import { now } from '@/lib/time';
import { t } from '@/lib/words';

type One = Pick<Campaign, 'id' | 'name'>;

/* Where it stands, as people say it: running is not yet begun before its start. */
export function standing(one: Pick<Campaign, 'state' | 'starts_at' | 'ends_at'>): 'draft' | 'early' | 'running' | 'paused' | 'ended' {
  if (one.state === 'running' && one.starts_at > now.value) return 'early';
  return (one.state === 'running' || one.state === 'paused') && one.ends_at <= now.value ? 'ended' : one.state;
}
export const signOf = { draft: 'idle', early: 'due', running: 'ok', paused: 'due', ended: 'done' } as const;
export const toneOf = { draft: '', early: 'due', running: 'ok', paused: 'due', ended: '' } as const;

const enter = (one: One, state: 'running' | 'paused' | 'ended') => api.post(below(`/campaigns/${one.id}/state`), { state });

/* Of a lottery whose chances others still give: only when that was read, too. */
async function finish(one: One): Promise<void> {
  try {
    await enter(one, 'ended');
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== 'guardrail_g7') throw cause;
    if (!(await confirm(t('camp.g7Title'), cause.message, t('camp.g7Yes'), { danger: true }))) throw cause;
    await api.post(below(`/campaigns/${one.id}/state`), { state: 'ended', acknowledge: 'G7' });
  }
}

/* Each answers whether it was done. `risk`: the guardrail's sentence, read and accepted with the same word. */
export async function publish(one: One, risk: string): Promise<boolean> {
  const text = [t('camp.publishText'), risk].filter(Boolean).join(' ');
  return (
    (await confirm(t('camp.publishTitle', { name: one.name }), text, t(risk ? 'camp.g1Yes' : 'camp.publish'))) &&
    act(
      () => api.post(below(`/campaigns/${one.id}/state`), { state: 'running', acknowledge: risk ? 'G1' : undefined }),
      t('camp.published'),
    )
  );
}
export async function pause(one: One): Promise<boolean> {
  return (
    (await confirm(t('camp.pauseTitle', { name: one.name }), t('camp.pauseText'), t('camp.pause'))) &&
    act(() => enter(one, 'paused'), t('camp.paused'))
  );
}
export async function end(one: One): Promise<boolean> {
  return (
    (await confirm(t('camp.endTitle', { name: one.name }), t('camp.endText'), t('camp.end'), { danger: true })) &&
    act(() => finish(one), t('camp.ended'))
  );
}
export const resume = (one: One) => act(() => enter(one, 'running'), t('camp.resumed'));
