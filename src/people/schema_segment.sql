-- 0027 segment: saved filters over members
CREATE TABLE segment (
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  name            TEXT   NOT NULL,            -- 1–40 characters
  name_key        TEXT   NOT NULL,            -- folded; what must be unique
  conditions      TEXT   NOT NULL,            -- the outline of condition.h, as JSON
  version         BIGINT NOT NULL,            -- from 1; each change of the conditions is one more
  made_by         BIGINT NOT NULL,            -- account; 0: the program
  changed_by      BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  changed_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, name_key)
);
CREATE TABLE segment_use (
  community_id    BIGINT NOT NULL,
  segment_id      BIGINT NOT NULL,
  user_kind       TEXT   NOT NULL,            -- what uses it: segment, campaign, send …
  user_id         BIGINT NOT NULL,
  label           TEXT   NOT NULL,            -- how that is called, for whoever wants to delete the segment
  since           BIGINT NOT NULL,
  PRIMARY KEY (community_id, segment_id, user_kind, user_id)
);
CREATE INDEX segment_use_by_user ON segment_use (community_id, user_kind, user_id);
