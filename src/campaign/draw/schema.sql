-- 0050 draw: lotteries (抽奖): what a campaign of that kind draws, and every draw
CREATE TABLE draw (                           -- of one campaign of kind lottery
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  looks          TEXT    NOT NULL,            -- wheel grid slot
  mode           TEXT    NOT NULL,            -- chance: at once; lots: tickets, winners at draw_at
  draw_at        BIGINT  NOT NULL,            -- of lots: ms UTC
  day_chances    BIGINT  NOT NULL,            -- free ones of a day, which lapse with it
  most           BIGINT  NOT NULL,            -- draws of one person; 0: no limit
  helps_chance   BIGINT  NOT NULL,            -- so many helps give one chance more; 0: none
  helps_most     BIGINT  NOT NULL,            -- chances from helps at most
  wins_day       BIGINT  NOT NULL,            -- of one person; 0: no limit
  wins_most      BIGINT  NOT NULL,
  thanks         TEXT    NOT NULL,            -- what no prize is called
  seed           TEXT    NOT NULL,            -- hexadecimal; empty before publishing
  rules          TEXT    NOT NULL,            -- the line that the commitment covers
  commitment     TEXT    NOT NULL,
  drawn          BIGINT  NOT NULL,            -- lines of the log
  last           TEXT    NOT NULL,            -- hash of the newest line; at first the commitment
  lots_at        BIGINT  NOT NULL,            -- of lots: when they were drawn; 0: not yet
  PRIMARY KEY (community_id, campaign_id)
);
CREATE TABLE draw_place (                     -- a prize of the lottery, and how likely it is
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  place          BIGINT  NOT NULL,            -- from 1 on
  prize_id       BIGINT  NOT NULL,
  ppm            BIGINT  NOT NULL,            -- parts per million
  PRIMARY KEY (community_id, campaign_id, place)
);
CREATE TABLE drawn (                          -- the log: a draw, a ticket, or a lot
  community_id   BIGINT  NOT NULL,
  campaign_id    BIGINT  NOT NULL,
  n              BIGINT  NOT NULL,            -- from 1 on, without a gap
  participant_id BIGINT  NOT NULL,
  who            TEXT    NOT NULL,            -- the person's mark in the file of draws: says nothing about them
  token          TEXT    NOT NULL,            -- made by their browser; names the act; of a lot: "lot K"
  day            BIGINT  NOT NULL,            -- of the community's zone
  free           BOOLEAN NOT NULL,            -- a day's own chance
  place          BIGINT  NOT NULL,            -- 0: no prize; -1: a ticket
  line           TEXT    NOT NULL,            -- as in the file
  hash           TEXT    NOT NULL,
  at             BIGINT  NOT NULL,
  PRIMARY KEY (community_id, campaign_id, n),
  UNIQUE (community_id, participant_id, token)
);
CREATE INDEX drawn_of_who ON drawn (community_id, campaign_id, who, day);
CREATE INDEX drawn_wins   ON drawn (community_id, campaign_id, n) WHERE place > 0;
