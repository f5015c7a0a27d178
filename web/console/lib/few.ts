/* few.ts: a list in a card shows its first few; the rest comes when it is asked for. */
import { computed, ref } from 'vue';

export function useFew<T>(rows: () => T[], most: number) {
  const all = ref(false);
  const few = computed(() => (all.value ? rows() : rows().slice(0, most)));
  const rest = computed(() => rows().length - few.value.length);
  return { few, rest, all };
}
