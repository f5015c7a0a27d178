/* message_test.c: what members are told: once, together, by the way that is switched on, no more often than it was promised; and
 * on their page in any case. */
#include "campaign/campaign_test.h"
#include "campaign/message/message.h"
#include "campaign/draw/draw.h"
#include "campaign/packet/packet_test.h"
#include "engine/jobs/jobs.h"
#include "people/member.h"

extern const struct feature *const features[];

/* ---- Words ---- */

static struct campaign with_goals(struct stage *stages, size_t n)
{
	return (struct campaign){ .kind = S("treasure"), .name = S("洗车季"), .stages = { stages, n } };
}

TEST(message_words, "words are filled in; a brace that is no word of ours stays; own words go before built-in ones")
{
	ARENA_SCOPED arena;
	arena_init(&arena, 1 << 20);
	struct prize car = { .title = S("洗车券") };
	struct stage stages[] = { { .goal = 3, .whom = S("own"), .prizes = { &car, 1 } } };
	struct campaign c = with_goals(stages, 1);
	struct tidings set = { .of = { [TIDING_AGAIN] = { .words = S("") } } };
	struct telling t = { .campaign = &c, .friend = S("安安"), .n = 1, .link = S("https://q.cn/t/x") };
	assert_str(tiding_text(&arena, &set, TIDING_HELPED, &t, LANG_ZH), "安安 为你助力成功，现在有 1 位。还差 2 位，就能领洗车券。");
	assert_str(tiding_text(&arena, &set, TIDING_HELPED, &t, LANG_EN), "安安 helped you: 1 now. 2 to go for 洗车券.");
	t.n = 3;
	assert_str(tiding_text(&arena, &set, TIDING_HELPED, &t, LANG_ZH), "安安 为你助力成功，现在有 3 位。");
	struct draw wheel = { .helps_chance = 2, .helps_most = 2 };
	struct campaign lottery = { .kind = S("lottery"), .name = S("大转盘"), .draw = &wheel };
	static const char *const says[] = { "再来 1 位，多一次抽奖机会。", "多了一次抽奖机会。", "再来 1 位，多一次抽奖机会。", "多了一次抽奖机会。", "" };
	t.campaign = &lottery;
	for (t.n = 1; t.n <= 5; t.n++)
		assert_str(tiding_text(&arena, &set, TIDING_HELPED, &t, LANG_ZH), str_z(&arena, str_format(&arena,
			"安安 为你助力成功，现在有 %lld 位。%s", (long long)t.n, says[t.n - 1])));
	t.n = 2, t.why = S("退群了");
	assert_str(tiding_text(&arena, &set, TIDING_DEDUCTED, &t, LANG_ZH), "安安 的助力扣回了：退群了。现在有 2 位。再来 2 位，多一次抽奖机会。");
	struct packet_rule rule = { .shares = 4 };
	struct campaign packet = { .kind = S("packet"), .name = S("开红包"), .packet = &rule };
	t.campaign = &packet, t.why = S("");
	assert_str(tiding_text(&arena, &set, TIDING_HELPED, &t, LANG_ZH), "安安 领了你红包里的一份，现在有 2 位。还剩 1 份。");
	t.n = 3, t.campaign = &c;
	set.of[TIDING_HELPED].words = S("{friend}{ 来了 {nobody} {n}%s {link");
	t.friend = S("");
	assert_str(tiding_text(&arena, &set, TIDING_HELPED, &t, LANG_ZH), "一位好友{ 来了 {nobody} 3%s {link");
}

TEST(message_kinds, "the n-th help is a stage, nearly one, or a help; a friend's gift is no goal")
{
	struct stage stages[] = {
		{ .goal = 1, .whom = S("friends") }, { .goal = 3, .whom = S("own") }, { .goal = 30, .whom = S("all") },
	};
	struct campaign c = with_goals(stages, 3);
	const struct { int64_t n; enum tiding is; int stage; } all[] = {
		{ 1, TIDING_HELPED, 1 }, { 2, TIDING_NEARLY, 1 }, { 3, TIDING_STAGE, 1 }, { 4, TIDING_HELPED, 2 }, { 27, TIDING_NEARLY, 2 },
		{ 29, TIDING_HELPED, 2 }, { 30, TIDING_STAGE, 2 }, { 31, TIDING_HELPED, -1 },
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		const struct stage *s = NULL;
		assert_int_equal(tiding_of(&c, all[i].n, &s), all[i].is);
		assert_ptr_equal(s, all[i].stage < 0 ? NULL : &stages[all[i].stage]);
	}
	assert_true(stock_is_low(20, 2));
	assert_false(stock_is_low(20, 3));
	assert_false(stock_is_low(1, 1));
}

