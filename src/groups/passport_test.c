/* passport_test.c: the promises of a member's own page, over all rooms: who they are is the cookie's word, everything is shown,
 * taken along and erased, and what was erased is nowhere: not in a table, not on a freed page, not in the log.
 */
#include <unistd.h>
#include <zip.h>

#include "groups/codes_test.h"
#include "engine/jobs/jobs.h"
#include "media/sample_test.h"
#include "people/phone.h"

/* base/child.h, whose struct child is not the one of livecode.h. */
int child_run(const char *const *argv, struct buf *ret_said, struct arena *);

struct stand { struct desk desk; struct id code; const char *slug, *me; struct browser *phone; };

static void stand_open(struct stand *s, struct house *house)
{
	codes_open(&s->desk, house);
	s->code = code_made(&s->desk, (struct code_draft){ .title = "车主群" });
	target_group(&s->desk, s->code, group_named(&s->desk, "会员群 1", "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dR"), 0, NULL);
	code_run(&s->desk, s->code);
	s->slug = code_slug(&s->desk, s->code);
	s->me = text(&s->desk, "/me/%lld", (long long)s->desk.community.n);
	s->phone = browser_open(s->desk.site);
}

static void stand_close(struct stand *s)
{
	browser_close(s->phone);
	desk_close(&s->desk);
}

static const char *me(struct stand *s, const char *what) { return text(&s->desk, "%s/%s", s->me, what); }

/* Scans and joins; afterwards the browser has its word. */
static void joins(struct stand *s, const char *nickname)
{
	view(s->phone, s->slug);
	struct reply r = say(s->phone, s->slug, "joined", text(&s->desk, "{\"nickname\":\"%s\"}", nickname));
	assert_int_equal(r.status, 200);
}

static struct reply looks(struct stand *s)
{
	struct reply r = get(s->phone, me(s, "page"));
	assert_int_equal(r.status, 200);
	browser_csrf(s->phone, str_z(&s->desk.house->arena, json_at(&r, "csrf")));
	return r;
}

static void settle(struct stand *s)
{
	assert_true(jobs_run_due(s->desk.house->store, site_options(s->desk.site)->settings, whole_program) >= 0);
}

PROMISE(passport_mine, "a member sees name, source, groups with a code to come back by, and what is asked of them; a stranger sees nothing of it")
{
	struct stand s;
	stand_open(&s, house);
	struct reply r = looks(&s);
	assert_str(json_at(&r, "view"), "visitor");
	joins(&s, "小周");
	r = looks(&s);
	assert_str(json_at(&r, "view"), "me");
	assert_str(json_at(&r, "profile.nickname"), "小周");
	assert_int_equal(json_length(&r, "consents"), 4);
	assert_str(json_at(&r, "consents.0.needed"), "true");
	assert_str(json_at(&r, "consents.1.given"), "false");
	r = get(s.phone, me(&s, "groups"));
	assert_str(json_at(&r, "groups.0.title"), "会员群 1");
	assert_true(str_starts(json_at(&r, "groups.0.image"), S("/f/")));
	r = get(s.phone, s.me);
	assert_int_equal(r.status, 200);
	assert_non_null(memmem(r.body.at, r.body.len, "小周", strlen("小周")));
	struct browser *other = browser_open(s.desk.site);
	r = get(other, me(&s, "page"));
	assert_str(json_at(&r, "view"), "visitor");
	r = get(other, me(&s, "groups"));
	assert_int_equal(json_length(&r, "groups"), 0);
	r = get(other, "/me/42");
	assert_int_equal(r.status, 404);
	browser_close(other);
	stand_close(&s);
}

