-- 0010 event: every fact, once
CREATE TABLE event (
  community_id  BIGINT NOT NULL,
  epoch         BIGINT NOT NULL,              -- PostgreSQL: number of the writing transaction; SQLite: 0 (one writer)
  id            BIGINT NOT NULL,
  kind          TEXT   NOT NULL,
  at            BIGINT NOT NULL,              -- ms UTC
  subject_id    BIGINT NOT NULL,              -- what it happened to
  actor_id      BIGINT NOT NULL,              -- who did it
  object_id     BIGINT NOT NULL,              -- with what
  via_id        BIGINT NOT NULL,              -- through what
  n             BIGINT NOT NULL,
  word          TEXT   NOT NULL,
  data          TEXT   NOT NULL,              -- JSON or empty
  PRIMARY KEY (community_id, epoch, id)
);
CREATE TABLE follower (
  community_id  BIGINT NOT NULL,
  name          TEXT   NOT NULL,
  epoch         BIGINT NOT NULL,              -- everything up to (epoch, id) has been applied
  id            BIGINT NOT NULL,
  until_epoch   BIGINT NOT NULL,              -- a batch being applied in slices ends here; id 0: none is
  until_id      BIGINT NOT NULL,
  done_subject  BIGINT NOT NULL,              -- … and of it, sorted so, what is up to (subject, id) has been applied
  done_id       BIGINT NOT NULL,
  PRIMARY KEY (community_id, name)
);
