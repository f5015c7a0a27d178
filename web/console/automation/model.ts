/* model.ts: an automation while it is being edited, and how one reads aloud. Nothing here asks the server.
 *
 * The server keeps an action's settings as a list of {key, text}; here they are lists of texts by key.
 */
import { reactive } from 'vue';
import type { Act, Automation, AutomationDraft, AutomationKinds, Condition } from '@api/types';
import { count, lang, t, word, type Key } from '@/lib/words';
import { bare, count as sentences, fresh, opened, type Line } from '@/people/segment/model';
import { sayAll as sayWhere, type Choices } from '@/people/segment/choices';

export interface Deed {
  key: number;
  what: string;
  values: Record<string, string[]>;
}
export interface Edited extends Omit<AutomationDraft, 'where' | 'actions' | 'groups' | 'channels' | 'codes' | 'tags' | 'words'> {
  groups: string[];
  channels: string[];
  codes: string[];
  tags: string[];
  words: string[];
  lines: Line[];
  deeds: Deed[];
}

export const ACTIONS = 10;
export const VARIABLES = ['nickname', 'group', 'community', 'inviter', 'count', 'people', 'invited'] as const;
/* The settings one sees at once; the others are folded away. */
const main: Record<string, string[]> = {
  say: ['text', 'mention', 'gather'],
  tell: ['whom', 'text'],
  card: ['has', 'text'],
};
export const isMain = (what: string, setting: string): boolean => !main[what] || main[what].includes(setting);

let last = 0;
export function deed(what: string, values: Record<string, string[]> = {}): Deed {
  return reactive({ key: ++last, what, values });
}

export const blank = (): Edited => ({
  name: '', event: 'message_heard', groups: [], channels: [], codes: [], tags: [], how: 'contains', words: [], from: 0, until: 0,
  lines: fresh(), deeds: [deed('say')], per: 'none', times: 1, days: 1, version: 0, preset: '',
});

export function edited(one: Automation): Edited {
  const deeds = one.actions.map((action) => {
    const values: Record<string, string[]> = {};
    for (const { key, text } of action.settings) (values[key] ??= []).push(text);
    return deed(action.what, values);
  });
  return {
    name: one.name, event: one.event, groups: [...one.groups], channels: [...one.channels], codes: [...one.codes], tags: [...one.tags],
    how: one.how, words: [...one.words], from: one.from, until: one.until, lines: one.where.length ? opened(one.where) : fresh(), deeds,
    per: one.per, times: one.times || 1, days: one.days || 1, version: one.version, preset: one.preset,
  };
}

/* As the server takes it: nothing that the trigger does not tell of. */
export function draftOf(one: Edited, kinds: AutomationKinds): AutomationDraft {
  const trigger = kinds.triggers.find((kind) => kind.event === one.event);
  const { lines, deeds, ...rest } = one;
  const listens = trigger?.text && one.how !== 'any';
  return {
    ...rest,
    groups: trigger?.group ? one.groups : [],
    channels: trigger?.channel ? one.channels : [],
    codes: trigger?.code ? one.codes : [],
    tags: trigger?.tag ? one.tags : [],
    how: trigger?.text ? one.how : 'any',
    words: listens ? one.words : [],
    where: sentences(lines) ? bare(lines) : [],
    actions: deeds.map(({ what, values }) => ({
      what,
      settings: Object.entries(values).flatMap(([key, texts]) => texts.filter((text) => text !== '').map((text) => ({ key, text }))),
    })),
  };
}

export const suits = (act: Act, kinds: AutomationKinds, event: string): boolean => {
  const trigger = kinds.triggers.find((kind) => kind.event === event);
  return !!trigger && (!act.group || trigger.group) && (!act.text || trigger.text) && (!act.ask || trigger.ask);
};

/* ---- Reading aloud ---- */

export const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
const named = (pair: { zh: string; en: string } | undefined, otherwise: string): string => (pair ? (lang.value === 'zh' ? pair.zh : pair.en) : otherwise);
export const triggerName = (kinds: AutomationKinds | undefined, event: string): string => named(kinds?.triggers.find((one) => one.event === event), event);
export const actName = (kinds: AutomationKinds | undefined, what: string): string => named(kinds?.acts.find((one) => one.name === what), what);

const shortly = (list: string[], most = 3): string => list.slice(0, most).join(t('seg.say.or')) + (list.length > most ? '…' : '');

function sayDeed(action: Automation['actions'][number], kinds: AutomationKinds | undefined): string {
  const of = (key: string) => action.settings.filter((one) => one.key === key).map((one) => one.text);
  const name = actName(kinds, action.what);
  const words = of('tags').length ? shortly(of('tags')) : of('points')[0] ?? (of('minutes')[0] && action.what === 'wait' ? `${of('minutes')[0]} ${t('auto.minutes')}` : of('text')[0]?.split('\n')[0] ?? of('reason')[0] ?? '');
  return words ? t('auto.sayWords', { name, words: words.length > 24 ? words.slice(0, 24) + '…' : words }) : name;
}

/* "当有人发言，说的话包含「价格」，就在群里说「…」" */
export function sayAll(one: Pick<Automation, 'event' | 'groups' | 'tags' | 'how' | 'words' | 'from' | 'until' | 'actions' | 'per' | 'times' | 'days'> & { where: Condition[] }, kinds: AutomationKinds | undefined, choices: Choices): string {
  const when = [triggerName(kinds, one.event)];
  if (one.groups.length) when.push(t('auto.sayIn', { list: shortly(one.groups.map((id) => choices.nameOf('group', id))) }));
  if (one.tags.length) when.push(t('auto.sayTags', { list: shortly(one.tags.map((id) => choices.nameOf('tag', id))) }));
  if (one.how !== 'any' && one.words.length) when.push(t('auto.sayHow', { how: t(`autohow.${one.how}` as Key), words: shortly(one.words) }));
  if (one.from !== one.until) when.push(t('auto.sayHours', { from: clock(one.from), until: clock(one.until) }));
  if (one.where.length > 1) when.push(sayWhere(one.where, choices));
  const then = one.actions.map((action) => sayDeed(action, kinds)).join(t('auto.join'));
  const limit = one.per === 'none' ? '' : t('auto.sayLimit', { per: word('autoper', one.per), n: count(one.times), days: count(one.days) });
  return t('auto.sayAll', { when: when.join(t('auto.join')), then }) + limit;
}

export const errorSays = (code: string): string => word('autoerror', code);
