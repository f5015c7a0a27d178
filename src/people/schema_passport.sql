-- 0029 passport: what people agreed to, how long they are kept, who they proved to be, and that they are gone
CREATE TABLE consent_text (                   -- a purpose's words; a built-in purpose without a row has its built-in words, version 1
  community_id    BIGINT  NOT NULL,
  purpose         TEXT    NOT NULL,           -- service marketing avatar directory, or the community's own
  version         BIGINT  NOT NULL,           -- from 2 for built-in purposes; the highest is what is asked now
  title_zh        TEXT    NOT NULL,
  title_en        TEXT    NOT NULL,
  text_zh         TEXT    NOT NULL,
  text_en         TEXT    NOT NULL,
  offered         BOOLEAN NOT NULL,           -- false: no longer asked; who agreed counts as not having agreed
  made_at         BIGINT  NOT NULL,
  account_id      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, purpose, version)
);
CREATE TABLE consent (                        -- append-only: the newest row of a person and purpose counts
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  member_id       BIGINT  NOT NULL,           -- 0: not a member when they said it; below 0: erased since
  visitor_id      BIGINT  NOT NULL,           -- the browser; 0: staff wrote it down
  purpose         TEXT    NOT NULL,
  version         BIGINT  NOT NULL,           -- of the words they read
  given           BOOLEAN NOT NULL,           -- false: withdrawn
  at              BIGINT  NOT NULL,
  via             TEXT    NOT NULL,           -- passport console
  address         TEXT    NOT NULL,           -- the network, without the machine: 203.0.113.*
  account_id      BIGINT  NOT NULL,           -- staff who wrote it down; 0: themselves
  PRIMARY KEY (community_id, id)
);
CREATE INDEX consent_of_member  ON consent (community_id, member_id, purpose, id);
CREATE INDEX consent_of_visitor ON consent (community_id, visitor_id, purpose, id);
CREATE TABLE guardian (                       -- who answers for a member while they are under 14
  community_id    BIGINT  NOT NULL,
  member_id       BIGINT  NOT NULL,
  name            TEXT    NOT NULL,
  phone           TEXT    NOT NULL,           -- as they said; not checked
  agreed_at       BIGINT  NOT NULL,
  PRIMARY KEY (community_id, member_id)
);
CREATE TABLE privacy (                        -- a community without a row has the defaults
  community_id    BIGINT  NOT NULL,
  visitor_months  BIGINT  NOT NULL,           -- visitors who never joined are forgotten after so many; 0: never
  audit_months    BIGINT  NOT NULL,           -- addresses in the audit log
  event_months    BIGINT  NOT NULL,           -- who did it, in the event log
  grace_days      BIGINT  NOT NULL,           -- between asking to be erased and being erased
  sender          TEXT    NOT NULL,           -- of phone codes: none console webhook
  sender_url      TEXT    NOT NULL,
  codes_a_day     BIGINT  NOT NULL,           -- most that are sent in a day: each costs money
  PRIMARY KEY (community_id)
);
CREATE TABLE phone_code (                     -- a one-time code that was asked for; the code is derived from key and row, and kept nowhere
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  visitor_id      BIGINT  NOT NULL,           -- who asked: nobody else can use it
  phone           TEXT    NOT NULL,           -- emptied once it was sent
  phone_key       TEXT    NOT NULL,           -- keyed hash of the number: for limits
  lang            TEXT    NOT NULL,           -- zh en
  made_at         BIGINT  NOT NULL,
  expires_at      BIGINT  NOT NULL,
  tries           BIGINT  NOT NULL,
  used_at         BIGINT  NOT NULL,           -- 0: not
  PRIMARY KEY (community_id, id)
);
CREATE INDEX phone_code_by_phone ON phone_code (community_id, phone_key, made_at);
CREATE INDEX phone_code_by_time  ON phone_code (community_id, made_at);
CREATE TABLE erasure (                        -- the receipt: that somebody was erased, not who
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  number          TEXT    NOT NULL,           -- what the person keeps
  member_id       BIGINT  NOT NULL,           -- only while it is pending
  asked_at        BIGINT  NOT NULL,
  due_at          BIGINT  NOT NULL,
  done_at         BIGINT  NOT NULL,           -- 0: pending, or taken back
  dropped_at      BIGINT  NOT NULL,           -- taken back in time; 0: not
  account_id      BIGINT  NOT NULL,           -- staff who did it; 0: the person
  reason          TEXT    NOT NULL,           -- self asked mistake duplicate law
  records         BIGINT  NOT NULL,           -- rows erased or made nameless
  PRIMARY KEY (community_id, id),
  UNIQUE (number)
);
CREATE INDEX erasure_of_member ON erasure (community_id, member_id);
