-- 0030 group: one chat group on one channel
CREATE TABLE chat_group (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  name              TEXT    NOT NULL,
  name_key          TEXT    NOT NULL,         -- folded; unique in a community
  channel           TEXT    NOT NULL,         -- manual wecom mp onebot web
  owner             TEXT    NOT NULL,         -- as members know the person
  tier              TEXT    NOT NULL,         -- core vip ordinary intent referral lecture other
  topic             TEXT    NOT NULL,
  region            TEXT    NOT NULL,
  capacity          BIGINT  NOT NULL,         -- 500
  scan_limit        BIGINT  NOT NULL,         -- past so many members WeChat refuses joining by scan: 200
  member_count      BIGINT  NOT NULL,         -- as last counted
  counted_at        BIGINT  NOT NULL,         -- 0: never
  rename_allowed    BOOLEAN NOT NULL,         -- checklist of what members may do
  invite_allowed    BOOLEAN NOT NULL,
  entry_by_approval BOOLEAN NOT NULL,
  lifetime          TEXT    NOT NULL,         -- permanent until
  ends_at           BIGINT  NOT NULL,
  stage             TEXT    NOT NULL,         -- seeding growing mature declining closing closed
  note              TEXT    NOT NULL,
  qr_id             BIGINT  NOT NULL,         -- the picture in use; 0: none
  page              TEXT    NOT NULL,         -- of channel web: its room's address on this server; else empty
  created_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, name_key)
);
CREATE TABLE group_qr (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  group_id          BIGINT  NOT NULL,
  file              TEXT    NOT NULL,         -- key of the picture
  link              TEXT    NOT NULL,         -- what the QR says
  uploaded_at       BIGINT  NOT NULL,
  expires_at        BIGINT  NOT NULL,         -- WeChat: 7 days after it was made
  uploaded_by       BIGINT  NOT NULL,         -- account
  PRIMARY KEY (community_id, id)
);
CREATE INDEX group_qr_of_group ON group_qr (community_id, group_id, id);
CREATE TABLE group_history (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  group_id          BIGINT  NOT NULL,
  at                BIGINT  NOT NULL,
  what              TEXT    NOT NULL,         -- stage count qr
  word              TEXT    NOT NULL,         -- the new stage
  n                 BIGINT  NOT NULL,         -- the count
  note              TEXT    NOT NULL,
  account_id        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX group_history_of_group ON group_history (community_id, group_id, id);
-- 0031 livecode: a permanent short link whose target changes
CREATE TABLE livecode (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  title             TEXT    NOT NULL,
  guide             TEXT    NOT NULL,         -- what the landing page says, a point a line
  avatar            TEXT    NOT NULL,         -- key of a file
  look              TEXT    NOT NULL,         -- plain card brand
  state             TEXT    NOT NULL,         -- draft running paused ended
  starts_at         BIGINT  NOT NULL,         -- 0: at once
  ends_at           BIGINT  NOT NULL,         -- 0: never
  strategy          TEXT    NOT NULL,         -- order balanced weighted rota city nearest
  sticky            BOOLEAN NOT NULL,         -- the same visitor sees the same target
  duplicate_guard   BOOLEAN NOT NULL,         -- who joined a sibling group is shown that one
  gate              TEXT    NOT NULL,         -- none form password voucher proof
  gate_title        TEXT    NOT NULL,
  gate_note         TEXT    NOT NULL,
  gate_password     TEXT    NOT NULL,         -- operators tell it to people, so it is readable here
  gate_questions    TEXT    NOT NULL,         -- JSON list
  gate_approve      TEXT    NOT NULL,         -- JSON list: rules that approve by themselves
  gate_example      TEXT    NOT NULL,         -- key of a file
  gate_accepted     BIGINT  NOT NULL,         -- when the guardrail's risk was acknowledged; 0: not
  tags              TEXT    NOT NULL,         -- JSON list of names, put on whoever passes
  contact           TEXT    NOT NULL,         -- shown when nothing else helps
  qr_level          TEXT    NOT NULL,         -- L M Q H
  qr_logo           TEXT    NOT NULL,         -- key of a file
  made_by           BIGINT  NOT NULL,         -- account: while it has no group, a limited account sees it by this
  created_at        BIGINT  NOT NULL,
  updated_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE TABLE livecode_version (               -- small, because every scan reads it: is what I remember still true?
  community_id      BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  version           BIGINT  NOT NULL,
  PRIMARY KEY (community_id, code_id)
);
CREATE TABLE livecode_link (                  -- many sources, one code: each has its own short link
  slug              TEXT    NOT NULL,
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  label             TEXT    NOT NULL,         -- the source (来源)
  kind              TEXT    NOT NULL,         -- main poster shop staff post partner desk other
  note              TEXT    NOT NULL,
  partner_id        BIGINT  NOT NULL,         -- 0: none
  created_at        BIGINT  NOT NULL,
  PRIMARY KEY (slug)
);
CREATE INDEX livecode_link_of_code ON livecode_link (community_id, code_id, id);
CREATE TABLE livecode_child (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  place             BIGINT  NOT NULL,         -- order
  kind              TEXT    NOT NULL,         -- group wecom staff url
  group_id          BIGINT  NOT NULL,         -- of kind group
  title             TEXT    NOT NULL,
  picture           TEXT    NOT NULL,         -- key of a file: QR of kind staff or wecom
  url               TEXT    NOT NULL,         -- of kind url, or the link of a wecom join-way
  scan_cap          BIGINT  NOT NULL,         -- 0: none
  expires_at        BIGINT  NOT NULL,
  weight            BIGINT  NOT NULL,
  windows           TEXT    NOT NULL,         -- JSON list of weekly windows
  dates             TEXT    NOT NULL,         -- JSON list of special dates
  region            TEXT    NOT NULL,
  latitude_e6       BIGINT  NOT NULL,
  longitude_e6      BIGINT  NOT NULL,
  radius_m          BIGINT  NOT NULL,         -- 0: has no place on earth
  visitors          TEXT    NOT NULL,         -- all new returning
  stopped           BOOLEAN NOT NULL,
  updated_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX livecode_child_of_code  ON livecode_child (community_id, code_id, place);
CREATE INDEX livecode_child_of_group ON livecode_child (community_id, group_id);
CREATE TABLE livecode_fill (                  -- small, because new visitors change it
  community_id      BIGINT  NOT NULL,
  child_id          BIGINT  NOT NULL,
  taken             BIGINT  NOT NULL,         -- with a cap: places given, decided by each scan; else what it was then
  shown             BIGINT  NOT NULL,         -- visitors it was shown to: derived like livecode_hour
  joined            BIGINT  NOT NULL,         -- … who said they joined
  PRIMARY KEY (community_id, child_id)
);
CREATE TABLE livecode_visitor (               -- new visitors come in the order of their ids: many rows, one page
  community_id      BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  visitor_id        BIGINT  NOT NULL,
  link_id           BIGINT  NOT NULL,         -- the source of the first scan
  child_id          BIGINT  NOT NULL,         -- 0: nothing shown yet
  device            TEXT    NOT NULL,
  city              TEXT    NOT NULL,
  latitude_e6       BIGINT  NOT NULL,
  longitude_e6      BIGINT  NOT NULL,
  first_at          BIGINT  NOT NULL,
  last_at           BIGINT  NOT NULL,
  scans             BIGINT  NOT NULL,
  passed_at         BIGINT  NOT NULL,         -- gate; 0: not
  joined_at         BIGINT  NOT NULL,         -- confirmed by the visitor; 0: not
  member_id         BIGINT  NOT NULL,
  PRIMARY KEY (community_id, visitor_id, code_id)
);
CREATE TABLE livecode_seen (                  -- the visitors of a code; derived like livecode_hour
  community_id      BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  visitor_id        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, code_id, visitor_id)
);
CREATE TABLE livecode_hour (                  -- derived from events by the follower "livecode_hours"
  community_id      BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  hour              BIGINT  NOT NULL,         -- ms UTC
  link_id           BIGINT  NOT NULL,
  child_id          BIGINT  NOT NULL,
  device            TEXT    NOT NULL,
  scans             BIGINT  NOT NULL,
  visitors          BIGINT  NOT NULL,         -- first scans of this code
  shown             BIGINT  NOT NULL,
  joined            BIGINT  NOT NULL,
  PRIMARY KEY (community_id, code_id, hour, link_id, child_id, device)
);
CREATE INDEX livecode_hour_by_hour ON livecode_hour (community_id, hour);
-- 0032 gate: applications and the waiting list
CREATE TABLE application (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  visitor_id        BIGINT  NOT NULL,
  link_id           BIGINT  NOT NULL,
  kind              TEXT    NOT NULL,         -- form proof
  answers           TEXT    NOT NULL,         -- JSON list of {key, label, text}
  picture           TEXT    NOT NULL,         -- key of a file
  picture_hash      TEXT    NOT NULL,         -- exact
  picture_look      BIGINT  NOT NULL,         -- perceptual, 64 bits
  same_as           BIGINT  NOT NULL,         -- an earlier application with a picture that looks the same
  url               TEXT    NOT NULL,
  state             TEXT    NOT NULL,         -- pending approved rejected
  reason            TEXT    NOT NULL,
  decided_by        BIGINT  NOT NULL,         -- account; 0: a rule
  decided_at        BIGINT  NOT NULL,
  created_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX application_of_visitor ON application (community_id, code_id, visitor_id, id);
CREATE INDEX application_by_state   ON application (community_id, state, id);
CREATE INDEX application_by_picture ON application (community_id, picture_hash);
CREATE TABLE waiting (
  community_id      BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  visitor_id        BIGINT  NOT NULL,
  link_id           BIGINT  NOT NULL,
  nickname          TEXT    NOT NULL,
  contact           TEXT    NOT NULL,
  since             BIGINT  NOT NULL,
  served_at         BIGINT  NOT NULL,         -- saw a target after all; 0: still waiting
  PRIMARY KEY (community_id, code_id, visitor_id)
);
CREATE TABLE report (                         -- 举报: what visitors find wrong with a page
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,         -- the live code, or the campaign
  visitor_id        BIGINT  NOT NULL,
  text              TEXT    NOT NULL,
  created_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, code_id, visitor_id, text)
);
-- 0035 livecode_left: targets that a visitor was shown before the present one
CREATE TABLE livecode_left (                  -- so that coming back to one takes no second place
  community_id      BIGINT  NOT NULL,
  code_id           BIGINT  NOT NULL,
  visitor_id        BIGINT  NOT NULL,
  child_id          BIGINT  NOT NULL,
  PRIMARY KEY (community_id, code_id, visitor_id, child_id)
);
-- 0033 alert: what an operator must know in time
CREATE TABLE alert (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  key               TEXT    NOT NULL,         -- the same warning is made once
  kind              TEXT    NOT NULL,         -- child_fills qr_expires child_expires code_dry report report_task
  level             TEXT    NOT NULL,         -- due late
  subject_id        BIGINT  NOT NULL,         -- live code or group
  object_id         BIGINT  NOT NULL,         -- child
  title             TEXT    NOT NULL,         -- name of the thing
  more              TEXT    NOT NULL,         -- name of the child
  n                 BIGINT  NOT NULL,         -- places left
  per_day           BIGINT  NOT NULL,         -- speed behind the prediction
  due_at            BIGINT  NOT NULL,         -- when it happens
  created_at        BIGINT  NOT NULL,
  closed_at         BIGINT  NOT NULL,
  closed_by         BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, key)
);
CREATE INDEX alert_open ON alert (community_id, closed_at, id);
-- 0034 alliance: partners (异业联盟) and vouchers
CREATE TABLE partner (
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  name              TEXT    NOT NULL,
  name_key          TEXT    NOT NULL,
  contact           TEXT    NOT NULL,
  offer             TEXT    NOT NULL,         -- what the voucher is worth, in words
  offer_days        BIGINT  NOT NULL,         -- valid so long
  stock             BIGINT  NOT NULL,         -- vouchers that may still be given; never below zero
  note              TEXT    NOT NULL,
  stopped           BOOLEAN NOT NULL,
  created_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, name_key)
);
CREATE TABLE voucher (
  code              TEXT    NOT NULL,         -- 12 random characters
  community_id      BIGINT  NOT NULL,
  id                BIGINT  NOT NULL,
  kind              TEXT    NOT NULL,         -- gate: a member vouches · alliance: worth something at a partner's
  member_id         BIGINT  NOT NULL,         -- who vouches
  partner_id        BIGINT  NOT NULL,
  visitor_id        BIGINT  NOT NULL,         -- whose it is (alliance), or who used it (gate)
  code_id           BIGINT  NOT NULL,         -- live code
  title             TEXT    NOT NULL,
  expires_at        BIGINT  NOT NULL,
  used_at           BIGINT  NOT NULL,
  used_by           BIGINT  NOT NULL,         -- account that redeemed it
  created_at        BIGINT  NOT NULL,
  PRIMARY KEY (code)
);
CREATE INDEX voucher_of_community ON voucher (community_id, id);
CREATE INDEX voucher_of_member ON voucher (community_id, member_id);
CREATE INDEX voucher_of_visitor ON voucher (community_id, visitor_id, kind);
CREATE INDEX voucher_of_partner ON voucher (community_id, partner_id, used_at);
