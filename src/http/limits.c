/* limits.c: how often is too often, in a table that never grows.
 *
 * Story      A guesser tries passwords. Each key ("login 1.2.3.4") has a bucket that holds `most` tokens and fills
 *            again over the window. Buckets live in sets of four; when a set is full the one untouched longest goes,
 *            so a flood of keys can push out old ones of its own set but never takes memory.
 * Holds      Keys are hashed with a random key of this process: nobody can aim at another's set.
 * Not here   Limits that must hold across processes: those are rows in the store.
 * Test       limits_test.c
 */
#include <sodium.h>
#include "base/mem.h"
#include "http/inside.h"

#define SETS 2048
#define WAYS 4

struct bucket { uint64_t key; int64_t at; double left; };

struct limits_table {
	pthread_mutex_t lock;
	unsigned char   secret[crypto_shorthash_KEYBYTES];
	int64_t         stands_at;
	struct bucket   buckets[SETS][WAYS];
};

struct limits_table *limits_make(void)
{
	struct limits_table *t = mem_take(sizeof *t);
	if (!t)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	secret_random(t->secret, sizeof t->secret);
	return t;
}

void limits_free(struct limits_table *t)
{
	if (t)
		pthread_mutex_destroy(&t->lock);
	mem_give(t);
}

void limits_hold(struct limits_table *t, int64_t now)
{
	pthread_mutex_lock(&t->lock);
	t->stands_at = now;
	pthread_mutex_unlock(&t->lock);
}

/* The key's bucket, or the one in its set that was used longest ago, made new. */
static struct bucket *bucket_find(struct limits_table *t, uint64_t key, int most, int64_t now)
{
	struct bucket *set = t->buckets[(key >> 1) % SETS], *oldest = set;      /* the last bit is always set: no key is 0 */
	for (int i = 0; i < WAYS; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].at < oldest->at)
			oldest = &set[i];
	}
	*oldest = (struct bucket){ key, now, most };
	return oldest;
}

int64_t limits_wait(struct limits_table *t, struct str key, int most, int64_t window_ms, int64_t now)
{
	uint64_t hash;
	crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key.at, key.len, t->secret);
	pthread_mutex_lock(&t->lock);
	now = t->stands_at ? t->stands_at : now;
	struct bucket *b = bucket_find(t, hash | 1, most, now);
	b->left += (double)(now - b->at) * most / (double)window_ms;
	if (b->left > most)
		b->left = most;
	b->at = now;
	int64_t wait = b->left >= 1 ? 0 : 1 + (int64_t)((1 - b->left) * (double)window_ms / most);
	if (wait == 0)
		b->left -= 1;
	pthread_mutex_unlock(&t->lock);
	return wait;
}

bool limits_allow(struct limits_table *t, struct str key, int most, int64_t window_ms, int64_t now)
{
	return limits_wait(t, key, most, window_ms, now) == 0;
}

bool rq_allow(struct request *rq, struct str key, int most, int64_t window_ms)
{
	if (!rq->connection)                          /* within.h: the program itself */
		return true;
	return limits_allow(connection_of(rq)->server->limits, key, most, window_ms, clock_steady());
}
