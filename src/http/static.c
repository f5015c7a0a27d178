/* static.c: the web pages that live inside the program.
 *
 * Story      /assets/… has its content's hash in its name and may be kept for ever. Any other address that is not the
 *            API's or a public page's is a place inside the console, and gets the console's one page; the browser's
 *            own router takes it from there. Each file is one MHD response, made when first asked for and shared.
 * Holds      Only embedded files are served: there is no path to a disk.
 * Test       static_test.c
 */
#include "base/mem.h"
#include "http/inside.h"

#define MISSING "Quntu's web pages are not in this program. Run ./dev build, then start it again.\n" \
	"这个程序里没有网页部分。请先运行 ./dev build，再重新启动。\n"

enum variant { PLAIN, GZIPPED, UNCHANGED, VARIANTS };

struct files { const struct embedded *table; size_t count; struct MHD_Response *(*made)[2][VARIANTS]; };

const struct embedded *static_table = embedded_files;

/* ---- Finding --------------------------------------------------------------------------------- */

static const struct embedded *find(const struct embedded *table, size_t count, struct str path)
{
	size_t from = 0, to = count;
	while (from < to) {
		size_t middle = (from + to) / 2;
		int order = str_compare(str_of(table[middle].path), path);
		if (order == 0)
			return &table[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static size_t count_of(const struct embedded *table)
{
	size_t n = 0;
	while (table[n].path)
		n++;
	return n;
}

struct str static_text(const char *path)
{
	const struct embedded *e = find(static_table, count_of(static_table), str_of(path));
	return e ? (struct str){ e->at, (size_t)(e->end - e->at) } : S("");
}

bool path_is_app(struct str path)
{
	if (path.len == 0 || path.at[0] != '/' || memmem(path.at, path.len, "//", 2) || memmem(path.at, path.len, "/.", 2))
		return false;
	struct str rest = { path.at + 1, path.len - 1 }, first = str_cut(&rest, '/');
	return !str_among(first, "api assets " PEOPLES_PATHS);
}

/* The file of that very name, else the console's page for an app path. */
const struct embedded *files_find(const struct files *files, struct str path)
{
	struct str name = { path.at + 1, path.len - 1 };
	const struct embedded *e = find(files->table, files->count, name);
	return e || !path_is_app(path) ? e : find(files->table, files->count, S("console/index.html"));
}

/* ---- Serving --------------------------------------------------------------------------------- */

static const char *type_of(const char *path)
{
	static const struct { const char *end, *type; } types[] = {
		{ ".html", "text/html; charset=utf-8" }, { ".js", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" }, { ".svg", "image/svg+xml" }, { ".png", "image/png" },
		{ ".jpg", "image/jpeg" }, { ".webp", "image/webp" }, { ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" }, { ".json", "application/json" }, { ".webmanifest", "application/manifest+json" },
		{ ".txt", "text/plain; charset=utf-8" },
	};
	size_t len = strlen(path);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		size_t n = strlen(types[i].end);
		if (len > n && memcmp(path + len - n, types[i].end, n) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

struct files *files_make(const struct embedded *table)
{
	struct files *f = mem_take(sizeof *f);
	if (!f)
		return NULL;
	f->table = table;
	f->count = count_of(table);
	f->made = mem_take((f->count + 1) * sizeof *f->made);
	if (f->made)
		return f;
	mem_give(f);
	return NULL;
}

void files_free(struct files *f)
{
	for (size_t i = 0; f && i < f->count; i++)
		for (int v = 0; v < 2 * VARIANTS; v++)
			if (f->made[i][v / VARIANTS][v % VARIANTS])
				MHD_destroy_response(f->made[i][v / VARIANTS][v % VARIANTS]);
	if (f)
		mem_give(f->made);
	mem_give(f);
}

static struct MHD_Response *make(struct connection *c, const struct embedded *e, enum variant variant)
{
	const char *at = variant == GZIPPED ? e->gz : e->at, *end = variant == GZIPPED ? e->gz_end : e->end;
	size_t len = variant == UNCHANGED ? 0 : (size_t)(end - at);
	struct MHD_Response *m = MHD_create_response_from_buffer(len, (void *)(uintptr_t)at, MHD_RESPMEM_PERSISTENT);
	if (!m)
		return NULL;
	char etag[80];
	snprintf(etag, sizeof etag, "W/\"%s\"", e->hash);
	header_add(m, "ETag", etag);
	header_add(m, "Vary", "Accept-Encoding");
	bool for_ever = strncmp(e->path, "assets/", 7) == 0;
	header_add(m, "Cache-Control", for_ever ? "public, max-age=31536000, immutable" : "no-cache");
	if (variant == UNCHANGED)
		return m;
	const char *type = type_of(e->path);
	header_add(m, "Content-Type", type);
	if (variant == GZIPPED)
		header_add(m, "Content-Encoding", "gzip");
	reply_page_headers(c, m, strncmp(type, "text/html", 9) == 0 || strncmp(type, "image/svg", 9) == 0);
	return m;
}

static enum MHD_Result send_missing(struct connection *c)
{
	void *text = (void *)(uintptr_t)MISSING;
	struct MHD_Response *m = MHD_create_response_from_buffer(sizeof MISSING - 1, text, MHD_RESPMEM_PERSISTENT);
	if (!m)
		return MHD_NO;
	header_add(m, "Content-Type", "text/plain; charset=utf-8");
	header_add(m, "Cache-Control", "no-store");
	enum MHD_Result r = MHD_queue_response(c->mhd, 200, m);
	MHD_destroy_response(m);
	return r;
}

static bool holds(struct str text, const char *word)
{
	return text.len > 0 && memmem(text.at, text.len, word, strlen(word));
}

enum MHD_Result files_send(struct connection *c)
{
	struct files *f = c->server->files;
	const struct embedded *e = c->file;
	if (!e)
		return send_missing(c);
	enum variant variant = holds(c->heads.none_match, e->hash) ? UNCHANGED
	                     : e->gz && holds(c->heads.encoding, "gzip") ? GZIPPED : PLAIN;
	struct MHD_Response **made = &f->made[e - f->table][c->https][variant];
	if (!*made)
		*made = make(c, e, variant);
	return *made ? MHD_queue_response(c->mhd, variant == UNCHANGED ? 304 : 200, *made) : MHD_NO;
}
