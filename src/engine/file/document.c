/* document.c: see document.h. Owns `file`, together with file.c.
 *
 * Holds      The shelf has what is on its way to somebody, once each, SHELF_MOST bytes at most; who wants more is asked to come again.
 */
#include "engine/file/document.h"

#include <pthread.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "engine/jobs/jobs.h"
#include "media/archive.h"

#define UNSENT_KEPT (7 * DAY)
#define SENT_KEPT   (180 * DAY)                   /* as messages */
#define SHELF_MOST  (256 << 20)
#define SWEPT       20                            /* documents in one transaction */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct document_head { struct id community_id; struct str name, type; int64_t size; };

ROW(document_head,
	FIELD(document_head, community_id, "Whose it is"),
	FIELD(document_head, name,         "What it is called"),
	FIELD(document_head, type,         "Media type"),
	FIELD(document_head, size,         "Bytes"));

struct document_whole { struct blob bytes; };

ROW(document_whole, FIELD(document_whole, bytes, "All of it"));

struct document_draft { struct str name; struct blob file; };

ROW(document_draft,
	FIELD(document_draft, name, "What it is called, with its extension: " DOCUMENT_KINDS, .min = 1, .max = DOCUMENT_NAME),
	FIELD(document_draft, file, "At most 20 MB", .max = DOCUMENT_MOST + (1 << 20), .optional = true));

struct document_kept { struct str key, url, name, type; int64_t size; };

ROW(document_kept,
	FIELD(document_kept, key,  "What to send it by"),
	FIELD(document_kept, url,  "Where it is saved from"),
	FIELD(document_kept, name, "What it is called: made safe for every system"),
	FIELD(document_kept, type, "Media type"),
	FIELD(document_kept, size, "Bytes"));

struct document_sum { int64_t n; };

ROW(document_sum, FIELD(document_sum, n, "Bytes"));

/* ---- Rules: what it is ------------------------------------------------------------------------------ */

static bool begins(struct blob b, const char *with, size_t len) { return b.len >= len && memcmp(b.at, with, len) == 0; }

static bool is_pdf(struct blob b)
{
	return memmem(b.at, b.len < 1024 ? b.len : 1024, "%PDF-", 5) != NULL;
}

static bool is_zip(struct blob b) { return begins(b, "PK\3\4", 4) || begins(b, "PK\5\6", 4); }

static bool is_mp3(struct blob b)
{
	const unsigned char *at = b.at;
	return begins(b, "ID3", 3) || (b.len > 1 && at[0] == 0xff && (at[1] & 0xe0) == 0xe0);
}

static bool is_mp4(struct blob b) { return b.len > 11 && memcmp((const char *)b.at + 4, "ftyp", 4) == 0; }

/* In whatever encoding: nothing that is no text; UTF-16 says so. */
static bool is_text(struct blob b)
{
	const unsigned char *at = b.at;
	if (begins(b, "\xff\xfe", 2) || begins(b, "\xfe\xff", 2))
		return true;
	for (size_t i = 0; i < b.len; i++)
		if (at[i] < 0x20 && !strchr("\t\n\r\f\x1b\x1a", at[i]))
			return false;
	return memchr(at, 0, b.len) == NULL;
}

#define OPEN_XML "application/vnd.openxmlformats-officedocument."

static const struct { const char *extension, *type; bool (*is)(struct blob); } kinds[] = {
	{ "pdf", "application/pdf", is_pdf },
	{ "docx", OPEN_XML "wordprocessingml.document", is_zip },
	{ "xlsx", OPEN_XML "spreadsheetml.sheet", is_zip },
	{ "pptx", OPEN_XML "presentationml.presentation", is_zip },
	{ "txt", "text/plain", is_text }, { "csv", "text/csv", is_text }, { "zip", "application/zip", is_zip },
	{ "mp3", "audio/mpeg", is_mp3 }, { "mp4", "video/mp4", is_mp4 },
};

/* Its place among the kinds; -1: none. */
static int kind_of(struct str name)
{
	size_t dot = name.len;
	while (dot > 0 && name.at[dot - 1] != '.')
		dot--;
	struct str extension = { name.at + dot, name.len - dot };
	for (size_t i = 0; dot > 1 && i < sizeof kinds / sizeof *kinds; i++)
		if (str_equal_fold(extension, str_of(kinds[i].extension)))
			return (int)i;
	return -1;
}

int document_look(struct blob bytes, struct str name, const char **ret_type)
{
	int kind = kind_of(name);
	if (bytes.len == 0)
		return E_FILE_EMPTY;
	if (bytes.len > DOCUMENT_MOST)
		return E_FILE_LARGE;
	if (kind < 0)
		return E_FILE_KIND;
	if (!kinds[kind].is(bytes))
		return E_FILE_BROKEN;
	*ret_type = kinds[kind].type;
	return 0;
}

/* ---- The shelf: what is on its way ------------------------------------------------------------------ */

