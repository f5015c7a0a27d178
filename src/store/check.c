/* check.c: every query against the store at hand, before a user meets it.
 *
 * Grave: it does not prepare; its parameters or columns are not those of the declaration, in name, number or order;
 * the read/write mark is wrong; on PostgreSQL a column's type cannot fill its field. Not grave, but said: a
 * table is read from end to end and the query does not say that it means to.
 */
#include "store/inside.h"
#include <stdarg.h>

struct checking {
	const struct query *query;
	void (*found)(void *, const struct finding *);
	void  *ctx;
	int    grave;
};

static void __attribute__((format(printf, 3, 4))) say(struct checking *c, bool grave, const char *format, ...)
{
	struct finding finding = { .query = c->query->name, .grave = grave };
	va_list args;
	va_start(args, format);
	vsnprintf(finding.what, sizeof finding.what, format, args);
	va_end(args);
	c->grave += grave;
	c->found(c->ctx, &finding);
}

static void check_columns(struct checking *c, const struct description *is)
{
	const struct row *row = c->query->row;
	size_t fields = row ? row->count : 0;
	if (is->columns != fields) {
		say(c, true, "it returns %zu columns, %s has %zu", is->columns, row ? row->name : "no row", fields);
		return;
	}
	for (size_t i = 0; i < fields && i < COLUMNS_MAX; i++)
		if (strcmp(is->names[i], row->fields[i].name) != 0)
			say(c, true, "column %zu is \"%s\", %s says \"%s\"", i + 1, is->names[i], row->name, row->fields[i].name);
		else if (!is->fits[i])
			say(c, true, "column \"%s\" has a type that cannot fill its field; CAST it", is->names[i]);
}

static void check_query(struct checking *c, struct conn *conn)
{
	const struct query *query = c->query;
	bool own_text = conn->engine == &pg_engine && query->pg;
	struct description is;
	conn->engine->describe(conn, query, &is);
	if (is.problem[0]) {
		say(c, true, "%s", is.problem);
		return;
	}
	if (is.parameters != query->count && !(own_text && is.parameters < query->count))
		say(c, true, "its text takes %zu values, it declares %zu", is.parameters, query->count);
	if (is.missing)
		say(c, !query->pg, "its text never uses ?%d", is.missing);
	check_columns(c, &is);
	if (is.writes && query->access == READS)
		say(c, true, "it is marked READS and writes");
	if (!is.writes && query->access == WRITES && !query->pg)
		say(c, true, "it is marked WRITES and only reads");
	if (is.scan[0] && !query->scans)
		say(c, false, "reads all of %s; add an index, or mark it .scans", is.scan);
	if (is.whole[0] && !query->scans)
		say(c, false, "reads all that a community has in %s; let it follow an index (ARCHITECTURE, Ugly spots), or mark it .scans",
		    is.whole);
}

int store_check(struct store *store, const struct query *const *queries, void (*found)(void *, const struct finding *),
                void *ctx)
{
	static const struct query on_opening = { .name = "(store)" };
	const struct query *const *lists[] = { store_queries, node_queries, migrate_queries, queries };
	struct checking c = { .query = &on_opening, .found = found, .ctx = ctx };
	struct conn *conn;
	char why[WHY_MAX];
	if (store->engine->open(store->where, READS, &conn, why) < 0) {
		say(&c, true, "%s", why);
		return c.grave;
	}
	for (size_t l = 0; l < sizeof lists / sizeof *lists; l++)
		for (const struct query *const *q = lists[l]; *q; q++) {
			c.query = *q;
			check_query(&c, conn);
		}
	conn->engine->close(conn);
	return c.grave;
}