/* ---- Sends ---- */

struct stand { struct desk d; struct id channel; struct running c; };

static void stand_open(struct stand *s, struct house *house, struct plan_draft p)
{
	clock_set((struct instant){ DURING });
	codes_open(&s->d, house);
	s->channel = made(s->d.admin, at(&s->d, "/channels"), "{\"kind\":\"onebot\",\"name\":\"车友 QQ\",\"values\":["
		"{\"key\":\"api_url\",\"text\":\"http://127.0.0.1:1\"},{\"key\":\"secret\",\"text\":\"0123456789abcdef\"}]}");
	s->c = campaign_running(&s->d, p);
}

static void stand_close(struct stand *s)
{
	desk_close(&s->d);
	clock_set((struct instant){ 0 });
}

static void settle(struct stand *s)
{
	for (int i = 0; i < 3; i++) {
		follow(&s->d);
		assert_true(jobs_run_due(s->d.house->store, site_options(s->d.site)->settings, features) >= 0);
	}
}

struct knowing { struct id community; int64_t visitor; struct str subject; };

static int know(struct tx *tx, void *arg)
{
	const struct knowing *k = arg;
	struct id member, whose;
	int r = member_find_visitor(tx, k->community, (struct id){ k->visitor }, &member);
	return r < 0 ? r : member_identify(tx, k->community, member, S("onebot"), k->subject, &whose);
}

/* Their QQ number is known. */
static void on_qq(struct stand *s, int64_t visitor, const char *subject)
{
	struct knowing k = { s->d.community, visitor, str_of(subject) };
	assert_int_equal(store_write(s->d.house->store, s->d.community, &s->d.house->arena, know, &k), 1);
}

static const char *said(struct stand *s, int n)
{
	struct reply r = get(s->d.operator, at(&s->d, "/sends"));
	return text(&s->d, "%.*s", STR(json_at(&r, text(&s->d, "items.%d.text", n))));
}

static int64_t sends(struct stand *s)
{
	struct reply r = get(s->d.operator, at(&s->d, "/sends"));
	return (int64_t)json_length(&r, "items");
}

static const char *news(struct stand *s, struct browser *b, const char *slug, int n)
{
	struct reply r = task(&s->d, b, slug);
	return text(&s->d, "%.*s %.*s", STR(json_at(&r, text(&s->d, "news.%d.what", n))), STR(json_at(&r, text(&s->d, "news.%d.text", n))));
}

#define LINE(what, qq, words) "{\"what\":\"" what "\",\"page\":true,\"mp\":false,\"qq\":" qq ",\"wecom\":false,\"staff\":false,\"words\":\"" words "\"}"

static void set_messages(struct stand *s, const char *json)
{
	struct reply r = put(s->d.operator, at(&s->d, "/campaigns/%lld/messages", (long long)s->c.id.n), json);
	assert_int_equal(r.status, 200);
}

PROMISE(message_story, "helps are told at once, then together, the goal by itself; each once, and all of it stands on the page")
{
	struct stand s;
	stand_open(&s, house, (struct plan_draft){ .goal = 6 });
	struct browser *lin = person(&s.d, 501), *friends[6];
	const char *own = take_part(&s.d, lin, s.c.slug, "林晓");
	on_qq(&s, 501, "7001");
	for (int i = 0; i < 6; i++)
		friends[i] = person(&s.d, 510 + i);
	verdict(&s.d, friends[0], own);
	settle(&s);
	settle(&s);
	assert_int_equal(sends(&s), 1);
	assert_str(str_of(said(&s, 0)), "友 为你助力成功，现在有 1 位。还差 5 位，就能领洗车券。");
	/* Three within ten minutes: one message, and only then. */
	for (int i = 1; i < 4; i++) {
		clock_set((struct instant){ DURING + i * MINUTE });
		verdict(&s.d, friends[i], own);
		settle(&s);
	}
	assert_int_equal(sends(&s), 1);
	clock_set((struct instant){ DURING + 11 * MINUTE });
	settle(&s);
	assert_int_equal(sends(&s), 2);
	assert_str(str_of(said(&s, 0)), "友、友 等 3 位好友 为你助力成功，现在有 4 位。还差 2 位，就能领洗车券。");
	/* The goal does not wait. */
	verdict(&s.d, friends[4], own);
	verdict(&s.d, friends[5], own);
	settle(&s);
	clock_set((struct instant){ DURING + 60 * MINUTE });
	settle(&s);
	assert_int_equal(sends(&s), 3);
	assert_non_null(strstr(said(&s, 0), "现在有 6 位。已达成，可以领洗车券了"));
	assert_str(str_of(news(&s, lin, own, 5)), "helped 友 为你助力成功，现在有 1 位。还差 5 位，就能领洗车券。");
	assert_str(str_of(news(&s, lin, own, 1)), "nearly 友 为你助力成功，就快到了：还差 1 位，就能领洗车券。");
	assert_non_null(strstr(news(&s, lin, own, 0), "stage 友"));
	struct reply r = get(s.d.reader, at(&s.d, "/campaigns/%lld/told", (long long)s.c.id.n));
	assert_int_equal(json_length(&r, "items"), 3);
	assert_str(json_at(&r, "items.0.what"), "stage");
	assert_str(json_at(&r, "items.0.way"), "onebot");
	assert_str(json_at(&r, "items.0.nickname"), "林晓");
	/* Taken away by staff: told, with the reason. */
	r = post(s.d.operator, at(&s.d, "/helps/decide"), text(&s.d, "{\"participant\":\"%s\",\"helper\":\"510\",\"accept\":false,\"reason\":\"小号\"}",
		text(&s.d, "%.*s", STR(json_at(&r, "items.0.participant_id")))));
	assert_int_equal(r.status, 200);
	settle(&s);
	assert_str(str_of(said(&s, 0)), "友 的助力扣回了：核实后不通过。现在有 5 位。还差 1 位，就能领洗车券。");
	assert_non_null(strstr(news(&s, lin, own, 0), "deducted 友 的助力扣回了"));
	for (int i = 0; i < 6; i++)
		browser_close(friends[i]);
	browser_close(lin);
	stand_close(&s);
}

