-- 0012 file: pictures that were uploaded, cleaned of metadata; and documents, as they came
CREATE TABLE file (
  key             TEXT   NOT NULL,            -- 22 random characters: who knows it may see it
  community_id    BIGINT NOT NULL,
  type            TEXT   NOT NULL,            -- image/png image/jpeg; of a document one of document.c
  name            TEXT   NOT NULL,            -- of a document: what it is called; of a picture empty
  size            BIGINT NOT NULL,            -- bytes
  kept_until      BIGINT NOT NULL,            -- of a document that goes then; 0: it stays
  made_at         BIGINT NOT NULL,
  bytes           BYTEA  NOT NULL,            -- of a picture ≤ 5 MB, of a document ≤ 20 MB
  PRIMARY KEY (key)
);
CREATE INDEX file_of_community ON file (community_id, made_at);
CREATE INDEX file_that_goes ON file (kept_until) WHERE kept_until > 0;
