-- 0069 campaign regions: only members of these cities or regions take part; no row: from wherever
CREATE TABLE campaign_region (
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  region         TEXT    NOT NULL,            -- as the operator wrote it: 杭州, 浙江省, 西湖区
  place          BIGINT  NOT NULL,            -- 0, 1, … in their order
  PRIMARY KEY (community_id, campaign_id, region)
);
