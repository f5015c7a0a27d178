/* load.ts: asking the server for something a page shows: a thing, or a page of a list with its filters in the URL. */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref } from 'vue';
import { useRoute, useRouter } from 'vue-router';
import { api, ApiError } from '@api/client';
import type { List } from '@api/types';

export interface Loaded<T> {
  data: Ref<T | undefined>;
  error: Ref<ApiError | undefined>;
  loading: Ref<boolean>;
  reload: () => Promise<void>;
}

/* Asks at once and again whenever what it depends on changes; only the latest answer counts. */
export function useLoad<T>(ask: (signal: AbortSignal) => Promise<T>, depends: () => unknown = () => 0): Loaded<T> {
  const data = shallowRef<T>();
  const error = shallowRef<ApiError>();
  const loading = ref(true);
  let current: AbortController | undefined;

  async function reload(): Promise<void> {
    current?.abort();
    const mine = (current = new AbortController());
    loading.value = true;
    try {
      const answer = await ask(mine.signal);
      if (mine.signal.aborted) return;
      data.value = answer;
      error.value = undefined;
    } catch (cause) {
      if (mine.signal.aborted) return;
      error.value = cause instanceof ApiError ? cause : new ApiError(0, 'page', String(cause));
    }
    loading.value = false;
  }

  watch(depends, reload, { immediate: true });
  onScopeDispose(() => current?.abort());
  return { data, error, loading, reload };
}

/* One word of the URL's query, as a two-way value. Changing a filter goes back to the first page. */
export function useQueryWord(name: string, otherwise = ''): Ref<string> {
  const route = useRoute();
  const router = useRouter();
  return computed({
    get: () => (typeof route.query[name] === 'string' ? (route.query[name] as string) : otherwise),
    set: (value) => {
      const query = { ...route.query, [name]: value === otherwise || !value ? undefined : value };
      if (name !== 'open' && name !== 'after') delete query.after;
      void router.replace({ query });
    },
  });
}

export interface Paged<T> extends Loaded<List<T>> {
  page: Ref<number>;
  forth: () => void;
  back: () => void;
}

/* A page of a list. The cursor lives in the URL; the way back is remembered here. */
export function useList<T>(path: () => string, filters: () => Record<string, string>, limit = 30): Paged<T> {
  const after = useQueryWord('after');
  const trail = ref<string[]>([]);
  const loaded = useLoad<List<T>>(
    (signal) => api.get<List<T>>(path(), { ...filters(), after: after.value, limit }, signal),
    () => [path(), JSON.stringify(filters()), after.value].join(' '),
  );
  watch(
    () => JSON.stringify(filters()),
    () => {
      trail.value = [];
    },
  );
  return {
    ...loaded,
    page: computed(() => trail.value.length + 1),
    forth: () => {
      trail.value = [...trail.value, after.value];
      after.value = loaded.data.value?.next ?? '';
    },
    back: () => {
      after.value = trail.value[trail.value.length - 1] ?? '';
      trail.value = trail.value.slice(0, -1);
    },
  };
}
