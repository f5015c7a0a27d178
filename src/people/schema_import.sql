-- 0028 import: tables of members on their way in, and lists of them on their way out
CREATE TABLE import (
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  account_id      BIGINT NOT NULL,            -- who
  name            TEXT   NOT NULL,            -- of the file
  size            BIGINT NOT NULL,            -- bytes, as announced
  stamp           BIGINT NOT NULL,            -- when the file was last changed: with name and size, the same file again
  state           TEXT   NOT NULL,            -- uploading reading planning checking ready running done cancelled failed undoing undone
  received        BIGINT NOT NULL,            -- bytes that have come
  pieces          BIGINT NOT NULL,            -- in how many pieces, without a gap
  encoding        TEXT   NOT NULL,            -- utf8 gbk utf16; as guessed
  headings        TEXT   NOT NULL,            -- JSON: the first row's cells
  records         BIGINT NOT NULL,            -- rows of the table, with the headings
  chunks          BIGINT NOT NULL,            -- in how many chunks they are kept
  plan            TEXT   NOT NULL,            -- JSON: what each column is, whom a row means, what to do with who is known
  plan_no         BIGINT NOT NULL,            -- grows with each change of the plan
  position        BIGINT NOT NULL,            -- the next chunk to check, to run or to undo; moves with what it did
  will_make       BIGINT NOT NULL,            -- what the check foresees …
  will_update     BIGINT NOT NULL,
  will_skip       BIGINT NOT NULL,
  will_fail       BIGINT NOT NULL,
  made            BIGINT NOT NULL,            -- … and what was done
  updated         BIGINT NOT NULL,
  skipped         BIGINT NOT NULL,
  failed          BIGINT NOT NULL,
  removed         BIGINT NOT NULL,            -- by the undo: of the made
  restored        BIGINT NOT NULL,            -- … of the updated
  kept            BIGINT NOT NULL,            -- … left alone, because somebody changed them since
  why             TEXT   NOT NULL,            -- of failed: an error's word
  created_at      BIGINT NOT NULL,
  started_at      BIGINT NOT NULL,
  finished_at     BIGINT NOT NULL,
  undone_at       BIGINT NOT NULL,
  swept_at        BIGINT NOT NULL,            -- since then only this row is left: 0 while it can be undone
  PRIMARY KEY (community_id, id)
);
CREATE TABLE import_piece (                   -- the file as it came; gone when it has been read
  community_id    BIGINT NOT NULL,
  import_id       BIGINT NOT NULL,
  n               BIGINT NOT NULL,            -- from 0
  bytes           BYTEA  NOT NULL,            -- ≤ 1 MB
  PRIMARY KEY (community_id, import_id, n)
);
CREATE TABLE import_chunk (                   -- its rows, decoded: what one transaction takes in, and then lets go
  community_id    BIGINT NOT NULL,
  import_id       BIGINT NOT NULL,
  n               BIGINT NOT NULL,            -- from 0
  records         BIGINT NOT NULL,
  bytes           BYTEA  NOT NULL,            -- people/import_read.c says how
  PRIMARY KEY (community_id, import_id, n)
);
CREATE TABLE import_row (                     -- what became of a row; of skipped ones nothing is kept
  community_id    BIGINT NOT NULL,
  import_id       BIGINT NOT NULL,
  chunk           BIGINT NOT NULL,
  line            BIGINT NOT NULL,            -- of the file
  outcome         TEXT   NOT NULL,            -- made updated failed; after the undo: removed restored kept
  member_id       BIGINT NOT NULL,            -- 0: of a failed one
  code            TEXT   NOT NULL,            -- of a failed one: an error's word
  at_column       BIGINT NOT NULL,            -- … in which column, from 0; -1: the row as a whole
  was             TEXT   NOT NULL,            -- JSON: of an updated one what the undo puts back, of a failed one its cells
  mark            BIGINT NOT NULL,            -- of made and updated: a sum of the member as the row left them; another one: touched since
  at              BIGINT NOT NULL,
  PRIMARY KEY (community_id, import_id, chunk, line)
);
CREATE INDEX import_row_of_member ON import_row (community_id, member_id);
CREATE TABLE export (
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  account_id      BIGINT  NOT NULL,           -- who asked, and the only one who may fetch it
  format          TEXT    NOT NULL,           -- csv xlsx
  what            TEXT    NOT NULL,           -- JSON: filter and columns
  told            TEXT    NOT NULL,           -- the filter in words, as the page showed it
  phones          BOOLEAN NOT NULL,           -- whole numbers
  reason          TEXT    NOT NULL,           -- why, where phones are whole
  lang            TEXT    NOT NULL,           -- of the headings
  state           TEXT    NOT NULL,           -- waiting running done failed cancelled expired
  records         BIGINT  NOT NULL,
  pieces          BIGINT  NOT NULL,
  size            BIGINT  NOT NULL,
  downloads       BIGINT  NOT NULL,
  why             TEXT    NOT NULL,           -- of failed: an error's word
  created_at      BIGINT  NOT NULL,
  finished_at     BIGINT  NOT NULL,
  expires_at      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX export_by_expiry ON export (expires_at) WHERE pieces > 0;
CREATE TABLE export_piece (
  community_id    BIGINT NOT NULL,
  export_id       BIGINT NOT NULL,
  n               BIGINT NOT NULL,
  bytes           BYTEA  NOT NULL,
  PRIMARY KEY (community_id, export_id, n)
);
