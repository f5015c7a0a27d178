/* wish.h: what we want the platform to keep for us: join ways, contact ways, group welcomes.
 *
 * Story      Staff save a contact way: that is a row which says what is wanted. A job tells the platform: makes it, changes it, deletes it.
 *            `wanted` counts what staff wanted, `done` says as how much of that the platform knows it; a refusal stands in the
 *            row until staff have mended it and ask again.
 * Holds      The platform's number is written down before anything else is asked, so what was made is changed from then on, not made
 *            again. What is being dropped leads nobody there from that moment on. A crash between making one and noting its number
 *            leaves a thing at the platform that nobody uses.
 * Test       wecom_join_test.c, wecom_way_test.c, wecom_template_test.c
 */
#pragma once
#include "channel/wecom/wecom.h"
#include "engine/jobs/jobs.h"

/* What each of their rows begins with: `WECOM_WISH_ROW;`, or of those that are a QR code, mostly a live code's target, WECOM_CODE_ROW. */
#define WECOM_WISH struct id id, channel_id; struct str config, trouble; int64_t wanted, done; bool dropped
#define WECOM_CODE WECOM_WISH; struct id code_id, child_id; struct str title, picture
struct wecom_wish { WECOM_WISH; };
struct wecom_code { WECOM_CODE; };
#define WECOM_WISH_ROW union { struct wecom_wish wish; struct { WECOM_WISH; }; }
#define WECOM_CODE_ROW union { struct wecom_wish wish; struct wecom_code code; struct { WECOM_CODE; }; }
#define WECOM_WISH_FIELDS(type) \
	FIELD(type, config,  "The platform's number of it; empty: not made yet"), \
	FIELD(type, trouble, "Why it could not be made or changed, in the platform's words"), \
	FIELD(type, wanted,  "How often it was wanted otherwise"), \
	FIELD(type, done,    "… and as how much of that the platform knows it"), \
	FIELD(type, dropped, "It is to go")

struct wecom_wishes;                              /* one kind of them */
struct wecom_making {                             /* one of them, being told to the platform */
	const struct wecom_wishes *of;
	struct wecom   wecom;
	struct id      community, id;
	struct channel channel;
	void          *row;                       /* of->by_id's */
	struct str     config, trouble;
	int64_t        code;                      /* what the platform said last; ≠ 0: with `trouble` */
	struct blob    png;
};

struct wecom_wishes {
	const struct job_kind *job;
	const struct query *by_id;                /* (community, id), into a row that begins as above */
	const struct query *count, *unwanted, *made, *known, *refused, *forget;   /* WECOM_WISH_QUERIES makes these */
	size_t              most;                 /* of one channel */
	const char         *add, *update, *del;   /* paths; */
	const char         *number;               /* … and how they call the platform's number of it */
	/* All of it: members, of which the last has no comma behind it. When nothing is to be told now, making->code says why. */
	int               (*write)(struct wecom_making *, struct buf *);
	const char         *see;                  /* … and where one is looked at; NULL: nowhere */
	/* Of a QR code: where in that answer its picture stands; what kind of target it is. Else NULL. */
	const char         *picture_at, *target;
	const struct query *picture;
};

/* Asked for in a moment, by of->job, whose `run` calls the second. */
int wecom_wish_soon(struct tx *, struct id community, const struct wecom_wishes *, struct id);
int wecom_wish_run(const struct job_context *, const struct job *, const struct wecom_wishes *, struct str *ret_why);

/* ---- For routes: with the channel, or one of them, in the hole ---- */

/* Is there room for one more? E_TOO_MANY; of QR codes E_CORP_CODES: the corp has as many as it may. */
int wecom_wish_room(struct request *, const struct wecom_wishes *, const struct channel *);
/* E_NOT_FOUND: it is to go. */
int wecom_wish_get(struct request *, const struct wecom_wishes *, void *ret);
/* It is to go; ret: as it was. A live code's target shows nothing from now on. */
int wecom_wish_drop(struct request *, const struct wecom_wishes *, void *ret);
/* The platform is asked again: staff have mended what it complained of. */
int wecom_wish_again(struct request *, const struct wecom_wishes *);
/* Those of the channel in the hole, also those whose deletion was refused. list: (community, channel, most). */
int wecom_wish_page(struct request *, const struct wecom_wishes *, const struct query *list, struct page *ret);

/* ---- Queries of a table with these columns ---- */

struct wecom_count { int64_t n; };
extern const struct row row_wecom_count;
#define WECOM_WISH_QUERIES(table) \
	static QUERY(table##_count, READS, &row_wecom_count, TAKES(K_ID, K_ID), \
		"SELECT count(*) AS n FROM " #table " WHERE community_id = ?1 AND channel_id = ?2"); \
	static QUERY(table##_unwanted, WRITES, NULL, TAKES(K_ID, K_ID), \
		"UPDATE " #table " SET dropped = TRUE, wanted = wanted + 1, trouble = '' WHERE community_id = ?1 AND id = ?2"); \
	static QUERY(table##_made, WRITES, NULL, TAKES(K_ID, K_ID, K_STR), \
		"UPDATE " #table " SET config = ?3 WHERE community_id = ?1 AND id = ?2"); \
	static QUERY(table##_known, WRITES, NULL, TAKES(K_ID, K_ID, K_INT), \
		"UPDATE " #table " SET done = ?3, trouble = '' WHERE community_id = ?1 AND id = ?2"); \
	static QUERY(table##_refused, WRITES, NULL, TAKES(K_ID, K_ID, K_STR), \
		"UPDATE " #table " SET trouble = ?3 WHERE community_id = ?1 AND id = ?2"); \
	static QUERY(table##_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM " #table " WHERE community_id = ?1 AND id = ?2")
#define WECOM_CODE_QUERIES(table) \
	WECOM_WISH_QUERIES(table); \
	static QUERY(table##_picture, WRITES, NULL, TAKES(K_ID, K_ID, K_STR), \
		"UPDATE " #table " SET picture = ?3 WHERE community_id = ?1 AND id = ?2")
/* Among the members of a struct wecom_wishes, and of a feature's list. */
#define WECOM_WISH_OF(table) .by_id = &table##_by_id, .count = &table##_count, .unwanted = &table##_unwanted, .made = &table##_made, \
	.known = &table##_known, .refused = &table##_refused, .forget = &table##_forget
#define WECOM_WISH_LIST(table) &table##_by_id, &table##_count, &table##_unwanted, &table##_made, &table##_known, &table##_refused, \
	&table##_forget
