/* choices.ts: what a sentence can name: tags, sources, groups, cities, segments, and the members who invite; and how a
 * sentence reads aloud. What is asked of the server once is kept for the page. */
import { computed, inject, provide, ref, type InjectionKey, type Ref } from 'vue';
import { api, ApiError } from '@api/client';
import type { Condition, Group, Level, List, Member, MemberField, Segment, SegmentValue, Tag } from '@api/types';
import { useLoad } from '@/lib/load';
import { below, place } from '@/lib/session';
import { date, DAY } from '@/lib/time';
import { t, word, type Key } from '@/lib/words';
import { genders, unitOf, wants } from './model';

export interface Option {
  value: string;
  label: string;
}

export interface Choices {
  tags: Ref<Option[]>;
  groups: Ref<Option[]>;
  segments: Ref<Option[]>;
  sources: Ref<Option[]>;
  cities: Ref<Option[]>;
  levels: Ref<Option[]>;
  fields: Ref<MemberField[]>;
  fieldOf: (one: Condition) => MemberField | undefined;
  members: Ref<Option[]>;
  findMembers: (q: string) => Promise<void>;
  nameOf: (what: string, id: string) => string;
  optionsOf: (what: string) => Option[];
  ready: Ref<boolean>;
}

const key: InjectionKey<Choices> = Symbol('choices');
/* Provided as true where sentences may also ask of an event. */
export const OCCASION: InjectionKey<boolean> = Symbol('occasion');

/* The values are counted by the server's memory of the members, which may still be on its way. */
async function values(what: string, signal: AbortSignal): Promise<List<SegmentValue>> {
  for (let tries = 0; ; tries++)
    try {
      return await api.get<List<SegmentValue>>(below('/segments/values'), { what }, signal);
    } catch (cause) {
      if (!(cause instanceof ApiError) || cause.code !== 'busy' || tries > 30) throw cause;
      await new Promise((done) => setTimeout(done, 1000));
    }
}

export function provideChoices(): Choices {
  const list = <T>(path: string) => useLoad<List<T>>((signal) => api.get(below(path), { limit: 200 }, signal), () => place.value);
  const tags = list<Tag>('/tags');
  const groups = list<Group>('/groups');
  const segments = list<Segment>('/segments');
  const levels = list<Level>('/levels');
  const fields = list<MemberField>('/member-fields');
  const sources = useLoad((signal) => values('source', signal), () => place.value);
  const cities = useLoad((signal) => values('city', signal), () => place.value);
  const people = ref<Option[]>([]);

  const all = {
    tags: computed(() => (tags.data.value?.items ?? []).map((one) => ({ value: one.id, label: one.name }))),
    groups: computed(() => (groups.data.value?.items ?? []).map((one) => ({ value: one.id, label: one.name }))),
    segments: computed(() => (segments.data.value?.items ?? []).map((one) => ({ value: one.id, label: one.name }))),
    sources: computed(() => (sources.data.value?.items ?? []).map((one) => ({ value: one.id ?? '', label: one.text || t('seg.deleted') }))),
    cities: computed(() => (cities.data.value?.items ?? []).map((one) => ({ value: one.text, label: one.text }))),
    levels: computed(() => (levels.data.value?.items ?? []).map((one) => ({ value: one.id, label: one.name }))),
    fields: computed(() => (fields.data.value?.items ?? []).filter((one) => !one.archived)),
    members: people,
  };
  const lists: Record<string, Ref<Option[]>> = {
    tag: all.tags,
    group: all.groups,
    segment: all.segments,
    source: all.sources,
    inviter: people,
    level: all.levels,
    city: all.cities,
  };
  const ready = computed(() => [tags, groups, segments, levels, fields].every((one) => !!one.data.value || !!one.error.value));

  async function findMembers(q: string): Promise<void> {
    if (!q) return;
    const found = await api.get<List<Member>>(below('/members'), { q, limit: 20 }).catch(() => undefined);
    people.value = (found?.items ?? []).map((one) => ({ value: one.id, label: one.nickname || one.name || t('member.unnamed') }));
  }
  /* Somebody chosen earlier is known by number only. */
  const asked = new Set<string>();
  async function learn(id: string): Promise<void> {
    if (asked.has(id)) return;
    asked.add(id);
    const one = await api.get<Member>(below(`/members/${id}`)).catch(() => undefined);
    people.value = [...people.value, { value: id, label: one ? one.nickname || one.name || t('member.unnamed') : t('seg.deleted') }];
  }
  function nameOf(what: string, id: string): string {
    const found = lists[what]?.value.find((one) => one.value === id);
    if (!found && what === 'inviter') void learn(id);
    return found?.label ?? (ready.value && what !== 'inviter' && what !== 'source' ? t('seg.deleted') : '…');
  }
  const fieldOf = (one: Condition) => fields.data.value?.items.find((field) => field.id === one.field);
  const choices: Choices = { ...all, findMembers, nameOf, fieldOf, optionsOf: (what) => lists[what]?.value ?? [], ready };
  provide(key, choices);
  return choices;
}

