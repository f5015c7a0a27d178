/* talk.c: the club's own room, and what is ready to answer there.
 *
 * Story      A newcomer opens the room on a phone, joins, is welcomed by name; asks what an oil change costs and is answered.
 *            At the desk stand what was said this week, two automations that are on and one that waits for a look, and three
 *            texts that somebody has to carry into the WeChat groups today.
 */
#include "example/inside.h"

#include "channel/web/web.h"
#include "engine/event/event.h"

#define FIRST_PHONE 910000                        /* visitors of the room: their phones' numbers */
#define PHONE       "Mozilla/5.0 (Linux; Android 13; V2244A) MicroMessenger/8.0.49"

static const char *const people[] = {
	"友信售后·宋工",
	"途观L·阿强", "朗逸·小赵", "ID.4·何姐", "迈腾·老周", "高尔夫·Kiki", "探岳·宋涛", "帕萨特·林静", "宝来·大志",
	"朗逸·文博", "途观·桂英", "ID.4·一鸣", "迈腾·海燕",
};
#define PEOPLE ((int)(sizeof people / sizeof *people))

/* Hours before now, who, what. */
static const struct { int hours, who; const char *text; } said[] = {
	{ 76, 0, "车友茶座开张：聊车、问价、约保养都在这里。\n工作日 8:30–18:00 技术总监在线，救援请直接打 24 小时电话。" },
	{ 75, 1, "来报到。冬天胎压打多少合适？" },
	{ 75, 0, "冷胎 2.4 左右，跑高速可以到 2.5。天冷每降 10℃ 大约掉 0.07，建议每两周看一次。" },
	{ 74, 4, "刚好这周降温，我去店里顺便看看" },
	{ 52, 3, "ID.4 冬天掉电多少正常？我这两天掉了快三成" },
	{ 52, 11, "我也差不多，开了座椅加热少开空调会好些" },
	{ 51, 0, "零下跑短途掉两到三成是正常的。出发前插着枪预热，能省下一大截；这周六我们做一期续航实测，欢迎来。" },
	{ 51, 3, "周六几点？我带表弟一起" },
	{ 50, 0, "上午 10 点，展厅集合。" },
	{ 30, 6, "周末自驾去莫干山，还有人吗？已经四台车了" },
	{ 30, 8, "算我一个，住一晚还是当天回" },
	{ 29, 6, "住一晚，营地那边老会员九折" },
	{ 28, 5, "我和朋友两台，她的车也是在你们店买的" },
	{ 27, 10, "路上要装雪链吗" },
	{ 27, 1, "不用，那边没下雪，四季胎就行" },
	{ 8, 7, "昨天做的保养，师傅把旧滤芯拿给我看了，很踏实" },
	{ 8, 12, "同感，上次补胎也没收我钱" },
	{ 7, 2, "雨刮有异响要换吗？" },
	{ 7, 0, "先擦一下玻璃和胶条，还响就来店里免费测一下，胶条硬了再换。" },
	{ 3, 9, "今天店里洗车人多吗" },
	{ 3, 12, "刚出来，前面三台" },
};

struct found { struct world *world; struct id group, host; struct room room; };

static int find_room(struct tx *tx, void *arg)
{
	struct found *f = arg;
	return room_of_group(tx, f->world->community, f->group, &f->room);
}

/* Who is in it when only one has come. */
static int find_host(struct tx *tx, void *arg)
{
	struct found *f = arg;
	struct rows seats;
	int r = roster_page(tx, f->world->community, f->group, (struct id){ 0 }, 1, &seats);
	if (r >= 0 && seats.count)
		f->host = ((const struct seat *)seats.at)->member_id;
	return r < 0 ? r : 0;
}

static int phone_does(struct world *w, int who, struct instant at, const char *path, struct str slug, struct str json)
{
	return step_now(w, &(struct step){ .at = at, .visitor = { FIRST_PHONE + who }, .agent = S(PHONE),
		.call = { .method = "POST", .path = path, .text = slug, .json = json } });
}

static int enter(struct found *f, int who, struct instant opened)
{
	struct world *w = f->world;
	return phone_does(w, who, (struct instant){ opened.ms + (who + 1) * 9 * MINUTE }, "/r/{slug}/join", f->room.slug,
	                  str_format(w->arena, "{\"nickname\":\"%s\"}", people[who]));
}

