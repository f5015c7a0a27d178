-- 0088 room: Quntu's own group rooms (群聊页): each group of channel web has one
CREATE TABLE room (
  community_id  BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  slug          TEXT    NOT NULL,             -- unguessable; its page is /r/SLUG
  last          BIGINT  NOT NULL,             -- number of its newest line
  version       BIGINT  NOT NULL,             -- moves when somebody may look no more, or an old line changed
  quiet         BOOLEAN NOT NULL,             -- nobody but owner and admins may speak
  created_at    BIGINT  NOT NULL,             -- ms UTC, as all that follow
  PRIMARY KEY (community_id, group_id),
  UNIQUE (slug)
);
CREATE TABLE room_line (                      -- what happened in a room, in the order everybody sees
  community_id  BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,
  n             BIGINT  NOT NULL,             -- 1, 2, 3 … without gaps
  what          TEXT    NOT NULL,             -- said joined left removed recalled pinned unpinned renamed muted quiet role
  member_id     BIGINT  NOT NULL,             -- who said it, or whom it is about; 0: the community
  message_id    BIGINT  NOT NULL,             -- of what was said: its words are a message
  about         BIGINT  NOT NULL,             -- recalled, (un)pinned: the line; muted: until when; quiet: 1 or 0
  voice         TEXT    NOT NULL,             -- said by staff: their name; else empty
  note          TEXT    NOT NULL,             -- of a link its text; renamed: the name; muted, removed: why; role: which
  picture       TEXT    NOT NULL,             -- key of an uploaded picture, or its address; of a file its key
  width         BIGINT  NOT NULL,             -- of the picture, 0: unknown
  height        BIGINT  NOT NULL,
  size          BIGINT  NOT NULL,             -- of a file: bytes; else 0
  own           BOOLEAN NOT NULL,             -- picture or file is of this line alone: taken back, it goes
  mentions      TEXT    NOT NULL,             -- ids of members between spaces, or all
  reply         BIGINT  NOT NULL,             -- the line it answers, or 0
  at            BIGINT  NOT NULL,
  PRIMARY KEY (community_id, group_id, n)
);
CREATE INDEX room_line_of_member ON room_line (community_id, member_id, group_id);
CREATE INDEX room_line_old ON room_line (community_id, at);
CREATE TABLE room_pin (                       -- announcements that stand on top
  community_id  BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,
  n             BIGINT  NOT NULL,             -- line
  at            BIGINT  NOT NULL,
  PRIMARY KEY (community_id, group_id, n)
);
-- 0089 room_member: what a room remembers of somebody, inside or at its door
CREATE TABLE room_member (
  community_id  BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,
  member_id     BIGINT  NOT NULL,
  door          TEXT    NOT NULL,             -- open asked refused banned
  why           TEXT    NOT NULL,             -- of refused and banned
  until_at      BIGINT  NOT NULL,             -- of banned; 0: until staff allow it
  door_at       BIGINT  NOT NULL,             -- when the door last changed
  mute_why      TEXT    NOT NULL,
  read_n        BIGINT  NOT NULL,             -- the last line they have seen
  PRIMARY KEY (community_id, group_id, member_id)
);
CREATE INDEX room_member_of ON room_member (community_id, member_id, group_id);
CREATE INDEX room_member_door ON room_member (community_id, group_id, door, door_at);
