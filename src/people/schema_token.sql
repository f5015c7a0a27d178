-- 0092 api_token: programs of the community's own that use the API
CREATE TABLE api_token (
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,           -- staff_group, too, knows the token by it when only_groups
  hash            TEXT    NOT NULL,           -- of the token: the table alone opens nothing
  prefix          TEXT    NOT NULL,           -- its first letters, to know it again
  name            TEXT    NOT NULL,           -- what it is for, as the maker wrote it
  scopes          TEXT    NOT NULL,           -- JSON list of words: groups:read
  only_groups     BOOLEAN NOT NULL,           -- sees only the groups named in staff_group
  role            TEXT    NOT NULL,           -- what its maker was then: it is never more
  made_by         BIGINT  NOT NULL,           -- account: what it may do is what they may do
  created_at      BIGINT  NOT NULL,
  expires_at      BIGINT  NOT NULL,           -- 0: never
  used_at         BIGINT  NOT NULL,           -- 0: never; written at most once a minute
  used_from       TEXT    NOT NULL,           -- from which address
  revoked_at      BIGINT  NOT NULL,           -- 0: not
  PRIMARY KEY (community_id, id),
  UNIQUE (hash),
  UNIQUE (id)
);
ALTER TABLE audit ADD COLUMN token_id BIGINT NOT NULL DEFAULT 0;    -- the API token it was done with; 0: by hand
