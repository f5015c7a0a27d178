/* pages.c: SQLite's page cache, without its search for pages that are not there.
 *
 * Why        At the end of each transaction SQLite lets go of cached pages that lie behind the end of the database. It knows
 *            the highest number that was ever in the cache, and that is enough, but for one thing: when a branch of a tree is
 *            divided, a page is for a moment called by the number of the page that a database never has (at 1 GB). From
 *            then on the whole cache was looked through at the end of each transaction in which a tree grew: of
 *            256 MB of pages, a fifth of all the lane's time.
 * How        SQLite's own cache, called through functions that remember the highest number better: a number beyond it that a
 *            page was only called for a moment does not count once the page is called something else.
 * Holds      `most` is never lower than the number of a page in the cache, except that of `parked`. What is not let go of because
 *            nothing lies behind the end would not have been there to let go of.
 * Test       store_test.c: trees that divide everywhere, shrink and grow again; and every other test on SQLite.
 */
#include "base/mem.h"
#include "store/inside.h"
#include <sqlite3.h>

struct pages {
	sqlite3_pcache *own;                          /* SQLite's */
	unsigned        most;                         /* no page has a higher number … */
	unsigned        parked;                       /* … but perhaps one that has this; 0: none */
};

static sqlite3_pcache_methods2 own;

static struct pages *of(sqlite3_pcache *cache) { return (struct pages *)cache; }

static int  start(void *arg) { (void)arg; return own.xInit(own.pArg); }
static void stop(void *arg)  { (void)arg; own.xShutdown(own.pArg); }

static sqlite3_pcache *make(int size, int extra, int purgeable)
{
	struct pages *p = mem_take(sizeof *p);
	if (p && !(p->own = own.xCreate(size, extra, purgeable))) {
		mem_give(p);
		return NULL;
	}
	return (sqlite3_pcache *)p;
}

static void destroy(sqlite3_pcache *cache)
{
	own.xDestroy(of(cache)->own);
	mem_give(of(cache));
}

static void set_size(sqlite3_pcache *cache, int pages) { own.xCachesize(of(cache)->own, pages); }
static int  count(sqlite3_pcache *cache)               { return own.xPagecount(of(cache)->own); }
static void shrink(sqlite3_pcache *cache)              { own.xShrink(of(cache)->own); }

static sqlite3_pcache_page *fetch(sqlite3_pcache *cache, unsigned number, int create)
{
	struct pages *p = of(cache);
	if (create && number > p->most)
		p->most = number;
	return own.xFetch(p->own, number, create);
}

static void unpin(sqlite3_pcache *cache, sqlite3_pcache_page *page, int discard) { own.xUnpin(of(cache)->own, page, discard); }

static void rekey(sqlite3_pcache *cache, sqlite3_pcache_page *page, unsigned before, unsigned number)
{
	struct pages *p = of(cache);
	if (before == p->parked)
		p->parked = 0;
	if (number > p->most && !p->parked)
		p->parked = number;
	else if (number > p->most && number != p->parked)
		p->most = number;
	own.xRekey(p->own, page, before, number);
}

static void truncate_from(sqlite3_pcache *cache, unsigned first)
{
	struct pages *p = of(cache);
	if (first > p->most && !p->parked)
		return;
	own.xTruncate(p->own, first);
	p->most = first ? first - 1 : 0;
	p->parked = p->parked >= first ? 0 : p->parked;
}

void pages_configure(void)
{
	static sqlite3_pcache_methods2 ours = {
		.iVersion = 1, .xInit = start, .xShutdown = stop, .xCreate = make, .xCachesize = set_size, .xPagecount = count,
		.xFetch = fetch, .xUnpin = unpin, .xRekey = rekey, .xTruncate = truncate_from, .xDestroy = destroy, .xShrink = shrink,
	};
	if (sqlite3_config(SQLITE_CONFIG_GETPCACHE2, &own) == SQLITE_OK)
		sqlite3_config(SQLITE_CONFIG_PCACHE2, &ours);
}
