-- 0046 campaign_version: when has what is remembered of a campaign changed?
CREATE TABLE campaign_version (
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  version        BIGINT  NOT NULL,            -- a fresh id whenever settings, stages, prizes or the state change
  PRIMARY KEY (community_id, campaign_id)
);
-- not IN (…): SQLite would make a table of the list for each row that is written
CREATE INDEX help_lost           ON help (community_id, campaign_id, participant_id) WHERE state = 'refused' OR state = 'rejected' OR state = 'deducted';
CREATE INDEX participant_blocked ON participant (community_id, campaign_id, id) WHERE state = 'blocked';
-- 0047 campaign_hour: who opened a page, and what happened when
CREATE TABLE campaign_seen (                  -- a visitor's first look at any page of a campaign
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  visitor_id     BIGINT  NOT NULL,
  participant_id BIGINT  NOT NULL,            -- whose page it was; 0: the campaign's own
  device         TEXT    NOT NULL,
  at             BIGINT  NOT NULL,            -- ms UTC
  PRIMARY KEY (community_id, campaign_id, visitor_id)
);
CREATE INDEX campaign_seen_visitor ON campaign_seen (community_id, visitor_id, campaign_id);
CREATE TABLE campaign_hour (                  -- sums of events; kept by the follower "campaign_hours"
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  hour           BIGINT  NOT NULL,            -- its begin, ms UTC
  way            TEXT    NOT NULL,            -- friend: through a participant's link; link: the campaign's own; empty: neither
  device         TEXT    NOT NULL,
  seen           BIGINT  NOT NULL,            -- visitors, each once
  opened         BIGINT  NOT NULL,            -- participants' pages opened, each once a visitor
  joined         BIGINT  NOT NULL,
  made           BIGINT  NOT NULL,            -- … who became members by it
  helped         BIGINT  NOT NULL,            -- helps that began to count
  lost           BIGINT  NOT NULL,            -- helps refused, rejected or taken away
  claimed        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, campaign_id, hour, way, device)
);
-- 0048 campaign_kept: of those who became members by a campaign, who was still there on day 7
CREATE TABLE campaign_kept (
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  hour           BIGINT  NOT NULL,            -- begin of the hour they came in, ms UTC
  made           BIGINT  NOT NULL,
  kept           BIGINT  NOT NULL,
  PRIMARY KEY (community_id, campaign_id, hour)
);
