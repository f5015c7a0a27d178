/* example.c: see example.h; the club, its groups, codes, members and a month of scans.
 *
 * Story      Nobody understands an empty dashboard. The newcomer opens one that has been lived in: a group that fills tonight,
 *            a QR that dies tomorrow, a front desk that converts twice as well as the poster.
 * How        Everything goes through the routes, as if people had done it: each step is a request in JSON, handed to the
 *            same handler that HTTP calls, at a moment of the past month. So the example can hold nothing that the product
 *            could not make, and every sum agrees with its facts.
 */
#include "example/inside.h"

#include "base/mem.h"
#include "campaign/poster/poster.h"
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "groups/visit.h"
#include "media/qr_draw.h"
#include "people/account.h"

#define SEED       20261121
#define DAYS       30
#define MEMBERS    2000
#define PLAYERS    184              /* of them come with the campaigns and the room; a few more, so that today is not cut short */

/* ---- The club ------------------------------------------------------------------------------------ */

static const struct { const char *name, *owner, *tier, *topic; int capacity, scan_limit, members, qr_hours; } clubs[] = {
	{ "友信会员 1 群",  "林晓", "core",     "老车主",     500, 500, 498, 24 * 30 },
	{ "友信会员 4 群",  "林晓", "ordinary", "保养与救援", 500, 500, 467, 26 },
	{ "友信会员 7 群",  "周彬", "ordinary", "保养与救援", 500, 500, 412, 24 * 5 },
	{ "友信会员 9 群",  "周彬", "intent",   "冬季用车",   500, 200, 186, 24 * 6 },
	{ "友信增购咨询群", "许冉", "intent",   "增购与置换", 500, 200, 137, 24 * 4 },
	{ "友信自驾游群",   "许冉", "vip",      "自驾活动",   500, 200, 96,  24 * 6 },
};
_Static_assert(sizeof clubs / sizeof *clubs == CLUBS, "");

/* cap: of each target. a_day: visitors. joins: of a hundred shown. */
static const struct { const char *title, *guide, *gate; int targets[3], cap, a_day, joins; const char *sources[5]; } codes[] = {
	{ "售后前台", "每天一条真用得上的养车知识\n技术总监在群里答疑，工作日两小时内回复\n会员价预约保养、救援和续保", "none",
	  { 3, 2, -1 }, 380, 17, 71, { "前台 1 号位", "前台 2 号位", "休息区台卡" } },
	{ "交车礼包", "交车当天领车主手册和首保券\n专属顾问一对一", "none", { 1, 2, -1 }, 400, 12, 78, { "销售 张敏", "销售 李维", "销售 王蕊" } },
	{ "冬季用车会员群", "胎压、电瓶、玻璃水，一次讲清\n雪天救援优先派车", "none", { 3, -1, -1 }, 420, 16, 58, { "公众号推文", "门店海报", "短信" } },
	{ "增购置换咨询", "置换补贴、试驾名额，先到先得", "form", { 4, -1, -1 }, 240, 9, 62, { "展厅海报", "公众号菜单", "老客户转介" } },
	{ "周末自驾", "每月两次，领队、补给、保险都安排好", "password", { 5, -1, -1 }, 200, 5, 66, { "自驾群转发", "合作营地" } },
	{ "续保提醒群", "到期前 30 天提醒，三家比价", "none", { 2, 1, -1 }, 300, 8, 55, { "续保短信", "客服电话" } },
	{ "车展现场", "现场入群抽机油一桶，人人有伴手礼", "none", { 0, 2, -1 }, 300, 9, 49, { "入口展架", "洽谈区", "主舞台大屏" } },
	{ "社区洗车点", "洗车满三次送内饰清洁", "none", { 1, -1, -1 }, 200, 6, 44, { "滨江店", "城北店", "大学城店" } },
	{ "学车转购车", "驾校学员专享首付方案", "none", { 4, 2, -1 }, 160, 4, 52, { "友邻驾校", "校园代理" } },
	{ "救援卡片", "24 小时拖车、搭电、换胎", "none", { 2, -1, -1 }, 240, 5, 60, { "救援师傅 赵", "救援师傅 钱" } },
	{ "新能源车主", "充电地图和续航实测", "none", { 2, 3, -1 }, 260, 7, 57, { "充电站立牌", "公众号推文" } },
	{ "老会员召回", "回来领一次免费检测", "none", { 0, 1, -1 }, 260, 6, 63, { "电话回访", "短信" } },
};
_Static_assert(sizeof codes / sizeof *codes == CODES, "");

