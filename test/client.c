/* client.c: opening and clearing houses. See client.h. */
#include "client.h"
#include "test.h"
#include "base/mem.h"
#include "store/schemas.h"
#include <ftw.h>
#include <libpq-fe.h>
#include <unistd.h>

#define ARENA_LIMIT (512 << 20)

/* ---- A fresh place ---- */

static bool is_pg(const char *url) { return strncmp(url, "postgres", 8) == 0; }

static bool tell_pg(const char *server, const char *text)
{
	PGconn *link = PQconnectdb(server);
	PGresult *result = PQexec(link, text);
	bool good = PQresultStatus(result) == PGRES_COMMAND_OK;
	if (!good)
		fprintf(stderr, "house: %s", PQerrorMessage(link));
	PQclear(result);
	PQfinish(link);
	return good;
}

/* A schema is as good as a database, and a hundred times quicker to make. */
static bool place_on_pg(struct house *h, const char *server)
{
	static int made;
	char text[128];
	snprintf(h->server, sizeof h->server, "%s", server);
	snprintf(h->schema, sizeof h->schema, "house_%d_%d", (int)getpid(), ++made);
	snprintf(h->url, sizeof h->url, "%.850s%coptions=-csearch_path%%3D%s", server, strchr(server, '?') ? '&' : '?',
	         h->schema);
	snprintf(text, sizeof text, "CREATE SCHEMA %s", h->schema);
	return tell_pg(server, text);
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
	struct store_options options = { .url = h->url, .schemas = embedded_schemas };
	struct str why;
	if (store_open(&options, &h->store, &h->arena, &why) == 0)
		return true;
	fprintf(stderr, "house: %.*s\n", STR(why));
	return false;
}

struct house *house_open(const char *store_url)
{
	struct house *h = mem_take(sizeof *h);
	if (!h)
		return NULL;
	arena_init(&h->arena, ARENA_LIMIT);
	if ((is_pg(store_url) ? place_on_pg(h, store_url) : place_on_sqlite(h, store_url)) && enter(h))
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
	if (h->schema[0]) {
		char text[128];
		snprintf(text, sizeof text, "SET client_min_messages = error; DROP SCHEMA %s CASCADE", h->schema);
		tell_pg(h->server, text);
	}
	mem_give(h);
}

bool house_is_pg(const struct house *h) { return is_pg(h->url); }
