/* migrate.c: the numbered steps of every schema.sql, each once.
 *
 * Story      A room adds a table: it writes "-- 0042 shop: what is for sale" and the CREATE TABLE below it. The next
 *            start of any process runs the step, in one transaction, and remembers it with a hash of its words.
 * Words      Schemas are written in PostgreSQL's. For SQLite BIGINT and BOOLEAN become INTEGER, BYTEA becomes BLOB, and
 *            every table STRICT and, unless it holds a BYTEA, WITHOUT ROWID. The hash leaves out comments and
 *            white space: those may be improved for ever.
 * Refused    A store with a step that this program does not know (it is newer); a step whose words changed after
 *            it ran; two steps of one number. Nothing is touched then.
 * Together   Processes that start at once on PostgreSQL queue for an advisory lock; it ends with the connection.
 */
#include "store/inside.h"
#include "base/log.h"
#include "base/secret.h"
#include "store/schemas.h"
#include <ctype.h>
#include <unistd.h>

#define STEPS_MAX     1000
#define TEXT_MAX      (1 << 20)
#define LOCK_WAIT_MS  60000

/* ---- Rows and queries ---- */

struct step { int64_t number; struct str name, hash, text; const char *path; };

ROW(step,
	FIELD(step, number, "Order of the step, over all rooms"),
	FIELD(step, name,   "The room it belongs to"),
	FIELD(step, hash,   "Of its words"));

struct count { int64_t n; };

ROW(count, FIELD(count, n, "How many"));

static QUERY(migrate_lock, READS, &row_count, TAKES_NOTHING, "SELECT 1 AS n",
	.pg = "SELECT CASE WHEN pg_try_advisory_lock(8300001) THEN 1 ELSE 0 END AS n");

static QUERY(migrate_begun, READS, &row_count, TAKES_NOTHING,
	"SELECT count(*) AS n FROM sqlite_master WHERE type = 'table' AND name = 'schema_step'",
	.pg = "SELECT CASE WHEN to_regclass('schema_step') IS NULL THEN 0 ELSE 1 END AS n", .scans = true);

static QUERY(steps_done, READS, &row_step, TAKES_NOTHING,
	"SELECT number, name, hash FROM schema_step ORDER BY number", .scans = true);

static QUERY(step_insert, WRITES, NULL, TAKES(K_INT, K_STR, K_STR, K_INSTANT),
	"INSERT INTO schema_step (number, name, hash, applied_at) VALUES (?1, ?2, ?3, ?4)");

const struct query *const migrate_queries[] = { &migrate_lock, &migrate_begun, &steps_done, &step_insert, NULL };

/* ---- Reading schemas ---- */

/* "-- 0007 tags: why" */
static bool step_line(struct str line, int64_t *ret_number, struct str *ret_name)
{
	if (!str_starts(line, S("-- ")))
		return false;
	line = (struct str){ line.at + 3, line.len - 3 };
	if (str_find(line, ':') < 0)
		return false;
	struct str head = str_cut(&line, ':'), number = str_cut(&head, ' ');
	*ret_name = str_trim(head);
	return number.len == 4 && str_to_int(number, ret_number) && ret_name->len > 0;
}

static void end_quoted(struct str *text, struct buf *out)
{
	char quote = *text->at;
	size_t n = 1;
	while (n < text->len && text->at[n] != quote)
		n++;
	n += n < text->len;
	buf_add(out, text->at, n);
	*text = (struct str){ text->at + n, text->len - n };
}

/* The text without comments, with single spaces. */
static struct str words_of(struct arena *arena, struct str text)
{
	BUF_SCOPED out;
	buf_init(&out, TEXT_MAX);
	bool space = false;
	while (text.len > 0) {
		if (str_starts(text, S("--"))) {
			str_cut(&text, '\n');
			space = true;
			continue;
		}
		if (isspace((unsigned char)*text.at)) {
			space = true;
			text = (struct str){ text.at + 1, text.len - 1 };
			continue;
		}
		if (space && out.len > 0)
			buf_byte(&out, ' ');
		space = false;
		if (*text.at == '\'' || *text.at == '"') {
			end_quoted(&text, &out);
			continue;
		}
		buf_byte(&out, *text.at);
		text = (struct str){ text.at + 1, text.len - 1 };
	}
	return buf_failed(&out) ? (struct str){ 0 } : str_copy(arena, buf_view(&out));
}

struct steps { struct step *at; size_t count; };