static const char *const surnames[] = {
	"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗",
};
static const char *const given[] = {
	"伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "勇", "杰", "涛", "明", "超", "秀兰", "霞", "平", "刚", "桂英", "文博",
	"子涵", "一鸣", "佳怡", "浩然", "思远", "雨桐", "俊豪", "晓东", "海燕", "建国", "志强",
};
static const char *const cars[] = { "朗逸", "迈腾", "途观", "高尔夫", "帕萨特", "探岳", "ID.4", "宝来", "", "", "", "" };

/* How many of a hundred visitors come in each hour of the day. */
static const unsigned char day_shape[24] = { 1, 0, 0, 0, 0, 0, 1, 2, 4, 6, 8, 8, 6, 5, 6, 7, 7, 7, 8, 8, 7, 5, 3, 1 };

static const char *const agents[] = {
	"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.49",
	"Mozilla/5.0 (Linux; Android 13; V2244A) MicroMessenger/8.0.49",
	"Mozilla/5.0 (Linux; Android 12; HarmonyOS) MicroMessenger/8.0.44",
	"Mozilla/5.0 (Linux; Android 14; 23013RK75C) Chrome/116.0 Mobile",
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) MicroMessenger/7.0.20",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) Safari/604.1",
};

/* ---- Setting up --------------------------------------------------------------------------------------------- */

struct founding { const char *hash; struct id community, account; };

static int found(struct tx *tx, void *arg)
{
	struct founding *f = arg;
	int r = account_make(tx, S("demo"), S("林晓"), f->hash, &f->account);
	if (r < 0 || (r = community_make(tx, S("友信会员社群"), S("Asia/Shanghai"), &f->community)) < 0)
		return r;
	return account_hire(tx, f->community, f->account, ROLE_OWNER);
}

static int make_card(struct world *w, struct instant at)
{
	return owner_does(w, "PUT", "/community", w->community, at, S(
		"{\"name\":\"友信会员社群\",\"purpose\":\"让车主用车省心，也让门店的服务被看见\",\"target_members\":\"本店车主与意向客户\","
		"\"value_promised\":\"养车知识、会员价预约、优先救援\",\"why_join\":\"有人答疑，也有实惠\",\"kind\":\"product\",\"need\":\"frequent\","
		"\"gathered_by\":\"contact\",\"governance\":\"central\",\"slogan\":\"用车的事，群里说一声\",\"colour\":\"#0b7a6b\","
		"\"rules\":\"请改群昵称为：车型 + 姓\\n不发广告、不拉票、不传谣\\n问题先搜后问，有问必答\\n救援请直接打电话，不要等群消息\","
		"\"timezone\":\"Asia/Shanghai\",\"opens_at\":510,\"closes_at\":1080}"), NULL);
}

static int upload_qr(struct world *w, size_t i, struct instant at, struct instant expires)
{
	BUF_SCOPED png;
	buf_init(&png, 1 << 20);
	int r = qr_png(str_format(w->arena, "https://weixin.qq.com/g/AwYAAExample%zu_not_a_real_group", i), &QR_STYLE_PLAIN, &png);
	if (r < 0)
		return r;
	const struct pair pairs[] = {
		{ .name = S("picture"), .bytes = { png.at, png.len }, .filename = S("qr.png") },
		{ .name = S("expires_at"), .text = str_format(w->arena, "%lld", (long long)expires.ms) },
	};
	return step_now(w, &(struct step){ .at = at, .call = {
		.method = "POST", .path = "/groups/{id}/qr", .id = w->groups[i], .pairs = pairs, .pair_count = 2,
	} });
}

