/* page.ts: the lottery's part of the page, in one shape; which slots a wheel or a grid has; and one draw at a time. */
import { computed, ref } from 'vue';
import { address, instant, list, number, part, text, type Instant } from '../page';
import { act, task } from '../task/line';
import { order, type Order } from '../task/page';
import { tokenOf } from '../token';
import { fault } from '../wire';

export interface Place {
  kind: string;
  title: string;
  note: string;
  picture: string;
  value: number; /* fen */
  points: number;
  stock: number;
  remaining: number;
  ppm: number;
  chances: number; /* of kind chances: so many, in another lottery of this name */
  lottery: string;
}
export interface Mine {
  n: number;
  at: Instant;
  token: string;
  place: number; /* 0: no prize, -1: a ticket */
  title: string;
  order: Order | null;
}
export interface Winner {
  n: number;
  name: string;
  title: string;
  at: Instant;
}

const place = (raw: unknown): Place => {
  const it = part(raw);
  return {
    kind: text(it.kind), title: text(it.title), note: text(it.note), picture: address(it.picture), value: number(it.value),
    points: number(it.points), stock: number(it.stock), remaining: number(it.remaining), ppm: number(it.ppm),
    chances: number(it.chances), lottery: text(it.lottery),
  };
};
const mine = (raw: unknown): Mine => {
  const it = part(raw);
  return { n: number(it.n), at: instant(it.at), token: text(it.token), place: number(it.place), title: text(it.title), order: order(it.order) };
};
const winner = (raw: unknown): Winner => {
  const it = part(raw);
  return { n: number(it.n), name: text(it.name), title: text(it.title), at: instant(it.at) };
};

export interface Chance {
  amount: number;
  reason: string;
  campaign: string;
  at: Instant;
}
const chance = (raw: unknown): Chance => {
  const it = part(raw);
  return { amount: number(it.amount), reason: text(it.reason), campaign: text(it.campaign), at: instant(it.at) };
};

export const draw = computed(() => {
  const it = part(task.value.draw);
  return {
    looks: text(it.looks) || 'wheel',
    lots: it.mode === 'lots',
    draw_at: instant(it.draw_at),
    lots_at: instant(it.lots_at),
    day_chances: number(it.day_chances),
    most: number(it.most),
    helps_chance: number(it.helps_chance),
    helps_most: number(it.helps_most),
    wins_day: number(it.wins_day),
    wins_most: number(it.wins_most),
    thanks: text(it.thanks),
    places: list(it.places).map(place),
    commitment: text(it.commitment),
    rules: text(it.rules),
    last: text(it.last),
    seed: text(it.seed),
    draws: number(it.draws),
    who: text(it.who),
    left: number(it.left),
    drawn: number(it.drawn),
    wins: number(it.wins),
    why: text(it.why),
    mine: list(it.mine).map(mine),
    winners: list(it.winners).map(winner),
    chances: list(it.chances).map(chance),
  };
});

/* Everybody wins: no slot without a prize. */
export const sure = computed(() => draw.value.places.reduce((sum, one) => sum + one.ppm, 0) >= 1000000);

/* The places from 1 on, and 0 where there is no prize, spread evenly around. */
export const slots = computed(() => {
  const n = draw.value.places.length,
    least = draw.value.looks === 'grid' ? 8 : 6;
  if (!n) return [0, 0, 0, 0, 0, 0, 0, 0].slice(0, least);
  const full = sure.value ? (n >= least ? n : n * Math.ceil(least / n)) : Math.max(least, n + 1 + ((n + 1) % 2));
  const size = draw.value.looks === 'grid' ? 8 : full;
  const all: number[] = [];
  for (let i = 0; i < size; i++) all.push(sure.value ? (i % n) + 1 : 0);
  if (!sure.value) for (let k = 0; k < n; k++) all[Math.floor((k * size) / n)] = k + 1;
  return all;
});

/* ---- One draw ---- */

const token = tokenOf('quntu-draw ' + task.value.slug);

export const secret = ref(''); /* the token whose result the wheel has not shown yet */
export const shown = ref<Mine | null>(null); /* the result that stands below it */

/* Null: refused; `fault` says why. */
export async function drawNow(): Promise<Mine | null> {
  const word = token.now();
  secret.value = word;
  shown.value = null;
  const done = await act('draw', { token: word });
  if (done || fault.value) token.done();
  const result = done ? draw.value.mine.filter((one) => one.token === word)[0] : null;
  if (!result) secret.value = '';
  return result || null;
}
export function reveal(result: Mine): void {
  secret.value = '';
  shown.value = result;
}
/* What the page may tell already. */
export const told = computed(() => draw.value.mine.filter((one) => one.token !== secret.value));

export const still = window.matchMedia && window.matchMedia('(prefers-reduced-motion: reduce)').matches;

export const chosenOrder = ref(''); /* whose card is looked at */
