-- 0111 wecom_template: welcomes of customer groups, which a colleague applies to a group in the app
CREATE TABLE wecom_template (
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  text         TEXT    NOT NULL,            -- with {nickname}
  attach       TEXT    NOT NULL,            -- none link image file
  link_title   TEXT    NOT NULL,
  link_text    TEXT    NOT NULL,
  link_url     TEXT    NOT NULL,
  picture      TEXT    NOT NULL,            -- its key, or empty
  file         TEXT    NOT NULL,            -- key of a document, or empty
  notify       BOOLEAN NOT NULL,            -- owners of groups are told of it when it is made
  config       TEXT    NOT NULL,            -- template_id; empty: not made yet
  trouble      TEXT    NOT NULL,            -- in the platform's words
  wanted       BIGINT  NOT NULL,            -- how often it was wanted otherwise
  done         BIGINT  NOT NULL,            -- … and as how much of that the platform knows it
  dropped      BOOLEAN NOT NULL,            -- it is to go
  created_at   BIGINT  NOT NULL,            -- ms UTC
  PRIMARY KEY (community_id, id)
);
CREATE INDEX wecom_template_of ON wecom_template (community_id, channel_id, id);
