/* secret.c: the server's root secret, one row, made once.
 *
 * Story      The first process to open an empty store writes 32 random bytes; every other one reads the same, so a
 *            cookie sealed by one node is good on all.
 * Owns       server_secret.
 * Test       session_test.c
 */
#include "http/inside.h"
#include "http/queries.h"

struct secret_row { struct blob bytes; };

ROW(secret_row,
	FIELD(secret_row, bytes, "The root secret"));

QUERY(secret_read, READS, &row_secret_row, TAKES(K_ID), "SELECT bytes FROM server_secret WHERE id = ?1");
QUERY(secret_insert, WRITES, NULL, TAKES(K_ID, K_BLOB, K_INSTANT),
	"INSERT INTO server_secret (id, bytes, made_at) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING");

static int take(struct tx *tx, void *arg)
{
	struct key *key = arg;
	struct secret_row row;
	int r = tx_one(tx, &secret_read, &row, V(((struct id){ 1 })));
	if (r < 0)
		return r;
	if (row.bytes.len != sizeof key->bytes)
		return E_STORE;
	memcpy(key->bytes, row.bytes.at, sizeof key->bytes);
	return 0;
}

static int make(struct tx *tx, void *arg)
{
	struct key fresh;
	secret_random(fresh.bytes, sizeof fresh.bytes);
	struct blob bytes = { fresh.bytes, sizeof fresh.bytes };
	int r = tx_run(tx, &secret_insert, V(((struct id){ 1 })), V(bytes), V(tx_now(tx)));
	return r < 0 ? r : take(tx, arg);               /* another process may have been first: its bytes count */
}

void keys_make(struct keys *ret, const struct key *root)
{
	key_derive(&ret->session, root, "session cookie");
	key_derive(&ret->visitor, root, "visitor cookie");
	key_derive(&ret->csrf, root, "csrf word");
	key_derive(&ret->bearer, root, "api token");
	key_derive(&ret->feature, root, "features");
}

int tx_feature_key(struct tx *tx, struct key *ret)
{
	struct key root;
	struct keys keys;
	int r = take(tx, &root);
	if (r == E_NOT_FOUND && tx_may_write(tx))
		r = make(tx, &root);
	if (r < 0)
		return r;
	keys_make(&keys, &root);
	*ret = keys.feature;
	return 0;
}

int server_feature_key(struct store *store, struct key *ret)
{
	struct key root;
	struct keys keys;
	int r = server_secret(store, &root);
	if (r < 0)
		return r;
	keys_make(&keys, &root);
	*ret = keys.feature;
	return 0;
}

int server_phones(struct store *store, struct id first, size_t count, struct arena *arena, struct phone_words *ret)
{
	struct key root;
	struct keys keys;
	int r = server_secret(store, &root);
	if (r < 0)
		return r;
	keys_make(&keys, &root);
	for (size_t i = 0; i < count; i++) {
		struct id visitor = { first.n + (int64_t)i };
		ret[i] = (struct phone_words){ visitor_cookie(&keys, visitor, arena), csrf_word(&keys, 'v', visitor, arena) };
	}
	return arena_failed(arena) ? E_MEMORY : 0;
}

void server_name(const struct key *features, char ret[SERVER_NAME + 1])
{
	char mac[MAC_TEXT + 1];
	mac_text(features, S("name of this server"), mac);
	memcpy(ret, mac, SERVER_NAME);
	ret[SERVER_NAME] = '\0';
}

int server_secret(struct store *store, struct key *ret)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 64 * 1024);
	struct key key;
	int r = store_read(store, &arena, take, &key);
	if (r == E_NOT_FOUND)
		r = store_write(store, (struct id){ 0 }, &arena, make, &key);
	if (r < 0)
		return r;
	*ret = key;
	return 0;
}
