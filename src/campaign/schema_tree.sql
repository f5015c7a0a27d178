-- 0046 campaign_version: when has what is remembered of a campaign changed?
CREATE TABLE campaign_version (
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  version        BIGINT  NOT NULL,            -- a fresh id whenever settings, stages, prizes or the state change
  PRIMARY KEY (community_id, campaign_id)
);
