/* sync.c: durable before told, without the writer waiting for the disk.
 *
 * Story      SQLite commits into its log without a sync of its own (synchronous=NORMAL). This thread takes what has been
 *            committed, syncs the log once, and only then tells each caller. The lane meanwhile runs what arrives, in the
 *            next transaction, and commits it when the disk is free again: the disk and the writer work at the same
 *            time, and a slow disk makes batches larger instead of the queue longer.
 * Holds      Told means durable: the sync begins after the commit has returned, and the log is one file whose earlier frames
 *            are synced with the later ones. A sync that fails is final (what the system dropped cannot be asked
 *            for again): from then on nothing is told as saved until the server is started anew.
 *            A reader may see a write a moment before it is durable; its writer never does.
 * Not here   PostgreSQL, whose COMMIT is durable when it returns.
 */
#include <errno.h>
#include <unistd.h>
#include "base/log.h"
#include "base/mem.h"
#include "store/inside.h"

static void note_announced(struct syncer *s, const struct runner *r)
{
	for (size_t i = 0; i < r->announced_count; i++) {
		size_t k = 0;
		while (k < s->announced_count && s->announced[k].n != r->announced[i].n)
			k++;
		if (k == s->announced_count && k < ANNOUNCED_MAX)     /* past it: the listener's own sweep finds them */
			s->announced[s->announced_count++] = r->announced[i];
	}
}

void syncer_put(struct syncer *s, const struct runner *r, struct work **batch, size_t n)
{
	pthread_mutex_lock(&s->lock);
	while (s->waiting > SYNC_WAITING_MAX)                         /* the disk is behind: the queue of the lane is the place to wait */
		pthread_cond_wait(&s->taken, &s->lock);
	for (size_t i = 0; i < n; i++) {
		batch[i]->next = NULL;
		*s->last = batch[i];
		s->last = &batch[i]->next;
	}
	s->waiting += n;
	s->busy = true;
	note_announced(s, r);
	pthread_mutex_unlock(&s->lock);
	pthread_cond_signal(&s->wake);
}

struct committed { struct work *first; size_t count; struct id announced[ANNOUNCED_MAX]; size_t announced_count; };

/* Everything that has been committed so far; false: stop. */
static bool take(struct syncer *s, struct committed *ret)
{
	pthread_mutex_lock(&s->lock);
	if (!s->first && s->busy) {
		s->busy = false;
		pthread_mutex_unlock(&s->lock);
		lane_wake(&s->store->writers[0]);             /* it may be gathering */
		pthread_mutex_lock(&s->lock);
	}
	while (!s->first && !s->stop)
		pthread_cond_wait(&s->wake, &s->lock);
	ret->first = s->first;
	ret->count = s->waiting;
	ret->announced_count = s->announced_count;
	memcpy(ret->announced, s->announced, s->announced_count * sizeof *s->announced);
	s->first = NULL;
	s->last = &s->first;
	s->waiting = s->announced_count = 0;
	pthread_mutex_unlock(&s->lock);
	pthread_cond_signal(&s->taken);
	return ret->first != NULL;
}

static void *run(void *arg)
{
	struct syncer *s = arg;
	struct committed done;
	while (take(s, &done)) {
		if (!s->failed && fdatasync(s->file) < 0) {
			log_error("the database's log cannot be synced: %s. Nothing more is saved until quntu is started again.",
			          strerror(errno));
			s->failed = true;
		}
		if (!s->failed)
			store_heard(s->store, done.announced, done.announced_count);
		for (struct work *w = done.first, *next; w; w = next) {
			next = w->next;                       /* done() may free it, or put it on another queue */
			w->done(w, s->failed && w->result >= 0 ? E_STORE : w->result);
		}
	}
	return NULL;
}

int syncer_start(struct syncer *s, struct store *store, char ret_why[WHY_MAX])
{
	*s = (struct syncer){ .store = store, .file = store->engine->log_open(store->where) };
	s->last = &s->first;
	if (s->file < 0) {
		snprintf(ret_why, WHY_MAX, "the database's log cannot be opened: %s", strerror(errno));
		*s = (struct syncer){ 0 };
		return E_STORE;
	}
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->wake, NULL);
	pthread_cond_init(&s->taken, NULL);
	if (pthread_create(&s->thread, NULL, run, s) != 0) {
		snprintf(ret_why, WHY_MAX, "the system gives us no more threads");
		close(s->file);
		*s = (struct syncer){ 0 };
		return E_STORE;
	}
	return 0;
}

void syncer_stop(struct syncer *s)
{
	if (!s->store)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->taken);
	pthread_mutex_destroy(&s->lock);
	close(s->file);
	*s = (struct syncer){ 0 };
}