PROMISE(message_switches, "what is switched off is not sent and not on the page; own words are; the day's limit holds, but not for the goal")
{
	struct stand s;
	stand_open(&s, house, (struct plan_draft){ .goal = 4 });
	set_messages(&s, "{\"gap_minutes\":0,\"day_most\":2,\"lines\":[" LINE("enrolled", "true", "嗨 {name}") ","
		"{\"what\":\"nearly\",\"page\":false,\"mp\":true,\"qq\":false,\"wecom\":true,\"staff\":false,\"words\":\"\"}]}");
	struct browser *lin = person(&s.d, 501), *b[4];
	const char *own = take_part(&s.d, lin, s.c.slug, "林晓");
	on_qq(&s, 501, "7001");
	settle(&s);
	assert_str(str_of(said(&s, 0)), "嗨 林晓");
	for (int i = 0; i < 4; i++) {
		b[i] = person(&s.d, 510 + i);
		clock_set((struct instant){ DURING + (i + 1) * MINUTE });
		verdict(&s.d, b[i], own);
		settle(&s);
		/* One is told, the second is beyond the day, the third is nearly and off, the fourth reaches the goal. */
		assert_int_equal(sends(&s), i == 3 ? 3 : 2);
	}
	assert_non_null(strstr(said(&s, 0), "已达成"));
	struct reply r = task(&s.d, lin, own);
	assert_int_equal(json_length(&r, "news"), 4);             /* enrolled, two helps, the goal */
	r = get(s.d.operator, at(&s.d, "/campaigns/%lld/told", (long long)s.c.id.n));
	assert_str(json_at(&r, "items.1.way"), "limit");
	/* Nobody else's: a member without a number finds it on the page alone. */
	struct browser *an = person(&s.d, 502);
	take_part(&s.d, an, s.c.slug, "安安");
	settle(&s);
	r = get(s.d.operator, at(&s.d, "/campaigns/%lld/told", (long long)s.c.id.n));
	assert_str(json_at(&r, "items.0.way"), "page");
	assert_int_equal(sends(&s), 3);
	const char *path = at(&s.d, "/campaigns/%lld/messages", (long long)s.c.id.n);
	assert_reply(put(s.d.operator, path, "{\"gap_minutes\":0,\"day_most\":0,\"lines\":[]}"), 400, "too_small");
	assert_reply(put(s.d.operator, path, "{\"gap_minutes\":0,\"day_most\":1,\"lines\":[" LINE("news", "true", "") "]}"), 400, "not_one_of");
	for (int i = 0; i < 4; i++)
		browser_close(b[i]);
	browser_close(an), browser_close(lin);
	stand_close(&s);
}

