/* outbox_test.h: a community with groups on a fake platform, for the tests of the outbox. */
#pragma once
#include <unistd.h>

#include "channel/outbox/inside.h"
#include "client.h"
#include "sink.h"
#include "people/desk_test.h"
#include "test.h"

#define GROUPS 12

struct office {
	struct house    *house;
	struct sink     *sink;
	struct id        community, channel, groups[GROUPS], hand_group, member;
	struct settings *settings;
};

/* Groups "g0" … live on the channel; hand_group lives nowhere; the member is known there as "openid-1". In a community of its
 * own unless one is given; the rest of *o is 0. */
void office_open(struct office *, struct house *, unsigned seed);
void office_close(struct office *);
/* The connector that speaks to the sink stands in for onebot from here on. */
void office_platform(int port);
struct outbox *office_start(struct office *, struct store *);
/* Puts one send; further fields by `more`. 1, 0 or a code. */
int  office_put(struct office *, struct id group, const char *key, int64_t n, const struct outgoing *more);
int  office_do(struct office *, tx_action *, void *arg);

struct tally_of { int64_t waiting, sent, dead, cancelled, hand, done, held; };
struct tally_of office_tally(struct office *);
/* Until nothing waits, or fail. */
void office_wait(struct office *);
/* Every queue's messages came in the order they were put, each first time. */
void office_check_order(struct office *);
