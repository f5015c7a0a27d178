-- 0100 channel_line: which process holds the connection of a channel
CREATE TABLE channel_line (
  community_id  BIGINT  NOT NULL,
  channel_id    BIGINT  NOT NULL,
  holder_id     BIGINT  NOT NULL,             -- drawn by each process when it starts
  until_at      BIGINT  NOT NULL,             -- ms UTC; past it another process may take it
  PRIMARY KEY (community_id, channel_id)
);