PROMISE(message_staff, "few pieces are left: staff are warned once, and no more when there are more; an end by stock is told to all, and to staff")
{
	struct stand s;
	stand_open(&s, house, (struct plan_draft){ .goal = 1, .more = ",\"end_by_stock\":true",
		.prizes = "[{\"kind\":\"physical\",\"title\":\"保温杯\",\"value\":3900,\"stock\":3}]" });
	set_messages(&s, "{\"gap_minutes\":0,\"day_most\":9,\"lines\":[{\"what\":\"ended\",\"page\":true,\"mp\":false,\"qq\":true,\"wecom\":false,"
		"\"staff\":true,\"words\":\"\"}]}");
	struct browser *p[3];
	const char *slug[3];
	for (int i = 0; i < 3; i++) {
		p[i] = person(&s.d, 501 + i);
		slug[i] = take_part(&s.d, p[i], s.c.slug, text(&s.d, "p%d", i));
	}
	on_qq(&s, 501, "7001");
	for (int i = 0; i < 2; i++) {
		verdict(&s.d, p[i + 1], slug[i]);
		struct reply r = act(&s.d, p[i], slug[i], "claim", text(&s.d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\",\"receiver\":\"林\","
			"\"phone\":\"13800138000\",\"address\":\"杭州市\"}", STR(s.c.stage), STR(s.c.prize)));
		assert_int_equal(r.status, 200);
		settle(&s);
		r = get(s.d.operator, at(&s.d, "/alerts?open=true"));
		assert_int_equal(json_length(&r, "items"), i);
	}
	struct reply r = get(s.d.operator, at(&s.d, "/alerts?open=true"));
	assert_str(json_at(&r, "items.0.kind"), "stock_low");
	assert_str(json_at(&r, "items.0.more"), "保温杯");
	assert_str(json_at(&r, "items.0.n"), "1");
	assert_non_null(strstr(news(&s, p[2], slug[2], 0), "stock 保温杯只剩 1 份了"));
	/* The parcel leaves: told, with its number. */
	clock_set((struct instant){ DURING + MINUTE });
	r = get(s.d.operator, at(&s.d, "/campaigns/%lld/orders", (long long)s.c.id.n));
	r = post(s.d.operator, at(&s.d, "/orders/ship"), text(&s.d, "{\"orders\":[{\"order\":\"%.*s\",\"shipping\":\"顺丰 88\"}]}", STR(json_at(&r, "items.1.id"))));
	assert_int_equal(r.status, 200);
	settle(&s);
	assert_str(str_of(said(&s, 0)), "你的保温杯寄出了：顺丰 88。");
	assert_non_null(strstr(news(&s, p[0], slug[0], 0), "shipped 你的保温杯寄出了"));
	int64_t before = sends(&s);
	verdict(&s.d, p[0], slug[2]);
	r = act(&s.d, p[2], slug[2], "claim", text(&s.d, "{\"stage\":\"%.*s\",\"prize\":\"%.*s\",\"receiver\":\"林\",\"phone\":\"13800138000\","
		"\"address\":\"杭州市\"}", STR(s.c.stage), STR(s.c.prize)));
	assert_int_equal(r.status, 200);
	settle(&s);
	assert_int_equal(sends(&s), before + 1);                  /* of three who take part one can be reached */
	assert_non_null(strstr(said(&s, 0), "「洗车季」结束了"));
	r = get(s.d.operator, at(&s.d, "/alerts?open=true"));
	assert_str(json_at(&r, "items.0.kind"), "campaign_ended");
	for (int i = 0; i < 3; i++)
		browser_close(p[i]);
	stand_close(&s);
}

/* ---- Red packets ---- */

PROMISE(message_packet, "a full packet is told to everybody who shares it, with their own amount; a lapsed one to its opener; a payment to who asked for it")
{
	struct stand s;
	stand_open(&s, house, (struct plan_draft){ 0 });
	struct packets c = packets_running(&s.d, "\"split\":\"even\",\"shares\":2,\"total\":1000,\"day_cap\":2000", "");
	struct browser *lin = person(&s.d, 811), *bo = person(&s.d, 812), *an = person(&s.d, 813);
	const char *own = packet_opened(&s.d, lin, c.slug, "林晓");
	packet_opened(&s.d, an, c.slug, "安安");
	assert_str(str_of(verdict(&s.d, bo, own)), "counted");
	on_qq(&s, 811, "10811"), on_qq(&s, 812, "10812"), on_qq(&s, 813, "10813");
	settle(&s);
	assert_int_equal(sends(&s), 3);           /* Lin was helped, too: nobody set that aside */
	int full = 0;
	for (int i = 0; i < 3; i++)
		full += strstr(said(&s, i), "红包集齐了，你分到 5.00 元") != NULL;
	assert_int_equal(full, 2);
	assert_int_equal(packet_ask(&s.d, bo, own, 300, NULL).status, 200);
	struct reply r = get(s.d.operator, text(&s.d, "%s/payouts", c.path));
	assert_int_equal(post(s.d.operator, at(&s.d, "/payouts/%.*s/paid", STR(json_at(&r, "items.0.id"))), "{\"note\":\"微信 77\"}").status, 200);
	settle(&s);
	assert_str(str_of(said(&s, 0)), "你申请的 3.00 元 已经付款：微信 77。");
	clock_set((struct instant){ DURING + DAY });
	packets_lapse(&s.d);
	settle(&s);
	assert_non_null(strstr(said(&s, 0), "没有集齐，已经失效"));
	browser_close(lin), browser_close(bo), browser_close(an);
	stand_close(&s);
}

