/* page.ts: what the server says about this person, in one shape. Absent and empty are the same (see the landing page's). */
import type { Instant } from '../page';

export type View = 'me' | 'visitor' | 'erased' | 'receipt' | 'unknown' | 'error';

export interface Consent {
  purpose: string;
  title: string;
  text: string;
  version: number;
  needed: boolean;
  given: boolean;
  asks: boolean;
}
export interface Own {
  view: View;
  lang: 'zh' | 'en';
  now: Instant;
  csrf: string;
  community: { id: string; name: string; slogan: string; logo: string; colour: string };
  profile: {
    nickname: string;
    phone: string;
    city: string;
    source: string;
    inviter: string;
    joined_at: Instant;
    birthday: string;
    guardian: string;
    phone_proved: boolean;
    guardian_missing: boolean;
  };
  consents: Consent[];
  phone_possible: boolean;
  grace_days: number;
  erasure: { number: string; due_at: Instant; done_at: Instant } | null;
}
export interface Group {
  title: string;
  owner: string;
  image: string;
  link: string;
  expires_at: Instant;
  there: boolean;
}
export interface Ticket {
  title: string;
  partner: string;
  link: string;
  expires_at: Instant;
  used: boolean;
}
export interface Line {
  what: string;
  count: number;
}

type Loose = Record<string, unknown>;

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const number = (value: unknown) => (typeof value === 'number' && isFinite(value) ? value : 0);
const part = (value: unknown) => (value && typeof value === 'object' ? value : {}) as Loose;
export const list = (value: unknown) => (Array.isArray(value) ? value : []) as Loose[];

/* Only addresses of this server: a link is never a script. */
const address = (value: unknown) => (/^\/(?!\/)/.test(text(value)) ? text(value) : '');

export function asOwn(raw: unknown): Own {
  const it = part(raw),
    c = part(it.community),
    p = part(it.profile),
    e = it.erasure ? part(it.erasure) : null;
  return {
    view: (text(it.view) || 'error') as View,
    lang: it.lang === 'en' ? 'en' : 'zh',
    now: number(it.now),
    csrf: text(it.csrf),
    community: {
      id: text(c.id),
      name: text(c.name),
      slogan: text(c.slogan),
      logo: address(c.logo),
      colour: text(c.colour),
    },
    profile: {
      nickname: text(p.nickname),
      phone: text(p.phone),
      city: text(p.city),
      source: text(p.source),
      inviter: text(p.inviter),
      joined_at: number(p.joined_at),
      birthday: text(p.birthday),
      guardian: text(p.guardian),
      phone_proved: !!p.phone_proved,
      guardian_missing: !!p.guardian_missing,
    },
    consents: list(it.consents).map((one) => ({
      purpose: text(one.purpose),
      title: text(one.title),
      text: text(one.text),
      version: number(one.version),
      needed: !!one.needed,
      given: !!one.given,
      asks: !!one.asks,
    })),
    phone_possible: !!it.phone_possible,
    grace_days: number(it.grace_days),
    erasure: e && { number: text(e.number), due_at: number(e.due_at), done_at: number(e.done_at) },
  };
}

export const asGroup = (one: Loose): Group => ({
  title: text(one.title),
  owner: text(one.owner),
  image: address(one.image),
  link: address(one.link),
  expires_at: number(one.expires_at),
  there: !!one.there,
});
export const asTicket = (one: Loose): Ticket => ({
  title: text(one.title),
  partner: text(one.partner),
  link: address(one.link),
  expires_at: number(one.expires_at),
  used: !!one.used,
});
export const asLine = (one: Loose): Line => ({ what: text(one.what), count: number(one.count) });

export function ownInDocument(): Own {
  try {
    return asOwn(JSON.parse(document.getElementById('page')!.textContent || ''));
  } catch {
    return asOwn({ view: 'error', lang: /^en/.test(document.documentElement.lang) ? 'en' : 'zh' });
  }
}
