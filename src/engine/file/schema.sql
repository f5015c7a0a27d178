-- 0012 file: pictures that were uploaded, cleaned of metadata
CREATE TABLE file (
  key             TEXT   NOT NULL,            -- 22 random characters: who knows it may see it
  community_id    BIGINT NOT NULL,
  type            TEXT   NOT NULL,            -- image/png image/jpeg
  bytes           BYTEA  NOT NULL,            -- ≤ 5 MB
  made_at         BIGINT NOT NULL,
  PRIMARY KEY (key)
);
CREATE INDEX file_of_community ON file (community_id, made_at);
