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