static int make_groups(struct world *w, struct instant at, struct instant now)
{
	int r = 0;
	for (size_t i = 0; i < CLUBS && r >= 0; i++) {
		r = owner_does(w, "POST", "/groups", (struct id){ 0 }, at, str_format(w->arena,
			"{\"name\":\"%s\",\"channel\":\"manual\",\"owner\":\"%s\",\"tier\":\"%s\",\"topic\":\"%s\",\"region\":\"\",\"capacity\":%d,"
			"\"scan_limit\":%d,\"rename_allowed\":false,\"invite_allowed\":true,\"entry_by_approval\":false,"
			"\"lifetime\":\"permanent\",\"note\":\"\"}",
			clubs[i].name, clubs[i].owner, clubs[i].tier, clubs[i].topic, clubs[i].capacity, clubs[i].scan_limit), &w->groups[i]);
		if (r >= 0)
			r = upload_qr(w, i, at, (struct instant){ now.ms + clubs[i].qr_hours * HOUR });
	}
	return r;
}

struct slug_row { struct str slug; };

ROW(slug_row, FIELD(slug_row, slug, "Short link"));

struct members_row { int64_t members; };

ROW(members_row, FIELD(members_row, members, "How many there are"));

static QUERY(example_slugs, READS, &row_slug_row, TAKES(K_ID, K_ID),
	"SELECT slug FROM livecode_link WHERE community_id = ?1 AND code_id = ?2 ORDER BY id LIMIT 6");

struct slugs { struct world *world; size_t code; };

static int load_slugs(struct tx *tx, void *arg)
{
	struct slugs *s = arg;
	struct rows rows;
	int r = tx_all(tx, &example_slugs, &rows, V(s->world->community), V(s->world->codes[s->code]));
	const struct slug_row *slugs = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		s->world->slugs[s->code][i] = slugs[i].slug;
	s->world->slug_count[s->code] = r < 0 ? 0 : rows.count;
	return r < 0 ? r : 0;
}

static int make_code(struct world *w, size_t i, struct instant at)
{
	bool form = strcmp(codes[i].gate, "form") == 0, password = strcmp(codes[i].gate, "password") == 0;
	BUF_SCOPED guide;
	buf_init(&guide, 4096);
	buf_json(&guide, str_of(codes[i].guide));
	int r = owner_does(w, "POST", "/livecodes", (struct id){ 0 }, at, str_format(w->arena,
		"{\"title\":\"%s\",\"guide\":%.*s,\"look\":\"%s\",\"strategy\":\"order\",\"sticky\":true,\"duplicate_guard\":true,"
		"\"gate\":\"%s\",\"gate_title\":\"%s\",\"gate_note\":\"%s\",\"gate_password\":\"%s\",\"gate_questions\":%s,"
		"\"tags\":[\"%s\"],\"contact\":\"客服 400-000-0000\",\"qr_level\":\"M\"}",
		codes[i].title, STR(buf_view(&guide)), i % 3 ? "plain" : "brand", codes[i].gate,
		form ? "车主认证" : password ? "口令入群" : "", form ? "填好后工作日两小时内审核" : password ? "口令在活动通知里" : "",
		password ? "自驾" : "",
		form ? "[{\"key\":\"car\",\"label\":\"现在开什么车\",\"kind\":\"text\",\"required\":true},"
		       "{\"key\":\"phone\",\"label\":\"手机号\",\"kind\":\"phone\",\"required\":true}]" : "[]",
		i < 3 ? "车主" : "意向"), &w->codes[i]);
	for (size_t k = 0; r >= 0 && k < 3 && codes[i].targets[k] >= 0; k++)
		r = owner_does(w, "POST", "/livecodes/{id}/targets", w->codes[i], at, str_format(w->arena,
			"{\"kind\":\"group\",\"group_id\":\"%lld\",\"scan_cap\":%d,\"weight\":1,\"visitors\":\"all\"}",
			(long long)w->groups[codes[i].targets[k]].n, codes[i].cap), NULL);
	for (size_t k = 0; r >= 0 && k < 5 && codes[i].sources[k]; k++)
		r = owner_does(w, "POST", "/livecodes/{id}/links", w->codes[i], at, str_format(w->arena,
			"{\"label\":\"%s\",\"kind\":\"%s\",\"note\":\"%s\"}", codes[i].sources[k], k % 2 ? "desk" : "poster", codes[i].title), NULL);
	if (r >= 0)
		r = owner_does(w, "POST", "/livecodes/{id}/state", w->codes[i], at, S("{\"state\":\"running\"}"), NULL);
	return r < 0 ? r : store_read(w->store, w->arena, load_slugs, &(struct slugs){ w, i });
}

