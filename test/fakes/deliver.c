/* deliver.c: see deliver.h. */
#include "deliver.h"

#include "channel/outbox/courier.h"

struct looking { struct id community, id; struct channel channel; };

static int look(struct tx *tx, void *arg)
{
	struct looking *l = arg;
	return channel_get(tx, l->community, l->id, &l->channel);
}

int deliver_once(struct store *store, const struct settings *settings, struct id channel, const struct send *send, struct arena *arena,
                 struct delivery *ret)
{
	struct looking l = { .community = send->community, .id = channel };
	struct courier *courier;
	struct delivery d = { 0 };
	int r = store_read(store, arena, look, &l);
	if (r < 0 || (r = courier_make(store, settings, &courier)) < 0)
		return r;
	r = connector_of(l.channel.kind)->deliver(courier, &l.channel, send, &d);
	d.why = str_copy(arena, d.why), d.number = str_copy(arena, d.number);
	courier_free(courier);
	*ret = d;
	return r;
}