/* ---- In a room ---- */

static const char *with_room(struct stand *s)
{
	struct id group = made(s->d.operator, at(&s->d, "/groups"), "{\"name\":\"车友群\",\"channel\":\"web\",\"rename_allowed\":true,"
		"\"invite_allowed\":true,\"lifetime\":\"permanent\",\"ends_at\":null}");
	settle(s);
	struct reply r = get(s->d.operator, at(&s->d, "/groups/%lld/room", (long long)group.n));
	return text(&s->d, "%.*s", STR(json_at(&r, "path")));
}

static void come_in(struct stand *s, struct browser *b, const char *room, const char *name)
{
	assert_int_equal(post(b, text(&s->d, "%s/join", room), text(&s->d, "{\"nickname\":\"%s\"}", name)).status, 200);
	settle(s);
}

static struct reply notices(struct stand *s, struct browser *b, const char *room)
{
	browser_header(b, "Accept: application/json");
	return get(b, text(&s->d, "%s/notices", room));
}

PROMISE(message_in_room, "whom no channel reaches is told on the page of their room: once, nobody else sees it, and opening takes the mark away")
{
	struct stand s;
	stand_open(&s, house, (struct plan_draft){ .goal = 6 });
	const char *room = with_room(&s);
	struct browser *lin = person(&s.d, 501), *an = person(&s.d, 502), *bo = person(&s.d, 503), *out = person(&s.d, 504);
	const char *own = take_part(&s.d, lin, s.c.slug, "林晓"), *outs = take_part(&s.d, out, s.c.slug, "在外");
	come_in(&s, lin, room, "林晓");
	come_in(&s, bo, room, "小白");
	verdict(&s.d, an, own);
	verdict(&s.d, an, outs);
	settle(&s);
	settle(&s);
	struct reply r = notices(&s, lin, room);
	assert_int_equal(r.status, 200);
	assert_int_equal(json_length(&r, "items"), 1);
	assert_str(json_at(&r, "items.0.text"), "友 为你助力成功，现在有 1 位。还差 5 位，就能领洗车券。");
	assert_str(json_at(&r, "items.0.path"), text(&s.d, "/t/%s", own));
	assert_str(json_at(&r, "items.0.seen"), "false");
	struct str id = json_at(&r, "items.0.id");
	r = notices(&s, bo, room);
	assert_int_equal(json_length(&r, "items"), 0);
	assert_reply(notices(&s, out, room), 403, "not_in_room");
	/* Somebody else's reading is not hers. */
	assert_int_equal(post(bo, text(&s.d, "%s/notices", room), text(&s.d, "{\"id\":\"%.*s\"}", STR(id))).status, 204);
	r = notices(&s, lin, room);
	assert_str(json_at(&r, "items.0.seen"), "false");
	assert_int_equal(post(lin, text(&s.d, "%s/notices", room), text(&s.d, "{\"id\":\"%.*s\"}", STR(id))).status, 204);
	r = notices(&s, lin, room);
	assert_str(json_at(&r, "items.0.seen"), "true");
	assert_int_equal(sends(&s), 0);
	r = get(s.d.reader, at(&s.d, "/campaigns/%lld/told", (long long)s.c.id.n));
	assert_int_equal(json_length(&r, "items"), 2);
	for (int i = 0; i < 2; i++) {
		bool hers = str_is(json_at(&r, text(&s.d, "items.%d.nickname", i)), "林晓");
		assert_str(json_at(&r, text(&s.d, "items.%d.way", i)), hers ? "room" : "page");
	}
	/* With a number of hers known, it goes there again. */
	on_qq(&s, 501, "7001");
	clock_set((struct instant){ DURING + HOUR });
	verdict(&s.d, bo, own);
	settle(&s);
	assert_int_equal(sends(&s), 1);
	r = notices(&s, lin, room);
	assert_int_equal(json_length(&r, "items"), 1);
	browser_close(lin), browser_close(an), browser_close(bo), browser_close(out);
	stand_close(&s);
}
