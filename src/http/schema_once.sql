-- 0093 api_once: what programs were answered to a POST with an Idempotency-Key, for a day
CREATE TABLE api_once (
  community_id    BIGINT NOT NULL,
  token_id        BIGINT NOT NULL,            -- whose key it is
  key_hash        TEXT   NOT NULL,            -- of the Idempotency-Key
  asked           TEXT   NOT NULL,            -- hash of path and body: another request with this key is a mistake
  answer          TEXT   NOT NULL,            -- sealed with the Idempotency-Key itself: the table alone tells nothing
  answered_at     BIGINT NOT NULL,
  PRIMARY KEY (community_id, token_id, key_hash)
);
CREATE INDEX api_once_answered ON api_once (answered_at);