/* ---- A month of visitors -------------------------------------------------------------------------------------------- */

static struct str nickname(struct world *w)
{
	const char *car = cars[chance(sizeof cars / sizeof *cars)];
	return str_format(w->arena, "%s%s%s%s", car, *car ? " " : "", surnames[chance(sizeof surnames / sizeof *surnames)],
	                  given[chance(sizeof given / sizeof *given)]);
}

static struct instant moment_of_day(struct instant midnight)
{
	uint64_t at = chance(100);
	int hour = 0;
	while (hour < 23 && at >= day_shape[hour])
		at -= day_shape[hour++];
	return (struct instant){ midnight.ms + hour * HOUR + (int64_t)chance(3600) * SECOND };
}

static int one_visitor(struct world *w, size_t code, struct instant at, struct instant now)
{
	static int64_t visitor = 1;               /* small numbers: no real visitor's id is below a million */
	if (at.ms >= now.ms)
		return 0;
	struct step scan = {
		.at = at, .visitor = { visitor++ },
		.call = { .method = "GET", .path = "/g/{slug}",
		          .text = w->slugs[code][chance(3) ? chance(w->slug_count[code]) : w->slug_count[code] - 1] },
		.agent = str_of(agents[chance(sizeof agents / sizeof *agents)]),
	};
	int r = fly(w, &scan);
	if (r >= 0 && chance(100) < 17) {         /* some look twice */
		scan.at.ms += 40 * SECOND;
		r = fly(w, &scan);
	}
	if (r >= 0 && strcmp(codes[code].gate, "password") == 0 && chance(100) < 80) {
		scan.at.ms += 30 * SECOND;
		scan.call.method = "POST", scan.call.path = "/g/{slug}/gate";
		scan.call.json = S("{\"password\":\"自驾\"}");
		r = fly(w, &scan);
	} else if (strcmp(codes[code].gate, "none") != 0) {
		return r;
	}
	if (chance(100) >= (uint64_t)codes[code].joins || w->members >= MEMBERS)
		return r;
	pthread_mutex_lock(&w->lock);
	w->members++;
	pthread_mutex_unlock(&w->lock);
	scan.call.method = "POST", scan.call.path = "/g/{slug}/joined";
	scan.at.ms += 50 * SECOND;
	struct str name = nickname(w);
	scan.call.json = str_format(w->arena, "{\"nickname\":\"%.*s\"}", STR(name));
	return r < 0 ? r : fly(w, &scan);
}

static int one_day(struct world *w, struct instant midnight, struct instant now)
{
	bool weekend = zone_local(zone_find(S("Asia/Shanghai")), midnight).weekday % 6 == 0;
	int r = 0;
	for (size_t i = 0; i < CODES && r >= 0; i++) {
		int64_t visitors = codes[i].a_day * (int64_t)(70 + chance(60)) / 100;
		visitors = weekend ? visitors * 14 / 10 : visitors;
		for (int64_t k = 0; k < visitors && r >= 0; k++)
			r = one_visitor(w, i, moment_of_day(midnight), now);
	}
	return r;
}

static QUERY(example_members, READS, &row_members_row, TAKES(K_ID), "SELECT count(*) AS members FROM member WHERE community_id = ?1",
	.scans = true);

