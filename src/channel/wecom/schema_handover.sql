-- 0112 wecom_handover: customer groups of 企业微信 that get another owner
CREATE TABLE wecom_handover (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  subject      TEXT    NOT NULL,            -- chat_id
  name         TEXT    NOT NULL,            -- of the group, then
  owner        TEXT    NOT NULL,            -- userid, until then
  new_owner    TEXT    NOT NULL,            -- userid
  on_job       BOOLEAN NOT NULL,            -- the old owner works there still
  state        TEXT    NOT NULL,            -- wanted done failed
  trouble      TEXT    NOT NULL,            -- why it failed: the platform's words, or one of ours
  made_at      BIGINT  NOT NULL,            -- ms UTC
  done_at      BIGINT  NOT NULL,            -- 0: not yet
  PRIMARY KEY (community_id, id)
);
CREATE INDEX wecom_handover_of    ON wecom_handover (community_id, channel_id, state, id);
CREATE INDEX wecom_handover_group ON wecom_handover (community_id, channel_id, subject, made_at);
CREATE INDEX wecom_handover_owner ON wecom_handover (community_id, channel_id, owner, made_at);
