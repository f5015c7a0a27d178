/* codes_test.c: see codes_test.h. */
#include "groups/codes_test.h"

#include "media/sample_test.h"

#define FEATURE(name) extern const struct feature feature_##name;
#include "features.def"
#undef FEATURE

const struct feature *const whole_program[] = {
#define FEATURE(name) &feature_##name,
#include "features.def"
#undef FEATURE
	NULL,
};

void codes_open(struct desk *d, struct house *house)
{
	desk_open(d, house, whole_program);
}

/* ---- What operators make ---- */

void group_renew(struct desk *d, struct id group, const char *link)
{
	struct blob picture = sample_code(&d->house->arena, link, &QR_STYLE_PLAIN);
	struct part parts[] = { { "picture", { picture.at, picture.len }, "qr.png" }, { 0 } };
	struct reply r = post_multipart(d->operator, at(d, "/groups/%lld/qr", (long long)group.n), parts);
	if (r.status / 100 != 2)
		fail_msg("qr: %d %.*s", r.status, STR(r.body));
}

struct id group_named(struct desk *d, const char *name, const char *link)
{
	struct id group = made(d->operator, at(d, "/groups"), text(d, "{\"name\":\"%s\"}", name));
	if (link)
		group_renew(d, group, link);
	return group;
}

const char *code_json(struct desk *d, struct code_draft c)
{
	return text(d, "{\"title\":\"%s\",\"look\":\"plain\",\"strategy\":\"%s\",\"gate\":\"%s\",%s\"sticky\":%s,"
		"\"duplicate_guard\":%s,\"qr_level\":\"M\"}", c.title ? c.title : "会员活码", c.strategy ? c.strategy : "order",
		c.gate ? c.gate : "none", c.more ? c.more : "", c.wandering ? "false" : "true", c.unguarded ? "false" : "true");
}

struct id code_made(struct desk *d, struct code_draft c)
{
	return made(d->operator, at(d, "/livecodes"), code_json(d, c));
}

const char *target_json(struct desk *d, const char *kind, int cap, const char *more)
{
	return text(d, "{\"kind\":\"%s\",\"scan_cap\":%d,%s\"visitors\":\"all\"%s}", kind, cap,
		more && strstr(more, "\"weight\"") ? "" : "\"weight\":1,", more ? more : "");
}

static struct id target_add(struct desk *d, struct id code, const char *json)
{
	struct reply r = post(d->operator, at(d, "/livecodes/%lld/targets", (long long)code.n), json);
	if (r.status / 100 != 2)
		fail_msg("target: %d %.*s", r.status, STR(r.body));
	char last[40];
	snprintf(last, sizeof last, "items.%zu.id", json_length(&r, "items") - 1);
	return (struct id){ number_at(&r, last) };
}

struct id target_to(struct desk *d, struct id code, const char *url, int cap, const char *more)
{
	return target_add(d, code, target_json(d, "url", cap, text(d, ",\"url\":\"%s\"%s", url, more ? more : "")));
}

struct id target_group(struct desk *d, struct id code, struct id group, int cap, const char *more)
{
	return target_add(d, code, target_json(d, "group", cap, text(d, ",\"group_id\":\"%lld\"%s", (long long)group.n, more ? more : "")));
}

void code_run(struct desk *d, struct id code)
{
	struct reply r = post(d->operator, at(d, "/livecodes/%lld/state", (long long)code.n), "{\"state\":\"running\"}");
	if (r.status / 100 != 2)
		fail_msg("running: %d %.*s", r.status, STR(r.body));
}

const char *code_slug(struct desk *d, struct id code)
{
	struct reply r = get(d->operator, at(d, "/livecodes/%lld/links", (long long)code.n));
	return text(d, "%.*s", STR(json_at(&r, "items.0.slug")));
}

const char *source_slug(struct desk *d, struct id code, const char *label, const char *more)
{
	struct reply r = post(d->operator, at(d, "/livecodes/%lld/links", (long long)code.n),
		text(d, "{\"label\":\"%s\",\"kind\":\"desk\"%s}", label, more ? more : ""));
	if (r.status / 100 != 2)
		fail_msg("source: %d %.*s", r.status, STR(r.body));
	char last[40];
	snprintf(last, sizeof last, "items.%zu.slug", json_length(&r, "items") - 1);
	return text(d, "%.*s", STR(json_at(&r, last)));
}

/* ---- What visitors do: safe on any thread, as long as the browser is its own ---- */

struct reply scan(struct browser *b, const char *slug)
{
	char path[100];
	snprintf(path, sizeof path, "/g/%s", slug);
	return get(b, path);
}

struct reply landed(const struct reply *html)
{
	static const char begin[] = "id=\"page\">";
	struct reply r = *html;
	const char *from = memmem(r.body.at, r.body.len, begin, sizeof begin - 1);
	if (!from)
		fail_msg("no page in %.*s", STR(r.body));
	from += sizeof begin - 1;
	const char *end = memmem(from, (size_t)(r.body.at + r.body.len - from), "</script>", 9);
	assert_non_null(end);
	r.body = (struct str){ from, (size_t)(end - from) };
	return r;
}

struct reply page(struct browser *b, const char *slug)
{
	char path[100];
	snprintf(path, sizeof path, "/g/%s/page", slug);
	return get(b, path);
}

struct reply say(struct browser *b, const char *slug, const char *what, const char *json)
{
	char path[100];
	snprintf(path, sizeof path, "/g/%s/%s", slug, what);
	return post(b, path, json);
}

struct str view(struct browser *b, const char *slug)
{
	struct reply r = scan(b, slug);
	if (r.status == 302)
		return S("302");
	struct reply data = landed(&r);
	browser_csrf(b, str_z(r.arena, json_at(&data, "csrf")));
	return json_at(&data, "view");
}

/* ---- What must be true afterwards ---- */

void follow(struct desk *d)
{
	assert_int_equal(events_catch_up(d->house->store, whole_program, d->community), 0);
	assert_int_equal(events_catch_up(d->house->store, whole_program, d->elsewhere), 0);
}

static void found(void *ctx, const char *what)
{
	(void)ctx;
	fail_msg("check: %s", what);
}

static int audit_all(struct tx *tx, void *arg)
{
	int r = 0;
	for (const struct feature *const *f = arg; *f && r >= 0; f++)
		r = (*f)->audit ? (*f)->audit(tx, found, NULL) : 0;
	return r;
}

void assert_sound(struct desk *d)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 16 << 20);
	follow(d);
	assert_int_equal(store_read(d->house->store, &arena, audit_all, (void *)(uintptr_t)whole_program), 0);
}

int64_t count_of(struct desk *d, struct id code, const char *what)
{
	follow(d);
	struct reply r = get(d->reader, at(d, "/livecodes/%lld/numbers", (long long)code.n));
	return number_at(&r, what);
}

struct str target_at(struct desk *d, struct id code, int index, const char *what)
{
	struct reply r = get(d->reader, at(d, "/livecodes/%lld/targets", (long long)code.n));
	return json_at(&r, text(d, "items.%d.%s", index, what));
}
