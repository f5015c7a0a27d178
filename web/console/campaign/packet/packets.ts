/* packets.ts: the settings of red packets as the form holds them, and what a split may look like. */
import type { PacketDesk } from '@api/types';

export interface PacketFields {
  total: number; /* fen, as all amounts */
  shares: number;
  least: number;
  split: 'lucky' | 'even';
  due: 'full' | 'once';
  hours: number;
  day_cap: number;
  budget: number;
}

export function packetFields({ total, shares, least, split, due, hours, day_cap, budget }: PacketDesk): PacketFields {
  return { total, shares, least, split, due, hours, day_cap, budget };
}

export const yuan = (fen: number) => (fen / 100).toFixed(2);

/* Only to look at: the true split follows from the seed (src/campaign/fair.h). `dice` makes the same picture each time. */
export function sample({ total, shares, least, split }: PacketFields): number[] {
  const n = Math.max(1, Math.min(100, shares));
  if (split === 'even' || total < n * least) return Array.from({ length: n }, (_, i) => Math.floor(total / n) + (i < total % n ? 1 : 0));
  let rest = total - n * least,
    dice = 7;
  return Array.from({ length: n }, (_, i) => {
    dice = (dice * 1103515245 + 12345) % 2147483648;
    const more = i < n - 1 ? Math.floor((dice / 2147483648) * (Math.floor((2 * rest) / (n - i)) + 1)) : rest;
    rest -= more;
    return least + more;
  });
}
