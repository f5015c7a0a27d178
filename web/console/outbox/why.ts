/* why.ts: why something was not sent, for those who read it: what our own connectors say and the platforms' usual codes in the
 * reader's language, anything else in the platform's own words. */
import { told } from '@/channel/trouble';
import { t, type Key } from '@/lib/words';

const KNOWN: [RegExp, string][] = [
  [/^expired$/, 'expired'],
  [/^failed: ?user block/, 'blocked'],
  [/^failed: ?system/, 'system'],
  [/^45015|^45047/, 'window'],
  [/^43004|no longer a customer/, 'stranger'],
  [/^43101|has allowed no such message/, 'once'],
  [/^45009|^45011|^45033/, 'quota'],
  [/^40003/, 'person'],
  [/^48001|^48002/, 'right'],
  [/^40164|^60020/, 'ip'],
  [/^93000|robot's key cannot be read/, 'robot'],
  [/picture is gone|picture's address|picture cannot be read|file is gone/, 'picture'],
  [/text is longer than/, 'long'],
  [/no QQ number here|nobody of the staff has this customer/, 'unknown'],
  [/no customer group of this number|not there any more/, 'place'],
  [/ERR_NOT_GROUP_ADMIN/, 'admin'],
  [/ERR_NOT_GROUP_OWNER/, 'owner'],
  [/cannot do (this|that)$/, 'cannot'],
  [/^the program ended each time/, 'ended'],
];

/* kind: of the channel, where it is known. The code, when there is one, stays to be looked up. */
export function whyText(why: string, kind = ''): string {
  const known = KNOWN.find(([form]) => form.test(why));
  if (!known) return kind ? told(kind, why) : ['onebot', 'webhook'].map((one) => told(one, why)).find((one) => one !== why) ?? why;
  const code = /^\d{5}/.exec(why)?.[0];
  return t(`unsent.${known[1]}` as Key) + (code ? ` (${code})` : '');
}
