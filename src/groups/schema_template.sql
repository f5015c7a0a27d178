-- 0036 template: which templates were applied, and what each of them made
CREATE TABLE template_use (
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  digest          TEXT   NOT NULL,            -- of the file's canonical text: the same template twice is once
  name            TEXT   NOT NULL,
  verdict         TEXT   NOT NULL,            -- built_in own foreign unsigned changed: how it was signed
  body            TEXT   NOT NULL,            -- the file, to look at and to compare with later
  account_id      BIGINT NOT NULL,            -- who applied it
  at              BIGINT NOT NULL,
  undone_at       BIGINT NOT NULL,            -- 0: not undone
  PRIMARY KEY (community_id, id)
);
CREATE INDEX template_use_by_digest ON template_use (community_id, digest);
CREATE TABLE template_made (
  community_id    BIGINT NOT NULL,
  use_id          BIGINT NOT NULL,
  place           BIGINT NOT NULL,            -- order of making
  kind            TEXT   NOT NULL,            -- card field level tag_group tag group code
  thing_id        BIGINT NOT NULL,
  name            TEXT   NOT NULL,
  print           TEXT   NOT NULL,            -- hash of the thing as it was made: does it still look so?
  before          TEXT   NOT NULL,            -- of the card: what stood there, as JSON
  PRIMARY KEY (community_id, use_id, place)
);
