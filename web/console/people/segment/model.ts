/* model.ts: a segment while it is being built: the server's outline (lines with a depth), and what one can do with it.
 *
 * A line stands below the nearest line before it whose depth is one less; the first is the group of all others. Nothing
 * here knows the page. What each subject may say is the table `subjects`; the server checks it again (condition.c).
 */
import type { Condition } from '@api/types';

export type Line = Condition & { key: number };
export type What = Condition['what'];
export type Holds = Condition['holds'];

export interface Subject {
  what: What;
  holds: Holds[];
  takes?: 'texts' | 'ids';
}

const TEXT: Holds[] = ['is', 'is_not', 'contains', 'present', 'empty'];
const ID: Holds[] = ['is', 'is_not', 'present', 'empty'];

export const subjects: Subject[] = [
  { what: 'did', holds: ['at_least', 'at_most'] },
  { what: 'tag', holds: ['any', 'all', 'none', 'present', 'empty'], takes: 'ids' },
  { what: 'source', holds: ID, takes: 'ids' },
  { what: 'group', holds: ID, takes: 'ids' },
  { what: 'joined', holds: ['within', 'before', 'between'] },
  { what: 'level', holds: ID, takes: 'ids' },
  { what: 'field', holds: TEXT, takes: 'texts' },
  { what: 'city', holds: TEXT, takes: 'texts' },
  { what: 'nickname', holds: TEXT, takes: 'texts' },
  { what: 'name', holds: TEXT, takes: 'texts' },
  { what: 'industry', holds: TEXT, takes: 'texts' },
  { what: 'job', holds: TEXT, takes: 'texts' },
  { what: 'gender', holds: ['is', 'present', 'empty'], takes: 'texts' },
  { what: 'birthday', holds: ['between', 'present', 'empty'] },
  { what: 'phone', holds: ['present', 'empty'] },
  { what: 'inviter', holds: ID, takes: 'ids' },
  { what: 'invited', holds: ['at_least', 'at_most'] },
  { what: 'segment', holds: ['is', 'is_not'], takes: 'ids' },
];

/* Of an event, where there is one (automations). */
export const occasions: Subject[] = [
  { what: 'said', holds: ['contains', 'is', 'is_not'], takes: 'texts' },
  { what: 'first', holds: ['present', 'empty'] },
];

export const genders = ['female', 'male', 'other'];

/* A custom field is asked as its kind allows; numbers are compared in the units the server keeps. */
const NUMBERS: Holds[] = ['between', 'present', 'empty'];
const CHOSEN: Holds[] = ['is', 'is_not', 'present', 'empty'];
export function holdsOfField(kind: string): Holds[] {
  return ['number', 'money', 'date'].includes(kind) ? NUMBERS : ['choice', 'choices', 'bool'].includes(kind) ? CHOSEN : TEXT;
}
export const unitOf = (kind: string): number => (kind === 'money' ? 100 : kind === 'number' ? 10_000 : 1);

/* What members do, as a segment can ask for it. Unknown kinds are shown as they are. */
export const acts = [
  'livecode_scanned',
  'livecode_joined',
  'livecode_applied',
  'voucher_given',
  'voucher_redeemed',
  'member_joined',
  'tag_put',
  'message_heard',
  'member_joined_group',
];

export const DEPTH = 4;
export const SENTENCES = 40;
export const DAYS = 180;

export const subjectOf = (what: What): Subject | undefined => [...subjects, ...occasions].find((one) => one.what === what);
export const isGroup = (line: Condition): boolean => line.what === 'all' || line.what === 'any';
/* Does this way of saying it need values? */
export const wants = (line: Condition): 'texts' | 'ids' | undefined =>
  ['present', 'empty', 'within', 'before', 'between', 'at_least', 'at_most'].includes(line.holds)
    ? undefined
    : subjectOf(line.what)?.takes;

let last = 0;

export function line(depth: number, what: What, more: Partial<Condition> = {}): Line {
  const holds = subjectOf(what)?.holds[0] ?? '';
  const days = what === 'did' || what === 'joined' ? 30 : 0;
  const months = what === 'birthday' ? { from: 1, until: 12 } : {};
  const base = { depth, what, holds, no: false, field: null, texts: [], ids: [], act: '', n: 1, days, from: 0, until: 0 };
  return { ...base, ...months, ...(what === 'did' ? { act: acts[0] } : {}), ...more, key: ++last };
}

export const fresh = (): Line[] => [line(0, 'all')];
export const opened = (where: Condition[]): Line[] =>
  where.length ? where.map((one) => ({ ...JSON.parse(JSON.stringify(one)), key: ++last }) as Line) : fresh();
/* As the server takes it. */
export const bare = (lines: Line[]): Condition[] => lines.map(({ key: _key, ...one }) => one);

/* The first line that is not below line `at`. */
export function endOf(lines: Condition[], at: number): number {
  let end = at + 1;
  while (end < lines.length && lines[end].depth > lines[at].depth) end++;
  return end;
}

