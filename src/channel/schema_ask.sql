-- 0101 channel_ask: who asks to be let in, or to have the account in
CREATE TABLE channel_ask (
  community_id  BIGINT  NOT NULL,
  id            BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,             -- 0: no group of ours: to be a friend, or into a group that does not live here yet
  member_id     BIGINT  NOT NULL,             -- who asks; 0: erased
  kind          TEXT    NOT NULL,             -- add: into the group; invite: the account into a group; friend
  flag          TEXT    NOT NULL,             -- what the platform wants back with the answer; names it: told twice it is one
  comment       TEXT    NOT NULL,             -- what they wrote, often the answer to the group's question
  at            BIGINT  NOT NULL,             -- ms UTC, as the platform says
  state         TEXT    NOT NULL,             -- open approved refused
  reason        TEXT    NOT NULL,             -- said with a refusal
  answered_by   BIGINT  NOT NULL,             -- account; 0: an automation, or nobody yet
  answered_at   BIGINT  NOT NULL,             -- 0: not yet
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, channel_id, flag)
);
CREATE INDEX channel_ask_open ON channel_ask (community_id, state, id);
CREATE INDEX channel_ask_of   ON channel_ask (community_id, group_id, id);
CREATE INDEX channel_ask_who  ON channel_ask (community_id, member_id);
