/* livecode.h: what the files of the live code (活码) share, and what other rooms may ask.
 *
 *   choose.c      pure: who gets which target; when will a target be full
 *   livecode.c    the operator's side: settings and targets
 *   source.c      sources: many short links of one code, their QR pictures, the printable sheet
 *   landing.c     everything a scan must know, remembered while it is true
 *   scan.c        the visitor's side: scan, gate, target, "I have joined", waiting list
 *   gate.c        the reviewer's side: applications, waiting list
 *   numbers.c     counts by hour, source, device, city, target, and the facts behind them; the overview
 *   deathclock.c  warns before a target fills or expires
 */
#pragma once
#include "engine/event/event.h"
#include "groups/choose.h"
#include "people/community.h"
#include "people/staff.h"

#define SLUG_MIN 4
#define SLUG_MAX 40
#define SLUG_PATTERN "[A-Za-z0-9][A-Za-z0-9_-]{3,39}"
#define SLUG_MADE 8               /* characters of a slug that we make: 57^8 ≈ 10^14 */

struct question  { struct str key, label, kind; bool required; struct rows choices; };   /* kind: text phone choice */
struct approving { struct str key, holds, value; };                                     /* holds: is contains filled */
extern const struct row row_question, row_approving;

struct livecode {
	struct id      id;
	struct str     title, guide, avatar, look, state;
	struct instant starts_at, ends_at;
	struct str     strategy;
	bool           sticky, duplicate_guard;
	struct str     gate, gate_title, gate_note, gate_password;
	struct rows    gate_questions, gate_approve;              /* struct question, struct approving */
	struct str     gate_example;
	struct instant gate_accepted;
	struct rows    tags;                                      /* struct text_item */
	struct str     contact, qr_level, qr_logo;
	struct instant created_at, updated_at;
};

/* E_NOT_FOUND: no such code in this community. */
int livecode_get(struct tx *, struct id community, struct id code, struct livecode *ret);
/* What a limited account sees: a code when one of its targets is one of their groups, or when they made it and it has no
 * group yet; of its targets those without a group and those of their groups. In SQL, as SEES_GROUP (staff.h). */
#define SEES_CHILD_GROUP(only, community, group) "(" group " = 0 OR " SEES_GROUP(only, community, group) ")"
#define SEES_CHILD(only, community, child) \
	"(" only " = 0 OR " child " = 0 OR EXISTS (SELECT 1 FROM livecode_child sc WHERE sc.community_id = " community \
	" AND sc.id = " child " AND " SEES_CHILD_GROUP(only, "sc.community_id", "sc.group_id") "))"
#define SEES_CODE(only, community, code) \
	"(" only " = 0 OR EXISTS (SELECT 1 FROM livecode_child sc WHERE sc.community_id = " community " AND sc.code_id = " code \
	" AND sc.group_id <> 0 AND " SEES_GROUP(only, "sc.community_id", "sc.group_id") ")" \
	" OR EXISTS (SELECT 1 FROM livecode sl WHERE sl.community_id = " community " AND sl.id = " code " AND sl.made_by = " only \
	"  AND NOT EXISTS (SELECT 1 FROM livecode_child sc WHERE sc.community_id = sl.community_id AND sc.code_id = sl.id" \
	"  AND sc.group_id <> 0)))"
/* 0 or E_NOT_FOUND. */
int livecode_sees(struct tx *, struct id community, struct id only, struct id code);
/* For routes with a code in the hole: to look at it; to change it, which takes that no target is of another group
 * (E_FORBIDDEN). */
int code_sees(struct request *);
int code_commands(struct request *);
/* The code changed: whoever remembers it must look again. */
int livecode_touch(struct tx *, struct id community, struct id code);
/* Visitors that the child was shown to and livecode_fill does not tell of yet: their events are still to be followed. */
int livecode_shown_lately(struct tx *, struct id community, struct id code, struct id child, int64_t *ret);
/* This visitor has a row in livecode_visitor now: lists of the code's visitors shall show it. */
int livecode_seen_by(struct tx *, struct id community, struct id code, struct id visitor);
/* Every code of the community: what they have in common changed. */
int livecode_touch_all(struct tx *, struct id community);
/* Its children in order, ready for choose.h. */
int plan_load(struct tx *, const struct community *, const struct livecode *, struct plan *ret);
/* Its first link, made with it: the code's own address. */
int link_make(struct tx *, struct id community, struct id code, struct str slug, struct str label, const char *kind,
              struct str note, struct id partner, struct id *ret, struct str *ret_slug);
/* Is the group one of its targets? */
int livecode_has_group(struct tx *, struct id community, struct id code, struct id group, bool *ret);
/* The slug of its first link, E_NOT_FOUND. */
int link_slug(struct tx *, struct id community, struct id code, struct str *ret_slug);
/* … and its number and label. */
int link_first(struct tx *, struct id community, struct id code, struct id *ret, struct str *ret_label);
/* A target of kind wecom (a group) or staff (one of ours) whose picture a platform makes later, at the end of the code. E_NOT_FOUND (the
 * code), E_ALREADY_ENDED, E_TOO_MANY. */
int livecode_add_made(struct tx *, struct id community, struct id code, const char *kind, struct str title, struct id *ret_child);
/* What it shows from now on (a file's key; empty: nothing, so that no visitor is led there). E_NOT_FOUND: somebody removed it. */
int livecode_show_made(struct tx *, struct id community, struct id child, const char *kind, struct str title, struct str picture);
/* For lists: "https://…/g/SLUG". */
struct str link_url(struct request *, struct str slug);

extern const struct event_kind livecode_events[];
enum livecode_event { LIVECODE_MADE, LIVECODE_CHANGED, LIVECODE_STATE, LIVECODE_SCANNED, LIVECODE_SHOWN, LIVECODE_JOINED,
                      LIVECODE_APPLIED, LIVECODE_DECIDED, LIVECODE_WAITING, LIVECODE_REPORTED };

/* ---- scan.c ---- */

struct reported { struct str kind; struct id id; struct str title; };   /* kind: of the warning, "report" for live codes */
/* What a visitor finds wrong with a page, as a row and as a warning for staff; said again it is the same one.
 * 1 and *ret; 0: known. */
int report_write(struct request *, struct id community, const struct reported *, struct str text, struct id *ret);

/* ---- landing.c ---- */

/* Immutable and counted: get, use inside the transaction, put. Its strings outlive the transaction until put. */
struct landing {
	struct community community;
	struct livecode  code;
	struct plan      plan;
	struct id        link, partner;
	struct str       slug, link_label;
};
/* The landing of a short link: E_NOT_FOUND. */
int  landing_get(struct tx *, struct str slug, struct landing **ret);
void landing_put(struct landing *);
/* Most codes that are remembered at once; about 1 KB each. */
#define LANDINGS_MAX 131072

extern const struct feature feature_livecode, feature_source, feature_landing, feature_scan, feature_gate, feature_numbers,
                            feature_deathclock, feature_mine;
