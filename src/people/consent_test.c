/* consent_test.c: the promises of consent: by version, withdrawn as easily, never under 14 without a guardian. */
#include "people/audit.h"
#include "people/community.h"
#include "people/consent.h"
#include "people/desk_test.h"
#include "people/member.h"
#include "people/tag.h"

static const struct feature *const people[] = {
	&feature_audit, &feature_community, &feature_member, &feature_tag, &feature_consent, NULL,
};

#define WORDS "{\"purpose\":\"marketing\",\"title_zh\":\"消息\",\"title_en\":\"News\",\"text_zh\":\"%s\",\"text_en\":\"News\",\"offered\":%s}"

struct asked { struct id community, member, visitor; struct str purpose; int64_t version; bool given; struct str birthday, name, phone; };

static struct consent_by by_of(const struct asked *a)
{
	return (struct consent_by){ .member = a->member, .visitor = a->visitor, .via = "passport", .address = S("203.0.113.7") };
}

static int given(struct tx *tx, void *arg)
{
	struct asked *a = arg;
	return consent_given(tx, a->community, a->member, a->purpose, &a->given);
}

static int give(struct tx *tx, void *arg)
{
	struct asked *a = arg;
	struct consent_by by = by_of(a);
	return consent_give(tx, a->community, &by, a->purpose, a->version);
}

static int withdraw(struct tx *tx, void *arg)
{
	struct asked *a = arg;
	struct consent_by by = by_of(a);
	return consent_withdraw(tx, a->community, &by, a->purpose);
}

static int born(struct tx *tx, void *arg)
{
	struct asked *a = arg;
	struct complaint why;
	return member_change(tx, a->community, a->member, MEMBER_GIVEN, &(struct member_profile){ .birthday = a->birthday }, (struct id){ 0 },
	                     &why);
}

static int parent(struct tx *tx, void *arg)
{
	struct asked *a = arg;
	return guardian_agree(tx, a->community, a->member, a->name, a->phone);
}

static int join(struct tx *tx, void *arg)
{
	struct asked *a = arg;
	bool new;
	return member_of_visitor(tx, a->community, a->visitor, &(struct member_origin){ .nickname = S("安安") }, &a->member, &new);
}

static int does(struct house *h, struct asked *a, tx_action *action) { return store_write(h->store, a->community, &h->arena, action, a); }

static bool has_given(struct house *h, struct asked *a)
{
	assert_int_equal(store_read(h->store, &h->arena, given, a), 0);
	return a->given;
}

static struct asked someone(struct desk *d, struct str purpose)
{
	return (struct asked){ d->community, made(d->operator, at(d, "/members"), "{\"nickname\":\"安安\"}"), { 77 }, purpose, 1 };
}

static void reword(struct desk *d, const char *text_zh, const char *offered)
{
	struct reply r = put(d->admin, at(d, "/purposes"), text(d, WORDS, text_zh, offered));
	if (r.status != 200)
		fail_msg("purposes: %d %.*s", r.status, STR(r.body));
}

PROMISE(consent_declared, "every query of consents fits the store, every route asks for its role")
{
	struct desk d;
	desk_open(&d, house, people);
	desk_check_queries(&d);
	desk_walk_routes(&d);
	desk_close(&d);
}

PROMISE(consent_versions, "nobody agreed before they said so, nor to words that changed since; withdrawing is one step")
{
	struct desk d;
	desk_open(&d, house, people);
	struct asked ann = someone(&d, CONSENT_MARKETING);
	assert_false(has_given(house, &ann));
	assert_int_equal(does(house, &ann, give), 0);
	assert_true(has_given(house, &ann));
	reword(&d, "每周一条", "true");
	assert_false(has_given(house, &ann));
	assert_int_equal(does(house, &ann, give), E_CONFLICT);
	ann.version = 2;
	assert_int_equal(does(house, &ann, give), 0);
	assert_true(has_given(house, &ann));
	reword(&d, "每周一条", "true");           /* the same words again are no new version */
	assert_true(has_given(house, &ann));
	assert_int_equal(does(house, &ann, withdraw), 0);
	assert_false(has_given(house, &ann));
	assert_int_equal(does(house, &ann, give), 0);
	reword(&d, "每周一条", "false");          /* no longer offered: nobody has agreed */
	assert_false(has_given(house, &ann));
	ann.version = 3;
	assert_int_equal(does(house, &ann, give), E_NOT_FOUND);
	desk_close(&d);
}

