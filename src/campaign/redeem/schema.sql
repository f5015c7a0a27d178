-- 0068 redeem: who may hand a prize out, where and when (核销)
CREATE TABLE redeem_place (                   -- a shop (门店)
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  title          TEXT    NOT NULL,
  address        TEXT    NOT NULL,
  hours          TEXT    NOT NULL,            -- JSON: spans of the week; empty: always
  clerks         TEXT    NOT NULL,            -- JSON: accounts who work there
  PRIMARY KEY (community_id, id)
);
CREATE TABLE redeem_rule (                    -- of a prize of kind onsite; no row: no limits
  community_id   BIGINT  NOT NULL,
  prize_id       BIGINT  NOT NULL,
  from_at        BIGINT  NOT NULL,            -- ms UTC; 0: at once
  until_at       BIGINT  NOT NULL,            -- 0: no end
  hours          TEXT    NOT NULL,            -- JSON: spans of the week, at any place
  places         TEXT    NOT NULL,            -- JSON: ids of places; none and no clerks: wherever
  clerks         TEXT    NOT NULL,            -- JSON: accounts who may redeem it, wherever
  PRIMARY KEY (community_id, prize_id)
);
