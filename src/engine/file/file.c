/* file.c: see file.h. Owns `file`. */
#include "engine/file/file.h"

/* ---- Rows ------------------------------------------------------------------------------------- */

struct stored { struct str type; struct blob bytes; };

ROW(stored,
	FIELD(stored, type,  "Media type"),
	FIELD(stored, bytes, "The picture"));

/* ---- Actions ------------------------------------------------------------------------------------ */

static QUERY(file_insert, WRITES, NULL, TAKES(K_STR, K_ID, K_STR, K_BLOB, K_INSTANT),
	"INSERT INTO file (key, community_id, type, bytes, made_at) VALUES (?1, ?2, ?3, ?4, ?5)");

int file_keep(struct tx *tx, struct id community, struct blob bytes, const char *type, struct str *ret_key)
{
	char slug[FILE_KEY + 1];
	secret_slug(slug, FILE_KEY);
	struct str key = str_copy(tx_arena(tx), str_of(slug));
	int r = tx_run(tx, &file_insert, V(key), V(community), V(str_of(type)), V(bytes), V(tx_now(tx)));
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

struct str file_url(struct arena *arena, struct str key)
{
	return key.len ? str_format(arena, "/f/%.*s", STR(key)) : S("");
}

/* ---- API ------------------------------------------------------------------------------------------- */

static QUERY(file_by_key, READS, &row_stored, TAKES(K_STR), "SELECT type, bytes FROM file WHERE key = ?1");

static int get_file(struct request *rq, const void *in, void *out)
{
	struct body *body = out;
	struct stored file;
	(void)in;
	int r = tx_one(rq->tx, &file_by_key, &file, V(rq->path_text));
	if (r < 0)
		return r;
	*body = (struct body){
		.bytes = { file.bytes.at, file.bytes.len }, .type = str_z(rq->arena, file.type), .max_age = -1,
	};
	return 0;
}

/* ---- Declaration ------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/f/{key}", ROLE_PUBLIC, get_file, NULL, NULL, "An uploaded picture", OUT_BODY, .makes = "image/*" },
	{ 0 },
};

static const struct query *const queries[] = { &file_insert, &file_of_community, &file_by_key, NULL };

const struct feature feature_file = { .name = "file", .routes = routes, .queries = queries };
