/* use.ts: what is wrong with a field, and the way there. */
import { nextTick } from 'vue';
import { fault } from './wire';

/* What is wrong with a field: found here, or said by the server. */
export function faultAt(field: string, own?: string): string {
  if (own) return own;
  return fault.value && fault.value.field === field ? fault.value.message : '';
}

/* Bring the first wrong field before the eyes and under the finger. */
export async function showFirstFault(): Promise<void> {
  await nextTick();
  const wrong = document.querySelector('.field.wrong');
  if (!wrong) return;
  wrong.scrollIntoView({ block: 'center' });
  const input = wrong.querySelector('input, textarea') as HTMLElement | null;
  if (input) input.focus();
}
