-- 0026 member_more: what else is known of members, and what happened with them
CREATE TABLE member_field (                   -- custom fields (自定义字段)
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  key             TEXT    NOT NULL,           -- car_model: what import, API and segments call it; never changes
  label           TEXT    NOT NULL,           -- as staff read it
  kind            TEXT    NOT NULL,           -- text lines number money date bool choice choices link; never changes
  help            TEXT    NOT NULL,
  choices         TEXT    NOT NULL,           -- JSON list of texts; of choice and choices
  required        BOOLEAN NOT NULL,           -- asked of people who edit; not of what came before
  least           BIGINT  NOT NULL,           -- least and most bound a number (in 1/10000) or money (fen); both 0: none
  most            BIGINT  NOT NULL,
  place           BIGINT  NOT NULL,           -- order
  archived_at     BIGINT  NOT NULL,           -- 0: in use
  created_at      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, key)
);
CREATE TABLE member_value (
  community_id    BIGINT NOT NULL,
  member_id       BIGINT NOT NULL,
  field_id        BIGINT NOT NULL,
  nth             BIGINT NOT NULL,            -- 0; several choices: one row each
  text            TEXT   NOT NULL,            -- 12.5 · 12.50 · 2026-11-21 · yes no · the choice · never empty
  text_key        TEXT   NOT NULL,            -- folded, at most 60 characters: compared with
  number          BIGINT NOT NULL,            -- in 1/10000 · fen · days since 1970 · 1 or 0; otherwise 0
  PRIMARY KEY (community_id, member_id, field_id, nth)
);
CREATE INDEX member_value_by_text   ON member_value (community_id, field_id, text_key, member_id);
CREATE INDEX member_value_by_number ON member_value (community_id, field_id, number, member_id);
CREATE TABLE level (                          -- 等级
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  name            TEXT   NOT NULL,
  name_key        TEXT   NOT NULL,            -- folded; what must be unique
  rank            BIGINT NOT NULL,            -- 1 is the lowest; unique
  colour          TEXT   NOT NULL,
  privilege       TEXT   NOT NULL,            -- what members of it may, in words
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, name_key),
  UNIQUE (community_id, rank)
);
CREATE TABLE member_key (                     -- derived from member.search: the beginnings a member is found by
  community_id    BIGINT NOT NULL,
  key             TEXT   NOT NULL,
  member_id       BIGINT NOT NULL,
  PRIMARY KEY (community_id, key, member_id)
);
CREATE TABLE member_note (
  community_id    BIGINT  NOT NULL,
  member_id       BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  account_id      BIGINT  NOT NULL,           -- who wrote it
  text            TEXT    NOT NULL,
  pinned          BOOLEAN NOT NULL,
  created_at      BIGINT  NOT NULL,
  changed_at      BIGINT  NOT NULL,           -- = created_at: never edited
  PRIMARY KEY (community_id, member_id, id)
);
CREATE TABLE member_event (                   -- derived from events by the follower "member_timeline"
  community_id    BIGINT NOT NULL,
  who_id          BIGINT NOT NULL,            -- member, or the visitor they were then; merges and splits move no row
  id              BIGINT NOT NULL,            -- the event's
  kind            TEXT   NOT NULL,
  at              BIGINT NOT NULL,
  subject_id      BIGINT NOT NULL,
  actor_id        BIGINT NOT NULL,
  object_id       BIGINT NOT NULL,
  via_id          BIGINT NOT NULL,
  n               BIGINT NOT NULL,
  word            TEXT   NOT NULL,
  PRIMARY KEY (community_id, who_id, id)
);
CREATE TABLE member_alias (                   -- a merged member's number, and whose it is now (who may have been merged again)
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  member_id       BIGINT NOT NULL,
  merge_id        BIGINT NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX member_alias_of ON member_alias (community_id, member_id);
CREATE TABLE member_merge (                   -- kept so that it can be undone
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  kept_id         BIGINT NOT NULL,            -- who stays
  gone_id         BIGINT NOT NULL,
  kept_was        TEXT   NOT NULL,            -- JSON: the profile before
  kept_became     TEXT   NOT NULL,            -- JSON: … and right after
  gone_was        TEXT   NOT NULL,            -- JSON
  account_id      BIGINT NOT NULL,
  at              BIGINT NOT NULL,
  undone_at       BIGINT NOT NULL,            -- 0: in force
  PRIMARY KEY (community_id, id)
);
CREATE INDEX member_merge_of ON member_merge (community_id, kept_id, id);
CREATE TABLE member_moved (                   -- which rows a merge moved
  community_id    BIGINT NOT NULL,
  merge_id        BIGINT NOT NULL,
  place           TEXT   NOT NULL,            -- identity, voucher …: a struct member_place
  key             TEXT   NOT NULL,            -- the row, in that table's own words
  more            TEXT   NOT NULL,            -- what is needed to make it again
  PRIMARY KEY (community_id, merge_id, place, key)
);
CREATE TABLE member_apart (                   -- looked alike, but staff said: two people
  community_id    BIGINT NOT NULL,
  one_id          BIGINT NOT NULL,            -- the smaller number
  other_id        BIGINT NOT NULL,
  at              BIGINT NOT NULL,
  PRIMARY KEY (community_id, one_id, other_id)
);