static int say(struct found *f, size_t i, struct instant now)
{
	struct world *w = f->world;
	struct instant at = { now.ms - said[i].hours * HOUR + (int64_t)i * 2 * MINUTE };
	BUF_SCOPED json;
	buf_init(&json, 8000);
	buf_z(&json, "{\"text\":");
	buf_json(&json, str_of(said[i].text));
	buf_format(&json, ",\"key\":\"example-%04zu\"}", i);
	return phone_does(w, said[i].who, at, "/r/{slug}/say", f->room.slug, str_copy(w->arena, (struct str){ json.at, json.len }));
}

static int desk_does(struct found *f, struct instant at, const char *what, struct id member, int64_t line)
{
	struct world *w = f->world;
	return owner_does(w, "POST", "/groups/{id}/room", f->group, at, str_format(w->arena,
		"{\"what\":\"%s\",\"member_id\":\"%lld\",\"n\":%lld}", what, (long long)member.n, (long long)line), NULL);
}

/* The host comes first, is made an admin, and what they say first is pinned. */
static int open_room(struct found *f, struct instant opened, struct instant now)
{
	struct world *w = f->world;
	int r = owner_does(w, "POST", "/groups", (struct id){ 0 }, opened, S("{\"name\":\"车友茶座\",\"channel\":\"web\",\"capacity\":500,"
		"\"rename_allowed\":true,\"invite_allowed\":true,\"lifetime\":\"permanent\",\"ends_at\":null,\"topic\":\"聊车、问价、约保养\"}"), &f->group);
	if (r < 0 || (r = events_catch_up(w->store, w->features, w->community)) < 0)          /* a room is made by itself */
		return r;
	if ((r = store_read(w->store, w->arena, find_room, f)) < 0 || (r = enter(f, 0, opened)) < 0
	    || (r = store_read(w->store, w->arena, find_host, f)) < 0 || (r = desk_does(f, opened, "admin", f->host, 0)) < 0)
		return r;
	for (int who = 1; who < PEOPLE && r >= 0; who++)
		r = enter(f, who, opened);
	if (r < 0 || (r = say(f, 0, now)) < 0 || (r = store_read(w->store, w->arena, find_room, f)) < 0)
		return r;
	return desk_does(f, opened, "pin", (struct id){ 0 }, f->room.last);
}

int make_talk(struct world *w, struct instant now)
{
	struct found f = { .world = w };
	int r = open_room(&f, (struct instant){ now.ms - 80 * HOUR }, now);
	for (size_t i = 1; i < sizeof said / sizeof *said && r >= 0; i++)
		r = say(&f, i, now);
	return r;
}

int make_automations(struct world *w, struct instant now)
{
	static const struct { const char *preset; bool on; } ready[] = {
		{ "welcome", true }, { "keyword_reply", true }, { "tag_by_word", true }, { "moderation", false },
	};
	int r = 0;
	for (size_t i = 0; i < sizeof ready / sizeof *ready && r >= 0; i++) {
		struct id made;
		r = owner_does(w, "POST", "/automations/from-preset", (struct id){ 0 }, now,
		               str_format(w->arena, "{\"key\":\"%s\"}", ready[i].preset), &made);
		if (r >= 0 && ready[i].on)
			r = owner_does(w, "POST", "/automations/{id}/state", made, now, S("{\"on\":true}"), NULL);
	}
	return r;
}

int make_run_sheet(struct world *w, struct instant now)
{
	static const struct { int club, in_minutes; const char *text; } texts[] = {
		{ 0, 0, "【降温提醒】今晚最低 -3℃：胎压每掉 10℃ 大约少 0.07，玻璃水换成 -25℃ 的，电瓶用了三年以上的来店里免费测一下。" },
		{ 1, 0, "【降温提醒】今晚最低 -3℃：胎压每掉 10℃ 大约少 0.07，玻璃水换成 -25℃ 的，电瓶用了三年以上的来店里免费测一下。" },
		{ 5, 180, "【周末自驾】莫干山两天一夜，已有六台车。周五 18 点前在群里接龙：车型 + 人数。领队和补给都安排好了。" },
	};
	int r = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && r >= 0; i++)
		r = owner_does(w, "POST", "/sends", (struct id){ 0 }, now, str_format(w->arena,
			"{\"group_id\":\"%lld\",\"what\":\"text\",\"text\":\"%s\",\"key\":\"example-%zu\",\"due_at\":%lld}",
			(long long)w->groups[texts[i].club].n, texts[i].text, i,
			texts[i].in_minutes ? (long long)(now.ms + texts[i].in_minutes * MINUTE) : 0), NULL);
	return r;
}
