/* file.c: see file.h. Owns `file`, together with document.c. */
#include "engine/file/file.h"

#include "engine/file/document.h"
#include "media/picture.h"
#include "media/qr_read.h"

#define SIDE_MAX 1200           /* pixels: sharp on a phone, and a group's QR stays readable */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct stored { struct str type; struct blob bytes; };

ROW(stored,
	FIELD(stored, type,  "Media type"),
	FIELD(stored, bytes, "The picture"));

struct upload { struct blob picture; bool needs_qr; };

ROW(upload,
	FIELD(upload, picture,  "PNG or JPEG", .max = 6 << 20),
	FIELD(upload, needs_qr, "Refuse it unless it shows one QR code", .optional = true));

struct uploaded { struct str key, url, qr; };

ROW(uploaded,
	FIELD(uploaded, key, "What to keep it by"),
	FIELD(uploaded, url, "Where it is shown"),
	FIELD(uploaded, qr,  "What its QR code says; empty when it was not asked for"));

/* ---- Actions ------------------------------------------------------------------------------------ */

static QUERY(file_insert, WRITES, NULL, TAKES(K_STR, K_ID, K_STR, K_BLOB, K_INSTANT, K_INT),
	"INSERT INTO file (key, community_id, type, name, size, kept_until, made_at, bytes) VALUES (?1, ?2, ?3, '', ?6, 0, ?5, ?4)");

int file_keep(struct tx *tx, struct id community, struct blob bytes, const char *type, struct str *ret_key)
{
	char slug[FILE_KEY + 1];
	secret_slug(slug, FILE_KEY);
	struct str key = str_copy(tx_arena(tx), str_of(slug));
	int r = tx_run(tx, &file_insert, V(key), V(community), V(str_of(type)), V(bytes), V(tx_now(tx)), V((int64_t)bytes.len));
	if (r < 0)
		return r;
	*ret_key = key;
	return 0;
}

static QUERY(file_of_community, READS, &row_stored, TAKES(K_STR, K_ID),
	"SELECT type, bytes FROM file WHERE key = ?1 AND community_id = ?2");

int file_bytes(struct tx *tx, struct id community, struct str key, struct blob *ret)
{
	struct stored file;
	int r = tx_one(tx, &file_of_community, &file, V(key), V(community));
	if (r < 0)
		return r;
	*ret = file.bytes;
	return 0;
}

static QUERY(file_delete, WRITES, NULL, TAKES(K_STR, K_ID), "DELETE FROM file WHERE key = ?1 AND community_id = ?2");

int file_drop(struct tx *tx, struct id community, struct str key)
{
	int r = tx_run(tx, &file_delete, V(key), V(community));
	return r < 0 ? r : 0;
}

struct str file_url(struct arena *arena, struct str key)
{
	return key.len ? str_format(arena, "/f/%.*s", STR(key)) : S("");
}

/* ---- API ------------------------------------------------------------------------------------------- */

static QUERY(file_by_key, READS, &row_stored, TAKES(K_STR), "SELECT type, bytes FROM file WHERE key = ?1 AND name = ''");

static int get_file(struct request *rq, const void *in, void *out)
{
	struct body *body = out;
	struct stored file;
	(void)in;
	int r = tx_one(rq->tx, &file_by_key, &file, V(rq->path_text));
	if (r < 0)
		return r == E_NOT_FOUND ? document_show(rq, body) : r;
	*body = (struct body){
		.bytes = { file.bytes.at, file.bytes.len }, .type = str_z(rq->arena, file.type), .max_age = -1,
	};
	return 0;
}

struct clean { struct blob bytes; const char *type; struct str qr; };

/* Decoding is slow, so it is done before the transaction. */
static int ready_upload(struct request *rq, const void *in, void *out)
{
	const struct upload *upload = in;
	struct clean *clean = ARENA_NEW(rq->arena, struct clean);
	enum picture_type type;
	(void)out;
	if (!clean)
		return E_MEMORY;
	int r = picture_reduce(upload->picture, SIDE_MAX, rq->arena, &clean->bytes, &type);
	if (r >= 0 && upload->needs_qr)
		r = qr_find(upload->picture, rq->arena, &clean->qr);
	if (r < 0)
		return rq_complain(rq, r, S("picture"));
	clean->type = picture_media_type(type);
	rq->kept = clean;
	return 0;
}

static int post_upload(struct request *rq, const void *in, void *out)
{
	const struct clean *clean = rq->kept;
	struct str key;
	(void)in;
	int r = file_keep(rq->tx, rq->community, clean->bytes, clean->type, &key);
	if (r < 0)
		return r;
	*(struct uploaded *)out = (struct uploaded){ key, file_url(rq->arena, key), clean->qr };
	return 0;
}

/* ---- Declaration ------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/f/{key}", ROLE_PUBLIC, get_file, NULL, NULL, "An uploaded picture, or a document to save", OUT_BODY, .makes = "*/*" },
	{ "POST", "/pictures", ROLE_OPERATOR, post_upload, &row_upload, &row_uploaded, "Upload a picture: a logo, an avatar, a staff card",
	  .ready = ready_upload, .body_max = 7 << 20, .sees = sees_all },
	{ 0 },
};

static const struct query *const queries[] = { &file_insert, &file_of_community, &file_by_key, &file_delete, NULL };

const struct feature feature_file = { .name = "file", .api = "community", .routes = routes, .queries = queries };
