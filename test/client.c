/* client.c: opening and clearing houses. See client.h. */
#include "client.h"
#include "test.h"
#include "base/mem.h"
#include "store/schemas.h"
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <unistd.h>

#define ARENA_LIMIT (512 << 20)

/* ---- A fresh place ---- */

static bool is_pg(const char *url) { return strncmp(url, "postgres", 8) == 0; }

/* One connection for all that houses need: it knows the tables already. Not its parent's: a child that a test made has another. */
static PGconn *server_of(const char *url)
{
	static PGconn *link;
	static char    to[900];
	static pid_t   whose;
	if (whose == getpid() && strcmp(to, url) == 0 && PQstatus(link) == CONNECTION_OK)
		return link;
	if (whose == getpid())
		PQfinish(link);
	link = PQconnectdb(url);
	PQclear(PQexec(link, "SET client_min_messages = error; SET lock_timeout = '30s'"));
	snprintf(to, sizeof to, "%s", url);
	whose = getpid();
	return link;
}

/* What the one cell of the answer holds, "" when there is none; false, with the reason on standard error, when it went wrong. */
static bool ask_pg(const char *server, const char *text, char *ret, size_t size)
{
	PGconn *link = server_of(server);
	PGresult *result = PQexec(link, text);
	bool rows = PQresultStatus(result) == PGRES_TUPLES_OK, good = rows || PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!good)
		fprintf(stderr, "house: %s", PQerrorMessage(link));
	snprintf(ret, size, "%s", rows && PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return good;
}

static bool tell_pg(const char *server, const char *text)
{
	char nothing[8];
	return ask_pg(server, text, nothing, sizeof nothing);
}

/* ---- Schemas that are used again: all tables of the program take a quarter of a second to make, and none to empty ---- */

/* What a schema is made of; a test that changed any of it leaves one that is not used again. */
#define MARK "(SELECT sum(hashtextextended(c.relname || ' ' || a.attname || ' ' || a.attnum, a.atttypid::bigint)) || ' ' ||" \
	" (SELECT sum(hashtextextended(s::text, 0)) FROM %1$s.schema_step s) FROM pg_class c JOIN pg_attribute a" \
	" ON a.attrelid = c.oid WHERE c.relnamespace = '%1$s'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped)"

/* Truncating a table of few rows takes longer than deleting them. */
#define EMPTY "DO $$ DECLARE t regclass; BEGIN" \
	" IF " MARK " <> '%2$s' THEN RAISE EXCEPTION 'a test changed this schema: the next one gets another'; END IF;" \
	" FOR t IN SELECT oid FROM pg_class WHERE relnamespace = '%1$s'::regnamespace AND relkind = 'r' AND relname <> 'schema_step'" \
	" AND pg_relation_size(oid) > 0 LOOP EXECUTE format(CASE WHEN pg_relation_size(t) > 65536 THEN 'TRUNCATE %%s'" \
	" ELSE 'DELETE FROM %%s' END, t); END LOOP; END $$"

static struct spare { char schema[64], server[900], mark[80]; } spares[4];
static pid_t spares_of;                        /* a child that a test made ends without them */

static void drop_schema(const char *server, const char *schema)
{
	char text[200];
	snprintf(text, sizeof text, "DROP SCHEMA %s CASCADE", schema);
	tell_pg(server, text);
}

static void drop_spares(void)
{
	for (size_t i = 0; spares_of == getpid() && i < sizeof spares / sizeof *spares; i++)
		if (spares[i].schema[0])
			drop_schema(spares[i].server, spares[i].schema);
}

static void spare_keep(const struct house *h)
{
	if (!spares_of)
		atexit(drop_spares);
	spares_of = getpid();
	for (size_t i = 0; h->mark[0] && i < sizeof spares / sizeof *spares; i++)
		if (!spares[i].schema[0]) {
			memcpy(spares[i].schema, h->schema, sizeof h->schema);
			memcpy(spares[i].server, h->server, sizeof h->server);
			memcpy(spares[i].mark, h->mark, sizeof h->mark);
			return;
		}
	drop_schema(h->server, h->schema);
}

/* Takes one for this house and empties it. */
static bool spare_take(struct house *h)
{
	char text[2048];
	for (size_t i = 0; i < sizeof spares / sizeof *spares; i++) {
		struct spare s = spares[i];
		if (!s.schema[0] || strcmp(s.server, h->server) != 0)
			continue;
		spares[i].schema[0] = '\0';
		snprintf(text, sizeof text, EMPTY, s.schema, s.mark);
		if (tell_pg(s.server, text)) {
			memcpy(h->schema, s.schema, sizeof h->schema);
			memcpy(h->mark, s.mark, sizeof h->mark);
			return true;
		}
		drop_schema(s.server, s.schema);
	}
	return false;
}

static void url_of_schema(struct house *h)
{
	snprintf(h->url, sizeof h->url, "%.850s%coptions=-csearch_path%%3D%s", h->server, strchr(h->server, '?') ? '&' : '?', h->schema);
}

