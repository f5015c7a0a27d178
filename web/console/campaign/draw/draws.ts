/* draws.ts: what a lottery begins with, and its fields as the form holds them. */
import type { CampaignWhole, DrawWhole } from '@api/types';
import { t } from '@/lib/words';
import { newPrize, type PrizeFields } from '../plays';

export const PLACES = 12;
export const WHOLE = 1_000_000;

export interface PlaceFields extends PrizeFields {
  ppm: number;
}
export interface DrawFields {
  looks: 'wheel' | 'grid' | 'slot';
  mode: 'chance' | 'lots';
  draw_at: number | null;
  day_chances: number;
  most: number;
  helps_chance: number;
  helps_most: number;
  wins_day: number;
  wins_most: number;
  thanks: string;
  places: PlaceFields[];
}

export const newPlace = (): PlaceFields => ({ ...newPrize('onsite'), ppm: 10_000 });

/* Rarest first, as people read prizes. */
export const beginPlaces = (): PlaceFields[] =>
  ([[1, 1_000], [10, 20_000], [100, 200_000]] as const).map(([stock, ppm], i) => ({
    ...newPrize(i ? 'onsite' : 'physical'),
    title: t(`draw.prize${i + 1}` as 'draw.prize1'),
    stock,
    ppm,
  }));

export function drawFields(from: DrawWhole, campaign: CampaignWhole): DrawFields {
  const { looks, mode, draw_at, day_chances, most, helps_chance, helps_most, wins_day, wins_most, thanks } = from;
  return {
    looks, mode, draw_at: draw_at || campaign.ends_at, day_chances, most, helps_chance, helps_most, wins_day, wins_most, thanks: thanks ?? '',
    places: from.places.map(({ id = null, kind, title, note, picture, value, link, points, stock, redeem_days, ppm, chances, lottery_id }) => ({
      id, kind, title, note: note ?? '', picture: picture ?? '', value, link: link ?? '', points: points ?? 0, stock, redeem_days: redeem_days ?? 0, ppm: ppm ?? 0,
      chances: chances || 1, lottery_id: lottery_id ?? null,
    })) as PlaceFields[],
  } as DrawFields;
}

/* What is left for no prize; below zero: more than everything was given away. */
export const rest = (fields: { places: { ppm?: number }[] }) => WHOLE - fields.places.reduce((sum, one) => sum + (one.ppm ?? 0), 0);
export const percent = (ppm: number) => String(ppm / 10_000).replace(/(\.\d*?)0+$/, '$1') + '%';
