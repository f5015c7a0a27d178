/* cache.c: see cache.h. */
#include "campaign/poster/cache.h"

#include <pthread.h>

#include "base/mem.h"

struct prepared { struct prepared_key key; struct poster *poster; uint64_t used; };

struct made { char mark[POSTER_MARK + 1]; char *bytes; size_t len; uint64_t used; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct prepared prepared[CACHE_PREPARED];
static struct made     made[CACHE_MADE];
static size_t          made_bytes;
static uint64_t        turn;

/* ---- Designs ------------------------------------------------------------------------------------------- */

static bool same_key(const struct prepared_key *a, const struct prepared_key *b)
{
	return a->community == b->community && a->id == b->id && a->version == b->version && a->updated_at == b->updated_at;
}

struct poster *cache_prepared(const struct prepared_key *key)
{
	struct poster *found = NULL;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < CACHE_PREPARED && !found; i++)
		if (prepared[i].poster && same_key(&prepared[i].key, key)) {
			found = prepared[i].poster;
			prepared[i].used = ++turn;
			poster_hold(found);
		}
	pthread_mutex_unlock(&lock);
	return found;
}

void cache_keep_prepared(const struct prepared_key *key, struct poster *poster)
{
	poster_hold(poster);
	pthread_mutex_lock(&lock);
	struct prepared *slot = &prepared[0];
	for (size_t i = 0; i < CACHE_PREPARED; i++) {
		if (prepared[i].poster && same_key(&prepared[i].key, key)) {
			slot = &prepared[i];            /* another thread prepared it too */
			break;
		}
		if (prepared[i].used < slot->used)
			slot = &prepared[i];
	}
	struct poster *old = slot->poster;
	*slot = (struct prepared){ *key, poster, ++turn };
	pthread_mutex_unlock(&lock);
	poster_drop(old);
}

/* ---- Pictures -------------------------------------------------------------------------------------------- */

static void made_drop(struct made *m)
{
	made_bytes -= m->len;
	mem_give(m->bytes);
	*m = (struct made){ .bytes = NULL };
}

bool cache_made(struct arena *arena, const char *mark, struct str *ret)
{
	bool found = false;
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < CACHE_MADE && !found; i++)
		if (made[i].bytes && strcmp(made[i].mark, mark) == 0) {
			*ret = str_copy(arena, (struct str){ made[i].bytes, made[i].len });
			made[i].used = ++turn;
			found = true;
		}
	pthread_mutex_unlock(&lock);
	return found;
}

static struct made *oldest_made(void)
{
	struct made *oldest = &made[0];
	for (size_t i = 1; i < CACHE_MADE; i++)
		if (made[i].bytes && (!oldest->bytes || made[i].used < oldest->used))
			oldest = &made[i];
	return oldest;
}

static struct made *made_slot(void)
{
	for (size_t i = 0; i < CACHE_MADE; i++)
		if (!made[i].bytes)
			return &made[i];
	struct made *oldest = oldest_made();
	made_drop(oldest);
	return oldest;
}

void cache_keep_made(const char *mark, struct str bytes)
{
	char *copy = bytes.len > 0 && bytes.len <= CACHE_BYTES / 8 ? mem_take(bytes.len) : NULL;
	if (!copy)
		return;                                 /* it will be drawn again */
	memcpy(copy, bytes.at, bytes.len);
	pthread_mutex_lock(&lock);
	while (made_bytes + bytes.len > CACHE_BYTES)
		made_drop(oldest_made());
	struct made *slot = made_slot();
	*slot = (struct made){ .bytes = copy, .len = bytes.len, .used = ++turn };
	memcpy(slot->mark, mark, POSTER_MARK + 1);
	made_bytes += bytes.len;
	pthread_mutex_unlock(&lock);
}

void cache_empty(void)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < CACHE_MADE; i++)
		if (made[i].bytes)
			made_drop(&made[i]);
	for (size_t i = 0; i < CACHE_PREPARED; i++) {
		poster_drop(prepared[i].poster);
		prepared[i] = (struct prepared){ .poster = NULL };
	}
	pthread_mutex_unlock(&lock);
}
