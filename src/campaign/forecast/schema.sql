-- 0105 campaign forecast: what was expected of a campaign before it began (推演), to be compared with what came of it
CREATE TABLE campaign_forecast (
  community_id BIGINT NOT NULL,
  campaign_id  BIGINT NOT NULL,
  input        TEXT   NOT NULL,           -- JSON: what was assumed
  forecast     TEXT   NOT NULL,           -- JSON: the bands that followed
  made_by      BIGINT NOT NULL,           -- account
  made_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, campaign_id)
);
