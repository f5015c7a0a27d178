/* say.ts: what the console says in passing (toasts) and what it asks before acting (questions). */
import { reactive, shallowRef } from 'vue';
import { ApiError } from '@api/client';
import { t } from './words';

export interface Toast {
  id: number;
  kind: 'ok' | 'late' | 'idle';
  text: string;
  act?: { text: string; run: () => void };
}

export const toasts = reactive<Toast[]>([]);
let last = 0;

export function hush(id: number): void {
  const at = toasts.findIndex((toast) => toast.id === id);
  if (at >= 0) toasts.splice(at, 1);
}

export function say(text: string, kind: Toast['kind'] = 'ok', act?: Toast['act']): void {
  const id = ++last;
  toasts.push({ id, kind, text, act });
  if (toasts.length > 4) toasts.shift();
  setTimeout(() => hush(id), act || kind === 'late' ? 8000 : 3200);
}

export interface Question {
  title: string;
  text: string;
  yes: string;
  danger: boolean;
  word?: string;
  answer: (yes: boolean) => void;
}

export const question = shallowRef<Question>();

/* Ask before something that is hard to undo; `word` must be typed when it cannot be undone at all. */
export function confirm(
  title: string,
  text: string,
  yes: string,
  options: { danger?: boolean; word?: string } = {},
): Promise<boolean> {
  question.value?.answer(false); /* nobody waits for ever for an answer to what is no longer asked */
  return new Promise((resolve) => {
    question.value = {
      title,
      text,
      yes,
      danger: options.danger ?? false,
      word: options.word,
      answer: (agreed) => {
        question.value = undefined;
        resolve(agreed);
      },
    };
  });
}

/* Do something for a person: say what went wrong, and whether it went right. */
export async function act(work: () => Promise<unknown>, done = ''): Promise<boolean> {
  try {
    await work();
    if (done) say(done);
    return true;
  } catch (cause) {
    say(cause instanceof ApiError ? cause.message : t('error.page'), 'late');
    return false;
  }
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    /* Plain http has no clipboard: the old way still works. */
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
  say(t('act.copied'));
}
