-- 0080 automation: when an event happens and conditions hold, then actions
CREATE TABLE automation (
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  name            TEXT    NOT NULL,           -- 1–40 characters
  name_key        TEXT    NOT NULL,           -- folded; what must be unique
  enabled         BOOLEAN NOT NULL,
  enabled_at      BIGINT  NOT NULL,           -- it hears of what happened since; 0: it is off
  stopped         TEXT    NOT NULL,           -- why it went off by itself: failing; empty: a person turned it
  event           TEXT    NOT NULL,           -- kind of event it begins with
  groups          TEXT    NOT NULL,           -- JSON list of ids, as the next three: one of these; empty: any
  channels        TEXT    NOT NULL,
  codes           TEXT    NOT NULL,
  tags            TEXT    NOT NULL,
  how             TEXT    NOT NULL,           -- of what was said: any exact contains prefix
  words           TEXT    NOT NULL,           -- JSON list of texts
  from_minute     BIGINT  NOT NULL,           -- minutes of the community's day; both alike: all day
  until_minute    BIGINT  NOT NULL,
  conditions      TEXT    NOT NULL,           -- the outline of people/condition.h, as JSON
  actions         TEXT    NOT NULL,           -- JSON list of {what, settings: [{key, text}]}
  per             TEXT    NOT NULL,           -- acts at most `times` in `days` for each: none member group
  times           BIGINT  NOT NULL,
  days            BIGINT  NOT NULL,
  site            TEXT    NOT NULL,           -- "https://…" under which the operator met the server: for links in texts
  version         BIGINT  NOT NULL,           -- counts the changes; what waits belongs to one
  preset          TEXT    NOT NULL,           -- made from this one, or empty
  made_by         BIGINT  NOT NULL,           -- account
  changed_by      BIGINT  NOT NULL,
  created_at      BIGINT  NOT NULL,
  changed_at      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, name_key)
);
CREATE TABLE automation_version (             -- small, because every batch of events reads it: is the plan I remember still true?
  community_id    BIGINT  NOT NULL,
  version         BIGINT  NOT NULL,           -- a fresh id each time
  PRIMARY KEY (community_id)
);
-- 0081 automation_count: how often what became of an event
CREATE TABLE automation_count (
  community_id    BIGINT  NOT NULL,
  automation_id   BIGINT  NOT NULL,
  what            TEXT    NOT NULL,           -- matched acted failed, or why it was passed over: where limit late depth changed off
  n               BIGINT  NOT NULL,
  PRIMARY KEY (community_id, automation_id, what)
);
CREATE TABLE automation_health (
  community_id    BIGINT  NOT NULL,
  automation_id   BIGINT  NOT NULL,
  acted_at        BIGINT  NOT NULL,           -- last time
  failing         BIGINT  NOT NULL,           -- runs that failed since the last one that did not
  failed_at       BIGINT  NOT NULL,
  error           TEXT    NOT NULL,           -- stable word of the last failure
  act             TEXT    NOT NULL,           -- … and in which action
  PRIMARY KEY (community_id, automation_id)
);
-- 0082 automation_run: an automation acted for an event, once
CREATE TABLE automation_run (
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  automation_id   BIGINT  NOT NULL,
  event_id        BIGINT  NOT NULL,
  member_id       BIGINT  NOT NULL,           -- 0: of nobody
  group_id        BIGINT  NOT NULL,           -- 0: in none
  at              BIGINT  NOT NULL,           -- of the event
  state           TEXT    NOT NULL,           -- done waiting failed dropped
  next            BIGINT  NOT NULL,           -- action that comes next, while it waits
  version         BIGINT  NOT NULL,           -- of the automation
  depth           BIGINT  NOT NULL,           -- of the event: 0 when no automation caused it
  error           TEXT    NOT NULL,           -- stable word, or empty
  carried         TEXT    NOT NULL,           -- while it waits: the event, as JSON
  PRIMARY KEY (community_id, id),
  UNIQUE (community_id, automation_id, event_id)
);
CREATE INDEX automation_run_of_member ON automation_run (community_id, member_id, automation_id, at);
CREATE INDEX automation_run_of_group ON automation_run (community_id, group_id, automation_id, at);
CREATE TABLE automation_cause (               -- events with these numbers were caused by an automation
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,           -- above this one …
  last_id         BIGINT  NOT NULL,           -- … and below this one
  depth           BIGINT  NOT NULL,           -- theirs
  PRIMARY KEY (community_id, id)
);
-- 0083 automation_greet: who is still to be greeted, together with those who come within the minute
CREATE TABLE automation_greet (
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  automation_id   BIGINT  NOT NULL,
  action          BIGINT  NOT NULL,           -- its place
  group_id        BIGINT  NOT NULL,
  member_id       BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX automation_greet_of_group ON automation_greet (community_id, automation_id, group_id, action, id);
-- 0084 automation_test: what an automation would have done in the last days
CREATE TABLE automation_test (
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  automation_id   BIGINT  NOT NULL,
  version         BIGINT  NOT NULL,           -- of the automation
  days            BIGINT  NOT NULL,
  since           BIGINT  NOT NULL,
  until           BIGINT  NOT NULL,
  state           TEXT    NOT NULL,           -- waiting running done cancelled failed
  epoch           BIGINT  NOT NULL,           -- read so far: up to this event
  event_id        BIGINT  NOT NULL,
  reached_at      BIGINT  NOT NULL,           -- its time; 0: not begun
  seen            BIGINT  NOT NULL,           -- events looked at
  matched         BIGINT  NOT NULL,
  acted           BIGINT  NOT NULL,
  by_where        BIGINT  NOT NULL,           -- passed over: conditions
  by_limit        BIGINT  NOT NULL,           -- … limit
  error           TEXT    NOT NULL,
  made_by         BIGINT  NOT NULL,           -- account
  created_at      BIGINT  NOT NULL,
  PRIMARY KEY (community_id, id)
);
CREATE INDEX automation_test_of ON automation_test (community_id, automation_id, id);
CREATE TABLE automation_test_line (
  community_id    BIGINT  NOT NULL,
  id              BIGINT  NOT NULL,
  test_id         BIGINT  NOT NULL,
  event_id        BIGINT  NOT NULL,
  at              BIGINT  NOT NULL,
  member_id       BIGINT  NOT NULL,
  group_id        BIGINT  NOT NULL,
  text            TEXT    NOT NULL,           -- what was said, its beginning
  said            TEXT    NOT NULL,           -- what would have been said
  PRIMARY KEY (community_id, id)
);
CREATE INDEX automation_test_line_of ON automation_test_line (community_id, test_id, id);
CREATE INDEX automation_test_line_of_member ON automation_test_line (community_id, member_id, test_id, at);
