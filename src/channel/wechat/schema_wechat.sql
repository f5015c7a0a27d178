-- 0085 channel_lease: one process asks 公众号 or 企业微信 for a token, the others wait
CREATE TABLE channel_lease (
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  until        BIGINT  NOT NULL,            -- ms UTC; in the past: nobody asks
  PRIMARY KEY (community_id, channel_id)
);
