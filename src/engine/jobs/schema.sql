-- 0011 job: work for later, taken by lease
CREATE TABLE job (
  community_id  BIGINT NOT NULL,              -- 0: the whole server
  id            BIGINT NOT NULL,
  kind          TEXT   NOT NULL,
  key           TEXT   NOT NULL,              -- what makes it one and the same
  payload       TEXT   NOT NULL,
  state         TEXT   NOT NULL,              -- waiting dead
  due_at        BIGINT NOT NULL,              -- ms UTC; while it runs: when the lease ends
  tries         BIGINT NOT NULL,
  last_error    TEXT   NOT NULL,
  added_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, kind, key)
);
CREATE INDEX job_due ON job (state, due_at);
-- 0013 job: while it runs it may be asked for again
ALTER TABLE job ADD COLUMN again_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN prompt BOOLEAN NOT NULL DEFAULT FALSE;   -- it has workers of its own
-- `state` has one more word: waiting running dead. again_at: when to run once more after this run; 0: not.
DROP INDEX job_due;
CREATE INDEX job_due ON job (prompt, due_at) WHERE state <> 'dead';
