/* initials.ts: 友信, QB, or one emoji: the first letters a reader would take, never half a character. */
export function initialsOf(text: string): string {
  const name = text.trim() || '群',
    words = name.split(/\s+/);
  if (/^[A-Za-z]/.test(name)) return (words[0][0] + (words[1] ? words[1][0] : '')).toUpperCase();
  const han = /^[\u3400-\u9fff]{1,2}/.exec(name);
  return han ? han[0] : Array.from(name)[0];
}
