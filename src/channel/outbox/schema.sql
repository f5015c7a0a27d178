-- 0073 outbox: what is to be said, in which order, and which process is saying it
CREATE TABLE send (
  community_id  BIGINT  NOT NULL,
  id            BIGINT  NOT NULL,
  key           TEXT    NOT NULL,             -- names it for ever: put twice it is put once
  channel_id    BIGINT  NOT NULL,             -- 0: none; by hand
  target_id     BIGINT  NOT NULL,             -- the group, or else the member: with the channel it names the queue
  group_id      BIGINT  NOT NULL,             -- 0: none
  member_id     BIGINT  NOT NULL,             -- 0: none
  what          TEXT    NOT NULL,             -- text image link file rename card mute kick recall notice template welcome
  body          TEXT    NOT NULL,             -- JSON; emptied when it has been kept long enough
  reason        TEXT    NOT NULL,             -- a stable word: why it was put
  source_id     BIGINT  NOT NULL,             -- what wanted it: an automation, a campaign; 0: nothing of the kind
  actor_id      BIGINT  NOT NULL,             -- account that pressed a button; 0: nobody
  prompt        BOOLEAN NOT NULL,             -- answers what the person just did: no quiet hours, no budget
  state         TEXT    NOT NULL,             -- waiting confirm sent dead cancelled; hand done skipped
  turn_at       BIGINT  NOT NULL,             -- its place in the queue, with the id: when it was first wanted
  due_at        BIGINT  NOT NULL,             -- not before then: its time, or the next try
  expires_at    BIGINT  NOT NULL,             -- of no use after that; 0: never
  tries         BIGINT  NOT NULL,
  why           TEXT    NOT NULL,             -- what the platform said to the last try that failed
  number        TEXT    NOT NULL,             -- the platform's number of the message
  put_at        BIGINT  NOT NULL,
  ended_at      BIGINT  NOT NULL,             -- sent, given up, cancelled, done; 0: not yet
  arrived_at    BIGINT  NOT NULL,             -- when the platform said that it arrived; 0: it did not say
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, key)
);
CREATE INDEX send_waiting   ON send (community_id, channel_id, target_id, turn_at, id) WHERE state = 'waiting';
CREATE INDEX send_by_state  ON send (community_id, state, id);
CREATE INDEX send_by_hand   ON send (community_id, due_at, id) WHERE state = 'hand';
CREATE INDEX send_of_member ON send (community_id, member_id, id) WHERE member_id <> 0;
CREATE INDEX send_of_source ON send (community_id, source_id, id) WHERE state IN ('waiting', 'hand');
CREATE TABLE send_queue (                     -- (channel, target) with something waiting
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  target_id     BIGINT  NOT NULL,
  ready_at      BIGINT  NOT NULL,             -- when its first send may go; INT64_MAX: when the community is no longer frozen
  turn_at       BIGINT  NOT NULL,             -- of its first send: of those that are ready the oldest goes first
  holder_id     BIGINT  NOT NULL,             -- the worker that has it in hand; 0: none
  held_turn     BIGINT  NOT NULL,             -- … and has taken its sends up to this (turn_at, id)
  held_id       BIGINT  NOT NULL,
  PRIMARY KEY (community_id, channel_id, target_id)
);
CREATE INDEX send_queue_ready ON send_queue (ready_at, turn_at) WHERE holder_id = 0;
CREATE INDEX send_queue_held  ON send_queue (holder_id) WHERE holder_id <> 0;
CREATE TABLE send_worker (                    -- a process that delivers
  id            BIGINT  NOT NULL,
  alive_until   BIGINT  NOT NULL,             -- past it others take up what it held
  PRIMARY KEY (id)
);
-- 0074 outbox: what holds sends back
CREATE TABLE send_brake (
  community_id  BIGINT  NOT NULL,
  frozen_at     BIGINT  NOT NULL,             -- 0: not
  frozen_by     BIGINT  NOT NULL,             -- account
  frozen_why    TEXT    NOT NULL,
  quiet_from    BIGINT  NOT NULL,             -- minutes of the community's day; equal to quiet_until: no quiet hours
  quiet_until   BIGINT  NOT NULL,             -- less than quiet_from: the next morning
  quiet_days    BIGINT  NOT NULL,             -- days on which they begin: 1 Sunday, 2 Monday, 4 Tuesday …
  member_day    BIGINT  NOT NULL,             -- sends that one member gets a day at most; 0: any number
  member_week   BIGINT  NOT NULL,
  group_day     BIGINT  NOT NULL,
  group_week    BIGINT  NOT NULL,
  PRIMARY KEY (community_id)
);
CREATE TABLE send_used (                      -- how much of a quota or budget is used, and what a platform closed
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,             -- 0: the attention budget
  target_id     BIGINT  NOT NULL,             -- 0: the whole channel
  rule          TEXT    NOT NULL,             -- name of the quota; budget day or week; closed WHAT
  period        BIGINT  NOT NULL,             -- number of the minute, hour, day, week or month
  n             BIGINT  NOT NULL,
  until_at      BIGINT  NOT NULL,             -- end of the period
  PRIMARY KEY (community_id, channel_id, target_id, rule, period)
);
CREATE INDEX send_used_until ON send_used (until_at);
-- 0075 outbox: the run-sheet: what people did
CREATE TABLE send_hand (
  community_id  BIGINT  NOT NULL,
  send_id       BIGINT  NOT NULL,
  account_id    BIGINT  NOT NULL,             -- who
  minutes       BIGINT  NOT NULL,             -- spent; 0: not said
  number        TEXT    NOT NULL,             -- proof: how many read it, an order's number …
  file          TEXT    NOT NULL,             -- proof: key of a picture
  reason        TEXT    NOT NULL,             -- of one that was skipped
  at            BIGINT  NOT NULL,
  PRIMARY KEY (community_id, send_id)
);
