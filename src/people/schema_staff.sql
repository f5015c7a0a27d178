-- 0025 staff: who sees which groups, the links that let people in, second factors
CREATE TABLE staff_group (                    -- of staff with only_groups: the groups they see
  community_id    BIGINT  NOT NULL,
  account_id      BIGINT  NOT NULL,
  group_id        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, account_id, group_id)
);
CREATE INDEX staff_group_of_group ON staff_group (community_id, group_id);
CREATE TABLE staff_policy (                   -- no row: nothing is asked for
  community_id    BIGINT  NOT NULL,
  second_required BOOLEAN NOT NULL,           -- who works here signs in with a second factor
  PRIMARY KEY (community_id)
);
CREATE TABLE staff_link (                     -- invitations and password resets: a word in an address
  word_hash       TEXT    NOT NULL,           -- of the word: the table alone opens nothing
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  kind            TEXT    NOT NULL,           -- join reset
  account_id      BIGINT  NOT NULL,           -- reset: whose password; join: 0
  role            TEXT    NOT NULL,           -- join: the role it gives
  only_groups     BOOLEAN NOT NULL,
  groups          TEXT    NOT NULL,           -- JSON list of ids
  note            TEXT    NOT NULL,           -- for whom, as the maker wrote it
  uses_max        BIGINT  NOT NULL,
  uses            BIGINT  NOT NULL,
  made_by         BIGINT  NOT NULL,           -- account
  created_at      BIGINT  NOT NULL,
  expires_at      BIGINT  NOT NULL,
  revoked_at      BIGINT  NOT NULL,           -- 0: not
  PRIMARY KEY (word_hash)
);
CREATE INDEX staff_link_of_community ON staff_link (community_id, kind, id);
CREATE TABLE second_factor (                  -- TOTP (RFC 6238)
  account_id      BIGINT  NOT NULL,
  secret          TEXT    NOT NULL,           -- base32, as the authenticator was told
  confirmed_at    BIGINT  NOT NULL,           -- 0: shown, but no code has come back yet
  last_step       BIGINT  NOT NULL,           -- the newest 30-second step whose code was used: none is good twice
  PRIMARY KEY (account_id)
);
CREATE TABLE recovery_code (
  account_id      BIGINT  NOT NULL,
  mac             TEXT    NOT NULL,           -- keyed with the server's secret
  used_at         BIGINT  NOT NULL,           -- 0: still good
  PRIMARY KEY (account_id, mac)
);
