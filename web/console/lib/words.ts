/* words.ts: every sentence the console says, in Chinese and English side by side.
 *
 * Each feature keeps its own words beside its pages as `'key': ['中文', 'English']`, so a missing translation
 * does not compile. `{name}` is replaced; in English `one|many` chooses by {n}.
 */
import { ref, watchEffect } from 'vue';
import { guard } from '@api/client';
import type { Lang } from '@api/types';
import { allianceWords } from '@/alliance/words';
import { automationWords } from '@/automation/words';
import { campaignWords } from '@/campaign/words';
import { campaignFraudWords } from '@/campaign/words_fraud';
import { campaignRedeemWords } from '@/campaign/words_redeem';
import { campaignKindsWords } from '@/campaign/words_kinds';
import { campaignForecastWords } from '@/campaign/words_forecast';
import { campaignMessagesWords } from '@/campaign/words_messages';
import { campaignNumbersWords } from '@/campaign/words_numbers';
import { mpWords } from '@/channel/mp/words';
import { wecomWords } from '@/channel/wecom/words';
import { wecomStaffWords } from '@/channel/wecom/words_staff';
import { channelWords } from '@/channel/words';
import { contestWords } from '@/campaign/contest/words';
import { drawWords } from '@/campaign/draw/words';
import { packetWords } from '@/campaign/packet/words';
import { groupsWords } from '@/groups/words';
import { doctorWords } from '@/doctor/words';
import { importWords } from '@/import/words';
import { livecodeWords } from '@/livecode/words';
import { segmentWords } from '@/people/segment/words';
import { memberWords } from '@/people/member/words';
import { peopleWords } from '@/people/words';
import { outboxWords } from '@/outbox/words';
import { posterWords } from '@/poster/words';
import { referenceWords } from '@/reference/words';
import { settingsWords } from '@/settings/words';
import { tokenWords } from '@/settings/tokens/words';
import { shellWords } from '@/shell/words';
import { signWords } from '@/sign/words';
import { templateWords } from '@/template/words';
import { todayWords } from '@/today/words';

const all = {
  ...shellWords,
  ...signWords,
  ...todayWords,
  ...channelWords,
  ...outboxWords,
  ...mpWords,
  ...wecomWords,
  ...wecomStaffWords,
  ...doctorWords,
  ...groupsWords,
  ...livecodeWords,
  ...peopleWords,
  ...memberWords,
  ...posterWords,
  ...segmentWords,
  ...automationWords,
  ...importWords,
  ...campaignWords,
  ...campaignFraudWords,
  ...campaignRedeemWords,
  ...campaignKindsWords,
  ...campaignForecastWords,
  ...campaignMessagesWords,
  ...campaignNumbersWords,
  ...contestWords,
  ...drawWords,
  ...packetWords,
  ...allianceWords,
  ...settingsWords,
  ...tokenWords,
  ...referenceWords,
  ...templateWords,
};

export type Key = keyof typeof all;
export type Args = Record<string, string | number>;

function guess(): Lang {
  const kept = localStorage.getItem('quntu.lang');
  if (kept === 'zh' || kept === 'en') return kept;
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

export const lang = ref<Lang>(guess());

watchEffect(() => {
  document.documentElement.lang = lang.value === 'zh' ? 'zh-CN' : 'en';
  localStorage.setItem('quntu.lang', lang.value);
  guard.lang = lang.value === 'zh' ? 'zh-CN' : 'en';
});

export function t(key: Key, args: Args = {}): string {
  const pair: readonly [string, string] | undefined = all[key];
  if (!pair) return key;
  let text = pair[lang.value === 'zh' ? 0 : 1];
  if (lang.value === 'en' && 'n' in args && text.includes('|')) text = text.split('|')[Number(args.n) === 1 ? 0 : 1];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = args[name];
    return value === undefined ? whole : typeof value === 'number' ? count(value) : value;
  });
}

/* A word the server may have grown without us: show it as it is rather than a key. */
export function word(group: string, value: string): string {
  const key = `${group}.${value}` as Key;
  return value === '' ? '—' : key in all ? t(key) : value;
}

/* Every word of a group, by name. */
export function words(group: string): [string, string][] {
  const keys = Object.keys(all).filter((key) => key.startsWith(group + '.')) as Key[];
  return keys.map((key) => [key.slice(group.length + 1), t(key)]);
}

/* A number of things, where the thing's word is itself `one|many`. */
export function total(n: number, unit: string): string {
  const words = unit.split('|');
  return t('list.total', { n, unit: words[n === 1 ? 0 : words.length - 1] });
}

export function count(n: number): string {
  return n.toLocaleString(lang.value === 'zh' ? 'zh-CN' : 'en');
}

guard.offline = () => t('error.offline');
