-- 0014 ledger: every balance is the sum of its entries (流水)
CREATE TABLE ledger_entry (
  community_id  BIGINT NOT NULL,
  book          TEXT   NOT NULL,              -- what is counted: help points chance stock money
  holder_id     BIGINT NOT NULL,              -- whose: participant, member, prize
  id            BIGINT NOT NULL,              -- rising, of one holder
  key           TEXT   NOT NULL,              -- idempotency: one key of a holder is one entry; empty: a row of its feature sees to that
  at            BIGINT NOT NULL,              -- ms UTC
  amount        BIGINT NOT NULL,              -- fen, pieces, points; below zero: taken
  balance       BIGINT NOT NULL,              -- after this entry; that of the newest is the holder's
  reason        TEXT   NOT NULL,              -- a stable word: helped left claimed reversed
  source_id     BIGINT NOT NULL,              -- the fact behind it: a help, an order
  actor_id      BIGINT NOT NULL,              -- who did it: visitor, member or account; 0: the server
  other_book    TEXT   NOT NULL,              -- the other side of a double entry, or empty
  other_id      BIGINT NOT NULL,
  reverses_id   BIGINT NOT NULL,              -- the entry this one takes back; 0: none
  PRIMARY KEY (community_id, book, holder_id, id)
);
CREATE UNIQUE INDEX ledger_entry_key ON ledger_entry (community_id, book, holder_id, key) WHERE key <> '';