export function useChoices(): Choices {
  const choices = inject(key);
  if (!choices) throw new Error('no choices above');
  return choices;
}

/* ---- Reading aloud ---- */

export function wayOf(one: Condition): string {
  const id = ['source', 'group', 'inviter', 'level'].includes(one.what) && ['present', 'empty'].includes(one.holds);
  if (one.holds === 'between' && one.what !== 'joined') return t(one.what === 'birthday' ? 'seg.holds.months' : 'seg.holds.numbers');
  const special = one.what === 'tag' && ['present', 'empty'].includes(one.holds) ? `tag_${one.holds}` : id ? `id_${one.holds}` : one.what === 'segment' || one.what === 'first' ? `${one.what}_${one.holds}` : one.holds;
  return t(`seg.holds.${special}` as Key);
}

/* A custom field's number as people write it. */
export function sayNumber(n: number, kind: string): string {
  return kind === 'date' ? date(n * DAY) : String(n / unitOf(kind));
}

function sayText(one: Condition, text: string, kind = ''): string {
  if (one.what === 'gender' && genders.includes(text)) return t(`seg.gender.${text}` as Key);
  return kind === 'bool' ? t(text === 'yes' ? 'seg.yes' : 'seg.no') : text;
}

export function sayOf(one: Condition, choices: Choices): string {
  const field = choices.fieldOf(one);
  const what = one.what === 'field' ? (field?.label ?? t(choices.ready.value ? 'seg.deleted' : 'seg.what.field')) : t(`seg.what.${one.what}` as Key);
  const no = one.no ? t('seg.not') : '';
  const numbers = { n: one.n, days: one.days, holds: wayOf(one), act: word('did', one.act) };
  if (one.what === 'did') return no + t(one.holds === 'at_most' && one.n === 0 ? 'seg.say.never' : 'seg.say.did', numbers);
  if (one.what === 'invited') return no + t('seg.say.invited', numbers);
  if (one.what === 'joined' && one.holds === 'between') return no + t('seg.say.between', { from: date(one.from), until: date(one.until) });
  if (one.what === 'joined') return no + t(one.holds === 'within' ? 'seg.say.within' : 'seg.say.before', numbers);
  if (one.what === 'birthday' && one.holds === 'between') return no + t('seg.say.months', { from: one.from, until: one.until });
  if (one.what === 'field' && one.holds === 'between')
    return no + t('seg.say.numbers', { what, from: sayNumber(one.from, field?.kind ?? ''), until: sayNumber(one.until, field?.kind ?? '') });
  const takes = wants(one);
  if (!takes) return no + t('seg.say.plain', { what, holds: wayOf(one) });
  const value = (takes === 'texts' ? one.texts.map((text) => sayText(one, text, field?.kind)) : one.ids.map((id) => choices.nameOf(one.what, id))).join(t('seg.say.or'));
  return no + t('seg.say.value', { what, holds: wayOf(one), value });
}

/* The whole outline in one line: "来源是 甲 且 (… 或 …)". */
export function sayAll(where: Condition[], choices: Choices, at = 0): string {
  const parts: string[] = [];
  for (let i = at + 1; i < where.length && where[i].depth > where[at].depth; i++)
    if (where[i].depth === where[at].depth + 1) {
      const group = where[i].what === 'all' || where[i].what === 'any';
      parts.push(group ? `${where[i].no ? t('seg.not') : ''}(${sayAll(where, choices, i)})` : sayOf(where[i], choices));
    }
  if (!parts.length) return t(where[at]?.what === 'any' ? 'seg.nobody' : 'seg.all');
  return parts.join(` ${t(where[at].what === 'all' ? 'seg.and' : 'seg.or')} `);
}