static int count_members(struct tx *tx, void *arg)
{
	struct world *w = arg;
	struct members_row n;
	int r = tx_one(tx, &example_members, &n, V(w->community));
	w->members = r < 0 ? 0 : n.members;
	return r;
}

/* Who is in the air may find a group full: only when all have landed is it known how many there are. */
static int recount(struct world *w)
{
	int r = wait_below(w, 0);
	return r < 0 ? r : store_read(w->store, w->arena, count_members, w);
}

/* People entered by hand, until there are so many members: the first is entered `at`, the others in steps. */
static int make_elders(struct world *w, int64_t members, struct instant at, int64_t step)
{
	struct step s = { .at = at, .call = { .method = "POST", .path = "/members" } };
	int r = recount(w);
	while (w->members < members && r >= 0) {
		w->members++;
		s.at.ms += step;
		struct str name = nickname(w);
		s.call.json = str_format(w->arena, "{\"nickname\":\"%.*s\",\"phone\":\"1380000%04d\",\"city\":\"%s\"}", STR(name),
		                    (int)(w->members % 10000), chance(4) ? "杭州" : "嘉兴");
		r = fly(w, &s);
	}
	int left = wait_below(w, 0);
	return r < 0 ? r : left;
}

/* How many will join today, as things went yesterday: so many of the hours that people come in are over. */
static int64_t joins_today(int64_t yesterday, struct instant midnight, struct instant now)
{
	int64_t gone = 0, hours = (now.ms - midnight.ms) / HOUR;
	for (int64_t hour = 0; hour < hours && hour < 24; hour++)
		gone += day_shape[hour];
	return yesterday * gone / 100;
}

/* Applications that wait, and a password gate that lets people through. */
static int make_applications(struct world *w, struct instant now)
{
	int r = 0;
	for (int i = 0; i < 9 && r >= 0; i++) {
		struct step s = {
			.at = { now.ms - (int64_t)(i + 1) * 47 * MINUTE }, .visitor = { 900000 + i }, .agent = str_of(agents[0]),
			.call = { .method = "POST", .path = "/g/{slug}/gate", .text = w->slugs[3][0], .json = str_format(w->arena,
				"{\"answers\":[{\"key\":\"car\",\"text\":\"%s\"},{\"key\":\"phone\",\"text\":\"1390000%04d\"}]}",
				cars[i % 8], 1000 + i * 7) },
		};
		r = step_now(w, &s);
	}
	return r;
}

/* ---- What an operator keeps at hand: sentences about people, and designs ---- */

static int pick_design(struct tx *tx, void *arg)
{
	static const char *const designs[] = { "gold", "spark" };
	struct world *w = arg;
	struct id made;
	int r = 0;
	for (size_t i = 0; i < sizeof designs / sizeof *designs && r >= 0; i++)
		r = poster_begin(tx, w->community, str_of(designs[i]), LANG_ZH, w->account, &made);
	return r;
}

static int make_kept(struct world *w, struct instant now)
{
	static const struct { const char *name, *where; } segments[] = {
		{ "迈腾和途观车主", "{\"depth\":1,\"what\":\"nickname\",\"holds\":\"contains\",\"texts\":[\"迈腾\",\"途观\"]}" },
		{ "本周新车友", "{\"depth\":1,\"what\":\"joined\",\"holds\":\"within\",\"days\":7}" },
		{ "常扫码、没留电话", "{\"depth\":1,\"what\":\"did\",\"act\":\"livecode_scanned\",\"holds\":\"at_least\",\"n\":2,\"days\":30},"
			"{\"depth\":1,\"what\":\"phone\",\"holds\":\"empty\"}" },
	};
	int r = 0;
	for (size_t i = 0; i < sizeof segments / sizeof *segments && r >= 0; i++)
		r = owner_does(w, "POST", "/segments", (struct id){ 0 }, now, str_format(w->arena,
			"{\"name\":\"%s\",\"where\":[{\"depth\":0,\"what\":\"all\"},%s]}", segments[i].name, segments[i].where), NULL);
	return r < 0 ? r : store_write(w->store, w->community, w->arena, pick_design, w);
}

