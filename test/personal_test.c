/* personal_test.c: nothing that is kept about people can be forgotten: every table that names a person is declared in a
 * feature's `personal` lines (http/personal.h), or is excused here with the reason.
 */
#include "http/personal.h"
#include "store/schemas.h"
#include "world.h"
#include "test.h"

/* Columns that name a person, by themselves or with a word before: contact, warn_contact. */
static const char columns[] =
	"member_id visitor_id actor_id inviter_id who_id kept_id gone_id one_id other_id participant_id helper_id nickname name phone"
	" contact address answers birthday user_agent";

/* Tables with such a column that is nobody's who could ask to be erased. */
static const struct { const char *table, *why; } excused[] = {
	{ "community",     "the tenant's own name" },
	{ "account",       "staff, who are removed by an owner" },
	{ "api_token",     "a token's name" },
	{ "session",       "staff's sessions; they end with the account" },
	{ "tag",           "a tag's name" },
	{ "tag_group",     "a name of tags" },
	{ "level",         "a level's name" },
	{ "chat_group",    "a group's name" },
	{ "livecode",      "whom to ask, as its page says to everybody" },
	{ "partner",       "a shop, and whom its owner wrote down there" },
	{ "campaign",      "a campaign's name" },
	{ "follower",      "names of cursors" },
	{ "schema_step",   "names of steps" },
	{ "poster",        "a poster template's name" },
	{ "automation",    "an automation's name" },
	{ "channel",       "a connected account's name" },
	{ "channel_found", "a group's name" },
	{ "wecom_group", "a group's name" },
	{ "wecom_tag", "a tag's name" },
	{ "wecom_handover", "a group's name" },
	{ "wecom_intercept", "a rule's name" },
	{ "channel_secret","names of settings" },
	{ "template_use",  "a template's name" },
	{ "template_made", "names of groups, codes and tags that a template made" },
	{ "import",        "the name of a file" },
	{ "file",          "what staff call a file they send" },
	{ "redeem_place", "a shop's address" },
	{ "phone_code",    "nameless within minutes; the retention timer deletes it within a day" },
};

static bool is_excused(struct str table)
{
	for (size_t i = 0; i < sizeof excused / sizeof *excused; i++)
		if (str_is(table, excused[i].table))
			return true;
	return false;
}

static bool is_declared(struct str table)
{
	for (const struct feature *const *f = features; *f; f++)
		for (const struct personal *line = (*f)->personal; line && line->tables; line++)
			if (str_among(table, line->tables))
				return true;
	return false;
}

/* The table that a line of a schema speaks of, if it begins one or adds to one. */
static bool names_table(struct str line, struct str *table)
{
	static const char *const begins[] = { "CREATE TABLE ", "ALTER TABLE " };
	for (size_t i = 0; i < 2; i++)
		if (str_starts(line, str_of(begins[i]))) {
			struct str rest = { line.at + strlen(begins[i]), line.len - strlen(begins[i]) };
			*table = str_cut(&rest, ' ');
			return true;
		}
	return false;
}

static struct str column_in(struct str line)
{
	struct str rest = str_trim(line), add = S("ADD COLUMN ");
	const char *at = memmem(rest.at, rest.len, add.at, add.len);
	if (at)
		rest = (struct str){ at + add.len, (size_t)(rest.at + rest.len - at) - add.len };
	return str_cut(&rest, ' ');
}

TEST(personal_complete, "every table with a column that names a person is declared for copy and erasure, or excused")
{
	int tables = 0;
	for (const struct embedded_schema *s = embedded_schemas; s->path; s++) {
		struct str rest = str_of(s->sql), table = S("");
		while (rest.len) {
			struct str line = str_cut(&rest, '\n');
			bool begins = names_table(line, &table);
			tables += begins;
			if (!table.len || (begins && !memmem(line.at, line.len, "ADD COLUMN", 10)) || !str_among(column_in(line), columns))
				continue;
			if (!is_declared(table) && !is_excused(table))
				fail_msg("%.*s.%.*s names a person: declare the table in its feature's `personal` (http/personal.h), or excuse it here",
				         STR(table), STR(column_in(line)));
		}
	}
	assert_true(tables > 30);
}

static size_t words_in(const char *text)
{
	size_t n = 0;
	for (struct str rest = str_of(text); rest.len; n++)
		str_cut(&rest, ' ');
	return n;
}

TEST(personal_sound, "a line has words in both languages, a word for each field, and queries that fit its key")
{
	for (const struct feature *const *f = features; *f; f++)
		for (const struct personal *line = (*f)->personal; line && line->tables; line++) {
			if (!line->zh != !line->en || (line->shows && !line->zh))
				fail_msg("%s: %s has words in one language only, or shows rows without a word", (*f)->name, line->tables);
			if (line->shows && words_in(line->zh_fields) != line->shows->row->count)
				fail_msg("%s: %s shows %zu fields and names %zu", (*f)->name, line->tables, line->shows->row->count,
				         words_in(line->zh_fields));
			for (size_t i = 0; i < 4 && line->erases[i]; i++)
				assert_true(line->erases[i]->access == WRITES && line->erases[i]->count >= 2 && line->erases[i]->count <= 3);
			assert_true(!line->idle || line->by == BY_VISITOR);
			assert_true(!line->files || line->files->row == &row_text_item);
		}
}