export function parentOf(lines: Condition[], at: number): number {
  let up = at - 1;
  while (up >= 0 && lines[up].depth >= lines[at].depth) up--;
  return up;
}

/* Is it the first of its group? */
export const isFirst = (lines: Condition[], at: number): boolean => parentOf(lines, at) === at - 1;
export const count = (lines: Condition[]): number => lines.filter((one) => !isGroup(one)).length;

const deepest = (lines: Condition[], from: number, end: number): number =>
  Math.max(...lines.slice(from, end).map((one) => one.depth));

/* A list with `drop` lines from `at` on replaced by others. */
export function spliced(lines: Line[], at: number, drop: number, ...more: Line[]): Line[] {
  return [...lines.slice(0, at), ...more, ...lines.slice(at + drop)];
}

/* ---- Acts: each gives a new outline, and the line to stand on ---- */

export interface Acted {
  lines: Line[];
  at: number;
}

/* A sentence at the end of a group. */
export function addTo(lines: Line[], group: number, what: What = 'did'): Acted {
  const at = endOf(lines, group);
  return { lines: spliced(lines, at, 0, line(lines[group].depth + 1, what)), at };
}

/* A sentence after this one. */
export function addAfter(lines: Line[], at: number): Acted {
  const next = endOf(lines, at);
  return { lines: spliced(lines, next, 0, line(lines[at].depth || 1, lines[at].depth ? lines[at].what : 'did')), at: next };
}

/* A group that wants the other way, with a first sentence. */
export function addGroup(lines: Line[], group: number): Acted {
  const at = endOf(lines, group);
  const depth = lines[group].depth + 1;
  const other = lines[group].what === 'all' ? 'any' : 'all';
  return { lines: spliced(lines, at, 0, line(depth, other), line(depth + 1, 'tag')), at: at + 1 };
}

/* With all below it; groups that become empty go too. */
export function remove(lines: Line[], at: number): Acted {
  let left = spliced(lines, at, endOf(lines, at) - at);
  for (let i = left.length - 1; i > 0; i--) if (isGroup(left[i]) && endOf(left, i) === i + 1) left = spliced(left, i, 1);
  return { lines: left, at: Math.min(at, left.length - 1) };
}

export const canNest = (lines: Line[], at: number): boolean => at > 0 && deepest(lines, at, endOf(lines, at)) < DEPTH;
/* Put it into a group of its own that wants the other way. */
export function nest(lines: Line[], at: number): Acted {
  if (!canNest(lines, at)) return { lines, at };
  const end = endOf(lines, at);
  const other = lines[parentOf(lines, at)].what === 'all' ? 'any' : 'all';
  const deeper = lines.slice(at, end).map((one) => ({ ...one, depth: one.depth + 1 }));
  return { lines: [...lines.slice(0, at), line(lines[at].depth, other), ...deeper, ...lines.slice(end)], at: at + 1 };
}

export const canLeave = (lines: Line[], at: number): boolean => at > 0 && lines[at].depth > 1;
/* Out of its group, to stand right after it. */
export function leave(lines: Line[], at: number): Acted {
  if (!canLeave(lines, at)) return { lines, at };
  const up = parentOf(lines, at);
  const moved = lines.slice(at, endOf(lines, at)).map((one) => ({ ...one, depth: one.depth - 1 }));
  const end = endOf(lines, up);
  const rest = [...lines.slice(0, at), ...lines.slice(endOf(lines, at), end), ...moved, ...lines.slice(end)];
  const key = moved[0].key;
  const cleaned = endOf(rest, up) === up + 1 ? spliced(rest, up, 1) : rest;
  return { lines: cleaned, at: cleaned.findIndex((one) => one.key === key) };
}

/* Another subject: what no longer fits goes. */
export function turn(old: Line, what: What): Line {
  return { ...line(old.depth, what, { no: old.no }), key: old.key };
}

/* Would the server take it? Sentences that still lack a value are left out of a preview rather than complained of. */
export function isWhole(one: Condition): boolean {
  if (isGroup(one)) return true;
  if (one.what === 'field' && !one.field) return false;
  const takes = wants(one);
  if (takes && !one[takes].length) return false;
  if (one.what === 'did') return !!one.act && one.days >= 1 && one.days <= DAYS && (one.holds === 'at_most' || one.n >= 1);
  if (one.what === 'joined') return one.holds === 'between' ? one.until > one.from : one.days >= 1;
  if (one.what === 'field' && one.holds === 'between') return one.until >= one.from;
  return one.what !== 'invited' || one.holds === 'at_most' || one.n >= 1;
}

/* The outline without what is not whole yet, and for each of its lines the number in the full one. */
export function whole(lines: Line[]): { where: Line[]; from: number[] } {
  const keep = lines.map((one, i) => (isGroup(one) ? i === 0 || lines.slice(i, endOf(lines, i)).some((c) => !isGroup(c) && isWhole(c)) : isWhole(one)));
  const from = lines.map((_, i) => i).filter((i) => keep[i]);
  return { where: from.map((i) => lines[i]), from };
}