static int finish_counts(struct world *w, struct instant now)
{
	int r = 0;
	for (size_t i = 0; i < CLUBS && r >= 0; i++) {
		r = owner_does(w, "POST", "/groups/{id}/count", w->groups[i], now, str_format(w->arena, "{\"count\":%d}", clubs[i].members), NULL);
		if (r >= 0)
			r = owner_does(w, "POST", "/groups/{id}/stage", w->groups[i], now,
			         str_format(w->arena, "{\"stage\":\"%s\"}", i < 2 ? "mature" : "growing"), NULL);
	}
	return r;
}

static int live(struct world *w, struct instant now)
{
	const struct zone *zone = zone_find(S("Asia/Shanghai"));
	int64_t today = day_of(zone, now);
	struct instant begin = { day_start(zone, today - DAYS + 1).ms + 8 * HOUR };
	int r = make_card(w, begin);
	if (r < 0 || (r = make_groups(w, begin, now)) < 0)
		return r;
	for (size_t i = 0; i < CODES && r >= 0; i++)
		r = make_code(w, i, begin);
	int64_t before = 0;
	for (int64_t day = today - DAYS + 1; day < today && r >= 0; day++) {
		if (day == today - 1 && (r = recount(w)) >= 0)
			before = w->members;
		r = r < 0 ? r : one_day(w, day_start(zone, day), now);
	}
	if (r < 0 || (r = recount(w)) < 0)
		return r;
	/* Lists show who was added last: so today comes last. Those who were there before the codes are as many as will be
	 * missing; where that was guessed too low, somebody enters the rest by hand in the last hour. */
	struct instant midnight = day_start(zone, today);
	int64_t elders = MEMBERS - PLAYERS - joins_today(w->members - before, midnight, now);
	if ((r = make_elders(w, elders, begin, SECOND)) < 0 || (r = make_talk(w, now)) < 0 || (r = make_plays(w, now)) < 0)
		return r;
	if ((r = recount(w)) < 0 || (r = one_day(w, midnight, now)) < 0
	    || (r = make_elders(w, MEMBERS, (struct instant){ now.ms - HOUR }, MINUTE)) < 0
	    || (r = make_applications(w, now)) < 0 || (r = finish_counts(w, now)) < 0 || (r = make_kept(w, now)) < 0)
		return r;
	clock_set((struct instant){ 0 });
	if ((r = events_catch_up(w->store, w->features, w->community)) < 0 || (r = make_automations(w, now)) < 0
	    || (r = make_run_sheet(w, now)) < 0)
		return r;
	clock_set((struct instant){ 0 });
	return events_catch_up(w->store, w->features, w->community);
}

int example_make(struct store *store, const struct feature *const *features, struct arena *arena, struct str *ret_name,
                 struct str *ret_password)
{
	struct world *w = ARENA_NEW(arena, struct world);
	char password[13], hash[PASSWORD_HASH];
	struct founding f = { .hash = hash };
	if (!w)
		return E_MEMORY;
	secret_slug(password, sizeof password - 1);
	int r = password_hash(str_of(password), hash);
	if (r < 0 || (r = store_write(store, (struct id){ 0 }, arena, found, &f)) < 0)
		return r;
	*w = (struct world){ .store = store, .features = features, .arena = arena, .community = f.community, .account = f.account };
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->landed, NULL);
	chance_begin(SEED);
	struct instant now = clock_now();
	r = live(w, now);
	int left = wait_below(w, 0);
	clock_set((struct instant){ 0 });
	if (r < 0 || left < 0)
		return r < 0 ? r : left;
	*ret_name = S("demo");
	*ret_password = str_copy(arena, str_of(password));
	return 0;
}

/* ---- Declaration ---------------------------------------------------------------------------------------------------- */

static const struct query *const queries[] = { &example_slugs, &example_members, NULL };

const struct feature feature_example = { .name = "example", .queries = queries };