struct shelved { char key[FILE_KEY + 1]; int holders; struct shelved *next; size_t len; unsigned char bytes[]; };

static pthread_mutex_t shelf_lock = PTHREAD_MUTEX_INITIALIZER;       /* held for moments */
static pthread_mutex_t reading_lock = PTHREAD_MUTEX_INITIALIZER;     /* one reads, so that the others find it read */
static struct shelved *shelf;
static size_t shelf_bytes;
static int64_t readings;

static struct shelved *shelf_take(struct str key)
{
	pthread_mutex_lock(&shelf_lock);
	struct shelved *s = shelf;
	while (s && !str_is(key, s->key))
		s = s->next;
	if (s)
		s->holders++;
	pthread_mutex_unlock(&shelf_lock);
	return s;
}

static void shelf_give(void *arg)
{
	struct shelved *s = arg, **at = &shelf;
	pthread_mutex_lock(&shelf_lock);
	bool last = --s->holders == 0;
	while (last && *at != s)
		at = &(*at)->next;
	if (last) {
		*at = s->next;
		shelf_bytes -= s->len;
	}
	pthread_mutex_unlock(&shelf_lock);
	if (last)
		mem_give(s);
}

/* E_BUSY: there is no room now. */
static int shelf_put(struct str key, struct blob bytes, struct shelved **ret)
{
	struct shelved *s = mem_take(sizeof *s + bytes.len);
	if (!s)
		return E_MEMORY;
	snprintf(s->key, sizeof s->key, "%.*s", STR(key));
	s->holders = 1, s->len = bytes.len;
	memcpy(s->bytes, bytes.at, bytes.len);
	pthread_mutex_lock(&shelf_lock);
	bool room = shelf_bytes + bytes.len <= SHELF_MOST;
	if (room) {
		s->next = shelf, shelf = s;
		shelf_bytes += bytes.len;
		readings++;
	}
	pthread_mutex_unlock(&shelf_lock);
	if (!room)
		mem_give(s);
	*ret = s;
	return room ? 0 : E_BUSY;
}

struct document_traffic document_traffic(void)
{
	pthread_mutex_lock(&shelf_lock);
	struct document_traffic t = { readings, (int64_t)shelf_bytes };
	pthread_mutex_unlock(&shelf_lock);
	return t;
}

/* ---- Actions ------------------------------------------------------------------------------------------ */

