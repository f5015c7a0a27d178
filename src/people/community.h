/* community.h: the tenant (社群): its positioning card, time zone and rules. */
#pragma once
#include "http/http.h"

/* What pages and other rooms need of a community. */
struct community {
	struct id      id;
	struct str     name, slogan, logo, colour, rules, timezone, warn_email, warn_webhook;
	struct instant ends_at, archived_at, erase_at;
};

/* E_NOT_FOUND: there is none. */
int community_get(struct tx *, struct id id, struct community *ret);
/* Its zone; never NULL (Asia/Shanghai when the name has vanished from the system). */
const struct zone *community_zone(const struct community *);
/* A new, nearly empty one. E_BAD_PATTERN: no such time zone; E_TOO_SHORT: the name is nothing but spaces. */
int community_make(struct tx *, struct str name, struct str timezone, struct id *ret);
/* open; ended: its time is over; archived: kept to be read; leaving: will be erased. Only an open one takes changes, and
 * only its live codes lead anywhere. */
#define COMMUNITY_STATES "open ended archived leaving"
const char *community_state(struct instant ends_at, struct instant archived_at, struct instant erase_at, struct instant now);
/* Archive it, let it leave, or open it again: both instants are set as given. */
int community_close(struct tx *, struct id id, struct instant archived_at, struct instant erase_at);
/* For the router: may anything be changed in it? 0 or E_COMMUNITY_CLOSED. */
int community_changeable(struct tx *, struct id id);
/* Every community's id, oldest first. Rows of struct id_item. */
int community_list(struct tx *, struct rows *ret);

/* In every community, in transactions of SWEEP_MOST rows: `old` (community, before, most) deletes what is older than that.
 * For jobs. */
#define SWEEP_MOST 20000
int community_sweep(struct store *, struct arena *, const struct query *old, int64_t keep_ms);

/* The positioning card (社群定位). */
struct card {
	struct id      id;
	struct str     name, purpose, target_members, value_promised, why_join;
	struct str     kind, need, gathered_by, governance;
	struct str     slogan, manifesto, persona, rules, logo, colour, timezone;
	int64_t        opens_at, closes_at;
	struct str     warn_email, warn_webhook;
	struct instant ends_at, archived_at, erase_at, created_at;
	struct str     state;                     /* computed: COMMUNITY_STATES */
};
extern const struct row row_card, row_card_draft; /* the second: what may be saved of it */

int community_card(struct tx *, struct id id, struct card *ret);
/* Save all of it but id and created_at, with its line in the log. */
int community_card_save(struct request *, const struct card *);

extern const struct feature feature_community;
