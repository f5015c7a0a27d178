/* wecom_place_test.h: a community with one 企业微信, and the platform behind it: what the tests of this folder share. */
#pragma once
#include "channel/wecom/wecom.h"
#include "people/desk_test.h"
#include "fake_wecom.h"
#include "test.h"

struct place {
	struct desk        desk;
	struct wecom_fake *fake;
	struct id          channel;
	const char        *address;
	struct instant     stands_at;             /* the clock: jobs come due when the test says; 0: it goes */
};
/* "wang" is staff there; events are told once. From then on the clock stands. */
void place_open(struct place *, struct house *);
void place_close(struct place *);
/* One more channel of this community, at another platform. */
struct id place_another(struct place *, struct wecom_fake *);
/* Jobs that are due by then, and those they bring, until nothing is left; the clock stands at `ahead_ms` from now meanwhile. */
void place_work(struct place *, int64_t ahead_ms);
/* From now on it goes, for an outbox tries again after a while. */
void place_go(struct place *);
/* From now on it stands at today's noon in Beijing: hours from there are the same day still. */
void place_noon(struct place *);
/* The jobs of a feature that run at a pace of their own. */
void place_every(struct place *, const struct feature *);
/* How many events of this kind the store holds. */
int64_t place_events(struct place *, const char *kind);
struct str place_trouble(struct place *);
/* "/channels/7" and what follows. */
const char *place_at(struct place *, const char *rest);
