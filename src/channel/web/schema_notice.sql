-- 0125 room notices: what is said to one member on the page of their rooms, seen by nobody else
CREATE TABLE room_notice (
  community_id  BIGINT  NOT NULL,
  member_id     BIGINT  NOT NULL,
  id            BIGINT  NOT NULL,
  key           TEXT    NOT NULL,             -- names it for good: put twice it is one
  text          TEXT    NOT NULL,
  path          TEXT    NOT NULL,             -- of our own page it leads to ("/t/…"), or empty
  at            BIGINT  NOT NULL,             -- ms UTC
  seen          BOOLEAN NOT NULL,             -- they have opened it
  PRIMARY KEY (community_id, member_id, id),
  UNIQUE (community_id, key)
);
