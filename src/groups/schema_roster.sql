-- 0037 roster: who is in which group (名册)
CREATE TABLE seat (
  community_id  BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,
  member_id     BIGINT  NOT NULL,
  role          TEXT    NOT NULL,             -- owner admin member
  card          TEXT    NOT NULL,             -- what they are called in this group, or empty
  inviter_id    BIGINT  NOT NULL,             -- member; 0: nobody, or unknown
  channel_id    BIGINT  NOT NULL,             -- who told us; 0: staff
  how           TEXT    NOT NULL,             -- invite link qr room hand spoke, or empty
  joined_at     BIGINT  NOT NULL,             -- ms UTC, as all that follow
  left_at       BIGINT  NOT NULL,             -- 0: is there
  fact_at       BIGINT  NOT NULL,             -- of the last joining or leaving that counted: older ones come too late
  muted_until   BIGINT  NOT NULL,             -- 0: not muted
  spoke_at      BIGINT  NOT NULL,             -- 0: never heard
  spoken        BIGINT  NOT NULL,             -- messages heard
  PRIMARY KEY (community_id, group_id, member_id)
);
CREATE INDEX seat_of_member ON seat (community_id, member_id, group_id);
CREATE TABLE roster (                         -- groups whose list is kept: somebody tells every joining and leaving
  community_id  BIGINT  NOT NULL,
  group_id      BIGINT  NOT NULL,
  present       BIGINT  NOT NULL,             -- how many are in
  counted_at    BIGINT  NOT NULL,             -- when the group's history was last given a count
  listed_at     BIGINT  NOT NULL,             -- when its whole list was first told; 0: not yet
  PRIMARY KEY (community_id, group_id)
);
