/* plays.ts: what each play begins with: dates, goals, rules as an operator would write them. All of it can be changed. */
import type { CampaignDraft, CampaignWhole, PrizeKind } from '@api/types';
import { community } from '@/lib/session';
import { DAY, fromWall, now, wall } from '@/lib/time';
import { t } from '@/lib/words';

export type Play = CampaignDraft['kind'];
export const plays: Play[] = ['treasure', 'build', 'funnel', 'refer', 'likes', 'resource', 'packet', 'lottery', 'contest'];
export const prizeKinds: PrizeKind[] = ['onsite', 'physical', 'code', 'link', 'points', 'chances', 'money'];
type Act = CampaignDraft['act'];
/* What a friend may do in each play; the first is what a draft begins with. */
export const actsOf = (play: Play): Act[] =>
  play === 'build' || play === 'funnel' ? ['join'] : play === 'refer' ? ['sign_up', 'join', 'visit'] : play === 'treasure' ? ['tap', 'join', 'follow', 'sign_up'] : ['tap', 'join', 'sign_up'];
export type Whom = 'own' | 'friends' | 'all';
export const whomOf = (play: Play): Whom[] => (play === 'build' ? ['all', 'own'] : play === 'funnel' ? ['friends'] : play === 'refer' ? ['own', 'friends'] : ['own']);

export const ENDLESS = 4_102_444_800_000; /* an end from here on means none (campaign.h) */

export interface PrizeFields {
  id: string | null;
  kind: PrizeKind;
  title: string;
  note: string;
  picture: string;
  value: number;
  link: string;
  points: number;
  stock: number;
  redeem_days: number;
  chances: number;
  lottery_id: string | null;
}
export interface StageFields {
  id: string | null;
  goal: number;
  title: string;
  whom: Whom;
  prizes: PrizeFields[];
}
type Whole<T> = { [K in keyof T]-?: NonNullable<T[K]> };
export type Fields = Omit<Whole<CampaignDraft>, 'stages' | 'starts_at' | 'ends_at' | 'claim_until' | 'code_id' | 'poster_id' | 'segment_id'> & {
  code_id: string | null;
  segment_id: string | null;
  poster_id: string | null;
  starts_at: number | null;
  ends_at: number | null;
  claim_until: number | null;
  stages: StageFields[];
};

export const newPrize = (kind: PrizeKind = 'onsite'): PrizeFields => ({
  id: null,
  kind,
  title: '',
  note: '',
  picture: '',
  value: 0,
  link: '',
  points: 0,
  stock: 20,
  redeem_days: 0,
  chances: 1,
  lottery_id: null,
});

export const newStage = (goal: number, whom: Whom = 'own', prize = newPrize()): StageFields => ({ id: null, goal, title: '', whom, prizes: [prize] });

/* "2026-11-22 20:00" in the community's zone, so many days from today. */
const at = (days: number, clock: string) => fromWall(`${wall(now.value + days * DAY).slice(0, 10)} ${clock}`);

export function begin(kind: Play): Fields {
  const goals: Record<Play, number[]> = { treasure: [3, 8], likes: [18], resource: [2], build: [20], refer: [3], lottery: [], contest: [], funnel: [1], packet: [] };
  const prize: Record<Play, PrizeKind> = {
    treasure: 'onsite', likes: 'physical', resource: 'link', build: 'onsite', refer: 'onsite', lottery: 'onsite', contest: 'onsite', funnel: 'link', packet: 'money',
  };
  const stock = kind === 'build' ? 210 : kind === 'funnel' ? 200 : 20; /* ten groups of twenty, and who filled them */
  const standing = kind === 'refer';
  return {
    kind,
    name: t(`play.${kind}.name`),
    cover: '',
    rules: t(`play.${kind}.rules`),
    organiser: community.value?.name ?? '',
    starts_at: Math.floor(now.value / 60_000) * 60_000, /* at once, when it is published */
    ends_at: standing ? ENDLESS : at(7, '22:00'),
    claim_until: standing ? ENDLESS : at(14, '22:00'),
    takes_part: 'all',
    capacity: 0,
    strength: 'anonymous',
    act: actsOf(kind)[0],
    code_id: null,
    new_only: standing,
    helps_each: kind === 'likes' || kind === 'funnel' || kind === 'contest' ? 0 : standing || kind === 'build' ? 1 : 3,
    mutual: kind === 'contest', /* who enters votes for others, too */
    hold_minutes: 0,
    still_days: 0,
    inviter_points: standing ? 50 : 0,
    friend_points: standing ? 20 : 0,
    month_cap: standing ? 10 : 0,
    wait_minutes: kind === 'funnel' ? 10 : 0,
    reserve: 'claim',
    end_by_stock: false,
    segment_id: null,
    regions: [],
    board: false,
    share_title: '',
    share_text: t(`play.${kind}.share`),
    poster_id: null,
    stages: goals[kind].map((goal, place) =>
      newStage(goal, whomOf(kind)[0], {
        ...newPrize(place ? 'physical' : prize[kind]),
        stock,
        title: t(`play.${kind}.prize${place ? '2' : ''}` as 'play.treasure.prize'),
      }),
    ),
  };
}

export function fieldsOf(from: CampaignWhole): Fields {
  const { kind, name, cover, rules, organiser, starts_at, ends_at, claim_until, takes_part, capacity, strength, act } = from;
  const { code_id, new_only, helps_each, mutual, hold_minutes, still_days, share_title, share_text, poster_id } = from;
  const { inviter_points, friend_points, month_cap, wait_minutes, reserve, end_by_stock, segment_id, regions, board } = from;
  return {
    kind, name, cover, rules, organiser, starts_at, ends_at, claim_until, takes_part, capacity, strength, act,
    code_id, new_only, helps_each, mutual, hold_minutes, still_days, share_title, share_text, poster_id,
    inviter_points, friend_points, month_cap, wait_minutes, reserve, end_by_stock, segment_id, regions: [...regions], board,
    stages: from.stages.map((stage) => ({
      id: stage.id,
      goal: stage.goal,
      title: stage.title,
      whom: stage.whom,
      prizes: stage.prizes.map(({ id = null, kind: how, title, note, picture, value, link, points, stock, redeem_days = 0, chances, lottery_id }) => ({
        id, kind: how, title, note, picture, value, link, points, stock, redeem_days: redeem_days ?? 0,
        chances: chances || 1, lottery_id: lottery_id ?? null, /* of other kinds the server keeps neither */
      })),
    })),
  } as Fields;
}

/* What the server gave an id keeps it: else the next save would take it for a new thing. */
export function keepIds(fields: Fields, saved: CampaignWhole): void {
  const same = fields.stages.length === saved.stages.length
    && fields.stages.every((stage, i) => stage.prizes.length === saved.stages[i].prizes.length && stage.goal === saved.stages[i].goal);
  if (!same) return;
  fields.stages.forEach((stage, i) => {
    stage.id = saved.stages[i].id;
    stage.prizes.forEach((prize, k) => {
      prize.id = saved.stages[i].prizes[k].id;
    });
  });
}
