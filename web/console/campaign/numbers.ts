/* numbers.ts: asking for what is counted in memory: the first question of a large campaign is told to come again. */
import { onScopeDispose, watch } from 'vue';
import { useLoad, type Loaded } from '@/lib/load';

const AGAIN_MS = 700;

export function useCounted<T>(ask: (signal: AbortSignal) => Promise<T>, depends: () => unknown): Loaded<T> {
  const loaded = useLoad<T>(ask, depends);
  let timer = 0;
  watch(loaded.error, (error) => {
    if (error?.code !== 'busy') return;
    loaded.error.value = undefined;
    timer = window.setTimeout(() => void loaded.reload(), AGAIN_MS);
  });
  onScopeDispose(() => clearTimeout(timer));
  return loaded;
}

/* "38%", "0.4%"; nothing to divide by: a dash. */
export function share(n: number, of: number): string {
  if (!of) return '—';
  const percent = (n / of) * 100;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1) : Math.round(percent)}%`;
}
export const ratio = (n: number, of: number): string => (of ? (n / of).toFixed(2) : '—');
