-- 0020 community: the tenant; every other table's first key
CREATE TABLE community (
  id              BIGINT NOT NULL,
  name            TEXT   NOT NULL,            -- 1–40 characters
  purpose         TEXT   NOT NULL,            -- the positioning card (社群定位), from here …
  target_members  TEXT   NOT NULL,
  value_promised  TEXT   NOT NULL,
  why_join        TEXT   NOT NULL,
  kind            TEXT   NOT NULL,            -- product knowledge interest business vertical
  need            TEXT   NOT NULL,            -- frequent rare niche
  gathered_by     TEXT   NOT NULL,            -- contact work friends learning promotion life
  governance      TEXT   NOT NULL,            -- central decentral mixed
  slogan          TEXT   NOT NULL,
  manifesto       TEXT   NOT NULL,
  persona         TEXT   NOT NULL,            -- … to here
  rules           TEXT   NOT NULL,            -- 群规, shown on join pages
  logo            TEXT   NOT NULL,            -- key of a file, or empty
  colour          TEXT   NOT NULL,            -- #rrggbb or empty
  timezone        TEXT   NOT NULL,            -- IANA name
  opens_at        BIGINT NOT NULL,            -- working hours, minutes after midnight
  closes_at       BIGINT NOT NULL,
  warn_email      TEXT   NOT NULL,            -- who hears of warnings, besides the console
  warn_webhook    TEXT   NOT NULL,
  ends_at         BIGINT NOT NULL,            -- 0: permanent
  archived_at     BIGINT NOT NULL,            -- 0: in use; else kept to be read
  erase_at        BIGINT NOT NULL,            -- 0: stays; else all of it is erased then
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (id)
);
-- 0021 account: who may sign in, and what they are in which community
CREATE TABLE account (
  id              BIGINT NOT NULL,
  name            TEXT   NOT NULL,            -- typed at sign-in
  name_key        TEXT   NOT NULL,            -- folded: width, case, spaces
  display         TEXT   NOT NULL,            -- shown to colleagues
  password        TEXT   NOT NULL,            -- argon2id, encoded
  lang            TEXT   NOT NULL,            -- zh en
  theme           TEXT   NOT NULL,            -- auto light dark
  disabled_at     BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (name_key)
);
CREATE TABLE staff (
  community_id    BIGINT NOT NULL,
  account_id      BIGINT NOT NULL,
  role            TEXT   NOT NULL,            -- reader host reviewer operator admin owner
  only_groups     BOOLEAN NOT NULL,           -- sees only the groups in staff_group, be they none; never admin and owner
  disabled_at     BIGINT NOT NULL,            -- may not work here since; 0: may
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, account_id)
);
CREATE INDEX staff_of_account ON staff (account_id, community_id);
-- 0022 audit: who did what, kept for ever
CREATE TABLE audit (
  community_id    BIGINT NOT NULL,            -- 0: the whole server
  id              BIGINT NOT NULL,
  at              BIGINT NOT NULL,
  account_id      BIGINT NOT NULL,
  act             TEXT   NOT NULL,            -- a stable word: livecode_made
  subject_id      BIGINT NOT NULL,
  detail          TEXT   NOT NULL,            -- for people; no secrets
  changes         TEXT   NOT NULL,            -- JSON list of {field, kind, before, after}; no secrets, phones masked
  address         TEXT   NOT NULL,
  PRIMARY KEY (community_id, id)
);
-- 0023 member: a person in a community, known by one or more identities
CREATE TABLE member (
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  nickname        TEXT   NOT NULL,
  nickname_key    TEXT   NOT NULL,            -- folded: the order of names
  name            TEXT   NOT NULL,
  phone           TEXT   NOT NULL,            -- digits, perhaps a + in front
  phone_tail      TEXT   NOT NULL,            -- the digits backwards: found by their end, and alike with or without +86
  gender          TEXT   NOT NULL,            -- female male other, or empty
  city            TEXT   NOT NULL,
  industry        TEXT   NOT NULL,
  job             TEXT   NOT NULL,
  birthday        TEXT   NOT NULL,            -- 1990-05-21, or empty
  search          TEXT   NOT NULL,            -- folded names, their pinyin and initials, a word each: member_key is cut from it
  level_id        BIGINT NOT NULL,            -- 0: none
  source_id       BIGINT NOT NULL,            -- the live code's link that brought them; 0: by hand
  source          TEXT   NOT NULL,            -- its label when they came
  inviter_id      BIGINT NOT NULL,            -- member; 0: nobody
  group_id        BIGINT NOT NULL,            -- the group they said they joined first; 0: none
  joined_at       BIGINT NOT NULL,            -- member since: may lie before created_at (imported)
  created_at      BIGINT NOT NULL,
  changed_at      BIGINT NOT NULL,            -- profile, fields, identities or tags
  active_at       BIGINT NOT NULL,            -- last heard of; kept by the follower "member_timeline"
  PRIMARY KEY (community_id, id)
);
CREATE INDEX member_by_nickname ON member (community_id, nickname_key, id);
CREATE INDEX member_by_tail     ON member (community_id, phone_tail, id);
CREATE INDEX member_by_source   ON member (community_id, source_id, id);
CREATE INDEX member_by_group    ON member (community_id, group_id, id);
CREATE INDEX member_by_level    ON member (community_id, level_id, id);
CREATE INDEX member_by_inviter  ON member (community_id, inviter_id, id);
CREATE INDEX member_by_joined   ON member (community_id, joined_at, id);
CREATE INDEX member_by_active   ON member (community_id, active_at, id);
CREATE TABLE identity (
  community_id    BIGINT NOT NULL,
  channel         TEXT   NOT NULL,            -- browser phone wecom mp onebot web union
  subject         TEXT   NOT NULL,            -- the visitor's number, the open id …
  member_id       BIGINT NOT NULL,
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, channel, subject)
);
CREATE INDEX identity_of_member  ON identity (community_id, member_id);
CREATE INDEX identity_by_subject ON identity (community_id, subject, member_id);
-- 0024 tag: what operators call a kind of member
CREATE TABLE tag_group (                      -- 标签组
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  name            TEXT   NOT NULL,            -- 1–24 characters
  name_key        TEXT   NOT NULL,            -- folded; what must be unique
  one             BOOLEAN NOT NULL,           -- a member carries at most one of its tags
  place           BIGINT NOT NULL,            -- order
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, name_key)
);
CREATE TABLE tag (
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  name            TEXT   NOT NULL,            -- as typed, 1–24 characters
  name_key        TEXT   NOT NULL,            -- folded; what must be unique
  colour          TEXT   NOT NULL,
  group_id        BIGINT NOT NULL,            -- tag group; 0: none
  created_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, name_key)
);
CREATE INDEX tag_of_group ON tag (community_id, group_id);
CREATE TABLE member_tag (
  community_id    BIGINT NOT NULL,
  member_id       BIGINT NOT NULL,
  tag_id          BIGINT NOT NULL,
  tagged_at       BIGINT NOT NULL,
  PRIMARY KEY (community_id, member_id, tag_id)
);
CREATE INDEX member_tag_by_tag ON member_tag (community_id, tag_id, member_id);
