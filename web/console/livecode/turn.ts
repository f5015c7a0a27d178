/* turn.ts: starting, pausing and ending a live code, each after a word about what it does to those who scan. */
import { api, ApiError } from '@api/client';
import type { CodeState } from '@api/types';
import { act, confirm } from '@/lib/say';
import { below } from '@/lib/session';
import { t } from '@/lib/words';

interface Turned {
  id: string;
  title: string;
}

/* A gate that asks people to share starts only when somebody has read what WeChat does about it. */
async function enterState(id: string, state: CodeState): Promise<void> {
  const path = below(`/livecodes/${id}/state`);
  try {
    await api.post(path, { state });
  } catch (cause) {
    if (!(cause instanceof ApiError) || cause.code !== 'guardrail_g1') throw cause;
    if (!(await confirm(t('code.g1Title'), cause.message, t('code.g1Yes'), { danger: true }))) throw cause;
    await api.post(path, { state, acknowledge: 'G1' });
  }
}

/* Each answers whether it was done. */
export async function begin(one: Turned, text: string): Promise<boolean> {
  return (
    (await confirm(t('code.startTitle', { title: one.title }), text, t('code.start'))) &&
    act(() => enterState(one.id, 'running'), t('code.started'))
  );
}
export async function pause(one: Turned): Promise<boolean> {
  return (
    (await confirm(t('code.pauseTitle', { title: one.title }), t('code.pauseText'), t('code.pause'))) &&
    act(() => enterState(one.id, 'paused'), t('code.paused'))
  );
}
export async function end(one: Turned): Promise<boolean> {
  return (
    (await confirm(t('code.endTitle', { title: one.title }), t('code.endText'), t('code.end'), { danger: true })) &&
    act(() => enterState(one.id, 'ended'), t('code.ended'))
  );
}
/* From the list: the code ran before, so nothing about it is new. */
export const resume = (one: Turned) => act(() => enterState(one.id, 'running'), t('code.started'));