PROMISE(consent_records, "every word is kept with version, time and network; saying it twice is saying it once")
{
	struct desk d;
	desk_open(&d, house, people);
	struct asked ann = someone(&d, CONSENT_AVATAR);
	assert_int_equal(does(house, &ann, withdraw), 0);     /* never agreed: nothing to withdraw */
	assert_int_equal(does(house, &ann, give), 0);
	assert_int_equal(does(house, &ann, give), 0);
	assert_int_equal(does(house, &ann, withdraw), 0);
	struct reply r = get(d.reader, at(&d, "/members/%lld/consents", (long long)ann.member.n));
	assert_int_equal(json_length(&r, "records"), 2);
	assert_str(json_at(&r, "records.0.given"), "false");
	assert_str(json_at(&r, "records.1.given"), "true");
	assert_str(json_at(&r, "records.1.address"), "203.0.113.*");
	assert_str(json_at(&r, "records.1.version"), "1");
	r = post(d.operator, at(&d, "/members/%lld/consents", (long long)ann.member.n), "{\"purpose\":\"avatar\",\"given\":true}");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "records.0.via"), "console");
	assert_str(json_at(&r, "records.0.account_id"), "13");
	assert_true(has_given(house, &ann));
	r = post(d.operator, at(&d, "/members/%lld/consents", (long long)ann.member.n), "{\"purpose\":\"nothing\",\"given\":true}");
	assert_reply(r, 404, "not_found");
	assert_str(json_at(&r, "error.field"), "purpose");
	desk_close(&d);
}

PROMISE(consent_service, "being here needs no switch, and it cannot be switched off")
{
	struct desk d;
	desk_open(&d, house, people);
	struct asked ann = someone(&d, CONSENT_SERVICE);
	assert_true(has_given(house, &ann));
	assert_int_equal(does(house, &ann, withdraw), E_INVALID);
	struct reply r = put(d.admin, at(&d, "/purposes"),
		"{\"purpose\":\"service\",\"title_zh\":\"t\",\"title_en\":\"\",\"text_zh\":\"x\",\"text_en\":\"\",\"offered\":false}");
	assert_reply(r, 400, "invalid");
	ann.purpose = S("no_such_purpose");
	assert_false(has_given(house, &ann));
	desk_close(&d);
}

PROMISE(consent_visitor, "what a browser said before it became a member is the member's word")
{
	struct desk d;
	desk_open(&d, house, people);
	struct asked bo = { .community = d.community, .visitor = { 78 }, .purpose = CONSENT_DIRECTORY, .version = 1 };
	assert_int_equal(does(house, &bo, give), 0);
	assert_int_equal(does(house, &bo, join), 0);
	assert_true(has_given(house, &bo));
	assert_int_equal(does(house, &bo, withdraw), 0);
	assert_false(has_given(house, &bo));
	desk_close(&d);
}

PROMISE(consent_under_14, "under 14 nothing counts before a guardian agreed, and on the fourteenth birthday it does")
{
	struct desk d;
	desk_open(&d, house, people);
	struct asked kid = someone(&d, CONSENT_MARKETING);
	assert_int_equal(does(house, &kid, give), 0);
	struct instant now = { INT64_C(1795219200000) };      /* 2026-11-21 in Shanghai */
	clock_set(now);
	kid.birthday = S("2012-11-22");
	assert_int_equal(does(house, &kid, born), 1);
	assert_false(has_given(house, &kid));
	assert_int_equal(does(house, &kid, give), E_GUARDIAN);
	kid.name = S("安妈妈"), kid.phone = S("13800138000");
	assert_int_equal(does(house, &kid, parent), 0);
	assert_true(has_given(house, &kid));
	struct asked other = someone(&d, CONSENT_MARKETING);
	other.birthday = S("2012-11-21");
	assert_int_equal(does(house, &other, born), 1);
	assert_int_equal(does(house, &other, give), 0);
	assert_true(has_given(house, &other));
	clock_set((struct instant){ 0 });
	desk_close(&d);
}

TEST(consent_age, "years are counted by the calendar")
{
	static const struct { const char *born, *today; int age; } table[] = {
		{ "2012-11-22", "2026-11-21", 13 }, { "2012-11-21", "2026-11-21", 14 }, { "2012-02-29", "2026-02-28", 13 },
		{ "2012-02-29", "2026-03-01", 14 }, { "", "2026-01-01", -1 }, { "2012-13-01", "2026-01-01", -1 },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		int64_t today;
		assert_true(day_parse(str_of(table[i].today), &today));
		assert_int_equal(age_on(str_of(table[i].born), today), table[i].age);
	}
}

TEST(consent_address, "of an address the network is kept")
{
	static const char *const table[][2] = {
		{ "203.0.113.7", "203.0.113.*" }, { "2001:db8:1:2::7", "2001:db8:1:*" }, { "", "" }, { "unix", "" },
	};
	ARENA_SCOPED arena;
	arena_init(&arena, 4096);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_str(address_class(&arena, str_of(table[i][0])), table[i][1]);
}
