-- 0001 house: what the store itself remembers
CREATE TABLE schema_step (
  number        BIGINT NOT NULL,              -- of the line "-- 0007 tags: why"
  name          TEXT   NOT NULL,
  hash          TEXT   NOT NULL,              -- of its words, without comments: an applied step never changes
  applied_at    BIGINT NOT NULL,              -- ms UTC
  PRIMARY KEY (number)
);
CREATE TABLE node (
  number        BIGINT NOT NULL,              -- 0–255; part of every id that its holder makes
  holder        TEXT   NOT NULL,              -- the process that has the number: host, pid and a random word
  expires_at    BIGINT NOT NULL,              -- ms UTC by the store's clock; after it anybody may take the number
  id_floor_ms   BIGINT NOT NULL,              -- no id of this number was committed with a later time than this
  PRIMARY KEY (number)
);
