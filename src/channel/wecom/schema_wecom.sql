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
CREATE INDEX wecom_follow_state ON wecom_follow (community_id, channel_id, state, added_at) WHERE state <> '';
-- 0096 wecom_group: customer groups of 企业微信, whether they are run here or not, and what their owners' groups did each day
CREATE TABLE wecom_group (
  community_id BIGINT NOT NULL,
  channel_id   BIGINT NOT NULL,
  subject      TEXT   NOT NULL,             -- chat_id
  name         TEXT   NOT NULL,             -- may be empty: nobody named it
  owner        TEXT   NOT NULL,             -- userid
  notice       TEXT   NOT NULL,
  status       BIGINT NOT NULL,             -- 0 fine, 1 its owner left the corp, 2 being handed over, 3 handed over
  members      BIGINT NOT NULL,             -- staff included
  staff        BIGINT NOT NULL,
  version      TEXT   NOT NULL,             -- member_version as last read
  wanted       TEXT   NOT NULL,             -- … as an event told since
  wanted_at    BIGINT NOT NULL,             -- ms UTC, as all that follow
  made_at      BIGINT NOT NULL,
  seen_at      BIGINT NOT NULL,             -- last in the list
  asked_at     BIGINT NOT NULL,             -- when its members were last read; 0: never
  gone_at      BIGINT NOT NULL,             -- dismissed, or out of what the app may see
  trouble      TEXT   NOT NULL,             -- why it could not be read, in the platform's words
  PRIMARY KEY (community_id, channel_id, subject)
);
CREATE TABLE wecom_state (                  -- by which code those who are in a group came
  community_id BIGINT NOT NULL,
  channel_id   BIGINT NOT NULL,
  subject      TEXT   NOT NULL,             -- chat_id
  state        TEXT   NOT NULL,             -- of the code
  members      BIGINT NOT NULL,
  PRIMARY KEY (community_id, channel_id, subject, state)
);
CREATE INDEX wecom_state_of ON wecom_state (community_id, channel_id, state);
CREATE TABLE wecom_day (                    -- the platform's own numbers of a day (UTC+8)
  community_id BIGINT NOT NULL,
  channel_id   BIGINT NOT NULL,
  day          BIGINT NOT NULL,             -- days since 1970 in UTC+8
  owner        TEXT   NOT NULL,             -- userid; empty: of all owners together
  new_groups   BIGINT NOT NULL,
  groups_all   BIGINT NOT NULL,
  groups_spoke BIGINT NOT NULL,             -- groups in which something was said
  new_members  BIGINT NOT NULL,
  members_all  BIGINT NOT NULL,
  spoke        BIGINT NOT NULL,             -- members who said something
  messages     BIGINT NOT NULL,
  taken_at     BIGINT NOT NULL,             -- ms UTC
  PRIMARY KEY (community_id, channel_id, day, owner)
);
-- 0097 wecom_join: join ways (加入群聊): the platform's own live codes, shown as targets of ours
CREATE TABLE wecom_join (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  code_id      BIGINT  NOT NULL,            -- live code it is a target of; 0: of none
  child_id     BIGINT  NOT NULL,            -- that target; staff may have removed it since
  title        TEXT    NOT NULL,            -- the platform's remark
  state        TEXT    NOT NULL,            -- what the members it brought carry
  chats        TEXT    NOT NULL,            -- JSON list of chat_id, at most five
  auto_create  BOOLEAN NOT NULL,            -- when they are full the platform opens another
  base_name    TEXT    NOT NULL,            -- … called so, and a number
  base_id      BIGINT  NOT NULL,            -- … from this number on
  config       TEXT    NOT NULL,            -- config_id; empty: not made yet
  picture      TEXT    NOT NULL,            -- key of a file, or empty
  trouble      TEXT    NOT NULL,            -- in the platform's words
  wanted       BIGINT  NOT NULL,            -- how often it was wanted otherwise
  done         BIGINT  NOT NULL,            -- … and as how much of that the platform knows it
  dropped      BOOLEAN NOT NULL,            -- it is to go
  created_at   BIGINT  NOT NULL,            -- ms UTC
  PRIMARY KEY (community_id, id)
);
CREATE UNIQUE INDEX wecom_join_state ON wecom_join (community_id, channel_id, state);
