/* wecom_robot_test.c: what is said to a group with a robot leaves through it at once; without one its colleague confirms as before. */
#include <unistd.h>

#include "engine/file/file.h"
#include "media/sample_test.h"
#include "wecom_place_test.h"

static struct str state_of(struct place *p, struct id send, const char *what)
{
	struct reply r = get(p->desk.operator, at(&p->desk, "/sends?limit=100"));
	for (size_t i = 0; i < json_length(&r, "items"); i++)
		if (number_at(&r, text(&p->desk, "items.%zu.id", i)) == send.n)
			return str_copy(&p->desk.house->arena, json_at(&r, text(&p->desk, "items.%zu.%s", i, what)));
	return S("");
}

/* An outbox works until this send waits no longer, or was tried. */
static void carry(struct place *p, struct id send)
{
	struct outbox_options options = { .store = p->desk.house->store, .settings = site_options(p->desk.site)->settings, .threads = 1 };
	struct outbox *outbox;
	assert_int_equal(outbox_start(&options, &outbox), 0);
	assert_true(comes(!str_is(state_of(p, send, "state"), "waiting") || !str_is(state_of(p, send, "tries"), "0")));
	outbox_stop(outbox);
}

/* … until this robot has said so much and this send has left, and a while longer, in which it may say no more. */
static void carry_all(struct place *p, const char *key, int times, struct id send)
{
	struct outbox_options options = { .store = p->desk.house->store, .settings = site_options(p->desk.site)->settings, .threads = 2 };
	struct outbox *outbox;
	assert_int_equal(outbox_start(&options, &outbox), 0);
	assert_true(comes(wecom_fake_robot_says(p->fake, key) >= times && str_is(state_of(p, send, "state"), "sent")));
	usleep(A_WHILE * 1000);
	outbox_stop(outbox);
}

struct putting { struct place *p; struct outgoing out; struct id id; };

static int put_it(struct tx *tx, void *arg)
{
	struct putting *w = arg;
	return outbox_put(tx, w->p->desk.community, &w->out, &w->id);
}

static struct id promise(struct place *p, long long group, const char *what, const char *body)
{
	static int n;
	struct putting w = { p, { .group = { group }, .what = what, .body = str_of(body), .key = str_of(text(&p->desk, "k%d", ++n)),
	                          .reason = S("test"), .prompt = true }, { 0 } };
	assert_int_equal(store_write(p->desk.house->store, p->desk.community, &p->desk.house->arena, put_it, &w), 1);
	return w.id;
}

static struct id say(struct place *p, long long group, const char *what, const char *body)
{
	struct id id = promise(p, group, what, body);
	carry(p, id);
	return id;
}

static struct reply give(struct place *p, const char *group, const char *name, const char *key)
{
	return post(p->desk.owner, place_at(p, "/wecom-robots"),
	            text(&p->desk, "{\"group_id\":%s,\"name\":\"%s\",\"key\":\"%s\"}", group, name, key));
}

