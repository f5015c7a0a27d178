/* pick.ts: one file that is chosen or dropped, for whatever wants it. */
import { ref } from 'vue';

export function usePick(take: (file: File | undefined) => unknown) {
  const input = ref<HTMLInputElement>();
  const over = ref(false); /* one is held above it */
  function drop(event: DragEvent): void {
    over.value = false;
    void take(event.dataTransfer?.files[0]);
  }
  function chosen(event: Event): void {
    const from = event.target as HTMLInputElement;
    void take(from.files?.[0]);
    from.value = ''; /* the same file may be chosen again */
  }
  return { input, over, drop, chosen };
}
