/* form.ts: a form knows its values, whether they changed, and which field the server complained about. */
import { computed, reactive, ref, type ComputedRef, type Ref } from 'vue';
import { ApiError } from '@api/client';
import { say } from './say';

export interface Form<T extends object> {
  fields: T;
  wrong: Ref<Record<string, string>>;
  busy: Ref<boolean>;
  changed: ComputedRef<boolean>;
  fill: (from: T) => void;
  send: (work: () => Promise<unknown>, done?: string) => Promise<boolean>;
}

export function useForm<T extends object>(start: T): Form<T> {
  const value = reactive(structuredClone(start)) as T;
  const kept = ref(JSON.stringify(value));
  const wrong = ref<Record<string, string>>({});
  const busy = ref(false);

  function fill(from: T): void {
    for (const name of Object.keys(value) as (keyof T)[])
      if (from[name] !== undefined) value[name] = JSON.parse(JSON.stringify(from[name] ?? null));
    kept.value = JSON.stringify(value);
    wrong.value = {};
  }

  async function send(work: () => Promise<unknown>, done = ''): Promise<boolean> {
    busy.value = true;
    wrong.value = {};
    try {
      await work();
      kept.value = JSON.stringify(value);
      if (done) say(done);
      return true;
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      if (cause.field && cause.field in value) wrong.value = { [cause.field]: cause.message };
      else say(cause.message, 'late');
      return false;
    } finally {
      busy.value = false;
    }
  }

  return { fields: value, wrong, busy, changed: computed(() => JSON.stringify(value) !== kept.value), fill, send };
}
