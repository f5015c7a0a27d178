/* initials.ts: 友信, QB, or one emoji: the first letters a reader would take, never half a character. A family, a flag, a hand with
 * its colour are one each, of several code points. */
const SIGN = /^(?:[\u{1F1E6}-\u{1F1FF}]{2}|.[\uFE0F\u{1F3FB}-\u{1F3FF}]?(?:\u200D.[\uFE0F\u{1F3FB}-\u{1F3FF}]?)*)/u;

export function initialsOf(text: string): string {
  const name = text.trim() || '群',
    words = name.split(/\s+/);
  if (/^[A-Za-z]/.test(name)) return (words[0][0] + (words[1] ? words[1][0] : '')).toUpperCase();
  const han = /^[\u3400-\u9fff]{1,2}/.exec(name);
  return han ? han[0] : SIGN.exec(name)![0];
}
