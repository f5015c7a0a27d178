/* page.ts: what the server says about this campaign and this visitor now, in one shape. Absent and empty are the same. */
import { address, instant, list, number, part, text, type Instant } from '../page';

export type View = 'early' | 'open' | 'paused' | 'claims' | 'over' | 'unknown' | 'error';

export interface Person {
  slug: string;
  url: string;
  nickname: string;
  helps: number;
  goal: number; /* their next one; 0: all are reached */
}
export interface Prize {
  id: string;
  kind: string;
  title: string;
  note: string;
  picture: string;
  value: number; /* fen */
  points: number;
  remaining: number;
  held: boolean; /* one is put aside for me */
  chances: number; /* of kind chances: so many, … */
  lottery: string; /* … in the lottery of this name */
}
export interface Order {
  id: string;
  kind: string;
  title: string;
  state: string;
  code: string;
  qr: string;
  shipping: string;
  note: string;
  asks_address: boolean;
  chances: number; /* of kind chances: so many, in this lottery, whose page is there */
  lottery: string;
  lottery_path: string;
  lottery_over: boolean; /* nobody draws there any more */
  redeem: { from_at: Instant; until_at: Instant; hours: string; places: { title: string; address: string; hours: string }[] } | null;
}
export interface Stage {
  id: string;
  goal: number;
  title: string;
  whom: string; /* own friends all */
  reached: boolean;
  prizes: Prize[];
  order: Order | null;
}
export interface Friend {
  nickname: string;
  state: string;
  reason: string;
  at: Instant;
}

export interface Points {
  balance: number;
  entries: { amount: number; reason: string; at: Instant }[];
}

/* Red-packet money, and what I asked for of it. */
export interface Money {
  balance: number; /* fen, as all of these */
  least: number;
  most: number;
  day_left: number;
  entries: { amount: number; reason: string; at: Instant }[];
  payouts: { id: string; amount: number; state: string; receiver: string; note: string; asked_at: Instant }[];
}

/* Of 集赞: what is liked. */
export interface Liked {
  name: string;
  title: string;
  body: string;
  pictures: string[];
  state: string; /* pending passed returned */
  reason: string;
}

export interface News {
  what: string;
  text: string;
  at: Instant; /* 0: it holds now */
}

/* What the organiser looks at or did not accept, and my word against it. */
export interface Review {
  waiting: number;
  refused: number;
  why: string;
  appeal: string; /* none may_ask open accepted refused */
  text: string;
  answer: string;
}

export interface Arrival {
  state: string; /* coming joined given gone */
  due_at: Instant;
}

export interface Page {
  view: View;
  lang: 'zh' | 'en';
  now: Instant;
  csrf: string;
  slug: string;
  community: { id: string; name: string; slogan: string; logo: string; colour: string };
  campaign: {
    kind: string;
    name: string;
    cover: string;
    rules: string;
    organiser: string;
    act: 'tap' | 'join' | 'sign_up' | 'visit' | 'follow';
    starts_at: Instant;
    ends_at: Instant;
    claim_until: Instant;
    new_only: boolean;
    hold_minutes: number;
    still_days: number; /* leaving within so many takes the help back; 0: never */
    participants: number;
    inviter_points: number;
    friend_points: number;
    month_cap: number;
    share_title: string;
    wait_minutes: number;
    share_text: string;
    board: boolean;
    regions: string[]; /* only who lives there takes part; none: whoever */
  };
  owner: Person | null;
  help: { state: string; reason: string } | null;
  me: Person | null;
  stages: Stage[];
  friends: Friend[];
  crew: Friend[];
  once: string; /* where I may let the 公众号 tell me once; empty: nowhere */
  onceWaits: number; /* how many I have allowed and not had yet */
  news: News[]; /* I take part: newest first */
  liked: Liked | null;
  points: Points | null;
  arrival: Arrival | null;
  group: string;
  poster: string;
  region: string; /* ask in out; empty: it is for whoever */
  review: Review | null;
  draw: unknown; /* of kind lottery: read by ../draw/page.ts */
  contest: unknown; /* of kind contest: read by ../contest/page.ts */
  packet: unknown; /* of kind packet: read by ../packet/page.ts */
  money: Money | null;
}

function person(raw: unknown): Person | null {
  if (!raw) return null;
  const it = part(raw);
  return {
    slug: text(it.slug),
    url: address(it.url),
    nickname: text(it.nickname),
    helps: number(it.helps),
    goal: number(it.goal),
  };
}

function prize(raw: unknown): Prize {
  const it = part(raw);
  return {
    id: text(it.id),
    kind: text(it.kind),
    title: text(it.title),
    note: text(it.note),
    picture: address(it.picture),
    value: number(it.value),
    points: number(it.points),
    remaining: number(it.remaining),
    held: !!it.held,
    chances: number(it.chances),
    lottery: text(it.lottery),
  };
}

function redeem(raw: unknown): Order['redeem'] {
  const it = part(raw);
  const places = list(it.places).map((one) => ({ title: text(part(one).title), address: text(part(one).address), hours: text(part(one).hours) }));
  return { from_at: instant(it.from_at), until_at: instant(it.until_at), hours: text(it.hours), places };
}

export function order(raw: unknown): Order | null {
  if (!raw) return null;
  const it = part(raw);
  return {
    id: text(it.id),
    kind: text(it.kind),
    title: text(it.title),
    state: text(it.state),
    code: text(it.code),
    qr: address(it.qr),
    shipping: text(it.shipping),
    note: text(it.note),
    asks_address: !!it.asks_address,
    chances: number(it.chances),
    lottery: text(it.lottery),
    lottery_path: address(it.lottery_path),
    lottery_over: !!it.lottery_over,
    redeem: it.redeem ? redeem(it.redeem) : null,
  };
}

