/* staff_test.c: the promises of roles, invitations, second factors, sessions, and of the log's before and after. */
#include "base/totp.h"
#include "people/account.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/desk_test.h"
#include "people/second.h"
#include "people/tag.h"

extern const struct feature feature_door;

static const struct feature *const offices[] = {
	&feature_http, &feature_account, &feature_staff, &feature_door, &feature_second, &feature_community, &feature_audit,
	&feature_tag, NULL,
};

#define WORD "lantern-river-42"

struct office { struct house *house; struct site *site; struct browser *owner; struct id community; int addresses; };

static const char *say(struct office *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
static const char *say(struct office *o, const char *format, ...)
{
	char room[1500];
	va_list list;
	va_start(list, format);
	vsnprintf(room, sizeof room, format, list);
	va_end(list);
	return str_z(&o->house->arena, str_of(room));
}

#define AT(o, format, ...) say(o, "/api/c/%lld" format, (long long)(o)->community.n __VA_OPT__(,) __VA_ARGS__)

/* Each request from another address: nobody is told to slow down but by name. */
static struct browser *from_afar(struct office *o, struct browser *b)
{
	int n = ++o->addresses;
	browser_header(b, say(o, "X-Forwarded-For: 10.9.%d.%d", n / 200, n % 200));
	return b;
}

static void open_office(struct office *o, struct house *house)
{
	*o = (struct office){ .house = house };
	o->site = site_open(house, offices, &account_identity, "trusted_proxies=127.0.0.1");
	o->owner = browser_open(o->site);
	struct reply r = post(o->owner, "/api/setup", "{\"name\":\"boss\",\"password\":\"" WORD "\",\"display\":\"老板\",\"community\":\"驾校\"}");
	o->community.n = number_at(&r, "communities.0.id");
}

static void close_office(struct office *o)
{
	browser_close(o->owner);
	site_close(o->site);
}

static const char *word_of(struct office *o, struct str url)
{
	while (str_find(url, '/') >= 0)
		(void)str_cut(&url, '/');
	return str_z(&o->house->arena, url);
}

static const char *invite(struct office *o, struct browser *by, const char *role, int hours, int uses)
{
	struct reply r = post(by, AT(o, "/invites"), say(o, "{\"role\":\"%s\",\"hours\":%d,\"uses\":%d}", role, hours, uses));
	assert_int_equal(r.status, 200);
	return word_of(o, json_at(&r, "url"));
}

static struct reply join(struct office *o, struct browser *b, const char *word, const char *name)
{
	return post(from_afar(o, b), say(o, "/api/join/%s", word), say(o, "{\"name\":\"%s\",\"display\":\"%s\",\"password\":\"" WORD "\"}", name, name));
}

/* Somebody new, in by a link; their account. */
static struct browser *newcomer(struct office *o, const char *role, const char *name, int64_t *ret)
{
	struct browser *b = browser_open(o->site);
	struct reply r = join(o, b, invite(o, o->owner, role, 24, 1), name);
	assert_int_equal(r.status, 200);
	r = get(b, "/api/session");
	assert_str(json_at(&r, "communities.0.role"), role);
	*ret = number_at(&r, "id");
	return b;
}

/* ---- Invitations ---- */

PROMISE(invite_lives, "a link lets in so many people for so long, and says what is the matter when it does not")
{
	struct office o;
	open_office(&o, house);
	struct browser *a = browser_open(o.site), *b = browser_open(o.site);
	const char *once = invite(&o, o.owner, "operator", 1, 1), *late = invite(&o, o.owner, "reader", 1, 2);
	struct reply r = get(a, say(&o, "/api/join/%s", once));
	assert_str(json_at(&r, "community"), "驾校");
	assert_str(json_at(&r, "by"), "老板");
	r = join(&o, a, once, "ann");
	assert_int_equal(r.status, 200);
	r = join(&o, b, once, "bo");
	assert_reply(r, 410, "link_used");
	(void)get(a, "/api/session");                        /* for its word */
	r = post(a, say(&o, "/api/join/%s/accept", late), "{}");
	assert_reply(r, 409, "already_staff");
	r = get(o.owner, AT(&o, "/invites"));
	assert_str(json_at(&r, "items.1.state"), "used");
	assert_null(memmem(r.body.at, r.body.len, once, strlen(once)));
	r = del(o.owner, AT(&o, "/invites/%.*s", STR(json_at(&r, "items.0.id"))));
	assert_int_equal(r.status, 204);
	r = join(&o, b, late, "bo");
	assert_reply(r, 410, "link_revoked");
	r = join(&o, b, "nosuchwordatall", "bo");
	assert_reply(r, 404, "link_unknown");
	const char *old = invite(&o, o.owner, "reader", 1, 1);
	clock_set((struct instant){ clock_now().ms + HOUR + MINUTE });
	r = join(&o, b, old, "bo");
	assert_reply(r, 410, "link_expired");
	clock_set((struct instant){ 0 });
	browser_close(a);
	browser_close(b);
	close_office(&o);
}

PROMISE(invite_no_higher, "nobody invites or edits above their own role, and a link neither raises a role nor undoes a disabling")
{
	struct office o;
	int64_t ann, bo;
	open_office(&o, house);
	struct browser *admin = newcomer(&o, "admin", "ann", &ann), *reader = newcomer(&o, "reader", "bo", &bo);
	struct reply r = post(admin, AT(&o, "/invites"), "{\"role\":\"owner\",\"hours\":1,\"uses\":1}");
	assert_reply(r, 403, "above_you");
	r = get(o.owner, "/api/session");
	int64_t boss = number_at(&r, "id");
	r = put(admin, AT(&o, "/staff/%lld", (long long)boss), "{\"role\":\"reader\"}");
	assert_reply(r, 403, "above_you");
	r = post(admin, AT(&o, "/staff/%lld/disabled", (long long)boss), "{\"disabled\":true}");
	assert_reply(r, 403, "above_you");
	r = put(admin, AT(&o, "/staff/%lld", (long long)bo), "{\"role\":\"owner\"}");
	assert_reply(r, 403, "above_you");
	r = put(o.owner, AT(&o, "/staff/%lld", (long long)boss), "{\"role\":\"admin\"}");
	assert_reply(r, 409, "last_owner");
	r = del(o.owner, AT(&o, "/staff/%lld", (long long)boss));
	assert_reply(r, 409, "last_owner");
	r = post(admin, AT(&o, "/staff/%lld/disabled", (long long)bo), "{\"disabled\":true}");
	assert_int_equal(r.status, 200);
	r = get(reader, AT(&o, "/staff"));
	assert_reply(r, 401, "sign_in");
	r = post(from_afar(&o, reader), "/api/login", "{\"name\":\"bo\",\"password\":\"" WORD "\"}");
	assert_int_equal(json_length(&r, "me.communities"), 0);
	r = post(reader, say(&o, "/api/join/%s/accept", invite(&o, o.owner, "admin", 1, 1)), "{}");
	assert_reply(r, 409, "already_staff");
	r = put(o.owner, AT(&o, "/staff/%lld", (long long)ann), "{\"role\":\"owner\"}");
	assert_int_equal(r.status, 200);
	r = put(o.owner, AT(&o, "/staff/%lld", (long long)boss), "{\"role\":\"admin\"}");
	assert_int_equal(r.status, 200);
	browser_close(admin);
	browser_close(reader);
	close_office(&o);
}

PROMISE(reset_once, "a link sets a colleague's password once and ends their sessions; not of somebody who works elsewhere too")
{
	struct office o;
	int64_t ann;
	open_office(&o, house);
	struct browser *her = newcomer(&o, "operator", "ann", &ann), *nobody = browser_open(o.site);
	struct reply r = post(o.owner, AT(&o, "/staff/%lld/reset", (long long)ann), "{}");
	const char *word = word_of(&o, json_at(&r, "url"));
	r = post(nobody, say(&o, "/api/reset/%s", word), "{\"password\":\"1234567890\"}");
	assert_reply(r, 400, "weak_password");
	r = post(nobody, say(&o, "/api/reset/%s", word), "{\"password\":\"the-tide-comes-in-7\"}");
	assert_int_equal(r.status, 204);
	r = post(nobody, say(&o, "/api/reset/%s", word), "{\"password\":\"the-tide-comes-in-8\"}");
	assert_reply(r, 410, "link_used");
	r = post(nobody, say(&o, "/api/join/%s", word), "{\"name\":\"xx\",\"display\":\"x\",\"password\":\"" WORD "\"}");
	assert_reply(r, 404, "link_unknown");
	r = get(her, "/api/session");
	assert_reply(r, 401, "sign_in");
	r = post(from_afar(&o, her), "/api/login", "{\"name\":\"ann\",\"password\":\"the-tide-comes-in-7\"}");
	assert_int_equal(r.status, 200);
	r = post(her, "/api/communities", "{\"name\":\"她自己的\"}");
	assert_int_equal(r.status, 200);
	r = post(o.owner, AT(&o, "/staff/%lld/reset", (long long)ann), "{}");
	assert_reply(r, 409, "works_elsewhere");
	r = del(o.owner, AT(&o, "/staff/%lld/second", (long long)ann));
	assert_reply(r, 409, "works_elsewhere");
	browser_close(her);
	browser_close(nobody);
	close_office(&o);
}

/* ---- The second factor ---- */

static const char *code_now(struct office *o, const char *secret, int64_t off)
{
	return say(o, "%06lld", (long long)(totp_value(str_of(secret), totp_step(clock_now()) + off) % 1000000));
}

static struct reply send_code(struct office *o, struct browser *b, const char *challenge, const char *code)
{
	return post(from_afar(o, b), "/api/login/code", say(o, "{\"challenge\":\"%s\",\"code\":\"%s\"}", challenge, code));
}

static const char *ask_in(struct office *o, struct browser *b)
{
	struct reply r = post(from_afar(o, b), "/api/login", "{\"name\":\"boss\",\"password\":\"" WORD "\"}");
	assert_str(json_at(&r, "me"), "null");
	return str_z(&o->house->arena, json_at(&r, "challenge"));
}

/* Begins anew until no two of the codes around now are the same: of so many tests one would meet twins. */
static const char *secret_begun(struct office *o)
{
	for (;;) {
		struct reply r = post(o->owner, "/api/second", "{}");
		const char *secret = str_z(&o->house->arena, json_at(&r, "secret")), *codes[4];
		bool twins = false;
		assert_true(str_starts(json_at(&r, "qr"), S("<")));
		for (int i = 0; i < 4; i++) {
			codes[i] = code_now(o, secret, i - 1);
			for (int k = 0; k < i; k++)
				twins |= strcmp(codes[i], codes[k]) == 0;
		}
		if (!twins)
			return secret;
	}
}

PROMISE(second_step, "a second factor is on once a code came back; then each code opens once, and a clock may be half a minute off")
{
	struct office o;
	open_office(&o, house);
	struct browser *b = browser_open(o.site);
	clock_set((struct instant){ 1795000000000 });      /* codes do not move while we look */
	const char *secret = secret_begun(&o);
	struct reply r = post(from_afar(&o, b), "/api/login", "{\"name\":\"boss\",\"password\":\"" WORD "\"}");
	assert_str(json_at(&r, "me.name"), "boss");           /* not on yet */
	r = post(o.owner, "/api/second/confirm", say(&o, "{\"code\":\"%s\"}", code_now(&o, secret, 2)));
	assert_reply(r, 400, "second_code");
	r = post(o.owner, "/api/second/confirm", say(&o, "{\"code\":\"%s\"}", code_now(&o, secret, 0)));
	assert_int_equal(json_length(&r, "codes"), 10);
	const char *recovery = str_z(&house->arena, json_at(&r, "codes.3"));
	const char *challenge = ask_in(&o, b);
	struct browser *nobody = browser_open(o.site);
	r = get(nobody, "/api/session");
	assert_reply(r, 401, "sign_in");
	browser_close(nobody);
	r = send_code(&o, b, challenge, code_now(&o, secret, 0));
	assert_reply(r, 400, "second_used");                   /* it switched the factor on */
	r = send_code(&o, b, challenge, code_now(&o, secret, 2));
	assert_reply(r, 400, "second_code");
	r = send_code(&o, b, challenge, code_now(&o, secret, 1));
	assert_int_equal(r.status, 200);
	r = send_code(&o, b, ask_in(&o, b), code_now(&o, secret, 1));
	assert_reply(r, 400, "second_used");
	r = send_code(&o, b, ask_in(&o, b), recovery);
	assert_int_equal(r.status, 200);
	r = send_code(&o, b, ask_in(&o, b), recovery);
	assert_reply(r, 400, "second_code");
	clock_set((struct instant){ clock_now().ms + 10 * MINUTE });
	r = send_code(&o, b, challenge, code_now(&o, secret, 0));
	assert_reply(r, 401, "second_late");
	r = send_code(&o, b, "1.9999999999999.AAAAAAAAAAAAAAAAAAAAAA", "123456");
	assert_reply(r, 401, "second_late");
	r = post(o.owner, "/api/second/off", "{\"password\":\"not it at all\"}");
	assert_reply(r, 400, "password_wrong");
	r = post(o.owner, "/api/second/off", "{\"password\":\"" WORD "\"}");
	assert_int_equal(r.status, 204);
	r = post(from_afar(&o, b), "/api/login", "{\"name\":\"boss\",\"password\":\"" WORD "\"}");
	assert_str(json_at(&r, "me.name"), "boss");
	clock_set((struct instant){ 0 });
	browser_close(b);
	close_office(&o);
}

PROMISE(second_guesses, "guessing codes is slowed by account, whatever address they come from")
{
	struct office o;
	open_office(&o, house);
	struct browser *b = browser_open(o.site);
	struct reply r = post(o.owner, "/api/second", "{}");
	const char *secret = str_z(&house->arena, json_at(&r, "secret"));
	r = post(o.owner, "/api/second/confirm", say(&o, "{\"code\":\"%s\"}", code_now(&o, secret, 0)));
	assert_int_equal(r.status, 200);
	const char *challenge = ask_in(&o, b);
	for (int i = 0; i < 9; i++)
		r = send_code(&o, b, challenge, "ABCDE-FGHJK");
	assert_reply(r, 429, "slow_down");
	browser_close(b);
	close_office(&o);
}

PROMISE(second_required, "a community may ask for a second factor: until one has it, it opens nothing there")
{
	struct office o;
	int64_t ann;
	open_office(&o, house);
	struct browser *her = newcomer(&o, "operator", "ann", &ann);
	struct reply r = put(o.owner, AT(&o, "/policy"), "{\"second_required\":true}");
	assert_reply(r, 403, "second_needed");
	r = post(o.owner, "/api/second", "{}");
	const char *secret = str_z(&house->arena, json_at(&r, "secret"));
	r = post(o.owner, "/api/second/confirm", say(&o, "{\"code\":\"%s\"}", code_now(&o, secret, 0)));
	r = put(o.owner, AT(&o, "/policy"), "{\"second_required\":true}");
	assert_int_equal(r.status, 200);
	r = get(her, AT(&o, "/staff"));
	assert_reply(r, 403, "second_needed");
	r = get(her, "/api/session");
	assert_str(json_at(&r, "communities.0.needs_second"), "true");
	r = post(her, "/api/second", "{}");
	secret = str_z(&house->arena, json_at(&r, "secret"));
	r = post(her, "/api/second/confirm", say(&o, "{\"code\":\"%s\"}", code_now(&o, secret, 0)));
	r = get(her, AT(&o, "/staff"));
	assert_int_equal(r.status, 200);
	r = del(o.owner, AT(&o, "/staff/%lld/second", (long long)ann));
	assert_int_equal(r.status, 204);
	r = get(her, "/api/session");
	assert_reply(r, 401, "sign_in");
	browser_close(her);
	close_office(&o);
}

/* ---- Sessions ---- */

PROMISE(sessions_ended, "one sees where one is signed in, ends one or all others, and an admin a colleague's")
{
	struct office o;
	int64_t ann;
	open_office(&o, house);
	struct browser *her = newcomer(&o, "operator", "ann", &ann), *phone = browser_open(o.site), *third = browser_open(o.site);
	browser_header(phone, "User-Agent: Mozilla/5.0 (iPhone) MicroMessenger/8.0");
	post(phone, "/api/login", "{\"name\":\"ann\",\"password\":\"" WORD "\"}");
	post(from_afar(&o, third), "/api/login", "{\"name\":\"ann\",\"password\":\"" WORD "\"}");
	struct reply r = get(her, "/api/sessions");
	assert_int_equal(json_length(&r, "items"), 3);
	int64_t other = 0;
	for (int i = 0; i < 3; i++)
		if (str_is(json_at(&r, say(&o, "items.%d.user_agent", i)), "Mozilla/5.0 (iPhone) MicroMessenger/8.0"))
			other = number_at(&r, say(&o, "items.%d.id", i));
	struct reply own = get(o.owner, "/api/sessions");
	r = del(her, say(&o, "/api/sessions/%.*s", STR(json_at(&own, "items.0.id"))));
	assert_reply(r, 404, "not_found");
	r = del(her, say(&o, "/api/sessions/%lld", (long long)other));
	assert_int_equal(r.status, 204);
	assert_int_equal(get(phone, "/api/session").status, 401);
	assert_int_equal(get(third, "/api/session").status, 200);
	assert_int_equal(del(her, "/api/sessions").status, 204);
	assert_int_equal(get(third, "/api/session").status, 401);
	assert_int_equal(get(her, "/api/session").status, 200);
	r = get(o.owner, AT(&o, "/staff/%lld/sessions", (long long)ann));
	assert_int_equal(json_length(&r, "items"), 1);
	assert_int_equal(del(o.owner, AT(&o, "/staff/%lld/sessions", (long long)ann)).status, 204);
	assert_int_equal(get(her, "/api/session").status, 401);
	browser_close(her);
	browser_close(phone);
	browser_close(third);
	close_office(&o);
}

/* ---- The log ---- */

PROMISE(audit_tells_changes, "the log tells before and after, finds by who, what, day and words, and leaves as a table that is logged")
{
	struct office o;
	open_office(&o, house);
	struct reply r = post(o.owner, AT(&o, "/tags"), "{\"name\":\"=VIP\",\"colour\":\"teal\"}");
	int64_t tag = number_at(&r, "id");
	r = put(o.owner, AT(&o, "/tags/%lld", (long long)tag), "{\"name\":\"贵宾\",\"colour\":\"teal\"}");
	assert_int_equal(r.status, 200);
	r = get(o.owner, AT(&o, "/audit?act=tag_changed"));
	assert_int_equal(json_length(&r, "items.0.changes"), 1);
	assert_str(json_at(&r, "items.0.changes.0.field"), "name");
	assert_str(json_at(&r, "items.0.changes.0.before"), "=VIP");
	assert_str(json_at(&r, "items.0.changes.0.after"), "贵宾");
	r = get(o.owner, AT(&o, "/audit?q=%%3Dvip"));
	assert_int_equal(json_length(&r, "items"), 2);          /* made, and changed from it */
	r = get(o.owner, AT(&o, "/audit?subject=%lld&account=%lld", (long long)tag, (long long)tag));
	assert_int_equal(json_length(&r, "items"), 0);
	r = get(o.owner, AT(&o, "/audit?to=2020-01-01"));
	assert_int_equal(json_length(&r, "items"), 0);
	r = get(o.owner, AT(&o, "/audit?from=2020-13-01"));
	assert_reply(r, 400, "bad_pattern");
	r = get(o.owner, AT(&o, "/audit.csv?act=tag_made"));
	assert_int_equal(r.status, 200);
	assert_non_null(memmem(r.body.at, r.body.len, "'=VIP", 5));
	r = get(o.owner, AT(&o, "/audit"));
	assert_str(json_at(&r, "items.0.act"), "audit_exported");
	assert_str(json_at(&r, "items.0.detail"), "1");
	close_office(&o);
}
