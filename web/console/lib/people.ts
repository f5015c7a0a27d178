/* people.ts: names of colleagues, for places where the server says only which account it was. */
import { computed, ref, watch } from 'vue';
import { api } from '@api/client';
import type { Colleague, List } from '@api/types';
import { below, place } from './session';

const known = ref<Record<string, string>>({});
let asked = '';

async function learn(): Promise<void> {
  if (asked === place.value) return;
  asked = place.value;
  const list = await api.get<List<Colleague>>(below('/staff')).catch(() => undefined);
  known.value = Object.fromEntries((list?.items ?? []).map((one) => [one.id, one.display || one.name]));
}

export function useNames() {
  watch(place, () => void learn(), { immediate: true });
  return computed(() => (id: string | null | undefined) => (id ? (known.value[id] ?? '') : ''));
}
