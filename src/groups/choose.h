/* choose.h: which target does this visitor get now? Pure rules: no store, no clock, no chance of their own.
 *
 * A live code's *plan* is everything a scan must know of it: its settings and its children in order. The same plan and
 * the same visitor always give the same answer, so every strategy is a table of cases in choose_test.c.
 *
 * Order of judgement
 *   1. a child is *open* when it is not stopped, has something to show, has not expired, has room, and its hour is now;
 *   2. special dates go before weekly windows, which go before children without any (rota);
 *   3. the strategy chooses among the open children the visitor has not been found wrong for;
 *   4. sticky: who was shown a child that is still open sees it again.
 */
#pragma once
#include "base/row.h"
#include "base/time.h"

#define CHILDREN_MAX 50
#define WINDOWS_MAX  21
#define DATES_MAX    60

struct window { int64_t weekday, from, until; };          /* 0 = Sunday; minutes after midnight, until is exclusive */
struct special { struct str day; int64_t from, until; };  /* "2026-12-24" */
extern const struct row row_window, row_special;

enum child_kind     { CHILD_GROUP, CHILD_WECOM, CHILD_STAFF, CHILD_URL };
enum child_visitors { VISITORS_ALL, VISITORS_NEW, VISITORS_RETURNING };
enum strategy       { IN_ORDER, BALANCED, WEIGHTED, ROTA, BY_CITY, NEAREST };
enum child_state    { CHILD_WAITING, CHILD_FILLING, CHILD_FULL, CHILD_EXPIRED, CHILD_STOPPED, CHILD_EMPTY };

struct child {
	struct id           id, group;
	enum child_kind     kind;
	struct str          title, url, picture;          /* picture: key of the QR that is shown */
	struct str          owner, region;
	struct instant      expires_at, picture_expires_at, updated_at;
	int64_t             weight, cap, shown, joined;   /* cap 0: none. shown may be a little behind: the store decides */
	int64_t             members, member_limit;        /* of a group: as last counted; 0: unknown, none */
	struct window      *windows;
	size_t              window_count;
	struct special     *dates;
	size_t              date_count;
	int64_t             latitude_e6, longitude_e6, radius_m;
	enum child_visitors visitors;
	bool                stopped;
};

struct plan {
	struct id      community, code;
	int64_t        version;
	enum strategy  strategy;
	bool           sticky;
	const struct zone *zone;
	struct child  *children;
	size_t         count;
};

struct chooser {                                  /* what is known of the visitor and the moment */
	struct instant now;
	bool           returning;                 /* a member, or joined before */
	struct id      shown_before;              /* child, 0: none */
	struct str     city;                      /* as they chose it; empty: unknown */
	bool           placed;                    /* they told where they are */
	int64_t        latitude_e6, longitude_e6;
	uint64_t       chance;                    /* for weights */
	uint64_t       tried;                     /* children already found full in this scan, bit per index */
	bool           doubts;                    /* a cap that seems reached may not be: let the store decide */
};

enum child_state child_state(const struct child *, const struct plan *, struct instant now);
/* Text for the console: waiting filling full expired stopped empty. */
const char *child_state_word(enum child_state);
/* When its hours next open, or {0}: they are open, or never will. Looks two weeks ahead. */
struct instant child_opens_at(const struct child *, const struct plan *, struct instant now);

/* Index of the child, or -1: nobody is open for this visitor. */
int choose_child(const struct plan *, const struct chooser *);
/* The strategy needs to know where the visitor is, and does not yet. */
bool choose_needs_place(const struct plan *, const struct chooser *);

/* Metres between two points, by the haversine formula on a sphere of 6,371 km. */
int64_t distance_m(int64_t lat1_e6, int64_t lon1_e6, int64_t lat2_e6, int64_t lon2_e6);

/* ---- The death clock ---- */

/* When will `left` places be gone? `hours`: joins (or showings) of the last n full hours, oldest first. The speed is the
 * mean of the last day and of the last six hours (a campaign's rush counts, a quiet night does not end the
 * warning). {0}: not within 60 days. *ret_per_day: the speed used. */
struct instant fill_predicted(const int64_t *hours, size_t n, int64_t left, struct instant now, int64_t *ret_per_day);