PROMISE(passport_switches, "a switch holds at once, for the words that were read; withdrawing is the same tap")
{
	struct stand s;
	stand_open(&s, house);
	joins(&s, "小周");
	looks(&s);
	struct reply r = post(s.phone, me(&s, "consent"), "{\"purpose\":\"marketing\",\"version\":1,\"given\":true}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "consents.1.given"), "true");
	r = put(s.desk.admin, at(&s.desk, "/purposes"), "{\"purpose\":\"marketing\",\"title_zh\":\"消息\",\"title_en\":\"\",\"text_zh\":\"新的说明\",\"text_en\":\"\",\"offered\":true}");
	assert_int_equal(r.status, 200);
	r = looks(&s);
	assert_str(json_at(&r, "consents.1.given"), "false");
	assert_str(json_at(&r, "consents.1.asks"), "true");
	r = post(s.phone, me(&s, "consent"), "{\"purpose\":\"marketing\",\"version\":1,\"given\":true}");
	assert_reply(r, 409, "conflict");
	r = post(s.phone, me(&s, "consent"), "{\"purpose\":\"marketing\",\"version\":2,\"given\":true}");
	assert_str(json_at(&r, "consents.1.given"), "true");
	r = post(s.phone, me(&s, "consent"), "{\"purpose\":\"marketing\",\"version\":2,\"given\":false}");
	assert_str(json_at(&r, "consents.1.given"), "false");
	r = post(s.phone, me(&s, "consent"), "{\"purpose\":\"service\",\"version\":1,\"given\":false}");
	assert_reply(r, 400, "invalid");
	stand_close(&s);
}

PROMISE(passport_child, "under 14 a guardian's name and phone come first")
{
	struct stand s;
	stand_open(&s, house);
	int born = zone_local(zone_find(S("Asia/Shanghai")), clock_now()).year - 6;
	joins(&s, "小小周");
	looks(&s);
	struct reply r = post(s.phone, me(&s, "profile"), text(&s.desk, "{\"nickname\":\"小小周\",\"birthday\":\"%d-01-01\",\"guardian\":\"\",\"guardian_phone\":\"\"}", born));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "profile.guardian_missing"), "true");
	r = post(s.phone, me(&s, "consent"), "{\"purpose\":\"avatar\",\"version\":1,\"given\":true}");
	assert_reply(r, 403, "guardian");
	r = post(s.phone, me(&s, "profile"), text(&s.desk, "{\"nickname\":\"小小周\",\"birthday\":\"%d-01-01\",\"guardian\":\"周妈\",\"guardian_phone\":\"what\"}", born));
	assert_reply(r, 400, "bad_pattern");
	assert_str(json_at(&r, "error.field"), "guardian_phone");
	r = post(s.phone, me(&s, "profile"), text(&s.desk, "{\"nickname\":\"小小周\",\"birthday\":\"%d-01-01\",\"guardian\":\"周妈\",\"guardian_phone\":\"138 0013 8000\"}", born));
	assert_str(json_at(&r, "profile.guardian"), "周妈");
	r = post(s.phone, me(&s, "consent"), "{\"purpose\":\"avatar\",\"version\":1,\"given\":true}");
	assert_int_equal(r.status, 200);
	r = post(s.phone, me(&s, "profile"), "{\"nickname\":\"小小周\",\"birthday\":\"2020-02-31\"}");
	assert_int_equal(r.status, 400);
	assert_str(json_at(&r, "error.field"), "birthday");
	stand_close(&s);
}

/* ---- A copy ---- */

static struct str unzipped(struct arena *arena, struct str zip, const char *name)
{
	zip_error_t error;
	zip_source_t *source = zip_source_buffer_create(zip.at, zip.len, 0, &error);
	zip_t *z = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : NULL;
	assert_non_null(z);
	zip_stat_t stat;
	assert_int_equal(zip_stat(z, name, 0, &stat), 0);
	char *room = arena_take(arena, stat.size + 1);
	zip_file_t *file = zip_fopen(z, name, 0);
	assert_true(file && room && zip_fread(file, room, stat.size) == (zip_int64_t)stat.size);
	zip_fclose(file);
	zip_close(z);
	return (struct str){ room, stat.size };
}

static bool holds(struct str text, const char *what) { return memmem(text.at, text.len, what, strlen(what)) != NULL; }

PROMISE(passport_copy, "the copy holds what is kept, for programs and for people, and nothing of anybody else")
{
	struct stand s;
	stand_open(&s, house);
	joins(&s, "小<b>周");
	made(s.desk.operator, at(&s.desk, "/members"), "{\"nickname\":\"别人家的\",\"phone\":\"13900000000\"}");
	struct reply r = get(s.phone, me(&s, "copy"));
	assert_int_equal(r.status, 200);
	assert_str(header_of(&r, "Content-Type"), "application/zip");
	struct str json = unzipped(&house->arena, r.body, "data.json"), html = unzipped(&house->arena, r.body, "我的资料.html");
	assert_true(holds(json, "小\\u003cb>周") && holds(html, "小&lt;b&gt;周") && holds(html, "车主群") && holds(html, "昵称"));
	assert_false(holds(json, "别人家的") || holds(html, "13900000000"));
	r = get(s.phone, me(&s, "data"));
	assert_true(json_length(&r, "items") > 10);
	stand_close(&s);
}

