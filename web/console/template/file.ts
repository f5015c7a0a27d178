/* file.ts: template files, in and out of the browser. */
import { say } from '@/lib/say';
import { t } from '@/lib/words';

const MOST = 600_000;

/* The text of a chosen file; undefined after saying why not. */
export async function readTemplate(event: Event): Promise<string | undefined> {
  const input = event.target as HTMLInputElement;
  const file = input.files?.[0];
  input.value = '';
  if (!file) return undefined;
  if (file.size > MOST) {
    say(t('tpl.fileLarge'), 'late');
    return undefined;
  }
  return file.text();
}

export function saveFile(name: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
