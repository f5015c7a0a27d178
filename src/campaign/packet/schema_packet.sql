-- 0119 packet: red packets that are split (裂变红包): what a campaign of that kind gives, every packet and every share
CREATE TABLE packet_rule (                    -- of one campaign of kind packet
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  total          BIGINT  NOT NULL,            -- fen in a packet
  shares         BIGINT  NOT NULL,            -- the opener's, and one for each friend
  least          BIGINT  NOT NULL,            -- fen of the smallest share
  split          TEXT    NOT NULL,            -- lucky even
  due            TEXT    NOT NULL,            -- full: shares are due when the last is taken; once: each at once
  hours          BIGINT  NOT NULL,            -- a packet lapses so long after it was opened
  day_cap        BIGINT  NOT NULL,            -- fen that one person may get here a day (guardrail G8)
  budget         BIGINT  NOT NULL,            -- fen the organiser puts in; what is left stands in the ledger
  seed           TEXT    NOT NULL,            -- hexadecimal; empty before publishing
  rules          TEXT    NOT NULL,            -- the line that the commitment covers
  commitment     TEXT    NOT NULL,
  packets        BIGINT  NOT NULL,            -- opened so far
  lines          BIGINT  NOT NULL,            -- of the log
  last           TEXT    NOT NULL,            -- hash of the newest line; at first the commitment
  PRIMARY KEY (community_id, campaign_id)
);
CREATE TABLE packet (                         -- of one participant, who opened it
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  number         BIGINT  NOT NULL,            -- from 1 on, of the campaign
  token          TEXT    NOT NULL,            -- made by the opener's browser; the split follows from it and the seed
  commitment     TEXT    NOT NULL,            -- of this packet's own seed
  state          TEXT    NOT NULL,            -- open full lapsed
  taken          BIGINT  NOT NULL,            -- shares somebody has
  opened_at      BIGINT  NOT NULL,
  due_at         BIGINT  NOT NULL,            -- from here on it is lapsed
  done_at        BIGINT  NOT NULL,            -- 0: not yet
  PRIMARY KEY (community_id, participant_id),
  UNIQUE (community_id, campaign_id, number)
);
CREATE INDEX packet_open ON packet (due_at) WHERE state = 'open';
-- 0120 packet share: who has which share of a packet
CREATE TABLE packet_share (
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,            -- whose packet
  turn           BIGINT  NOT NULL,            -- 1: the opener's
  campaign_id    BIGINT  NOT NULL,
  helper_id      BIGINT  NOT NULL,            -- visitor
  member_id      BIGINT  NOT NULL,            -- who that is
  nickname       TEXT    NOT NULL,
  amount         BIGINT  NOT NULL,            -- fen; shown when it is due
  state          TEXT    NOT NULL,            -- waiting given lapsed back
  line           BIGINT  NOT NULL,            -- of the log, by which they have it; names its entries in the ledger
  day            BIGINT  NOT NULL,            -- of the community's zone
  at             BIGINT  NOT NULL,
  PRIMARY KEY (community_id, participant_id, turn)
);
CREATE INDEX packet_share_of_member ON packet_share (community_id, member_id, campaign_id, day);
CREATE INDEX packet_share_of_helper ON packet_share (community_id, helper_id);
CREATE INDEX packet_share_of_campaign ON packet_share (community_id, campaign_id, state);
-- 0121 packet line: the log of packets, as in the file that anybody may check
CREATE TABLE packet_line (
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  n              BIGINT  NOT NULL,            -- from 1 on, without a gap
  line           TEXT    NOT NULL,
  hash           TEXT    NOT NULL,
  PRIMARY KEY (community_id, campaign_id, n)
);
-- 0122 payout: money a member asked for, which the organiser pays by hand
CREATE TABLE payout (
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,            -- on whose page it was asked for
  watch_id       BIGINT  NOT NULL,            -- what that page listens to
  member_id      BIGINT  NOT NULL,
  holder_id      BIGINT  NOT NULL,            -- the account it came from: that member's, or of one merged into them since
  amount         BIGINT  NOT NULL,            -- fen
  state          TEXT    NOT NULL,            -- to_pay paid refused
  token          TEXT    NOT NULL,            -- made by their browser: asked twice, it is one
  receiver       TEXT    NOT NULL,            -- how they are found for paying: a name and WeChat ID, as they wrote it
  note           TEXT    NOT NULL,            -- paid: by which way, transaction number; refused: why
  day            BIGINT  NOT NULL,            -- of the community's zone
  asked_at       BIGINT  NOT NULL,
  handled_by     BIGINT  NOT NULL,            -- account; 0: the server
  handled_at     BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, holder_id, token)
);
CREATE INDEX payout_of_campaign ON payout (community_id, campaign_id, id);
CREATE INDEX payout_of_member   ON payout (community_id, member_id, id);
