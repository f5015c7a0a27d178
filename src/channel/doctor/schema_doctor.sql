-- 0094 doctor: what was examined, when, and what was found
CREATE TABLE checkup (
  community_id  BIGINT  NOT NULL,             -- 0: the whole server
  about_id      BIGINT  NOT NULL,             -- the channel; 0: none
  examination   TEXT    NOT NULL,             -- its name
  state         TEXT    NOT NULL,             -- waiting running done
  asked_at      BIGINT  NOT NULL,             -- ms UTC, as all that follow; the last time
  ended_at      BIGINT  NOT NULL,             -- 0: never yet
  worst         TEXT    NOT NULL,             -- ok notice warning error
  findings      TEXT    NOT NULL,             -- JSON list of what was found then
  memo          TEXT    NOT NULL,             -- what the examination remembers for the next time
  PRIMARY KEY (community_id, about_id, examination)
);
