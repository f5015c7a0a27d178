-- 0085 wecom_lease: one process asks 企业微信 for a token, the others wait
CREATE TABLE wecom_lease (
  community_id BIGINT NOT NULL,
  channel_id   BIGINT NOT NULL,
  until        BIGINT NOT NULL,             -- ms UTC; in the past: nobody asks
  PRIMARY KEY (community_id, channel_id)
);
-- 0086 wecom_follow: who of the staff of 企业微信 has which customer
CREATE TABLE wecom_follow (
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  subject      TEXT    NOT NULL,            -- the customer: external_userid
  staff        TEXT    NOT NULL,            -- userid
  state        TEXT    NOT NULL,            -- of the code they came by, or empty
  way          BIGINT  NOT NULL,            -- add_way as the platform numbers it; 0: not known
  half         BOOLEAN NOT NULL,            -- the customer has not confirmed yet
  added_at     BIGINT  NOT NULL,            -- ms UTC
  gone_at      BIGINT  NOT NULL,            -- 0: they have each other
  gone_how     TEXT    NOT NULL,            -- staff customer: who deleted whom; or empty
  PRIMARY KEY (community_id, channel_id, subject, staff)
);
CREATE INDEX wecom_follow_of ON wecom_follow (community_id, subject);
