/* kept.ts: what the platform keeps for us (QR codes, group welcomes): wanted here, made there a moment later. */
import { computed, type ComputedRef } from 'vue';
import { api } from '@api/client';
import type { List, LiveCodeLine } from '@api/types';
import { useLoad } from '@/lib/load';
import { below } from '@/lib/session';
import { t } from '@/lib/words';

/* The platform has not taken the newest wish yet; what it refused may still be asked for again. */
export const unheard = (one: { wanted: number; done: number }): boolean => one.done < one.wanted;

export interface Choice {
  value: string;
  label: string;
}

/* Live codes that one may become a target of; the first: of none. */
export function useLiveCodes(): ComputedRef<Choice[]> {
  const codes = useLoad<List<LiveCodeLine>>((signal) => api.get(below('/livecodes'), { limit: 200 }, signal));
  return computed(() =>
    [{ value: '', label: t('kept.noCode') }].concat(
      (codes.data.value?.items ?? []).filter((one) => one.state !== 'ended').map((one) => ({ value: one.id, label: one.title })),
    ),
  );
}
