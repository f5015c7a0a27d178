-- 0053 contest: submissions and votes (征集、投票)
CREATE TABLE contest (                        -- of one campaign of kind contest
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  day_votes      BIGINT  NOT NULL,            -- of one person a day; 0: no limit
  most_votes     BIGINT  NOT NULL,            -- … in all; 0: no limit
  entry_votes    BIGINT  NOT NULL,            -- … for one entry; 0: no limit
  month_quota    BIGINT  NOT NULL,            -- entries that pass in a calendar month; 0: no limit
  pictures       TEXT    NOT NULL,            -- none optional needed
  entries        BIGINT  NOT NULL,            -- numbers given so far
  PRIMARY KEY (community_id, campaign_id)
);
CREATE TABLE contest_entry (                  -- one of a participant
  community_id   BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  number         BIGINT  NOT NULL,            -- as people call it
  title          TEXT    NOT NULL,
  body           TEXT    NOT NULL,
  pictures       TEXT    NOT NULL,            -- JSON: keys of files
  state          TEXT    NOT NULL,            -- pending passed returned
  reason         TEXT    NOT NULL,            -- why it was returned; its owner reads it
  month          BIGINT  NOT NULL,            -- 202611: when it passed; 0: never yet
  votes          BIGINT  NOT NULL,            -- as the ledger has them
  decided_by     BIGINT  NOT NULL,            -- account
  decided_at     BIGINT  NOT NULL,
  created_at     BIGINT  NOT NULL,
  changed_at     BIGINT  NOT NULL,
  PRIMARY KEY (community_id, participant_id)
);
CREATE INDEX contest_entry_new ON contest_entry (community_id, campaign_id, state, number);
CREATE INDEX contest_entry_top ON contest_entry (community_id, campaign_id, state, votes, number);
CREATE TABLE contest_vote (
  community_id   BIGINT  NOT NULL,
  id             BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,            -- whose entry
  visitor_id     BIGINT  NOT NULL,            -- who votes
  helper_id      BIGINT  NOT NULL,            -- … as whose help it is judged: the person's first browser that voted for it
  counted        BOOLEAN NOT NULL,            -- it stands in the ledger now
  turn           BIGINT  NOT NULL,            -- how often it was counted: taken away, counted again
  token          TEXT    NOT NULL,            -- made by the browser: sent twice, it is one vote
  day            BIGINT  NOT NULL,            -- of the community's zone
  at             BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, visitor_id, token)
);
CREATE INDEX contest_vote_of ON contest_vote (community_id, visitor_id, campaign_id, day);
CREATE INDEX contest_vote_as ON contest_vote (community_id, participant_id, helper_id);
