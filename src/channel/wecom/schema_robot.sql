-- 0113 wecom_robot: a group's own robot (群机器人), through which what we say leaves at once
CREATE TABLE wecom_robot (
  community_id BIGINT NOT NULL,
  id           BIGINT NOT NULL,
  channel_id   BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  digest       TEXT   NOT NULL,             -- of its key: the same robot is in one group only; the key is a sealed memo of the channel
  tail         TEXT   NOT NULL,             -- the key's last four characters, by which staff know it
  trouble      TEXT   NOT NULL,             -- why the platform refused what it was to say last, in its words
  made_at      BIGINT NOT NULL,             -- ms UTC
  PRIMARY KEY (community_id, id)
);
CREATE UNIQUE INDEX wecom_robot_group ON wecom_robot (community_id, group_id);
CREATE UNIQUE INDEX wecom_robot_key   ON wecom_robot (community_id, digest);
