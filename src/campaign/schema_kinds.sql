-- 0056 refer a friend (老带新): what was given for a friend who counted
CREATE TABLE refer_reward (
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,            -- who brought them
  helper_id      BIGINT  NOT NULL,            -- the friend, as a visitor
  campaign_id    BIGINT  NOT NULL,
  inviter_id     BIGINT  NOT NULL,            -- whose account got the points; 0: nobody's
  member_id      BIGINT  NOT NULL,            -- the friend's account; 0: none
  month          BIGINT  NOT NULL,            -- year * 12 + month, in the community's zone
  inviter_points BIGINT  NOT NULL,            -- what was given, by the settings of that day
  friend_points  BIGINT  NOT NULL,
  turn           BIGINT  NOT NULL,            -- how often it was given: counted, taken back, counted again
  state          TEXT    NOT NULL,            -- given; capped: the friend alone got theirs; taken: both were taken back
  at             BIGINT  NOT NULL,
  PRIMARY KEY (community_id, participant_id, helper_id)
);
CREATE INDEX refer_reward_month ON refer_reward (community_id, participant_id, month);
CREATE INDEX refer_reward_of    ON refer_reward (community_id, campaign_id, at);

-- 0057 join funnel (进群宝): each visitor's way from the page to what is given
CREATE TABLE arrival (
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  visitor_id     BIGINT  NOT NULL,
  state          TEXT    NOT NULL,            -- coming; joined: waits for its time; given; gone: nothing was left
  seen_at        BIGINT  NOT NULL,            -- opened the campaign's page; this and the next: 0: not yet
  scanned_at     BIGINT  NOT NULL,            -- opened the live code
  shown_at       BIGINT  NOT NULL,            -- passed the gate and was shown a group
  joined_at      BIGINT  NOT NULL,            -- said that they joined
  due_at         BIGINT  NOT NULL,            -- what is given comes then
  given_at       BIGINT  NOT NULL,
  opened_at      BIGINT  NOT NULL,            -- opened what was given
  PRIMARY KEY (community_id, campaign_id, visitor_id)
);
CREATE INDEX arrival_of_visitor ON arrival (community_id, visitor_id);

-- 0058 reserved pieces: who reached a goal has one put aside until they claim it
CREATE TABLE prize_hold (
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  stage_id       BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  prize_id       BIGINT  NOT NULL,            -- of which prize the piece is
  turn           BIGINT  NOT NULL,            -- how often one was put aside: reached, lost, reached again
  state          TEXT    NOT NULL,            -- held claimed released
  until          BIGINT  NOT NULL,            -- released then, unless claims go on longer
  PRIMARY KEY (community_id, participant_id, stage_id)
);
CREATE INDEX prize_hold_due ON prize_hold (until) WHERE state = 'held';