/* ---- A phone number ---- */

static char last_code[8], last_phone[24];
static int  sent;

static int hear(const struct job_context *context, const struct privacy *privacy, const struct code_message *m, struct str *why)
{
	(void)context, (void)privacy, (void)why;
	snprintf(last_code, sizeof last_code, "%.*s", STR(m->code));
	snprintf(last_phone, sizeof last_phone, "%.*s", STR(m->phone));
	assert_true(holds(m->text, last_code));
	sent++;
	return 0;
}

static const struct code_sender listener = { "webhook", hear };

static void lends_ear(struct stand *s)
{
	phone_sender_add(&listener);
	sent = 0;
	struct reply r = put(s->desk.admin, at(&s->desk, "/privacy"), "{\"visitor_months\":1,\"audit_months\":1,\"event_months\":1,"
		"\"grace_days\":0,\"sender\":\"webhook\",\"sender_url\":\"https://example.com/\",\"codes_a_day\":30}");
	assert_int_equal(r.status, 200);
}

static void asks_code(struct stand *s, const char *phone)
{
	int before = sent;
	struct reply r = post(s->phone, me(s, "phone"), text(&s->desk, "{\"phone\":\"%s\"}", phone));
	assert_int_equal(r.status, 204);
	settle(s);
	assert_int_equal(sent, before + 1);
}

static const char *wrong_code(void) { return strcmp(last_code, "111111") ? "111111" : "222222"; }

static struct reply says_code(struct stand *s, const char *phone, const char *code)
{
	return post(s->phone, me(s, "code"), text(&s->desk, "{\"phone\":\"%s\",\"code\":\"%s\"}", phone, code));
}

PROMISE(passport_phone, "a proved number brings a browser to the member who has it; no answer tells whether it is known")
{
	struct stand s;
	stand_open(&s, house);
	struct reply r = looks(&s);
	assert_str(json_at(&r, "phone_possible"), "false");
	r = post(s.phone, me(&s, "phone"), "{\"phone\":\"13812345678\"}");
	assert_reply(r, 409, "no_sender");
	lends_ear(&s);
	struct id ann = made(s.desk.admin, at(&s.desk, "/members"), "{\"nickname\":\"安安\",\"phone\":\"13812345678\"}");
	joins(&s, "新来的");
	looks(&s);
	asks_code(&s, "+86 138-1234-5678");
	assert_string_equal(last_phone, "13812345678");
	r = says_code(&s, "13812345678", last_code);
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "profile.nickname"), "安安");
	assert_str(json_at(&r, "profile.phone"), "138****5678");
	assert_str(json_at(&r, "profile.phone_proved"), "true");
	r = says_code(&s, "13812345678", last_code);
	assert_reply(r, 400, "code_spent");
	r = get(s.desk.admin, at(&s.desk, "/members/%lld", (long long)ann.n));
	assert_true(json_length(&r, "identities") >= 2);
	r = get(s.desk.admin, at(&s.desk, "/members"));
	assert_int_equal(json_length(&r, "items"), 1);        /* the one who joined without a number is the same person */
	r = get(s.phone, me(&s, "groups"));
	assert_str(json_at(&r, "groups.0.title"), "会员群 1");
	/* an unknown number is asked and refused in the same words */
	asks_code(&s, "13987654321");
	r = says_code(&s, "13987654321", wrong_code());
	struct reply known = says_code(&s, "13987654321", "1");
	assert_true(str_equal(r.body, known.body));
	stand_close(&s);
}

