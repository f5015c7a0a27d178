-- 0060 fraud: what looks false in a campaign, what speaks for it, and what became of it (防刷)
CREATE TABLE fraud_finding (
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  about          TEXT    NOT NULL,            -- what it is about: a participant's or visitor's number, a network
  participant_id BIGINT  NOT NULL,            -- where it is about one participant; 0: several
  kind           TEXT    NOT NULL,            -- burst listed quick device throwaway ring star flood left
  risk           TEXT    NOT NULL,            -- low medium high
  n              BIGINT  NOT NULL,            -- how many …
  span           BIGINT  NOT NULL,            -- … within so many seconds; 0: no matter when
  state          TEXT    NOT NULL,            -- open accepted rejected
  reason         TEXT    NOT NULL,            -- staff's, as members read it
  found_at       BIGINT  NOT NULL,
  decided_at     BIGINT  NOT NULL,
  decided_by     BIGINT  NOT NULL,            -- account
  PRIMARY KEY (community_id, id)
);
CREATE INDEX fraud_finding_of ON fraud_finding (community_id, campaign_id, state, id);
CREATE TABLE fraud_evidence (                 -- the helps behind it; of kind flood: participants (helper 0)
  community_id   BIGINT  NOT NULL,
  finding_id     BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  helper_id      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, finding_id, participant_id, helper_id)
);
CREATE INDEX fraud_evidence_of ON fraud_evidence (community_id, participant_id, helper_id);
CREATE TABLE fraud_due (                      -- participants who are to be looked at
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  PRIMARY KEY (community_id, participant_id)
);
CREATE TABLE fraud_join (                     -- from where somebody took part
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  network        TEXT    NOT NULL,            -- an address without its end
  device         TEXT    NOT NULL,
  at             BIGINT  NOT NULL,
  PRIMARY KEY (community_id, participant_id)
);
CREATE INDEX fraud_join_from ON fraud_join (community_id, campaign_id, network, at);
-- 0061 fraud limits: from how many on something is looked at; no row: the default
CREATE TABLE fraud_limit (
  community_id   BIGINT  NOT NULL,
  word           TEXT    NOT NULL,            -- burst_n quick_n …
  anonymous      BIGINT  NOT NULL,            -- in campaigns that take anybody's word for who they are
  checked        BIGINT  NOT NULL,            -- in campaigns that ask for a checked phone number
  PRIMARY KEY (community_id, word)
);
-- 0062 fraud blocks: whose helps staff want to see first (黑名单)
CREATE TABLE fraud_block (
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  kind           TEXT    NOT NULL,            -- browser member phone network device
  word           TEXT    NOT NULL,            -- its number, the phone, the network, the device
  reason         TEXT    NOT NULL,            -- for colleagues
  until          BIGINT  NOT NULL,            -- ms UTC; 0: for good
  made_by        BIGINT  NOT NULL,            -- account
  made_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, kind, word)
);
-- 0063 fraud appeals: a participant disagrees, once a campaign (申诉)
CREATE TABLE fraud_appeal (
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  text           TEXT    NOT NULL,
  state          TEXT    NOT NULL,            -- open accepted refused
  answer         TEXT    NOT NULL,
  made_at        BIGINT  NOT NULL,
  decided_at     BIGINT  NOT NULL,
  decided_by     BIGINT  NOT NULL,            -- account
  PRIMARY KEY (community_id, participant_id)
);
CREATE INDEX fraud_appeal_of ON fraud_appeal (community_id, campaign_id, state);
-- 0067 fraud left: who left the group soon after a prize was given (领奖即退)
CREATE TABLE fraud_left (
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,            -- who was given the prize
  helper_id      BIGINT  NOT NULL,            -- who left: a visitor who had joined for them; 0: they themselves
  given_at       BIGINT  NOT NULL,            -- ms UTC
  left_at        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, participant_id, helper_id)
);
CREATE INDEX fraud_left_who ON fraud_left (community_id, helper_id);
