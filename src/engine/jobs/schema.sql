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
