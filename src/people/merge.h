/* merge.h: two members become one, and can be told apart again.
 *
 * Story      林晓 scanned a poster in spring and was imported with her phone number in autumn: two members, one person. Staff
 *            choose which profile counts where they differ; the other member's identities, tags, notes, values and
 *            whatever other rooms keep under its number become the survivor's. Within 30 days it can be undone, and both
 *            are as they were.
 * Places     Rooms above know tables that hold a member's number; people/ must not know them. Each feature declares its own
 *            (struct feature, .places), as it declares queries and routes: a merge moves them in its own transaction, so
 *            there is no moment in which a voucher is nobody's, and member_moved says which rows to move back.
 *            Followers of events could not do this: they come later, and an undo would race with them.
 * Holds      Every identity belongs to exactly one member, before and after. Nothing is deleted but what the undo record
 *            holds. A merged member's number stays an alias of the survivor (member_resolve), for links, events and rows
 *            that nobody moved. The last merge into a member is undone first.
 * Events     member_merged, member_unmerged (subject: who stays, object: who goes or came back), member_split (subject: who
 *            had the identity, object: the new member); and member_changed of both.
 * Test       merge_test.c: random merges, undos and splits against a model, on both stores.
 */
#pragma once
#include "people/member.h"

#define MERGE_UNDO_DAYS 30

/* A table with rows of members. MEMBER_PLACE and MEMBER_PLACE_BY_BROWSER write them. */
struct member_place {
	const char         *name;
	const struct query *note;             /* (community, who goes, merge, who stays): their rows into member_moved */
	const struct query *move;             /* (community, from, to, merge): the noted rows change hands; both ways */
	const struct query *split;            /* (community, from, to, visitor): what a browser did follows it; may be NULL */
};

#define MEMBER_PLACE_TAKES TAKES(K_ID, K_ID, K_ID, K_ID)

/* Queries NAME_note and NAME_move for a table whose `column` holds the member and whose `key` (a text) names a row.
 * `unless`: " AND …" that keeps a row from moving, or ""; ?4 is who stays. List both among the feature's queries. */
#define MEMBER_PLACE(name, table, column, key, unless) \
	static QUERY(name##_note, WRITES, NULL, MEMBER_PLACE_TAKES, \
		"INSERT INTO member_moved (community_id, merge_id, place, key, more) SELECT ?1, ?3, '" #name "', " key ", ''" \
		" FROM " table " WHERE community_id = ?1 AND " column " = ?2 AND ?4 <> 0" unless); \
	static QUERY(name##_move, WRITES, NULL, MEMBER_PLACE_TAKES, \
		"UPDATE " table " SET " column " = ?3 WHERE community_id = ?1 AND " column " = ?2 AND " key \
		" IN (SELECT key FROM member_moved WHERE community_id = ?1 AND merge_id = ?4 AND place = '" #name "')")

/* For tables by browser: a browser's rows are one member's. `browser` is the column that names the browser. Makes NAME_split
 * as well. */
#define MEMBER_PLACE_BY_BROWSER(name, table, column, browser) \
	static QUERY(name##_note, WRITES, NULL, MEMBER_PLACE_TAKES, \
		"INSERT INTO member_moved (community_id, merge_id, place, key, more) SELECT DISTINCT ?1, ?3, '" #name "', i.subject, ''" \
		" FROM identity i JOIN " table " v ON v.community_id = i.community_id AND v." browser " = CAST(i.subject AS BIGINT)" \
		" WHERE i.community_id = ?1 AND i.member_id = ?2 AND i.channel = 'browser' AND v." column " = ?2 AND ?4 <> 0"); \
	static QUERY(name##_move, WRITES, NULL, MEMBER_PLACE_TAKES, \
		"UPDATE " table " SET " column " = ?3 WHERE community_id = ?1 AND " column " = ?2 AND " browser " IN (SELECT CAST(key AS BIGINT)" \
		" FROM member_moved WHERE community_id = ?1 AND merge_id = ?4 AND place = '" #name "')"); \
	static QUERY(name##_split, WRITES, NULL, MEMBER_PLACE_TAKES, \
		"UPDATE " table " SET " column " = ?3 WHERE community_id = ?1 AND " column " = ?2 AND " browser " = ?4")

/* The survivor takes from who goes what is named in `take` (rows of struct text_item: nickname … level_id, values.KEY), and
 * whatever it does not know itself. E_SAME_MEMBER: they are one already. */
int member_merge(struct tx *, const struct feature *const *, struct id community, struct id stays, struct id goes,
                 struct rows take, struct id actor, struct id *ret_merge, struct id *ret_stays);
/* E_NOT_FOUND; E_UNDO_LATE: too long ago, or done; E_UNDO_ORDER: a later merge must be undone first. */
int member_unmerge(struct tx *, const struct feature *const *, struct id community, struct id merge, struct id actor,
                   struct id *ret_stays);
/* An identity becomes a member of its own. E_NOT_FOUND: it is not this member's. */
int member_split(struct tx *, const struct feature *const *, struct id community, struct id member, struct str channel,
                 struct str subject, struct str nickname, struct id actor, struct id *ret);

extern const struct feature feature_merge;
