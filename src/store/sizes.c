/* sizes.c: what SQLite cannot know of our tables, and is told: which are large, and how much of them one community has.
 *
 * Story      A member's page asks for their identities. Without statistics SQLite takes all that a community has for ten rows, and
 *            reads the community's million identities in the order of the primary key, past the index that has these three.
 *            Told what a large table looks like, it follows the index.
 * How        ANALYZE would count the rows of one day; plans would differ from store to store, and be wrong on the day a new
 *            community grows. So the numbers are made up, the same for everybody: ten communities of a million rows, words
 *            like a state or a campaign a tenth of one, anything else ten rows. Written when the store is opened, after
 *            its steps; connections read them as they open.
 * Holds      Only plans change, never answers. Tables that are not named keep SQLite's own guess: they are small.
 * Test       `quntu check` finds what still reads a large table's whole community, and api_test.c that nothing does.
 */
#include <sqlite3.h>

#include "store/inside.h"

/* Tables that grow with people and what they do, and are read while somebody waits. */
#define LARGE "identity participant help prize_order prize_hold contest_vote contest_entry fraud_finding fraud_evidence fraud_join" \
	" fraud_left fraud_appeal refer_reward arrival campaign_seen ledger_entry ledger_balance drawn"

static const char script[] =
	"ANALYZE schema_step;"                        /* makes the table of statistics */
	"DELETE FROM sqlite_stat1;"
	"INSERT INTO sqlite_stat1 (tbl, idx, stat) SELECT t.name, CASE i.origin WHEN 'pk' THEN t.name ELSE i.name END,"
	" '10000000' || (SELECT group_concat(' ' || CASE WHEN i.\"unique\" AND e.seqno = e.last THEN 1 ELSE e.rows / (e.seqno + 1) END, '')"
	"  FROM (SELECT c.seqno, max(c.seqno) OVER () AS last, min(CASE WHEN c.name = 'community_id' THEN 1000000"
	"   WHEN c.name IN ('campaign_id', 'state', 'book', 'kind', 'channel') THEN 100000 ELSE 10 END) OVER (ORDER BY c.seqno) AS rows"
	"   FROM pragma_index_xinfo(i.name) c WHERE c.key = 1 ORDER BY c.seqno) e)"
	" FROM sqlite_schema t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND instr(' " LARGE " ', ' ' || t.name || ' ');"
	"ANALYZE sqlite_schema";                      /* … and has this connection read it */

int sizes_tell(struct sqlite3 *db, char ret_why[WHY_MAX])
{
	if (sqlite3_exec(db, script, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	snprintf(ret_why, WHY_MAX, "%s", sqlite3_errmsg(db));
	return E_STORE;
}

bool sizes_are_large(const char *sql, const char *name)
{
	char as[200];
	struct str rest = S(LARGE);
	while (rest.len) {
		struct str table = str_cut(&rest, ' ');
		snprintf(as, sizeof as, " %.*s %s", STR(table), name);
		const char *at = strstr(sql, as);
		if (str_is(table, name) || (at && (at[strlen(as)] == ' ' || at[strlen(as)] == '\0' || at[strlen(as)] == ')')))
			return true;
	}
	return false;
}
