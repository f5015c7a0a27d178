/* trouble.ts: what is wrong with an account, and what to do. A platform's own words stay as they are; what our connectors say
 * themselves, and what a connection that fails says, is told in the reader's language. */
import { t, type Key } from '@/lib/words';

const CODES: Record<string, string[]> = {
  mp: ['40164', '40125', '40001', '40013', '48001', '50002'],
  wecom: ['60020', '40001', '40013', '48002', '60011', '301002'],
};
const CODES_OF_ONE: Record<string, string[]> = { wecom: ['40003'] };
const AWAY = /connect|timed? ?out|closed|does not answer|resolve|HTTP 5\d\d/i;
const PHRASES: Record<string, [RegExp, string][]> = {
  onebot: [
    [/^the QQ client is offline/, 'offline'],
    [/access token is wrong/, 'token'],
    [/^the bot is no longer in group (.*)/, 'gone'],
    [/address is not one/, 'address'],
    [AWAY, 'away'],
  ],
  webhook: [
    [/private network/, 'private'],
    [/^the secret is not/, 'secret'],
    [/^HTTP 410/, 'gone'],
    [/^HTTP (?!5)(\d+)/, 'status'],
    [AWAY, 'away'],
  ],
};

/* The phrase, and what stands in it. */
function phrase(kind: string, trouble: string): { word: string; what: string } | undefined {
  for (const [form, word] of PHRASES[kind] ?? []) {
    const found = form.exec(trouble);
    if (found) return { word, what: found[1] ?? trouble };
  }
}

export function told(kind: string, trouble: string): string {
  const known = phrase(kind, trouble);
  return known ? t(`${kind}.trouble.${known.word}` as Key, { what: known.what }) : trouble;
}

/* Of the whole account; `one`: of one thing on it. Empty: nothing is known that would help. */
export function remedy(kind: string, trouble: string, one = false): string {
  const known = phrase(kind, trouble);
  if (known) return t(`${kind}.fix.${known.word}` as Key);
  const codes = (one ? CODES_OF_ONE : CODES)[kind];
  const code = trouble.split(' ')[0] ?? '';
  const ip = /from ip: ([\d.a-f:]+)/.exec(trouble)?.[1] ?? '';
  const word = codes?.includes(code) ? code : one || !codes ? '' : 'other';
  return word ? t(`${kind}.fix.${word}` as Key, { ip }) : '';
}