static bool step_finish(struct arena *arena, struct step *step, struct str text)
{
	char hash[HASH_TEXT + 1];
	step->text = words_of(arena, text);
	hash_text((struct blob){ step->text.at, step->text.len }, hash);
	step->hash = str_copy(arena, str_of(hash));
	return step->text.len > 0 && !arena_failed(arena);
}

static int read_schema(const struct embedded_schema *schema, struct arena *arena, struct steps *steps,
                       char ret_why[WHY_MAX])
{
	struct str rest = str_of(schema->sql), name;
	struct step *open = NULL;
	const char *start = rest.at;
	bool good = true;
	while (good && rest.len > 0) {
		struct str line = str_cut(&rest, '\n');
		int64_t number;
		if (!step_line(line, &number, &name)) {
			good = open || str_trim(line).len == 0 || str_starts(line, S("--"));  /* no words before a step */
			continue;
		}
		if (open)
			good = step_finish(arena, open, (struct str){ start, (size_t)(line.at - start) });
		if (!good || steps->count == STEPS_MAX)
			break;
		open = &steps->at[steps->count++];
		*open = (struct step){ .number = number, .name = name, .path = schema->path };
		start = line.at + line.len;
	}
	if (good && open && steps->count <= STEPS_MAX)
		good = step_finish(arena, open, str_of(start));
	if (good && open)
		return 0;
	snprintf(ret_why, WHY_MAX, "%s cannot be read: a step is empty or too long, or its line (-- 0007 tags: why) is"
	         " missing", schema->path);
	return E_STORE;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = ((const struct step *)a)->number, y = ((const struct step *)b)->number;
	return (x > y) - (x < y);
}

static int read_all(const struct embedded_schema *schemas, struct arena *arena, struct steps *ret,
                    char ret_why[WHY_MAX])
{
	ret->at = arena_take_array(arena, STEPS_MAX, sizeof *ret->at);
	if (!ret->at)
		return E_MEMORY;
	for (; schemas->path; schemas++) {
		int r = read_schema(schemas, arena, ret, ret_why);
		if (r < 0)
			return r;
	}
	qsort(ret->at, ret->count, sizeof *ret->at, by_number);
	for (size_t i = 1; i < ret->count; i++)
		if (ret->at[i].number == ret->at[i - 1].number) {
			snprintf(ret_why, WHY_MAX, "step %04d is in %s and in %s; give one of them another number",
			         (int)ret->at[i].number, ret->at[i - 1].path, ret->at[i].path);
			return E_STORE;
		}
	return 0;
}

/* ---- Each store's words ---- */

static struct str sqlite_word(struct str word, bool *has_bytes)
{
	if (str_equal_fold(word, S("BIGINT")) || str_equal_fold(word, S("BOOLEAN")))
		return S("INTEGER");
	if (!str_equal_fold(word, S("BYTEA")))
		return word;
	*has_bytes = true;
	return S("BLOB");
}

/* Text is ordered by its bytes on both stores, whatever the locale of somebody's cluster. Types are in capitals: `text` is a column. */
static struct str pg_word(struct str word)
{
	return str_equal(word, S("TEXT")) ? S("TEXT COLLATE \"C\"") : word;
}

/* One statement, up to its semicolon. */
static void statement(bool pg, struct str *text, struct buf *out)
{
	bool table = str_starts(*text, S("CREATE TABLE ")), has_bytes = false;
	while (text->len > 0 && *text->at != ';') {
		if (*text->at == '\'' || *text->at == '"') {
			end_quoted(text, out);
			continue;
		}
		size_t n = 0;
		while (n < text->len && (isalnum((unsigned char)text->at[n]) || text->at[n] == '_'))
			n++;
		struct str word = { text->at, n };
		buf_str(out, pg ? pg_word(word) : sqlite_word(word, &has_bytes));
		if (n == 0)
			buf_byte(out, text->at[n++]);
		*text = (struct str){ text->at + n, text->len - n };
	}
	if (table && !pg)
		buf_z(out, has_bytes ? " STRICT" : " STRICT, WITHOUT ROWID");
	buf_z(out, ";\n");
	str_cut(text, ';');
	*text = str_trim(*text);
}

static const char *text_for(struct store *store, struct arena *arena, struct str words)
{
	BUF_SCOPED out;
	buf_init(&out, TEXT_MAX);
	while (words.len > 0)
		statement(store_is_pg(store), &words, &out);
	return buf_failed(&out) ? NULL : str_z(arena, buf_view(&out));
}

