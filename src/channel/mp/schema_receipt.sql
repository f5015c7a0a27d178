-- 0091 mp receipt: what became of template messages, as the platform says later
CREATE TABLE mp_receipt (
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  number       TEXT    NOT NULL,   -- the platform's number of the message
  send_id      BIGINT  NOT NULL,   -- 0: its answer to us is still on its way, or another program sent it
  status       TEXT    NOT NULL,   -- empty: nothing said yet; success, failed:user block, failed: system failed …
  at           BIGINT  NOT NULL,   -- ms UTC
  PRIMARY KEY (community_id, channel_id, number)
);
CREATE INDEX mp_receipt_at ON mp_receipt (community_id, at);