function stage(raw: unknown): Stage {
  const it = part(raw);
  return {
    id: text(it.id),
    goal: number(it.goal),
    title: text(it.title),
    whom: text(it.whom) || 'own',
    reached: !!it.reached,
    prizes: list(it.prizes).map(prize),
    order: order(it.order),
  };
}

function friend(raw: unknown): Friend {
  const it = part(raw);
  return { nickname: text(it.nickname), state: text(it.state), reason: text(it.reason), at: instant(it.at) };
}

function likedOf(raw: unknown): Liked | null {
  if (!raw) return null;
  const it = part(raw);
  return {
    name: text(it.name),
    title: text(it.title),
    body: text(it.body),
    pictures: list(it.pictures).map(address),
    state: text(it.state),
    reason: text(it.reason),
  };
}

function newsOf(raw: unknown): News {
  const it = part(raw);
  return { what: text(it.what), text: text(it.text), at: instant(it.at) };
}

function pointsOf(raw: unknown): Points | null {
  if (!raw) return null;
  const it = part(raw);
  return {
    balance: number(it.balance),
    entries: list(it.entries).map((entry) => {
      const one = part(entry);
      return { amount: number(one.amount), reason: text(one.reason), at: instant(one.at) };
    }),
  };
}

function moneyOf(raw: unknown): Money | null {
  if (!raw) return null;
  const it = part(raw);
  return {
    balance: number(it.balance),
    least: number(it.least),
    most: number(it.most),
    day_left: number(it.day_left),
    entries: list(it.entries).map((entry) => {
      const one = part(entry);
      return { amount: number(one.amount), reason: text(one.reason), at: instant(one.at) };
    }),
    payouts: list(it.payouts).map((order) => {
      const one = part(order);
      return {
        id: text(one.id), amount: number(one.amount), state: text(one.state), receiver: text(one.receiver), note: text(one.note),
        asked_at: instant(one.asked_at),
      };
    }),
  };
}

function reviewOf(raw: unknown): Review | null {
  if (!raw) return null;
  const it = part(raw);
  return {
    waiting: number(it.waiting),
    refused: number(it.refused),
    why: text(it.why),
    appeal: text(it.appeal) || 'none',
    text: text(it.text),
    answer: text(it.answer),
  };
}

export function asTask(raw: unknown): Page {
  const it = part(raw),
    community = part(it.community),
    campaign = part(it.campaign),
    help = it.help ? part(it.help) : null,
    arrival = it.arrival ? part(it.arrival) : null;
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
    campaign: {
      kind: text(campaign.kind) || 'treasure',
      name: text(campaign.name),
      cover: address(campaign.cover),
      rules: text(campaign.rules),
      organiser: text(campaign.organiser),
      act: (text(campaign.act) || 'tap') as Page['campaign']['act'],
      starts_at: instant(campaign.starts_at),
      ends_at: instant(campaign.ends_at),
      claim_until: instant(campaign.claim_until),
      new_only: !!campaign.new_only,
      hold_minutes: number(campaign.hold_minutes),
      still_days: number(campaign.still_days),
      participants: number(campaign.participants),
      inviter_points: number(campaign.inviter_points),
      friend_points: number(campaign.friend_points),
      month_cap: number(campaign.month_cap),
      share_title: text(campaign.share_title),
      wait_minutes: number(campaign.wait_minutes),
      share_text: text(campaign.share_text),
      board: !!campaign.board,
      regions: list(campaign.regions).map(text),
    },
    owner: person(it.owner),
    help: help && { state: text(help.state), reason: text(help.reason) },
    me: person(it.me),
    stages: list(it.stages).map(stage),
    friends: list(it.friends).map(friend),
    crew: list(it.crew).map(friend),
    once: text(it.once),
    onceWaits: number(it.once_waits),
    news: list(it.news).map(newsOf),
    liked: likedOf(it.liked),
    points: pointsOf(it.points),
    arrival: arrival && { state: text(arrival.state), due_at: instant(arrival.due_at) },
    group: address(it.group),
    poster: address(it.poster),
    region: text(it.region),
    review: reviewOf(it.review),
    draw: it.draw,
    contest: it.contest,
    packet: it.packet,
    money: moneyOf(it.money),
  };
}

/* The leaderboard, of /t/SLUG/board. */
export interface Rank {
  rank: number;
  nickname: string;
  helps: number;
  mine: boolean;
}
export interface Board {
  of: number;
  top: Rank[];
  me: Rank | null;
}

function rankOf(raw: unknown): Rank {
  const it = part(raw);
  return { rank: number(it.rank), nickname: text(it.nickname), helps: number(it.helps), mine: !!it.mine };
}

/* null: this campaign shows none, or it could not be read. */
export function asBoard(raw: unknown): Board | null {
  const it = part(raw);
  return it.shown ? { of: number(it.of), top: list(it.top).map(rankOf), me: it.me ? rankOf(it.me) : null } : null;
}

/* What the server wrote into the document; a page that cannot be read is an error page, not a blank one. */
export function taskInDocument(): Page {
  try {
    return asTask(JSON.parse(document.getElementById('page')!.textContent || ''));
  } catch {
    return asTask({ view: 'error', lang: /^en/.test(document.documentElement.lang) ? 'en' : 'zh' });
  }
}
