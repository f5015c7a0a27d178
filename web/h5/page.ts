/* page.ts: what the server says about this visitor now, in one shape.
 *
 * The same object stands in the page (<script id="page">) and is the answer of every act. Absent and empty are the
 * same: the server may leave a part out, send null, or send it empty; `asPage` makes one whole Page of all three.
 */
export type View =
  | 'target'
  | 'gate_form'
  | 'gate_password'
  | 'gate_voucher'
  | 'gate_proof'
  | 'pending'
  | 'rejected'
  | 'locate'
  | 'choose'
  | 'already'
  | 'waiting'
  | 'waited'
  | 'full'
  | 'expired'
  | 'ended'
  | 'early'
  | 'paused'
  | 'unknown'
  | 'error'
  | 'voucher';

/* Milliseconds since 1970; 0: not stated. */
export type Instant = number;

export interface Question {
  key: string;
  label: string;
  kind: 'text' | 'phone' | 'choice';
  required: boolean;
  choices: string[];
}
export interface Choice {
  id: string;
  title: string;
  region: string;
  distance_m: number | null;
}

export interface Page {
  view: View;
  lang: 'zh' | 'en';
  now: Instant;
  csrf: string;
  slug: string;
  community: { id: string; name: string; slogan: string; logo: string; colour: string };
  code: {
    title: string;
    guide: string;
    look: 'plain' | 'card' | 'brand';
    avatar: string;
    starts_at: Instant;
    ends_at: Instant;
    rules: string;
  };
  target: {
    kind: 'group' | 'wecom' | 'staff' | 'url';
    title: string;
    image: string;
    link: string;
    members: number;
    owner: string;
    left: number | null;
    expires_at: Instant;
    joined: boolean;
  };
  gate: { title: string; note: string; questions: Question[]; reason: string; task: string; example: string };
  choices: Choice[];
  waiting: { place: number; note: string } | null;
  voucher: { code: string; title: string; partner: string; qr: string; expires_at: Instant; used: boolean };
  contact: string;
  message: string;
}

type Loose = Record<string, unknown>;

export const text = (value: unknown) => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');
export const number = (value: unknown) => (typeof value === 'number' && isFinite(value) ? value : 0);
const maybe = (value: unknown) => (typeof value === 'number' && isFinite(value) ? value : null);
export const part = (value: unknown) => (value && typeof value === 'object' ? value : {}) as Loose;
export const list = (value: unknown) => (Array.isArray(value) ? value : []) as unknown[];

export function instant(value: unknown): Instant {
  if (typeof value === 'string' && value) return Date.parse(value) || 0;
  return number(value);
}

function question(raw: unknown): Question {
  const it = part(raw);
  return {
    key: text(it.key),
    label: text(it.label),
    kind: (text(it.kind) || 'text') as Question['kind'],
    required: !!it.required,
    choices: list(it.choices).map(text),
  };
}

function choice(raw: unknown): Choice {
  const it = part(raw);
  return { id: text(it.id), title: text(it.title), region: text(it.region), distance_m: maybe(it.distance_m) };
}

/* Only addresses of this server or of the web proper: a link is never a script. */
export function address(value: unknown): string {
  const at = text(value);
  return /^(https?:\/\/|\/(?!\/)|data:image\/)/i.test(at) ? at : '';
}

export function asPage(raw: unknown): Page {
  const it = part(raw),
    community = part(it.community),
    code = part(it.code),
    target = part(it.target);
  const gate = part(it.gate),
    waiting = it.waiting ? part(it.waiting) : null,
    voucher = part(it.voucher);
  return {
    view: (text(it.view) || 'error') as View,
    lang: it.lang === 'en' ? 'en' : 'zh',
    now: instant(it.now),
    csrf: text(it.csrf),
    slug: text(it.slug),
    community: {
      id: text(community.id),
      name: text(community.name),
      slogan: text(community.slogan),
      logo: address(community.logo),
      colour: text(community.colour),
    },
    code: {
      title: text(code.title),
      guide: text(code.guide),
      look: (text(code.look) || 'plain') as Page['code']['look'],
      avatar: address(code.avatar),
      starts_at: instant(code.starts_at),
      ends_at: instant(code.ends_at),
      rules: text(code.rules),
    },
    target: {
      kind: (text(target.kind) || 'group') as Page['target']['kind'],
      title: text(target.title),
      image: address(target.image),
      link: address(target.link),
      members: number(target.members),
      owner: text(target.owner),
      left: maybe(target.left),
      expires_at: instant(target.expires_at),
      joined: !!target.joined,
    },
    gate: {
      title: text(gate.title),
      note: text(gate.note),
      questions: list(gate.questions).map(question),
      reason: text(gate.reason),
      task: text(gate.task),
      example: address(gate.example),
    },
    choices: list(it.choices).map(choice),
    waiting: waiting && { place: number(waiting.place), note: text(waiting.note) },
    voucher: {
      code: text(voucher.code),
      title: text(voucher.title),
      partner: text(voucher.partner),
      qr: address(voucher.qr),
      expires_at: instant(voucher.expires_at),
      used: !!voucher.used,
    },
    contact: text(it.contact),
    message: text(it.message),
  };
}

/* What the server wrote into the document; a page that cannot be read is an error page, not a blank one. */
export function pageInDocument(): Page {
  try {
    return asPage(JSON.parse(document.getElementById('page')!.textContent || ''));
  } catch {
    return asPage({ view: 'error', lang: /^en/.test(document.documentElement.lang) ? 'en' : 'zh' });
  }
}