PROMISE(passport_code_limits, "a code has five tries and five minutes, belongs to the browser that asked, and is not sent in streams")
{
	struct stand s;
	stand_open(&s, house);
	lends_ear(&s);
	looks(&s);
	asks_code(&s, "13812345678");
	struct reply r = post(s.phone, me(&s, "phone"), "{\"phone\":\"13812345678\"}");
	assert_reply(r, 429, "slow_down");
	for (int i = 0; i < 5; i++) {
		r = says_code(&s, "13812345678", wrong_code());
		assert_reply(r, 400, "code_wrong");
	}
	r = says_code(&s, "13812345678", last_code);
	assert_reply(r, 400, "code_spent");

	asks_code(&s, "13800000001");
	struct browser *mine = s.phone;
	s.phone = browser_open(s.desk.site);
	looks(&s);
	r = says_code(&s, "13800000001", last_code);          /* overheard, from another browser */
	assert_reply(r, 400, "code_spent");
	browser_close(s.phone);
	s.phone = mine;
	struct instant now = clock_now();
	clock_set((struct instant){ now.ms + 5 * MINUTE });
	r = says_code(&s, "13800000001", last_code);
	assert_reply(r, 400, "code_spent");
	clock_set((struct instant){ 0 });
	r = post(s.phone, me(&s, "phone"), "{\"phone\":\"12345\"}");
	assert_reply(r, 400, "bad_pattern");
	stand_close(&s);
}

TEST(phone_normal, "a number is kept as one, however it is typed")
{
	static const char *const table[][2] = {
		{ "138 1234 5678", "13812345678" }, { "+86-138-1234-5678", "13812345678" }, { "008613812345678", "13812345678" },
		{ "8613812345678", "13812345678" }, { "+1 (415) 555-0100", "+14155550100" }, { "0571-8888-6666", "057188886666" },
		{ "12345", "" }, { "138x1234", "" }, { "", "" }, { "1234567890123456", "" },
	};
	ARENA_SCOPED arena;
	arena_init(&arena, 8192);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_str(phone_normal(&arena, str_of(table[i][0])), table[i][1]);
}

/* ---- Erasing ---- */

/* Eight small letters and digits: what folds names, cuts them into keys or turns them round still holds them. */
static const char *const marks[] = {
	"zqnick01", "zqname02", "zqcity03", "zqindu04", "zqjobb05", "zqfiel06", "zqansw07", "zqlink08", "zqwait09", "zqcont10",
	"zqrepo11", "zqguar12", "zqreas13", "13987650001", "10005678931", "13700240024", "zqnote14", "zqtwin15",
};

/* Where the first of these marks stands in a file, told as a failure when `found` is NULL. */
static void search_file(const char *path, bool *found)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("%s cannot be read", path);
	fseek(f, 0, SEEK_END);
	size_t size = (size_t)ftell(f);
	char *bytes = calloc(1, size + 1);
	rewind(f);
	assert_true(bytes && fread(bytes, 1, size, f) == size);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		const char *at = memmem(bytes, size, marks[i], strlen(marks[i]));
		if (at && found)
			found[i] = true;
		else if (at)
			fail_msg("%s still holds %s: …%.60s", path, marks[i], at - bytes > 20 ? at - 20 : at);
	}
	free(bytes);
	fclose(f);
}

/* Everything the store has on disk; on PostgreSQL, a dump. */
static void search(struct house *house, bool *found)
{
	if (house_is_pg(house)) {
		char file[] = "/tmp/quntu-dump-XXXXXX";
		int fd = mkstemp(file);
		assert_true(fd >= 0);
		const char *const argv[] = { "pg_dump", "-n", house->schema, "-f", file, house->server, NULL };
		assert_int_equal(child_run(argv, NULL, &house->arena), 0);
		search_file(file, found);
		close(fd);
		unlink(file);
		return;
	}
	static const char *const ends[] = { "", "-wal" };
	for (size_t i = 0; i < 2; i++) {
		char path[512];
		snprintf(path, sizeof path, "%s%s", house->url + strlen("sqlite:"), ends[i]);
		search_file(path, found);
	}
}

static void hunt(struct house *house) { search(house, NULL); }

static const char *gated(struct stand *s, const char *gate, const char *more)
{
	struct id code = code_made(&s->desk, (struct code_draft){ .title = "门槛", .gate = gate, .more = more });
	target_group(&s->desk, code, group_named(&s->desk, gate, "https://weixin.qq.com/g/AwYAAL8kP2xVb1TzQw3mE7dS"), 0, NULL);
	code_run(&s->desk, code);
	return code_slug(&s->desk, code);
}