/* ---- Running them ---- */

struct applying { const struct step *step; char *why; };

static int apply(struct tx *tx, void *arg)
{
	struct applying *it = arg;
	struct conn *conn = tx->runner->conn;
	const char *text = text_for(tx->runner->store, tx->arena, it->step->text);
	if (!text)
		return E_MEMORY;
	int r = conn->engine->script(conn, text, it->why);
	if (r < 0)
		return r;
	return tx_run(tx, &step_insert, V(it->step->number), V(it->step->name), V(it->step->hash), V(tx_now(tx)));
}

static int look(struct tx *tx, void *arg)
{
	struct rows *done = arg;
	struct count begun = { 0 };
	int r = tx_one(tx, &migrate_begun, &begun);
	return r < 0 || begun.n == 0 ? r : tx_all(tx, &steps_done, done);
}

static int try_lock(struct tx *tx, void *arg) { return tx_one(tx, &migrate_lock, arg); }

static int lock(struct runner *r, struct arena *arena, char ret_why[WHY_MAX])
{
	struct count got = { 0 };
	for (int64_t until = clock_steady() + clock_allows(LOCK_WAIT_MS); clock_steady() < until; usleep(50 * 1000)) {
		int code = runner_do(r, arena, try_lock, &got);
		if (code < 0 || got.n == 1)
			return code;
	}
	snprintf(ret_why, WHY_MAX, "another quntu is changing the tables; try again in a minute");
	return E_BUSY;
}

static const struct step *find(const struct steps *steps, int64_t number)
{
	struct step key = { .number = number };
	return steps->count ? bsearch(&key, steps->at, steps->count, sizeof key, by_number) : NULL;
}

/* Does what was done agree with what we would do? */
static int compare(const struct steps *steps, struct rows done, char ret_why[WHY_MAX])
{
	const struct step *was = done.at;
	for (size_t i = 0; i < done.count; i++) {
		const struct step *now = find(steps, was[i].number);
		if (!now)
			snprintf(ret_why, WHY_MAX, "the store was used by a newer quntu (step %04d %.*s); start that version, or"
			         " restore a backup", (int)was[i].number, STR(was[i].name));
		else if (!str_equal(now->hash, was[i].hash))
			snprintf(ret_why, WHY_MAX, "step %04d %.*s (%s) is not what this store ran; put its old words back and"
			         " write a new step", (int)now->number, STR(now->name), now->path);
		else
			continue;
		return E_STORE;
	}
	return 0;
}

static int apply_missing(struct runner *r, const struct steps *steps, struct rows done, char ret_why[WHY_MAX])
{
	const struct steps old = { done.at, done.count };
	for (size_t i = 0; i < steps->count; i++) {
		const struct step *step = &steps->at[i];
		if (find(&old, step->number))
			continue;
		if (r->store->guest && r->store->missing) {
			++*r->store->missing;
			continue;
		}
		if (r->store->guest) {
			snprintf(ret_why, WHY_MAX, "the store is older than this program; start `quntu serve` once, it brings it"
			         " up to date");
			return E_STORE;
		}
		char why[WHY_MAX] = "see the log";
		ARENA_SCOPED arena;
		arena_init(&arena, 4 * TEXT_MAX);
		int code = runner_do(r, &arena, apply, &(struct applying){ step, why });
		if (code < 0) {
			snprintf(ret_why, WHY_MAX, "step %04d %.*s failed, nothing was changed: %.300s", (int)step->number,
			         STR(step->name), why);
			return code;
		}
	}
	return 0;
}

int migrate(struct runner *r, const struct embedded_schema *schemas, char ret_why[WHY_MAX])
{
	ARENA_SCOPED arena;
	arena_init(&arena, 16 * TEXT_MAX);
	struct steps steps = { 0 };
	struct rows done = { 0 };
	int code = read_all(schemas, &arena, &steps, ret_why);
	if (code == 0 && !r->store->guest)
		code = lock(r, &arena, ret_why);
	if (code == 0) {
		snprintf(ret_why, WHY_MAX, "the list of steps cannot be read; see the log");
		code = runner_do(r, &arena, look, &done);
	}
	if (code >= 0)
		code = compare(&steps, done, ret_why);
	if (code == 0)
		code = apply_missing(r, &steps, done, ret_why);
	return code;
}
