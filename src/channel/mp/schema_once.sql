-- 0116 mp once: one message each that a fan of a 公众号 allowed us (一次性订阅消息)
CREATE TABLE mp_once (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  subject      TEXT    NOT NULL,   -- openid
  scene        BIGINT  NOT NULL,   -- what tells those of one fan apart: several of one scene count as one at the platform
  visitor_id   BIGINT  NOT NULL,   -- whose browser was sent there
  nonce        TEXT    NOT NULL,   -- what must come back with it; empty: it did
  back         TEXT    NOT NULL,   -- page to return to
  state        TEXT    NOT NULL,   -- asked allowed
  send_id      BIGINT  NOT NULL,   -- the send it is kept for; 0: none
  at           BIGINT  NOT NULL,   -- ms UTC: asked, allowed
  PRIMARY KEY (community_id, id)
);
CREATE UNIQUE INDEX mp_once_scene ON mp_once (community_id, channel_id, subject, scene);
CREATE INDEX mp_once_visitor ON mp_once (community_id, visitor_id);
CREATE INDEX mp_once_at ON mp_once (community_id, at);
