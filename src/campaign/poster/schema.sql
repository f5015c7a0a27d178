-- 0040 poster: templates of personal posters, the colours they share, and who uses them
CREATE TABLE poster (
  community_id    BIGINT NOT NULL,
  id              BIGINT NOT NULL,
  name            TEXT   NOT NULL,            -- as operators read it
  width           BIGINT NOT NULL,            -- pixels, 640 to 2048
  height          BIGINT NOT NULL,
  background      TEXT   NOT NULL,            -- key of a file; empty: the art
  art             TEXT   NOT NULL,            -- none dawn spark night paper gold
  accent          TEXT   NOT NULL,            -- #rrggbb, the art's colour; empty: its own
  layers          TEXT   NOT NULL,            -- JSON list, from the back to the front
  version         BIGINT NOT NULL,            -- rises with every save; names what is cached
  created_at      BIGINT NOT NULL,
  updated_at      BIGINT NOT NULL,
  updated_by      BIGINT NOT NULL,            -- account
  PRIMARY KEY (community_id, id)
);
CREATE TABLE poster_brand (
  community_id    BIGINT NOT NULL,
  colours         TEXT   NOT NULL,            -- JSON list of #rrggbb, besides the community's own
  font            TEXT   NOT NULL,            -- sans serif
  updated_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id)
);
CREATE TABLE poster_use (                     -- what breaks when the poster goes
  community_id    BIGINT NOT NULL,
  poster_id       BIGINT NOT NULL,
  user_id         BIGINT NOT NULL,            -- a campaign
  title           TEXT   NOT NULL,            -- its name
  PRIMARY KEY (community_id, user_id)
);
CREATE INDEX poster_use_of_poster ON poster_use (community_id, poster_id);
