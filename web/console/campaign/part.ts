/* part.ts: the settings that one play has of its own: what a lottery draws, what a packet holds. A draft saves itself; what is
 * published is saved by hand. PartCard.vue is the card around the fields. */
import { computed, reactive, ref, watch } from 'vue';
import { api, ApiError } from '@api/client';
import type { CampaignWhole } from '@api/types';
import { below, may } from '@/lib/session';
import { t } from '@/lib/words';

const PAUSE_MS = 900;

/* One after the other: who asks while a draft is saving itself gets a turn of their own, and then nothing is left out. */
export function inTurn(run: (quiet: boolean) => Promise<void>): (quiet: boolean) => Promise<void> {
  let last = Promise.resolve();
  return (quiet) => {
    const mine = last.then(() => run(quiet));
    last = mine.catch(() => undefined);
    return mine;
  };
}

interface Hooks<Fields, Answer> {
  saved: () => void;
  edited?: () => void; /* also at the beginning */
  answered?: (answer: Answer, sent: Fields) => void; /* what the server added may be noted in the fields and in `sent` */
}

/* `name`: the last word of its address. `fields` as they are kept now. */
export function usePart<Fields extends object, Answer>(campaign: () => CampaignWhole, name: string, fields: Fields, hooks: Hooks<Fields, Answer>) {
  const drafting = computed(() => campaign().state === 'draft');
  const locked = computed(() => campaign().state === 'ended' || !may('operator'));
  const kept = ref(JSON.stringify(fields));
  const changed = computed(() => JSON.stringify(fields) !== kept.value);
  const wrong = ref<Record<string, string>>({});
  const busy = ref(false);
  const told = ref('');
  let timer = 0;

  const save = inTurn(async (quiet) => {
    if (quiet && !changed.value) return;
    busy.value = true;
    told.value = quiet ? t('cform.saving') : '';
    const sent = JSON.parse(JSON.stringify(fields)) as Fields;
    try {
      const answer = await api.put<Answer>(below(`/campaigns/${campaign().id}/${name}`), sent);
      hooks.answered?.(answer, sent);
      kept.value = JSON.stringify(sent);
      wrong.value = {};
      told.value = t(quiet ? 'cform.autosaved' : 'act.saved');
      hooks.saved();
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      wrong.value = cause.field ? { [cause.field]: cause.message } : {};
      told.value = t('cform.notSaved', { why: cause.message });
    } finally {
      busy.value = false;
    }
    if (quiet) later();
  });
  function later(): void {
    clearTimeout(timer);
    if (drafting.value && !locked.value && changed.value && !Object.keys(wrong.value).length)
      timer = window.setTimeout(() => void save(true), PAUSE_MS);
  }
  watch(
    fields,
    () => {
      wrong.value = {};
      hooks.edited?.();
      later();
    },
    { deep: true, immediate: true },
  );
  return reactive({ drafting, locked, changed, wrong, busy, told, save, fault: (field: string) => wrong.value[field] ?? '' });
}

export type Part = ReturnType<typeof usePart>;
