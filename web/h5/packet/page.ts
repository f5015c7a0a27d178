/* page.ts: the packets' part of the page, in one shape. */
import { computed } from 'vue';
import { instant, list, number, part, text, type Instant } from '../page';
import { task } from '../task/line';

export interface Share {
  turn: number;
  nickname: string;
  amount: number; /* fen; 0: not due yet */
  state: string; /* waiting given lapsed back */
  mine: boolean;
  at: Instant;
}

const share = (raw: unknown): Share => {
  const it = part(raw);
  return {
    turn: number(it.turn), nickname: text(it.nickname), amount: number(it.amount), state: text(it.state), mine: !!it.mine, at: instant(it.at),
  };
};

const one = (raw: unknown) => {
  if (!raw) return null;
  const it = part(raw);
  return {
    number: number(it.number),
    owner: text(it.owner),
    state: text(it.state),
    token: text(it.token),
    commitment: text(it.commitment),
    seed: text(it.seed),
    taken: number(it.taken),
    due_at: instant(it.due_at),
    done_at: instant(it.done_at),
    mine: !!it.mine,
    shares: list(it.shares).map(share),
  };
};

export const packet = computed(() => {
  const it = part(task.value.packet);
  return {
    total: number(it.total),
    shares: number(it.shares),
    least: number(it.least),
    day_cap: number(it.day_cap),
    hours: number(it.hours),
    even: it.split === 'even',
    once: it.due === 'once',
    left: !!it.left,
    commitment: text(it.commitment),
    seed: text(it.seed),
    last: text(it.last),
    lines: number(it.lines),
    who: text(it.who),
    why: text(it.why),
    own: one(it.packet),
  };
});

/* The most of all, once it is full and was split by luck; several may have it. */
export const best = computed(() => {
  const own = packet.value.own;
  return own && own.state === 'full' && !packet.value.even ? Math.max(...own.shares.map((each) => each.amount)) : 0;
});
export const mine = computed(() => (packet.value.own ? packet.value.own.shares.filter((each) => each.mine)[0] || null : null));
