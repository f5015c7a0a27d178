-- 0110 wecom_tag: the corp's tags of 企业微信, and what both sides last agreed on
CREATE TABLE wecom_tag (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  subject      TEXT    NOT NULL,            -- tag_id there; empty: not made yet
  family       TEXT    NOT NULL,            -- name of its group there
  name         TEXT    NOT NULL,
  tag_id       BIGINT  NOT NULL,            -- the tag here; 0: none
  apart        BOOLEAN NOT NULL,            -- staff deleted the tag here: it gets none again
  wanted       TEXT    NOT NULL,            -- add edit drop: the platform is to be told; or empty
  trouble      TEXT    NOT NULL,            -- why it refused, in its words
  seen_at      BIGINT  NOT NULL,            -- last in the list, ms UTC
  PRIMARY KEY (community_id, id)
);
CREATE INDEX wecom_tag_subject ON wecom_tag (community_id, channel_id, subject);
CREATE INDEX wecom_tag_of ON wecom_tag (community_id, tag_id);
CREATE TABLE wecom_mark (
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  subject      TEXT    NOT NULL,            -- the customer: external_userid
  tag          TEXT    NOT NULL,            -- tag_id there
  marked       BOOLEAN NOT NULL,            -- both sides knew it so when they last agreed
  trouble      TEXT    NOT NULL,            -- why what changed here could not be told, in the platform's words
  at           BIGINT  NOT NULL,            -- ms UTC
  PRIMARY KEY (community_id, channel_id, subject, tag)
);
