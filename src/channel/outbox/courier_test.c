/* courier_test.c: what goes over the wire, and where it may not go. */
#include "channel/outbox/outbox_test.h"

struct out { struct courier *courier; struct office office; };

static void open_out(struct out *o, struct house *house)
{
	office_open(&o->office, house, 1);
	assert_int_equal(courier_make(house->store, o->office.settings, &o->courier), 0);
}

static void close_out(struct out *o)
{
	courier_free(o->courier);
	office_close(&o->office);
}

static int ask_sink(struct out *o, const char *body, bool checked, struct answer *ret, struct str *ret_why)
{
	char url[64];
	snprintf(url, sizeof url, "http://127.0.0.1:%d/send", sink_port(o->office.sink));
	return courier_ask(o->courier, &(struct letter){ .url = str_of(url), .body = str_of(body), .type = "text/plain", .checked = checked,
	                   .timeout_ms = 1000 }, ret, ret_why);
}

PROMISE(courier_asks, "any HTTP answer is an answer; nobody there, no answer in time and a refused address are not")
{
	struct out o = { 0 };
	struct answer a = { 0 };
	struct str why = S("");
	open_out(&o, house);
	assert_int_equal(ask_sink(&o, "q k 1", false, &a, &why), 0);
	assert_int_equal(a.status, 200);
	assert_str(a.body, "m1");
	sink_be(o.office.sink, &(struct sink_mood){ .never = 100 });
	assert_int_equal(ask_sink(&o, "q k 2", false, &a, &why), 0);
	assert_int_equal(a.status, 400);
	sink_be(o.office.sink, &(struct sink_mood){ .forgets = 100 });
	assert_int_equal(ask_sink(&o, "q l 3", false, &a, &why), E_NOT_SENT);
	assert_true(why.len > 0);
	assert_int_equal(courier_ask(o.courier, &(struct letter){ .url = S("http://127.0.0.1:1/") }, &a, &why), E_NOT_SENT);
	assert_int_equal(courier_ask(o.courier, &(struct letter){ .url = S("file:///etc/passwd") }, &a, &why), E_NOT_SENT);
	close_out(&o);
}

PROMISE(courier_checks, "an address that a person typed never leads into a private network, not even over a connection already open")
{
	struct out o = { 0 };
	struct answer a = { 0 };
	struct str why = S("");
	open_out(&o, house);
	assert_int_equal(ask_sink(&o, "q k 1", false, &a, &why), 0);
	assert_int_equal(ask_sink(&o, "q k 2", true, &a, &why), E_NOT_SENT);
	assert_true(memmem(why.at, why.len, "private", 7) != NULL);
	assert_int_equal(ask_sink(&o, "q k 3", false, &a, &why), 0);
	assert_int_equal(sink_count(o.office.sink), 1);       /* the same key: once */
	close_out(&o);
}
