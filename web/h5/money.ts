/* money.ts: fen as people read them. */

/* 1000 → 10.00, as on a receipt. */
export const yuan = (fen: number) => (fen / 100).toFixed(2);
/* 1000 → 10: where cents would only be in the way. */
export const yuanShort = (fen: number) => (fen % 100 ? (fen / 100).toFixed(2) : String(fen / 100));
