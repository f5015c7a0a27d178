/* page.ts: what the server says about this room and this phone. */
import { address, instant, list, number, part, text, type Instant } from '../page';

export type View = 'in' | 'outside' | 'asked' | 'refused' | 'banned' | 'full' | 'unknown' | 'error';
export type Role = 'owner' | 'admin' | 'member' | '';

export interface Line {
  n: number;
  what: string;
  member: string;
  name: string;
  role: Role;
  voice: string;
  kind: string;
  text: string;
  url: string;
  note: string;
  picture: string;
  width: number;
  height: number;
  size: number; /* of a file, bytes */
  about: number;
  reply: number;
  quoteName: string;
  quote: string;
  mentions: string[];
  recalled: boolean;
  at: Instant;
}
export interface Me {
  member: string;
  name: string;
  card: string;
  role: Role;
  muted_until: Instant;
  mute_why: string;
  read: number;
  unread: number;
}
export interface Page {
  view: View;
  lang: 'zh' | 'en';
  now: Instant;
  csrf: string;
  slug: string;
  community: { id: string; name: string; logo: string; colour: string };
  room: { name: string; rules: string; members: number; last: number; quiet: boolean; asks: boolean };
  me: Me | null;
  shut: { why: string; until: Instant };
  lines: Line[]; /* oldest first */
  pins: Line[];
}
export interface Person {
  id: string;
  name: string;
  role: Role;
  muted_until: Instant;
}

export function asLine(raw: unknown): Line {
  const it = part(raw);
  return {
    n: number(it.n),
    what: text(it.what),
    member: text(it.member),
    name: text(it.name),
    role: text(it.role) as Role,
    voice: text(it.voice),
    kind: text(it.kind),
    text: text(it.text),
    url: address(it.url),
    note: text(it.note),
    picture: address(it.picture),
    width: number(it.width),
    height: number(it.height),
    size: number(it.size),
    about: number(it.about),
    reply: number(it.reply),
    quoteName: text(it.quote_name),
    quote: text(it.quote),
    mentions: text(it.mentions).split(' ').filter(Boolean),
    recalled: !!it.recalled,
    at: instant(it.at),
  };
}

export function asPerson(raw: unknown): Person {
  const it = part(raw);
  return { id: text(it.id), name: text(it.name), role: text(it.role) as Role, muted_until: instant(it.muted_until) };
}

function asMe(raw: unknown): Me | null {
  const it = part(raw);
  return raw
    ? {
        member: text(it.member),
        name: text(it.name),
        card: text(it.card),
        role: text(it.role) as Role,
        muted_until: instant(it.muted_until),
        mute_why: text(it.mute_why),
        read: number(it.read),
        unread: number(it.unread),
      }
    : null;
}

export function asRoom(raw: unknown): Page {
  const it = part(raw),
    community = part(it.community),
    room = part(it.room),
    shut = part(it.shut);
  return {
    view: (text(it.view) || 'error') as View,
    lang: it.lang === 'en' ? 'en' : 'zh',
    now: instant(it.now),
    csrf: text(it.csrf),
    slug: text(it.slug),
    community: {
      id: text(community.id),
      name: text(community.name),
      logo: address(community.logo),
      colour: text(community.colour),
    },
    room: {
      name: text(room.name),
      rules: text(room.rules),
      members: number(room.members),
      last: number(room.last),
      quiet: !!room.quiet,
      asks: !!room.asks,
    },
    me: asMe(it.me),
    shut: { why: text(shut.why), until: instant(shut.until) },
    lines: list(it.lines).map(asLine).reverse(),
    pins: list(it.pins).map(asLine),
  };
}

export function roomInDocument(): Page {
  try {
    return asRoom(JSON.parse(document.getElementById('page')!.textContent || ''));
  } catch {
    return asRoom({ view: 'error', lang: /^en/.test(document.documentElement.lang) ? 'en' : 'zh' });
  }
}
