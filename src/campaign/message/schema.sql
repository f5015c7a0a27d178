-- 0064 campaign messages: what members are told of a campaign, by which way and in which words
CREATE TABLE campaign_message (
  community_id BIGINT  NOT NULL,
  campaign_id  BIGINT  NOT NULL,
  what         TEXT    NOT NULL,          -- enrolled helped nearly stage again uncounted deducted member shipped stock ended full lapsed paid
  page         BOOLEAN NOT NULL,          -- it stands on the member's own page of the campaign
  mp           BOOLEAN NOT NULL,          -- … and is sent: by a 公众号
  qq           BOOLEAN NOT NULL,          -- … on QQ
  wecom        BOOLEAN NOT NULL,          -- … on WeCom
  staff        BOOLEAN NOT NULL,          -- … and staff are warned
  words        TEXT    NOT NULL,          -- own words; empty: those that come with the program
  PRIMARY KEY (community_id, campaign_id, what)
);
CREATE TABLE campaign_pace (              -- how often one person is told
  community_id BIGINT  NOT NULL,
  campaign_id  BIGINT  NOT NULL,
  gap_minutes  BIGINT  NOT NULL,          -- helps of so long are told together
  day_most     BIGINT  NOT NULL,          -- at most so many sends a day; what matters most goes out all the same
  PRIMARY KEY (community_id, campaign_id)
);
-- 0066 campaign told: what was sent to whom, or why it only stands on their page
CREATE TABLE campaign_told (
  community_id   BIGINT NOT NULL,
  id             BIGINT NOT NULL,
  campaign_id    BIGINT NOT NULL,
  participant_id BIGINT NOT NULL,
  what           TEXT   NOT NULL,
  way            TEXT   NOT NULL,         -- mp onebot wecom …: kind of the channel; room: on their room's page; page: no way to them; limit: enough for today
  send_id        BIGINT NOT NULL,         -- in the outbox; 0: none
  at             BIGINT NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX campaign_told_of   ON campaign_told (community_id, campaign_id, id);
CREATE INDEX campaign_told_whom ON campaign_told (community_id, participant_id, at);
