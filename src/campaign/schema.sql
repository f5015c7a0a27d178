-- 0045 campaign: invitation-driven activities (裂变活动)
CREATE TABLE campaign (
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  slug           TEXT    NOT NULL,            -- /t/SLUG: its own page
  kind           TEXT    NOT NULL,            -- treasure likes resource build refer funnel
  name           TEXT    NOT NULL,
  cover          TEXT    NOT NULL,            -- key of a picture, or empty
  rules          TEXT    NOT NULL,            -- as members read them
  organiser      TEXT    NOT NULL,            -- who stands behind it, and how to reach them
  starts_at      BIGINT  NOT NULL,            -- ms UTC
  ends_at        BIGINT  NOT NULL,
  claim_until    BIGINT  NOT NULL,
  takes_part     TEXT    NOT NULL,            -- all new old
  capacity       BIGINT  NOT NULL,            -- participants; 0: no limit
  strength       TEXT    NOT NULL,            -- least identity that counts: anonymous phone
  act            TEXT    NOT NULL,            -- what a friend does: tap join sign_up visit follow
  code_id        BIGINT  NOT NULL,            -- of act join: the live code
  new_only       BOOLEAN NOT NULL,            -- only who was never a member before counts
  helps_each     BIGINT  NOT NULL,            -- one friend counts for so many participants; 0: no limit
  mutual         BOOLEAN NOT NULL,            -- two participants may help each other
  hold_minutes   BIGINT  NOT NULL,            -- a help becomes valid so much later
  still_days     BIGINT  NOT NULL,            -- leaving within so many days takes the help away; 0: never
  inviter_points BIGINT  NOT NULL,            -- of kind refer: for each friend who counts, to who brought them
  friend_points  BIGINT  NOT NULL,            -- … and to the friend
  month_cap      BIGINT  NOT NULL,            -- … for so many friends of one inviter a month; 0: no limit
  reserve        TEXT    NOT NULL,            -- a piece is put aside at the: goal; or who claims first gets it: claim
  end_by_stock   BOOLEAN NOT NULL,            -- it ends when the last stage has nothing left
  segment_id     BIGINT  NOT NULL,            -- only members of this segment take part; 0: whoever takes_part says
  wait_minutes   BIGINT  NOT NULL,            -- of kind funnel: what is given comes so much after joining
  share_title    TEXT    NOT NULL,            -- of the share card
  share_text     TEXT    NOT NULL,            -- to copy
  poster_id      BIGINT  NOT NULL,            -- template; 0: the built-in one
  board          BOOLEAN NOT NULL,            -- whoever takes part sees the leaderboard
  state          TEXT    NOT NULL,            -- draft running paused ended
  end_reason     TEXT    NOT NULL,            -- time stock manual, or empty
  participants   BIGINT  NOT NULL,
  acknowledged   TEXT    NOT NULL,            -- guardrails read and accepted: "G1"
  published_at   BIGINT  NOT NULL,
  ended_at       BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL,
  updated_at     BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (slug)
);
CREATE TABLE campaign_stage (                 -- goal n → a prize
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  goal           BIGINT  NOT NULL,            -- helps that count
  title          TEXT    NOT NULL,
  whom           TEXT    NOT NULL,            -- own: who takes part; friends: each who counts; all: both
  PRIMARY KEY (community_id, id)
);
CREATE INDEX campaign_stage_of ON campaign_stage (community_id, campaign_id, goal);
CREATE TABLE prize (
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  stage_id       BIGINT  NOT NULL,
  place          BIGINT  NOT NULL,
  kind           TEXT    NOT NULL,            -- physical onsite code link points money chances
  title          TEXT    NOT NULL,
  note           TEXT    NOT NULL,            -- how to use it, where, until when
  picture        TEXT    NOT NULL,
  value          BIGINT  NOT NULL,            -- fen, as published
  link           TEXT    NOT NULL,            -- of kind link
  points         BIGINT  NOT NULL,            -- of kind points
  stock          BIGINT  NOT NULL,            -- pieces promised; what is left stands in the ledger
  redeem_days    BIGINT  NOT NULL,            -- of kind onsite: to be redeemed within so many days; 0: no end
  chances        BIGINT  NOT NULL,            -- of kind chances: so many draws …
  lottery_id     BIGINT  NOT NULL,            -- … in this campaign of kind lottery; 0: of another kind
  PRIMARY KEY (community_id, id)
);
CREATE INDEX prize_of ON prize (community_id, campaign_id, stage_id, place);
CREATE INDEX prize_of_lottery ON prize (community_id, lottery_id) WHERE lottery_id > 0;
CREATE TABLE prize_code (                     -- of kind code: each is given once
  community_id   BIGINT  NOT NULL,
  prize_id       BIGINT  NOT NULL,
  code           TEXT    NOT NULL,
  order_id       BIGINT  NOT NULL,            -- 0: nobody's yet
  PRIMARY KEY (community_id, prize_id, code)
);
CREATE INDEX prize_code_free ON prize_code (community_id, prize_id, order_id);
CREATE TABLE participant (                    -- 发起人
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  visitor_id     BIGINT  NOT NULL,
  member_id      BIGINT  NOT NULL,
  parent_id      BIGINT  NOT NULL,            -- through whose link they came; 0: none
  slug           TEXT    NOT NULL,            -- /t/SLUG: their own page
  nickname       TEXT    NOT NULL,
  state          TEXT    NOT NULL,            -- active blocked
  joined_at      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, campaign_id, visitor_id),
  UNIQUE (slug)
);
CREATE INDEX participant_of_visitor ON participant (community_id, visitor_id);
CREATE TABLE help (                           -- 助力: one person for one participant, once
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  helper_id      BIGINT  NOT NULL,            -- visitor
  campaign_id    BIGINT  NOT NULL,
  member_id      BIGINT  NOT NULL,            -- who the helper is, where known
  nickname       TEXT    NOT NULL,
  state          TEXT    NOT NULL,            -- open held counted refused rejected deducted
  reason         TEXT    NOT NULL,            -- why it does not count, or is held
  address        TEXT    NOT NULL,            -- for fraud review
  device         TEXT    NOT NULL,
  opened_at      BIGINT  NOT NULL,
  acted_at       BIGINT  NOT NULL,            -- 0: only opened the page
  due_at         BIGINT  NOT NULL,            -- held until then
  entry_id       BIGINT  NOT NULL,            -- in the ledger: by which it counts, or counted last; 0: none
  PRIMARY KEY (community_id, helper_id, participant_id)      -- who helps is mostly new: rows are appended
);
CREATE INDEX help_other ON help (community_id, participant_id, opened_at) WHERE state <> 'counted' OR entry_id = 0;
CREATE INDEX help_held  ON help (due_at) WHERE state = 'held';
CREATE TABLE prize_order (                    -- 奖品订单
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  stage_id       BIGINT  NOT NULL,
  prize_id       BIGINT  NOT NULL,
  kind           TEXT    NOT NULL,            -- the prize's, as it was
  title          TEXT    NOT NULL,
  state          TEXT    NOT NULL,            -- to_ship shipped to_redeem redeemed given expired cancelled
  code           TEXT    NOT NULL,            -- to show at the counter, or the unique code
  chances        BIGINT  NOT NULL,            -- of kind chances: how many were given …
  lottery_id     BIGINT  NOT NULL,            -- … in which lottery
  receiver       TEXT    NOT NULL,
  phone          TEXT    NOT NULL,
  address        TEXT    NOT NULL,
  shipping       TEXT    NOT NULL,            -- carrier and number
  note           TEXT    NOT NULL,
  handled_by     BIGINT  NOT NULL,            -- account
  handled_at     BIGINT  NOT NULL,
  place          TEXT    NOT NULL,            -- redeemed at which shop, by its name of that day
  expires_at     BIGINT  NOT NULL,            -- not redeemed by then, it expires; 0: never
  created_at     BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, participant_id, stage_id)
);
CREATE INDEX prize_order_of   ON prize_order (community_id, campaign_id, id);
CREATE INDEX prize_order_code ON prize_order (community_id, code);
CREATE INDEX prize_order_ends ON prize_order (expires_at) WHERE state = 'to_redeem' AND expires_at > 0;
