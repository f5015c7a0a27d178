/* wecom_test.c: 企业微信 is believed only when it is the platform, asked as it wants to be asked, and heard once. */
#include <pthread.h>

#include "channel/outbox/courier.h"
#include "wecom_place_test.h"

/* One question, as a job would ask it; its errcode. */
struct question { struct place *p; struct store *store; int64_t code; pthread_t thread; struct channel channel; };

static int look(struct tx *tx, void *arg)
{
	struct question *q = arg;
	return channel_get(tx, q->p->desk.community, q->p->channel, &q->channel);
}

static void *put_question(void *arg)
{
	struct question *q = arg;
	struct courier *courier;
	struct wecom w;
	struct wecom_reply reply = { .code = -9 };
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	if (store_read(q->store, &a, look, q) == 0 && courier_make(q->store, site_options(q->p->desk.site)->settings, &courier) == 0) {
		if (wecom_open(courier, q->p->desk.community, &q->channel, &w) == 0 &&
		    wecom_call(&w, "/cgi-bin/externalcontact/get_follow_user_list", S(""), &reply) == 0)
			loose_free(&reply.json);
		courier_free(courier);
	}
	q->code = reply.code;
	return NULL;
}

static int64_t asked(struct place *p)
{
	struct question q = { .p = p, .store = p->desk.house->store };
	put_question(&q);
	return q.code;
}

/* ---- Hearing ---- */

#define ADDED "<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType>" \
	"<UserID><![CDATA[wang]]></UserID><ExternalUserID><![CDATA[%s]]></ExternalUserID><State><![CDATA[%s]]></State>"

PROMISE(wecom_check, "the address check is answered with the very number; what is unsigned, old, broken or another corp's is refused")
{
	struct place p;
	place_open(&p, house);
	const char *fields = text(&p.desk, ADDED, "wmA", "");
	assert_true(wecom_fake_check(p.fake, p.address));
	static const enum wecom_fake_mode wrong[] = { WECOM_UNSIGNED, WECOM_OLD, WECOM_BROKEN, WECOM_OTHER_CORP };
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(wecom_fake_event(p.fake, p.address, wrong[i], fields, 1763770000), 403);
	assert_int_equal(place_events(&p, "channel_followed"), 0);
	assert_int_equal(wecom_fake_event(p.fake, p.address, WECOM_SAFE, fields, 1763770000), 200);
	assert_int_equal(wecom_fake_event(p.fake, p.address, WECOM_SAFE, "<Event>new_thing</Event>", 1763770000), 200);
	assert_int_equal(place_events(&p, "channel_followed"), 1);
	struct reply r = get(p.desk.owner, place_at(&p, ""));
	assert_str(json_at(&r, "subject"), WECOM_CORP);
	place_close(&p);
}

PROMISE(wecom_once, "an event told four times counts once, those of one second count each; a late adding does not undo a deleting")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_tell(p.fake, p.address, 4);
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "counter");
	wecom_fake_add(p.fake, "wmB", "周舟", "wang", "");
	wecom_fake_add(p.fake, "wmA", "林晓", "li", "");
	assert_int_equal(place_events(&p, "channel_followed"), 2);
	wecom_fake_drop(p.fake, "wmA", "wang", true);
	assert_int_equal(place_events(&p, "channel_unfollowed"), 0);          /* li has them still */
	wecom_fake_drop(p.fake, "wmA", "li", false);
	assert_int_equal(place_events(&p, "channel_unfollowed"), 1);
	assert_int_equal(wecom_fake_event(p.fake, p.address, WECOM_SAFE, text(&p.desk, ADDED, "wmA", "late"), clock_now().ms / 1000 - 100), 200);
	assert_int_equal(place_events(&p, "channel_followed"), 2);
	place_close(&p);
}

/* ---- Asking ---- */

PROMISE(wecom_token, "a token that ended is renewed once; a refused address and a wrong secret are the channel's trouble until they work")
{
	struct place p;
	place_open(&p, house);
	assert_int_equal(asked(&p), 0);
	assert_int_equal(asked(&p), 0);
	assert_int_equal(wecom_fake_calls(p.fake, "gettoken"), 1);
	wecom_fake_expire(p.fake);
	assert_int_equal(asked(&p), 0);
	assert_int_equal(wecom_fake_calls(p.fake, "gettoken"), 2);
	wecom_fake_bar(p.fake, true);
	assert_int_equal(asked(&p), 60020);
	assert_non_null(memmem(place_trouble(&p).at, place_trouble(&p).len, "from ip: 203.0.113.9", 20));
	wecom_fake_bar(p.fake, false);
	assert_int_equal(asked(&p), 0);
	assert_str(place_trouble(&p), "");
	wecom_fake_expire(p.fake);
	wecom_fake_fail(p.fake, "gettoken", 40001, 1, 0);
	assert_int_equal(asked(&p), 40001);
	assert_true(str_starts(place_trouble(&p), S("40001 ")));
	/* The token it gives is the one it refuses: not asked for for ever. */
	assert_int_equal(asked(&p), 0);
	wecom_fake_fail(p.fake, "follow_user_list", 40014, 9, 0);
	assert_int_equal(asked(&p), WECOM_BUSY);
	place_close(&p);
}

PROMISE(wecom_rest, "asked too much at once it is asked again a moment later; asked too often nobody asks for a while")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_fail(p.fake, "follow_user_list", 45033, 2, 0);
	assert_int_equal(asked(&p), 0);
	assert_int_equal(wecom_fake_calls(p.fake, "follow_user_list"), 3);
	wecom_fake_fail(p.fake, "follow_user_list", 45009, 1, 0);
	assert_int_equal(asked(&p), 45009);
	assert_int_equal(asked(&p), 45009);
	assert_int_equal(wecom_fake_calls(p.fake, "follow_user_list"), 4);
	place_close(&p);
}

PROMISE(wecom_token_shared, "workers that all find the token gone ask for one, once")
{
	struct place p;
	struct question workers[8];
	place_open(&p, house);
	wecom_fake_fail(p.fake, "gettoken", 0, 1, 300);
	for (size_t i = 0; i < 8; i++) {
		workers[i] = (struct question){ .p = &p, .store = house->store };
		pthread_create(&workers[i].thread, NULL, put_question, &workers[i]);
	}
	for (size_t i = 0; i < 8; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_int_equal(workers[i].code, 0);
	}
	assert_int_equal(wecom_fake_calls(p.fake, "gettoken"), 1);
	place_close(&p);
}

PROMISE(wecom_who, "a customer who adds staff is somebody with a name; who is known by another account of ours is that same person")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_unite(p.fake, "wmA", "uA");
	wecom_fake_add(p.fake, "wmA", "林晓", "wang", "");
	place_work(&p, 5 * SECOND);
	struct reply list = get(p.desk.owner, at(&p.desk, "/members"));
	assert_str(json_at(&list, "items.0.nickname"), "林晓");
	struct reply one = get(p.desk.owner, at(&p.desk, "/members/%.*s", STR(json_at(&list, "items.0.id"))));
	assert_non_null(memmem(one.body.at, one.body.len, "\"uA\"", 4));
	place_close(&p);
}
