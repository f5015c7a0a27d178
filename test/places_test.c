/* places_test.c: nothing that hangs on a member is left behind by a merge: every table with a member's number is a place
 * (people/merge.h), or is excused here with the reason.
 */
#include "people/merge.h"
#include "store/schemas.h"
#include "world.h"
#include "test.h"

static const struct { const char *table, *why; } excused[] = {
	{ "member_tag",   "moved by merge.c itself: a tag is carried once" },
	{ "member_value", "the survivor's profile is put together by merge.c" },
	{ "member_key",   "made anew from the profile" },
	{ "member_alias", "a chain is followed" },
	{ "erasure",      "somebody asked for that member to be erased, not for another" },
	{ "refer_reward", "points are taken back from the account that got them; campaign/points.c moves what is left" },
	{ "import_row",   "an undone import leaves members alone that were merged since" },
};

static bool is_excused(struct str table)
{
	for (size_t i = 0; i < sizeof excused / sizeof *excused; i++)
		if (str_is(table, excused[i].table))
			return true;
	return false;
}

/* "UPDATE voucher SET …" */
static bool is_place(struct str table)
{
	for (const struct feature *const *f = features; *f; f++)
		for (const struct member_place *p = (*f)->places; p && p->name; p++) {
			struct str rest = str_of(p->move->sql);
			str_cut(&rest, ' ');
			if (str_equal(str_cut(&rest, ' '), table))
				return true;
		}
	return false;
}

TEST(places_complete, "every table with a member's number moves with a merge, or is excused")
{
	int found = 0;
	for (const struct embedded_schema *s = embedded_schemas; s->path; s++) {
		struct str rest = str_of(s->sql), table = S("");
		while (rest.len) {
			struct str line = str_cut(&rest, '\n'), begins = S("CREATE TABLE ");
			if (str_starts(line, begins)) {
				line = (struct str){ line.at + begins.len, line.len - begins.len };
				table = str_cut(&line, ' ');
			} else if (str_starts(str_trim(line), S("member_id ")) || str_starts(str_trim(line), S("inviter_id "))) {
				found++;
				if (!is_place(table) && !is_excused(table))
					fail_msg("%.*s holds members: declare it in its feature's `places` (people/merge.h), or excuse it here", STR(table));
			}
		}
	}
	assert_true(found > 8);
}
