-- 0099 wecom_way: contact ways (联系我), and the first words to who adds staff
CREATE TABLE wecom_way (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  code_id      BIGINT  NOT NULL,            -- live code it is a target of; 0: of none
  child_id     BIGINT  NOT NULL,            -- that target; staff may have removed it since
  kind         TEXT    NOT NULL,            -- single multi: one of the staff, or whoever of them is free; never changes
  title        TEXT    NOT NULL,            -- the platform's remark
  state        TEXT    NOT NULL,            -- what the customers it brought carry
  staff        TEXT    NOT NULL,            -- JSON list of userid
  skip_verify  BOOLEAN NOT NULL,            -- customers are added without being asked
  config       TEXT    NOT NULL,            -- config_id; empty: not made yet
  picture      TEXT    NOT NULL,            -- key of a file, or empty
  trouble      TEXT    NOT NULL,            -- in the platform's words
  wanted       BIGINT  NOT NULL,            -- how often it was wanted otherwise
  done         BIGINT  NOT NULL,            -- … and as how much of that the platform knows it
  dropped      BOOLEAN NOT NULL,            -- it is to go
  created_at   BIGINT  NOT NULL,            -- ms UTC
  PRIMARY KEY (community_id, id)
);
CREATE UNIQUE INDEX wecom_way_state ON wecom_way (community_id, channel_id, state);
CREATE TABLE wecom_welcome (                -- what is said to a customer who adds staff
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  way_id       BIGINT  NOT NULL,            -- of this contact way; 0: of all that have none of their own
  active       BOOLEAN NOT NULL,
  text         TEXT    NOT NULL,            -- with {nickname} and {staff}
  attach       TEXT    NOT NULL,            -- none link image file
  link_title   TEXT    NOT NULL,
  link_text    TEXT    NOT NULL,
  link_url     TEXT    NOT NULL,
  picture      TEXT    NOT NULL,            -- key of a file, or empty
  file         TEXT    NOT NULL,            -- key of a document, or empty
  PRIMARY KEY (community_id, channel_id, way_id)
);
CREATE TABLE wecom_greeting (               -- one of them, to one customer: each code is used once
  community_id BIGINT NOT NULL,
  id           BIGINT NOT NULL,
  channel_id   BIGINT NOT NULL,
  way_id       BIGINT NOT NULL,             -- whose words
  code         TEXT   NOT NULL,             -- WelcomeCode: good for twenty seconds
  state        TEXT   NOT NULL,             -- waiting asked sent refused late unsure dropped
  trouble      TEXT   NOT NULL,             -- why it was refused or dropped: in the platform's words, or in ours
  told_at      BIGINT NOT NULL,             -- ms UTC
  settled_at   BIGINT NOT NULL,             -- 0: not yet
  PRIMARY KEY (community_id, id)
);
CREATE UNIQUE INDEX wecom_greeting_code ON wecom_greeting (community_id, channel_id, code);
CREATE INDEX wecom_greeting_told ON wecom_greeting (community_id, told_at);
