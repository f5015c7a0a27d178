/* cache.h: what was prepared and what was made lately, kept in this process. For the files of campaign/poster/ only.
 *
 * Holds   A design is known by its version, a picture by its mark: what is found is always right, so nothing has to be
 *         thrown away when a template changes. At most CACHE_PREPARED designs (about 4 MB each, 17 at 2048 × 2048) and
 *         CACHE_BYTES of pictures; what was not asked for longest goes.
 */
#pragma once
#include "campaign/poster/poster.h"

#define CACHE_PREPARED 6
#define CACHE_MADE     400
#define CACHE_BYTES    (32u << 20)

struct prepared_key { int64_t community, id, version, updated_at; };

/* One more owner is the caller: poster_drop it. NULL: not here. */
struct poster *cache_prepared(const struct prepared_key *);
void           cache_keep_prepared(const struct prepared_key *, struct poster *);

/* A copy in the arena; false: not here. */
bool cache_made(struct arena *, const char *mark, struct str *ret);
void cache_keep_made(const char *mark, struct str bytes);

void cache_empty(void);                         /* for tests */