static const char *address(struct place *p, const char *key)
{
	return text(&p->desk, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=%s", key);
}

struct keeping { struct place *p; struct blob bytes; const char *type; struct str key; };

static int keep(struct tx *tx, void *arg)
{
	struct keeping *k = arg;
	return file_keep(tx, k->p->desk.community, k->bytes, k->type, &k->key);
}

static const char *file_of(struct place *p, struct blob bytes, const char *type)
{
	struct keeping k = { p, bytes, type, { 0 } };
	assert_true(store_write(p->desk.house->store, p->desk.community, &p->desk.house->arena, keep, &k) >= 0);
	return text(&p->desk, "%.*s", STR(k.key));
}

TEST(wecom_robot_vector, "a picture is posted as the sheet says: base64 of its bytes, md5 of the same")
{
	BUF_SCOPED b;
	buf_init(&b, 1024);
	assert_int_equal(wecom_robot_image(&b, (struct blob){ "hello", 5 }), 0);
	assert_str(buf_view(&b), "{\"msgtype\":\"image\",\"image\":{\"base64\":\"aGVsbG8=\",\"md5\":\"5d41402abc4b2a76b9719d911017c592\"}}");
}

PROMISE(wecom_robot_inner, "a group that has nothing but a robot is made with it: text, mentions, markdown, pictures, links and files leave by it")
{
	struct place p;
	place_open(&p, house);
	const char *key = wecom_fake_robot(p.fake, "门店早会");
	struct reply r = give(&p, "null", "门店早会", address(&p, key));
	assert_int_equal(r.status, 200);
	long long group = number_at(&r, "group_id");
	assert_str(json_at(&r, "inner"), "true");
	assert_str(json_at(&r, "tail"), key + strlen(key) - 4);
	r = get(p.desk.reader, place_at(&p, "/wecom-robots"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_null(memmem(r.body.at, r.body.len, key, strlen(key)));
	struct id sent = say(&p, group, "text", "{\"text\":\"九点开会\",\"mention\":\"all\"}");
	assert_str(state_of(&p, sent, "state"), "sent");
	assert_string_equal(wecom_fake_robot_said(p.fake, key),
		"{\"msgtype\":\"text\",\"text\":{\"content\":\"九点开会\",\"mentioned_list\":[\"@all\"]}}");
	carry(&p, made(p.desk.operator, at(&p.desk, "/sends"), text(&p.desk, "{\"group_id\":\"%lld\",\"what\":\"text\",\"text\":\"# 九点\","
		"\"markdown\":true,\"key\":\"md\",\"due_at\":null}", group)));
	assert_string_equal(wecom_fake_robot_said(p.fake, key), "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":\"# 九点\"}}");
	say(&p, group, "text", "{\"text\":\"**九点**\",\"markdown\":true,\"mention\":\"all\"}");
	assert_string_equal(wecom_fake_robot_said(p.fake, key), "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":\"<@all> **九点**\"}}");
	struct str lots = { memset(arena_take(&p.desk.house->arena, 3000), 'x', 3000), 3000 };
	sent = say(&p, group, "text", str_z(&p.desk.house->arena, str_format(&p.desk.house->arena, "{\"text\":\"%.*s\"}", STR(lots))));
	assert_str(state_of(&p, sent, "state"), "sent");
	assert_non_null(strstr(wecom_fake_robot_said(p.fake, key), "\"msgtype\":\"markdown\""));
	struct pixels photo = sample_photo(40, 30, 1);
	struct blob png = sample_png(&p.desk.house->arena, &photo);
	pixels_free(&photo);
	sent = say(&p, group, "image", text(&p.desk, "{\"file\":\"%s\"}", file_of(&p, png, "image/png")));
	assert_str(state_of(&p, sent, "state"), "sent");
	sent = say(&p, group, "link", "{\"title\":\"车展\",\"text\":\"周六\",\"url\":\"https://a.example/x\"}");
	assert_non_null(strstr(wecom_fake_robot_said(p.fake, key), "\"title\":\"车展\",\"description\":\"周六\",\"url\":\"https://a.example/x\""));
	sent = say(&p, group, "file", text(&p.desk, "{\"file\":\"%s\",\"name\":\"价目.pdf\"}", file_of(&p, png, "image/png")));
	assert_str(state_of(&p, sent, "state"), "sent");
	assert_non_null(strstr(wecom_fake_robot_said(p.fake, key), "\"media_id\":\"3a8asd"));
	assert_int_equal(wecom_fake_robot_says(p.fake, key), 7);
	sent = say(&p, group, "notice", "{\"text\":\"公告\"}");
	assert_str(state_of(&p, sent, "state"), "hand");
	assert_int_equal(wecom_fake_calls(p.fake, "gettoken"), 0);
	place_close(&p);
}

/* What the doctor is told. */
static int refused_of(struct tx *tx, void *arg)
{
	struct place *p = arg;
	struct str names;
	int64_t n;
	int r = wecom_robots_refused(tx, p->desk.community, p->channel, &n, &names);
	assert_int_equal(n, 1);
	assert_str(names, "车友 6 群");
	return r;
}

PROMISE(wecom_robot_group, "a customer group with a robot needs nobody's yes, one whose robot went is its owner's again; staff are mentioned by userid")
{
	struct place p;
	place_open(&p, house);
	wecom_fake_group(p.fake, "wr1", "车友 6 群", "wang");
	place_work(&p, 3 * SECOND);
	struct reply r = post(p.desk.owner, place_at(&p, "/groups"), "{\"subject\":\"wr1\",\"group_id\":null}");
	long long group = number_at(&r, "group_id");
	assert_str(json_at(&r, "subject"), "wr1");
	place_work(&p, HOUR + MINUTE);                /* now its members are known */
	const char *key = wecom_fake_robot(p.fake, "车友 6 群"), *id = text(&p.desk, "\"%lld\"", group);
	r = give(&p, id, "", key);
	assert_str(json_at(&r, "inner"), "false");
	r = get(p.desk.owner, at(&p.desk, "/members"));
	assert_int_equal(json_length(&r, "items"), 1);
	struct id sent = say(&p, group, "text", text(&p.desk, "{\"text\":\"到店的举手\",\"mention\":[\"%.*s\"]}", STR(json_at(&r, "items.0.id"))));
	assert_str(state_of(&p, sent, "state"), "sent");
	assert_non_null(strstr(wecom_fake_robot_said(p.fake, key), "\"mentioned_list\":[\"wang\"]"));
	assert_int_equal(wecom_fake_tasks(p.fake), 0);
	wecom_fake_robot_gone(p.fake, key);
	sent = say(&p, group, "text", "{\"text\":\"还在吗\"}");
	assert_str(state_of(&p, sent, "state"), "dead");
	r = get(p.desk.reader, place_at(&p, "/wecom-robots"));
	assert_true(str_starts(json_at(&r, "items.0.trouble"), S("93000 ")));
	assert_int_equal(store_read(house->store, &house->arena, refused_of, &p), 0);
	assert_int_equal(post(p.desk.owner, place_at(&p, "/wecom-robots/end"), text(&p.desk, "{\"group_id\":%s}", id)).status, 204);
	sent = say(&p, group, "text", "{\"text\":\"周六车展\"}");
	assert_str(state_of(&p, sent, "state"), "confirm");
	assert_int_equal(wecom_fake_tasks(p.fake), 1);
	place_close(&p);
}

PROMISE(wecom_robot_codes, "whatever code a robot's platform answers, known or not, the send is given up once, with its words; what says later waits")
{
	static const int codes[] = { 93000, 90500, 90501, 90502, 90503, 90504, 45002, 987654 };
	struct place p;
	place_open(&p, house);
	struct reply r = give(&p, "null", "一", wecom_fake_robot(p.fake, "一"));
	long long group = number_at(&r, "group_id");
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		int before = wecom_fake_calls(p.fake, "webhook/send");
		wecom_fake_fail(p.fake, "webhook/send", codes[i], 1, 0);
		struct id sent = say(&p, group, "text", "{\"text\":\"在吗\"}");
		assert_str(state_of(&p, sent, "state"), "dead");
		assert_true(str_starts(state_of(&p, sent, "why"), str_of(text(&p.desk, "%d ", codes[i]))));
		assert_int_equal(wecom_fake_calls(p.fake, "webhook/send"), before + 1);
	}
	assert_str(state_of(&p, say(&p, group, "text", "{\"text\":\"好了\"}"), "state"), "sent");
	place_close(&p);
}

PROMISE(wecom_robot_phones, "where the community allows it, a colleague whose account is not known is mentioned by phone; elsewhere no number leaves")
{
	struct place p;
	place_open(&p, house);
	const char *key = wecom_fake_robot(p.fake, "门店早会");
	struct reply r = give(&p, "null", "门店早会", key);
	long long group = number_at(&r, "group_id");
	struct id lin = made(p.desk.operator, at(&p.desk, "/members"), "{\"nickname\":\"林晓\",\"phone\":\"13800138000\"}");
	struct id far = made(p.desk.operator, at(&p.desk, "/members"), "{\"nickname\":\"Ann\",\"phone\":\"+4479460000\"}");
	const char *body = text(&p.desk, "{\"text\":\"九点开会\",\"mention\":[\"%lld\",\"%lld\"]}", (long long)lin.n, (long long)far.n);
	say(&p, group, "text", body);
	assert_null(strstr(wecom_fake_robot_said(p.fake, key), "mobile"));
	assert_int_equal(put(p.desk.owner, at(&p.desk, "/channels/%lld", (long long)p.channel.n),
		text(&p.desk, "{\"kind\":\"wecom\",\"name\":\"友信\",\"values\":[{\"key\":\"corpid\",\"text\":\"" WECOM_CORP "\"},{\"key\":\"api\","
		"\"text\":\"%s\"},{\"key\":\"mention_phones\",\"text\":\"yes\"}]}", wecom_fake_url(p.fake))).status, 200);
	say(&p, group, "text", body);
	assert_string_equal(wecom_fake_robot_said(p.fake, key), "{\"msgtype\":\"text\",\"text\":{\"content\":\"九点开会\","
		"\"mentioned_list\":[],\"mentioned_mobile_list\":[\"13800138000\"]}}");
	place_close(&p);
}

PROMISE(wecom_robot_quota, "twenty a minute leave, the rest waits; only its own group's; what the platform counts otherwise waits a minute, too")
{
	struct place p;
	place_open(&p, house);
	const char *key = wecom_fake_robot(p.fake, "一"), *other = wecom_fake_robot(p.fake, "二");
	struct reply r = give(&p, "null", "一", key);
	long long one = number_at(&r, "group_id");
	r = give(&p, "null", "二", other);
	long long two = number_at(&r, "group_id");
	struct id last = { 0 };
	clock_set(clock_now());                       /* all in one minute */
	for (int i = 0; i < 21; i++)
		last = made(p.desk.operator, at(&p.desk, "/sends"), text(&p.desk,
			"{\"group_id\":\"%lld\",\"what\":\"text\",\"text\":\"第 %d 条\",\"key\":\"n%d\",\"due_at\":null}", one, i, i));
	/* One outbox for both: what it has in hand when it stops has used up its minute. */
	struct id beside = promise(&p, two, "text", "{\"text\":\"旁边\"}");
	carry_all(&p, key, 20, beside);
	assert_int_equal(wecom_fake_robot_says(p.fake, key), 20);
	assert_str(state_of(&p, last, "state"), "waiting");
	assert_str(state_of(&p, beside, "state"), "sent");
	wecom_fake_fail(p.fake, "webhook/send", 45009, 1, 0);
	beside = say(&p, two, "text", "{\"text\":\"太快\"}");
	assert_str(state_of(&p, beside, "state"), "waiting");
	assert_true(str_starts(state_of(&p, beside, "why"), S("45009 ")));
	assert_str(place_trouble(&p), "");
	place_close(&p);
}

PROMISE(wecom_robot_guarded, "a robot is in one group only; a group elsewhere stays there; only admins give one, and no other community sees it")
{
	struct place p;
	place_open(&p, house);
	const char *key = wecom_fake_robot(p.fake, "一");
	struct reply r = give(&p, "null", "一", key);
	long long group = number_at(&r, "group_id");
	assert_reply(give(&p, "null", "二", address(&p, key)), 409, "robot_taken");
	assert_reply(give(&p, "null", "", "abcdefgh-1"), 400, "too_short");
	assert_reply(give(&p, "null", "二", "https://a.example/?key=../../x"), 400, "bad_pattern");
	assert_reply(give(&p, "null", "二", "短"), 400, "too_short");
	assert_reply(give(&p, "null", "二", "https://a.example/?k=abcdefgh"), 400, "bad_pattern");
	assert_int_equal(give(&p, text(&p.desk, "\"%lld\"", group), "", key).status, 200);
	struct id hook = made(p.desk.owner, at(&p.desk, "/channels"), "{\"kind\":\"manual\",\"name\":\"微信\",\"values\":[]}");
	r = post(p.desk.owner, at(&p.desk, "/channels/%lld/groups", (long long)hook.n), "{\"subject\":\"s\",\"group_id\":null}");
	const char *there = text(&p.desk, "\"%lld\"", (long long)number_at(&r, "group_id"));
	assert_reply(give(&p, there, "", "abcdefgh-2"), 409, "group_elsewhere");
	assert_int_equal(post(p.desk.operator, place_at(&p, "/wecom-robots"), "{\"name\":\"三\",\"key\":\"abcdefgh-3\"}").status, 403);
	assert_int_equal(get(p.desk.stranger, place_at(&p, "/wecom-robots")).status, 404);
	const char *end = text(&p.desk, "{\"group_id\":\"%lld\"}", group);
	assert_int_equal(post(p.desk.owner, place_at(&p, "/wecom-robots/end"), end).status, 204);
	r = get(p.desk.owner, at(&p.desk, "/groups/%lld", group));
	assert_str(json_at(&r, "channel"), "manual");
	assert_reply(post(p.desk.owner, place_at(&p, "/wecom-robots/end"), end), 404, "not_found");
	assert_int_equal(give(&p, "null", "二", key).status, 200);
	place_close(&p);
}
