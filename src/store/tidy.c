/* tidy.c: the log is emptied into the database without the writer waiting for it.
 *
 * Story      SQLite's log grows with each commit and begins anew once all of it stands in the database's own file. Left to
 *            itself the writer does that, page by page and with two syncs of the disk, while everybody waits. Here another
 *            thread copies what there is, again while more comes, each time less; then the lane, between two batches,
 *            copies the few pages that are left, and its next write begins the log anew.
 * Holds      Only how much is copied when; SQLite syncs the log before a page is copied and the database before the log
 *            begins anew, whoever does it. A reader in the middle of an old snapshot delays the end of it: nobody waits, the
 *            log grows and the next turn comes LOG_PAGES later.
 * Not here   PostgreSQL, which does all that by itself.
 */
#include "base/log.h"
#include "store/inside.h"

#define LOG_PAGES 32000           /* 128 MB: pages that change often are copied once for many changes */
#define FEW         400           /* the lane copies so many in a few milliseconds */
#define TURNS         6

static _Atomic int log_pages = LOG_PAGES;

void store_log_at(int pages) { log_pages = pages ? pages : LOG_PAGES; }

static void copy(struct tidier *t)
{
	int left = 0, r = 0;
	for (int i = 0; r == 0 && i < TURNS && (i == 0 || left > FEW) && !t->stop; i++)
		r = t->store->engine->tidy(t->conn, &left);
	if (r < 0)
		log_warn("the database's log could not be emptied; tried again later");
}

static void *run(void *arg)
{
	struct tidier *t = arg;
	pthread_mutex_lock(&t->lock);
	while (!t->stop) {
		if (t->state != TIDY_WANTED) {
			pthread_cond_wait(&t->wake, &t->lock);
			continue;
		}
		pthread_mutex_unlock(&t->lock);
		copy(t);
		pthread_mutex_lock(&t->lock);
		t->state = TIDY_COPIED;
	}
	pthread_mutex_unlock(&t->lock);
	return NULL;
}

void tidier_look(struct tidier *t, struct conn *lane)
{
	int pages = t->store->engine->log_pages(lane), left = 0;
	if (pages < t->last)                          /* it began anew */
		t->at = log_pages;
	t->last = pages;
	if (t->state == TIDY_RESTING && pages >= t->at) {
		pthread_mutex_lock(&t->lock);
		t->state = TIDY_WANTED;
		pthread_mutex_unlock(&t->lock);
		pthread_cond_signal(&t->wake);
	} else if (t->state == TIDY_COPIED) {
		t->store->engine->tidy(lane, &left);
		t->at = pages + log_pages;            /* unless it begins anew */
		t->state = TIDY_RESTING;
	}
}

int tidier_start(struct tidier *t, struct store *store, char ret_why[WHY_MAX])
{
	*t = (struct tidier){ .store = store, .at = log_pages };
	int r = store->engine->open(store->where, WRITES, &t->conn, ret_why);
	if (r < 0) {
		*t = (struct tidier){ 0 };
		return r;
	}
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, NULL);
	if (pthread_create(&t->thread, NULL, run, t) == 0)
		return 0;
	snprintf(ret_why, WHY_MAX, "the system gives us no more threads");
	store->engine->close(t->conn);
	*t = (struct tidier){ 0 };
	return E_STORE;
}

void tidier_stop(struct tidier *t)
{
	if (!t->store)
		return;
	pthread_mutex_lock(&t->lock);
	t->stop = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	pthread_join(t->thread, NULL);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	t->store->engine->close(t->conn);
	*t = (struct tidier){ 0 };
}