/* A schema is as good as a database, and a hundred times quicker to make. */
static bool place_on_pg(struct house *h, const char *server)
{
	static int made;
	char text[128];
	snprintf(h->server, sizeof h->server, "%s", server);
	bool good = spare_take(h);
	if (!good) {
		snprintf(h->schema, sizeof h->schema, "house_%d_%d", (int)getpid(), ++made);
		snprintf(text, sizeof text, "CREATE SCHEMA %s", h->schema);
		good = tell_pg(server, text);
	}
	url_of_schema(h);
	return good;
}

/* ---- The file of a store in which nothing is yet: written anew for each house, which is sooner than making all tables ---- */

static struct { char *bytes; size_t size; } fresh;

static bool fresh_keep(const char *path)
{
	sqlite3 *db = NULL;
	FILE *file = NULL;
	long size = 0;
	bool good = sqlite3_open(path, &db) == SQLITE_OK && sqlite3_exec(db, "DELETE FROM node", NULL, NULL, NULL) == SQLITE_OK;
	good = sqlite3_close(db) == SQLITE_OK && good && (file = fopen(path, "rb")) && fseek(file, 0, SEEK_END) == 0;
	good = good && (size = ftell(file)) > 0 && (fresh.bytes = malloc((size_t)size));
	if (good) {
		rewind(file);
		fresh.size = fread(fresh.bytes, 1, (size_t)size, file);
	}
	if (file)
		fclose(file);
	return good && fresh.size == (size_t)size;
}

static bool fresh_write(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = file >= 0 && write(file, fresh.bytes, fresh.size) == (ssize_t)fresh.size;
	if (file >= 0)
		close(file);
	return good;
}

static bool place_on_sqlite(struct house *h, const char *url)
{
	if (strcmp(url, "sqlite:") != 0) {
		snprintf(h->url, sizeof h->url, "%s", url);
		return true;
	}
	snprintf(h->folder, sizeof h->folder, "%s/quntu-house-XXXXXX", test_folder());
	if (!mkdtemp(h->folder))
		return false;
	snprintf(h->url, sizeof h->url, "sqlite:%s/quntu.db", h->folder);
	return true;
}

/* ---- The house ---- */

static bool enter(struct house *h)
{
	struct store_options options = { .url = h->url, .schemas = embedded_schemas, .lazily = true };
	struct str why;
	if (store_open(&options, &h->store, &h->arena, &why) == 0)
		return true;
	fprintf(stderr, "house: %.*s\n", STR(why));
	return false;
}

/* As it is when all steps have been done, and nothing else. */
static void take_mark(struct house *h)
{
	char text[1024];
	snprintf(text, sizeof text, "SELECT " MARK, h->schema);
	if (h->schema[0] && !h->mark[0])
		ask_pg(h->server, text, h->mark, sizeof h->mark);
}

static bool enter_on_pg(struct house *h, const char *server)
{
	bool good = place_on_pg(h, server) && enter(h);
	if (good)
		take_mark(h);
	return good;
}

/* The first of a process makes the tables and keeps what they look like, empty. */
static bool enter_on_sqlite(struct house *h, const char *url)
{
	if (!place_on_sqlite(h, url))
		return false;
	const char *path = h->url + strlen("sqlite:");
	bool used = access(path, F_OK) == 0;
	if (!used && fresh.bytes)
		return fresh_write(path) && enter(h);
	if (!enter(h))
		return false;
	if (used)
		return true;
	house_leave(h);
	return fresh_keep(path) && enter(h);
}

struct house *house_open(const char *store_url)
{
	struct house *h = mem_take(sizeof *h);
	if (!h)
		return NULL;
	arena_init(&h->arena, ARENA_LIMIT);
	if (is_pg(store_url) ? enter_on_pg(h, store_url) : enter_on_sqlite(h, store_url))
		return h;
	house_close(h);
	return NULL;
}

void house_leave(struct house *h)
{
	if (h->store)
		store_close(h->store);
	h->store = NULL;
}

void house_restart(struct house *h)
{
	house_leave(h);
	if (!enter(h))
		abort();
}

void house_count_rows(struct house *h)
{
	char text[400];
	if (!h->schema[0])
		return;
	snprintf(text, sizeof text, "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relkind = 'r' AND"
		" relnamespace = '%s'::regnamespace AND pg_relation_size(oid) > 65536 LOOP EXECUTE format('ANALYZE %%s', t);"
		" END LOOP; END $$", h->schema);
	tell_pg(h->server, text);
	h->mark[0] = '\0';                            /* not used again: the next one would be planned for as many */
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

void house_close(struct house *h)
{
	mem_fail_after(-1);
	store_fault_after(-1, false);
	house_leave(h);
	arena_free(&h->arena);
	if (h->folder[0])
		nftw(h->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	if (h->schema[0])
		spare_keep(h);
	mem_give(h);
}

bool house_is_pg(const struct house *h) { return is_pg(h->url); }
