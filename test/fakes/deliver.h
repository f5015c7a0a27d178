/* deliver.h: hand one send to a channel's connector, as the outbox's worker does, and see what becomes of it. */
#pragma once
#include "channel/outbox/outbox.h"

/* send->community says whose; `why` and `number` of the delivery live in the arena. 0, or the connector's failure. Any thread. */
int deliver_once(struct store *, const struct settings *, struct id channel, const struct send *, struct arena *, struct delivery *ret);