static QUERY(document_insert, WRITES, NULL, TAKES(K_STR, K_ID, K_STR, K_STR, K_INT, K_INSTANT, K_INSTANT, K_BLOB),
	"INSERT INTO file (key, community_id, type, name, size, kept_until, made_at, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

static QUERY(documents_since, READS, &row_document_sum, TAKES(K_ID, K_INSTANT),
	"SELECT CAST(COALESCE(sum(size), 0) AS BIGINT) AS n FROM file WHERE community_id = ?1 AND made_at > ?2 AND name <> ''");

static QUERY(document_by_key, READS, &row_document_head, TAKES(K_STR),
	"SELECT community_id, name, type, size FROM file WHERE key = ?1 AND name <> ''");

static QUERY(document_bytes, READS, &row_document_whole, TAKES(K_STR), "SELECT bytes FROM file WHERE key = ?1");

static QUERY(document_renew, WRITES, NULL, TAKES(K_STR, K_ID, K_STR, K_INSTANT),
	"UPDATE file SET name = ?3, kept_until = CASE WHEN kept_until = 0 OR kept_until > ?4 THEN kept_until ELSE ?4 END"
	" WHERE key = ?1 AND community_id = ?2");

static QUERY(document_for_good, WRITES, NULL, TAKES(K_STR, K_ID),
	"UPDATE file SET kept_until = 0 WHERE key = ?1 AND community_id = ?2 AND name <> ''");

int document_get(struct tx *tx, struct id community, struct str key, struct document *ret)
{
	struct document_head head;
	int r = tx_one(tx, &document_by_key, &head, V(key));
	if (r < 0 || head.community_id.n != community.n)
		return r < 0 ? r : E_NOT_FOUND;
	*ret = (struct document){ key, head.name, head.type, head.size };
	return 0;
}

int document_take(struct tx *tx, struct id community, struct str key, struct str name, struct instant due, struct document *ret)
{
	struct document d;
	int64_t from = due.ms > tx_now(tx).ms ? due.ms : tx_now(tx).ms;
	int r = document_get(tx, community, key, &d);
	if (r < 0)
		return r;
	if (name.len)
		name = archive_name(tx_arena(tx), name);
	if (name.len && kind_of(name) != kind_of(d.name))
		return E_FILE_KIND;
	d.name = name.len ? name : d.name;
	r = tx_run(tx, &document_renew, V(key), V(community), V(d.name), V((struct instant){ from + SENT_KEPT }));
	if (r < 0)
		return r;
	*ret = d;
	return 0;
}

int document_stays(struct tx *tx, struct id community, struct str key)
{
	int r = tx_run(tx, &document_for_good, V(key), V(community));
	return r < 0 ? r : r == 0 ? E_NOT_FOUND : 0;
}

/* ---- API ------------------------------------------------------------------------------------------------ */

static int lay_out(struct request *rq, struct shelved **ret)
{
	struct document_whole whole;
	int r = 0;
	pthread_mutex_lock(&reading_lock);
	if (!(*ret = shelf_take(rq->path_text)) && (r = tx_one(rq->tx, &document_bytes, &whole, V(rq->path_text))) == 0)
		r = shelf_put(rq->path_text, whole.bytes, ret);
	pthread_mutex_unlock(&reading_lock);
	return r;
}

int document_show(struct request *rq, struct body *ret)
{
	struct document_head head;
	struct shelved *s;
	int r = tx_one(rq->tx, &document_by_key, &head, V(rq->path_text));
	if (r < 0 || (r = lay_out(rq, &s)) < 0)
		return r;
	if (!rq_lend(rq, shelf_give, s)) {
		shelf_give(s);
		return E_INVALID;
	}
	*ret = (struct body){
		.bytes = { (const char *)s->bytes, s->len }, .type = str_z(rq->arena, head.type), .filename = head.name,
	};
	return ret->type ? 0 : E_MEMORY;
}

static int get_document(struct request *rq, const void *in, void *out)
{
	struct document d;
	(void)in;
	int r = document_get(rq->tx, rq->community, rq->path_text, &d);
	if (r == 0)
		*(struct document_kept *)out = (struct document_kept){ d.key, file_url(rq->arena, d.key), d.name, d.type, d.size };
	return r;
}

/* The whole of it is read, so before the transaction. */
static int ready_document(struct request *rq, const void *in, void *out)
{
	const struct document_draft *d = in;
	const char **type = ARENA_NEW(rq->arena, const char *);
	struct str name = archive_name(rq->arena, d->name);
	(void)out;
	int r = type && name.len ? document_look(d->file, name, type) : E_MEMORY;
	if (r < 0)
		return rq_complain(rq, r, r == E_FILE_KIND ? S("name") : S("file"));
	rq->kept = type;
	return 0;
}

static int post_document(struct request *rq, const void *in, void *out)
{
	const struct document_draft *d = in;
	const char *const *type = rq->kept;
	struct document_sum today;
	struct instant now = tx_now(rq->tx);
	char slug[FILE_KEY + 1];
	int r = tx_one(rq->tx, &documents_since, &today, V(rq->community), V((struct instant){ now.ms - DAY }));
	if (r < 0)
		return r;
	if (today.n + (int64_t)d->file.len > DOCUMENTS_A_DAY)
		return rq_complain(rq, E_FILE_DAY, S("file"));
	secret_slug(slug, FILE_KEY);
	struct str key = str_copy(rq->arena, str_of(slug)), name = archive_name(rq->arena, d->name);
	r = tx_run(rq->tx, &document_insert, V(key), V(rq->community), V(str_of(*type)), V(name), V((int64_t)d->file.len),
	           V((struct instant){ now.ms + UNSENT_KEPT }), V(now), V(d->file));
	if (r < 0)
		return r;
	*(struct document_kept *)out = (struct document_kept){ key, file_url(rq->arena, key), name, str_of(*type), (int64_t)d->file.len };
	return 0;
}

/* ---- Care ------------------------------------------------------------------------------------------------- */

static QUERY(documents_sweep, WRITES, NULL, TAKES(K_INSTANT, K_INT),
	"DELETE FROM file WHERE key IN (SELECT key FROM file WHERE kept_until > 0 AND kept_until < ?1 LIMIT ?2)");

static int sweep_action(struct tx *tx, void *arg)
{
	(void)arg;
	return tx_run(tx, &documents_sweep, V(tx_now(tx)), V((int64_t)SWEPT));
}

static int run_sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_sweep(context->store, (struct id){ 0 }, context->arena, sweep_action, NULL, SWEPT);
}

static const struct job_kind jobs[] = {
	{ "document_sweep", "Deletes files that were never sent for a week, or sent half a year ago", run_sweep, .every_ms = 6 * HOUR },
	{ 0 },
};

/* ---- Declaration ------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "POST", "/documents", ROLE_OPERATOR, post_document, &row_document_draft, &row_document_kept,
	  "Upload a file to be sent: " DOCUMENT_KINDS ", 20 MB at most; goes after a week unless it is sent", .ready = ready_document,
	  .body_max = DOCUMENT_MOST + (2 << 20), .sees = sees_all },
	{ "GET", "/documents/{key}", ROLE_READER, get_document, NULL, &row_document_kept, "What an uploaded file is called, and its size",
	  .sees = sees_all },
	{ 0 },
};

static const struct query *const queries[] = {
	&document_insert, &documents_since, &document_by_key, &document_bytes, &document_renew, &document_for_good, &documents_sweep, NULL,
};

const struct feature feature_document = { .name = "document", .api = "messages", .routes = routes, .queries = queries, .jobs = jobs };
