-- 0002 session: who is signed in, and the secret that seals their cookies
CREATE TABLE session (
  token_hash    TEXT   NOT NULL,              -- hash of the token in the cookie: the table alone signs nobody in
  id            BIGINT NOT NULL,              -- what lists and "end this session" speak of
  account_id    BIGINT NOT NULL,
  created_at    BIGINT NOT NULL,              -- ms UTC, as all that follow
  seen_at       BIGINT NOT NULL,              -- written at most once an hour
  expires_at    BIGINT NOT NULL,              -- 30 days after seen_at
  address       TEXT   NOT NULL,              -- where it began
  user_agent    TEXT   NOT NULL,              -- at most 200 characters
  PRIMARY KEY (token_hash),
  UNIQUE (id)
);
CREATE INDEX session_account ON session (account_id);
CREATE TABLE server_secret (
  id            BIGINT NOT NULL,              -- always 1
  bytes         BYTEA  NOT NULL,              -- 32 random ones; every key is derived from them by name
  made_at       BIGINT NOT NULL,
  PRIMARY KEY (id)
);
