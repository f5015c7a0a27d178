-- 0114 wecom_intercept: rules of 企业微信 about words that staff may not say (敏感词)
CREATE TABLE wecom_intercept (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  name         TEXT    NOT NULL,
  words        TEXT    NOT NULL,            -- JSON list of texts
  phones       BOOLEAN NOT NULL,            -- telephone numbers are such words, too
  mails        BOOLEAN NOT NULL,            -- e-mail addresses are
  packets      BOOLEAN NOT NULL,            -- red packets are
  act          TEXT    NOT NULL,            -- block: it does not leave, and who said it is warned; warn
  users        TEXT    NOT NULL,            -- JSON list of userid whom it concerns
  departments  TEXT    NOT NULL,            -- JSON list of numbers of departments whom it concerns
  config       TEXT    NOT NULL,            -- the platform's number of it; empty: not made yet
  trouble      TEXT    NOT NULL,            -- in the platform's words
  wanted       BIGINT  NOT NULL,            -- how often it was wanted otherwise
  done         BIGINT  NOT NULL,            -- … and as how much of that the platform knows it
  dropped      BOOLEAN NOT NULL,            -- it is to go
  created_at   BIGINT  NOT NULL,            -- ms UTC
  PRIMARY KEY (community_id, id)
);
CREATE INDEX wecom_intercept_of ON wecom_intercept (community_id, channel_id, id);