/* Through every door: form, proof, waiting list, report, profile by staff, custom field, guardian, vouchers, tags. */
static void lives_fully(struct stand *s)
{
	struct desk *d = &s->desk;
	const char *form = gated(s, "form", "\"gate_questions\":[{\"key\":\"car\",\"label\":\"车型\",\"kind\":\"text\",\"required\":true,\"choices\":[]}],");
	const char *proof = gated(s, "proof", "\"gate_note\":\"上传截图\",");
	view(s->phone, form);
	struct reply r = say(s->phone, form, "gate", "{\"answers\":[{\"key\":\"car\",\"text\":\"zqansw07\"}]}");
	assert_int_equal(r.status, 200);
	view(s->phone, proof);
	r = say(s->phone, proof, "gate", "{\"link\":\"https://example.com/zqlink08\"}");
	assert_int_equal(r.status, 200);
	r = get(d->operator, at(d, "/applications"));
	r = post(d->operator, at(d, "/applications/decide"),
	         text(d, "{\"ids\":[\"%.*s\"],\"approve\":false,\"reason\":\"zqreas13\"}", STR(json_at(&r, "items.0.id"))));
	assert_int_equal(r.status, 200);
	struct blob picture = sample_code(&d->house->arena, "https://example.com/proof", &QR_STYLE_PLAIN);
	struct part parts[] = { { "picture", { picture.at, picture.len }, "proof.png" }, { 0 } };
	looks(s);
	r = post_multipart(s->phone, text(d, "/g/%s/gate", proof), parts);
	assert_int_equal(r.status, 200);
	r = say(s->phone, form, "wait", "{\"nickname\":\"zqwait09\",\"contact\":\"zqcont10\"}");
	assert_int_equal(r.status, 200);
	r = say(s->phone, form, "report", "{\"text\":\"zqrepo11\"}");
	assert_int_equal(r.status, 204);
	joins(s, "zqnick01");
	looks(s);
	r = post(s->phone, me(s, "profile"), "{\"nickname\":\"zqnick01\",\"birthday\":\"2020-01-01\",\"guardian\":\"zqguar12\",\"guardian_phone\":\"13700240024\"}");
	assert_int_equal(r.status, 200);
	r = post(s->phone, me(s, "consent"), "{\"purpose\":\"marketing\",\"version\":1,\"given\":true}");
	assert_int_equal(r.status, 200);
}

static struct id member_here(struct stand *s)
{
	struct reply r = get(s->desk.admin, at(&s->desk, "/members"));
	return (struct id){ number_at(&r, "items.0.id") };
}

static void staff_write(struct stand *s, struct id member)
{
	struct desk *d = &s->desk;
	made(d->admin, at(d, "/member-fields"), "{\"key\":\"plate\",\"label\":\"车牌\",\"kind\":\"text\",\"help\":\"\",\"choices\":[],\"required\":false,\"least\":\"\",\"most\":\"\"}");
	struct reply r = put(d->admin, at(d, "/members/%lld", (long long)member.n),
		"{\"nickname\":\"zqnick01\",\"name\":\"zqname02\",\"phone\":\"13987650001\",\"city\":\"zqcity03\",\"industry\":\"zqindu04\","
		"\"job\":\"zqjobb05\",\"birthday\":\"2020-01-01\",\"values\":[{\"key\":\"plate\",\"text\":\"zqfiel06\"}]}");
	if (r.status != 200)
		fail_msg("profile: %d %.*s", r.status, STR(r.body));
	r = put(d->operator, at(d, "/members/%lld/tags", (long long)member.n), "{\"tags\":[\"VIP\"]}");
	assert_int_equal(r.status, 200);
	r = post(d->operator, at(d, "/members/%lld/vouchers", (long long)member.n), "{\"count\":2}");
	assert_int_equal(r.status / 100, 2);
	r = post(d->operator, at(d, "/members/%lld/notes", (long long)member.n), "{\"text\":\"zqnote14\",\"pinned\":false}");
	assert_int_equal(r.status / 100, 2);
	struct id twin = made(d->admin, at(d, "/members"), "{\"nickname\":\"twin\",\"name\":\"zqtwin15\",\"city\":\"zqcity03\"}");
	r = post(d->admin, at(d, "/members/%lld/merge", (long long)member.n), text(d, "{\"from\":\"%lld\",\"take\":[\"name\"]}", (long long)twin.n));
	if (r.status / 100 != 2)
		fail_msg("merge: %d %.*s", r.status, STR(r.body));
}

