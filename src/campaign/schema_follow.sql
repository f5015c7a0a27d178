-- 0065 campaign follow: the 公众号 whose followers count, and what fans are told
CREATE TABLE campaign_follow (
  community_id BIGINT NOT NULL,
  campaign_id  BIGINT NOT NULL,
  channel_id   BIGINT NOT NULL,           -- a 公众号
  keyword      TEXT   NOT NULL,           -- who sends it takes part and gets their poster; empty: none
  keyword_key  TEXT   NOT NULL,           -- … however it is written
  greeting     TEXT   NOT NULL,           -- first line of what a fan is told; empty: the campaign's own words
  PRIMARY KEY (community_id, campaign_id)
);
CREATE INDEX campaign_follow_keyword ON campaign_follow (community_id, channel_id, keyword_key);
