-- 0098 wecom_mass: what we say in 企业微信 is a task there that a colleague must confirm
CREATE TABLE wecom_mass (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  send_id      BIGINT  NOT NULL,
  msgid        TEXT    NOT NULL,            -- the platform's number of the task; empty: it is asked for, or its answer was lost
  sender       TEXT    NOT NULL,            -- userid of who must confirm
  sender_name  TEXT    NOT NULL,            -- … and what they are called
  state        TEXT    NOT NULL,            -- asking open sent refused limit late cancelled unknown
  cancel       BOOLEAN NOT NULL,            -- it is to be taken back
  trouble      TEXT    NOT NULL,            -- why the platform does not tell, in its words
  made_at      BIGINT  NOT NULL,            -- ms UTC, as all that follow
  look_at      BIGINT  NOT NULL,            -- when it is asked about next
  ended_at     BIGINT  NOT NULL,            -- 0: not yet
  PRIMARY KEY (community_id, id)
);
CREATE INDEX wecom_mass_of_send ON wecom_mass (community_id, send_id);
CREATE INDEX wecom_mass_of_msgid ON wecom_mass (community_id, channel_id, msgid);
CREATE INDEX wecom_mass_newest  ON wecom_mass (community_id, channel_id, id);
CREATE INDEX wecom_mass_due     ON wecom_mass (look_at) WHERE state = 'open';
CREATE TABLE wecom_remind (                 -- how often who must confirm was reminded
  community_id BIGINT  NOT NULL,
  mass_id      BIGINT  NOT NULL,
  at           BIGINT  NOT NULL,            -- ms UTC
  PRIMARY KEY (community_id, mass_id, at)
);
