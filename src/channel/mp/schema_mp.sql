-- 0087 mp: what is remembered of a 公众号: who may be written to, its QR codes, its menu, pictures it holds, sign-ins
CREATE TABLE mp_fan (              -- somebody the account has heard of, and how often they may be answered
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  subject      TEXT    NOT NULL,   -- openid
  said_at      BIGINT  NOT NULL,   -- their last message: opens 48 hours …
  said_used    BIGINT  NOT NULL,   -- … for so many answers, of which these are used
  acted_at     BIGINT  NOT NULL,   -- their last follow, scan or menu click: opens a minute
  acted_used   BIGINT  NOT NULL,
  asked_at     BIGINT  NOT NULL,   -- when the platform was asked for their unionid; 0: not yet
  PRIMARY KEY (community_id, channel_id, subject)
);
CREATE INDEX mp_fan_asked ON mp_fan (community_id, channel_id, asked_at);
CREATE TABLE mp_code (             -- a parametric QR code (带参二维码)
  community_id BIGINT  NOT NULL,
  id           BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  scene        TEXT    NOT NULL,   -- what comes back when it is scanned
  title        TEXT    NOT NULL,   -- what staff call it
  about_id     BIGINT  NOT NULL,   -- participant or campaign it stands for; 0: made by hand
  permanent    BOOLEAN NOT NULL,
  wanted_until BIGINT  NOT NULL,   -- a temporary one is made anew until then
  url          TEXT    NOT NULL,   -- what the picture says; empty: not made yet
  ticket       TEXT    NOT NULL,
  expires_at   BIGINT  NOT NULL,   -- 0: never, or not made yet
  trouble      TEXT    NOT NULL,   -- why it could not be made, in the platform's words
  follows      BIGINT  NOT NULL,
  scans        BIGINT  NOT NULL,   -- by those who follow already
  created_at   BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE UNIQUE INDEX mp_code_scene ON mp_code (community_id, channel_id, scene);
CREATE TABLE mp_media (            -- pictures the platform holds for three days
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  file         TEXT    NOT NULL,
  media_id     TEXT    NOT NULL,
  until        BIGINT  NOT NULL,
  PRIMARY KEY (community_id, channel_id, file)
);
CREATE TABLE mp_menu (             -- the menu as the desk wants it
  community_id BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  buttons      TEXT    NOT NULL,   -- JSON, as row_mp_button
  state        TEXT    NOT NULL,   -- waiting, shown, refused
  trouble      TEXT    NOT NULL,
  changed_at   BIGINT  NOT NULL,
  PRIMARY KEY (community_id, channel_id)
);
CREATE TABLE mp_sign (             -- a browser on its way through the platform's sign-in
  community_id BIGINT  NOT NULL,
  visitor_id   BIGINT  NOT NULL,
  channel_id   BIGINT  NOT NULL,
  back         TEXT    NOT NULL,   -- path to return to
  nonce        TEXT    NOT NULL,   -- what must come back with them; empty: it did
  code         TEXT    NOT NULL,   -- what the platform gave; empty: not back yet, or spent
  state        TEXT    NOT NULL,   -- asked, back, known, refused
  trouble      TEXT    NOT NULL,
  asked_at     BIGINT  NOT NULL,
  PRIMARY KEY (community_id, visitor_id)
);
