-- 0070 channel: connected accounts (渠道), what they must remember, which groups live where, and what was heard already
CREATE TABLE channel (
  community_id  BIGINT  NOT NULL,
  id            BIGINT  NOT NULL,
  kind          TEXT    NOT NULL,             -- manual web mp wecom onebot
  name          TEXT    NOT NULL,
  state         TEXT    NOT NULL,             -- on off
  subject       TEXT    NOT NULL,             -- the platform's number of the account itself, or empty
  slug          TEXT    NOT NULL,             -- callbacks come to /api/in/SLUG
  settings      TEXT    NOT NULL,             -- JSON object, without secrets
  trouble       TEXT    NOT NULL,             -- what the platform complains of, or empty
  troubled_at   BIGINT  NOT NULL,             -- ms UTC, as all that follow
  heard_at      BIGINT  NOT NULL,             -- a little late: written at most every HEARD_STEP
  said_at       BIGINT  NOT NULL,
  created_at    BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (slug)
);
CREATE TABLE channel_secret (                 -- sealed with a key of the server: the store alone tells nothing
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  name          TEXT    NOT NULL,             -- "set appsecret": typed by staff; "memo token": remembered by the connector
  sealed        TEXT    NOT NULL,
  until_at      BIGINT  NOT NULL,             -- 0: for good
  PRIMARY KEY (community_id, channel_id, name)
);
CREATE TABLE channel_group (                  -- where a group lives
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  subject       TEXT    NOT NULL,             -- the platform's number of the group
  group_id      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, channel_id, subject)
);
CREATE UNIQUE INDEX channel_group_of ON channel_group (community_id, group_id);
CREATE TABLE channel_found (                  -- groups that the platform lists, for staff to choose from
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  subject       TEXT    NOT NULL,
  name          TEXT    NOT NULL,
  members       BIGINT  NOT NULL,
  seen_at       BIGINT  NOT NULL,             -- ms UTC
  PRIMARY KEY (community_id, channel_id, subject)
);
CREATE TABLE channel_lost (                   -- who followed the account or stopped, and so whom it reaches no more
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  subject       TEXT    NOT NULL,             -- of the person
  at            BIGINT  NOT NULL,             -- ms UTC: when that was
  lost          BOOLEAN NOT NULL,             -- they stopped following, or deleted it
  PRIMARY KEY (community_id, channel_id, subject)
);
CREATE TABLE channel_heard (                  -- numbers of what was heard: a second time it is nothing new
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  number        TEXT    NOT NULL,
  at            BIGINT  NOT NULL,
  PRIMARY KEY (community_id, channel_id, number)
);
CREATE INDEX channel_heard_at ON channel_heard (community_id, at);
-- 0071 message: what was said in groups, and between accounts and members
CREATE TABLE message (
  community_id  BIGINT  NOT NULL,
  id            BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,             -- 0: between the account and the member
  channel_id    BIGINT  NOT NULL,
  member_id     BIGINT  NOT NULL,             -- who said it; 0: we did; below 0: somebody who was erased
  to_id         BIGINT  NOT NULL,             -- of what we told one member: whom; else 0
  number        TEXT    NOT NULL,             -- the platform's
  kind          TEXT    NOT NULL,             -- text image voice video file link location face notice other
  text          TEXT    NOT NULL,
  media         TEXT    NOT NULL,             -- address, media id or key of a picture, or empty
  reply_to      TEXT    NOT NULL,             -- number of the message it answers, or empty
  at            BIGINT  NOT NULL,             -- ms UTC, as the platform says
  recalled_at   BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
-- what is told twice has the same time: entries stand together, where those of a number alone would be strewn over the index
CREATE UNIQUE INDEX message_heard_as ON message (community_id, channel_id, at, group_id, number) WHERE member_id <> 0;
CREATE INDEX message_of_group  ON message (community_id, group_id, id);
CREATE INDEX message_told      ON message (community_id, to_id) WHERE to_id <> 0;
CREATE INDEX message_of_member ON message (community_id, member_id, id);