PROMISE(passport_erased, "who is erased is nowhere: no table, no freed page, no log, no picture; sums and checks stay sound; the browser is new")
{
	struct stand s;
	stand_open(&s, house);
	lives_fully(&s);
	struct id member = member_here(&s);
	staff_write(&s, member);
	follow(&s.desk);
	int64_t joined = count_of(&s.desk, s.code, "joined");
	struct reply r = get(s.desk.admin, at(&s.desk, "/applications"));
	struct str picture = json_at(&r, "items.0.picture");
	assert_true(picture.len > 0);
	bool found[sizeof marks / sizeof *marks] = { false };
	search(house, found);
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (!found[i])
			fail_msg("%s was written nowhere: the hunt would prove nothing", marks[i]);

	looks(&s);
	r = post(s.phone, me(&s, "erase"), "{\"word\":\"也许\"}");
	assert_reply(r, 400, "erase_word");
	r = post(s.phone, me(&s, "erase"), "{\"word\":\"删除\"}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "view"), "erased");
	struct str number = str_copy(&house->arena, json_at(&r, "erasure.number"));
	assert_int_equal(number.len, 12);
	settle(&s);
	hunt(house);

	r = get(s.desk.admin, text(&s.desk, "%.*s", STR(picture)));
	assert_int_equal(r.status, 404);
	r = get(s.desk.admin, at(&s.desk, "/members/%lld", (long long)member.n));
	assert_reply(r, 404, "not_found");
	r = get(s.desk.nobody, text(&s.desk, "/erased/%.*s", STR(number)));
	assert_int_equal(r.status, 200);
	assert_false(holds(r.body, "友信") || holds(r.body, "驾校"));
	r = get(s.desk.nobody, "/erased/ABCDEFGHJKLM");
	assert_int_equal(r.status, 404);
	r = looks(&s);
	assert_str(json_at(&r, "view"), "visitor");
	assert_view(s.phone, s.slug, "target");
	follow(&s.desk);
	assert_int_equal(count_of(&s.desk, s.code, "joined"), joined);
	assert_sound(&s.desk);
	stand_close(&s);
}

PROMISE(passport_erased_by_staff, "staff erase on request, with a reason from a list; the receipt and the log say that, and not who")
{
	struct stand s;
	stand_open(&s, house);
	struct id ann = made(s.desk.admin, at(&s.desk, "/members"), "{\"nickname\":\"zqnick01\",\"phone\":\"13987650001\"}");
	const char *path = at(&s.desk, "/members/%lld/erase", (long long)ann.n);
	struct reply r = post(s.desk.operator, path, "{\"reason\":\"asked\"}");
	assert_reply(r, 403, "forbidden");
	r = post(s.desk.admin, path, "{\"reason\":\"because zqreas13\"}");
	assert_reply(r, 400, "not_one_of");
	r = post(s.desk.admin, path, "{\"reason\":\"asked\"}");
	assert_int_equal(r.status, 200);
	settle(&s);
	hunt(house);
	r = get(s.desk.admin, at(&s.desk, "/erasures"));
	assert_str(json_at(&r, "items.0.reason"), "asked");
	r = post(s.desk.admin, path, "{\"reason\":\"asked\"}");
	assert_reply(r, 404, "not_found");
	stand_close(&s);
}

PROMISE(passport_grace, "with days of grace it happens when they are over, and not when it was taken back")
{
	struct stand s;
	stand_open(&s, house);
	joins(&s, "zqnick01");
	looks(&s);
	struct reply r = put(s.desk.admin, at(&s.desk, "/privacy"), "{\"visitor_months\":24,\"audit_months\":12,\"event_months\":36,"
		"\"grace_days\":3,\"sender\":\"none\",\"sender_url\":\"\",\"codes_a_day\":30}");
	assert_int_equal(r.status, 200);
	r = post(s.phone, me(&s, "erase"), "{\"word\":\"DELETE\"}");
	assert_str(json_at(&r, "view"), "me");
	assert_true(json_at(&r, "erasure.number").len > 0);
	struct str number = str_copy(&house->arena, json_at(&r, "erasure.number"));
	r = get(s.desk.nobody, text(&s.desk, "/erased/%.*s", STR(number)));
	assert_int_equal(r.status, 404);
	r = post(s.phone, me(&s, "keep"), "{}");
	assert_int_equal(json_at(&r, "erasure.number").len, 0);
	struct instant now = clock_now();
	clock_set((struct instant){ now.ms + 4 * DAY });
	settle(&s);
	r = looks(&s);
	assert_str(json_at(&r, "view"), "me");
	r = post(s.phone, me(&s, "erase"), "{\"word\":\"删除\"}");
	clock_set((struct instant){ now.ms + 8 * DAY });
	settle(&s);
	r = looks(&s);
	assert_str(json_at(&r, "view"), "visitor");
	hunt(house);
	clock_set((struct instant){ 0 });
	stand_close(&s);
}

PROMISE(passport_erase_swept, "whichever statement of an erasure fails, all of it happens or nothing")
{
	struct stand s;
	stand_open(&s, house);
	joins(&s, "zqnick01");
	looks(&s);
	struct reply r = { 0 };
	for (long n = 0; n < 200 && r.status != 200; n++) {
		store_fault_after(n, false);
		r = post(s.phone, me(&s, "erase"), "{\"word\":\"删除\"}");
		store_fault_after(-1, false);
		if (r.status == 200)
			break;
		struct reply now = get(s.phone, me(&s, "page"));
		assert_str(json_at(&now, "profile.nickname"), "zqnick01");
	}
	assert_int_equal(r.status, 200);
	r = looks(&s);
	assert_str(json_at(&r, "view"), "visitor");
	stand_close(&s);
}

PROMISE(retention_night, "the timer forgets visitors who never joined, old addresses and old actors; members stay; the preview says how many")
{
	struct stand s;
	stand_open(&s, house);
	lends_ear(&s);
	const char *form = gated(&s, "form", "\"gate_questions\":[{\"key\":\"car\",\"label\":\"车型\",\"kind\":\"text\",\"required\":true,\"choices\":[]}],");
	struct browser *passer = browser_open(s.desk.site);
	view(passer, form);
	struct reply r = say(passer, form, "gate", "{\"answers\":[{\"key\":\"car\",\"text\":\"zqansw07\"}]}");
	assert_int_equal(r.status, 200);
	joins(&s, "小周");
	follow(&s.desk);
	r = get(s.desk.admin, at(&s.desk, "/privacy/preview?visitor_months=1&audit_months=1&event_months=1"));
	assert_str(json_at(&r, "visitors"), "0");
	struct instant now = clock_now();
	clock_set((struct instant){ now.ms + 40 * DAY });
	browser_sign_in(s.desk.admin, (struct id){ 14 });
	r = get(s.desk.admin, at(&s.desk, "/privacy/preview?visitor_months=1&audit_months=1&event_months=1"));
	assert_str(json_at(&r, "visitors"), "2");             /* their scan and their application */
	assert_true(number_at(&r, "events") > 0 && number_at(&r, "addresses") > 0);
	const struct feature *privacy = &feature_privacy;
	struct job_context context = { house->store, site_options(s.desk.site)->settings, whole_program, &house->arena };
	struct str why = S("");
	assert_int_equal(privacy->jobs[0].run(&context, &(struct job){ 0 }, &why), 0);
	r = get(s.desk.admin, at(&s.desk, "/privacy/preview?visitor_months=1&audit_months=1&event_months=1"));
	assert_str(json_at(&r, "visitors"), "0");
	assert_str(json_at(&r, "events"), "0");
	assert_str(json_at(&r, "addresses"), "0");
	r = get(s.desk.admin, at(&s.desk, "/applications"));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_false(holds(r.body, "zqansw07"));
	r = looks(&s);
	assert_str(json_at(&r, "profile.nickname"), "小周");
	assert_sound(&s.desk);
	clock_set((struct instant){ 0 });
	browser_close(passer);
	stand_close(&s);
}
