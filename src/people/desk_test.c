/* desk_test.c: see desk_test.h. */
#include "people/desk_test.h"

#include "people/community.h"
#include "routes_x_roles.h"

/* ---- Two communities ---- */

static int make_communities(struct tx *tx, void *arg)
{
	struct desk *desk = arg;
	int r = community_make(tx, S("驾校"), S("Asia/Shanghai"), &desk->community);
	return r < 0 ? r : community_make(tx, S("奶茶店"), S("Asia/Shanghai"), &desk->elsewhere);
}

static struct browser *staff(struct desk *desk, int64_t account, struct id community, enum role role)
{
	struct browser *b = browser_open(desk->site);
	site_member(desk->site, (struct id){ account }, community, role, LANG_ZH);
	browser_sign_in(b, (struct id){ account });
	return b;
}

void desk_open(struct desk *desk, struct house *house, const struct feature *const *features)
{
	*desk = (struct desk){ .house = house, .features = features };
	assert_int_equal(store_write(house->store, (struct id){ 0 }, &house->arena, make_communities, desk), 0);
	desk->site = site_open(house, features, NULL, "trusted_proxies=127.0.0.1");
	desk->nobody = browser_open(desk->site);
	desk->stranger = staff(desk, 11, desk->elsewhere, ROLE_ADMIN);
	desk->reader = staff(desk, 12, desk->community, ROLE_READER);
	desk->operator = staff(desk, 13, desk->community, ROLE_OPERATOR);
	desk->admin = staff(desk, 14, desk->community, ROLE_ADMIN);
	desk->owner = staff(desk, 15, desk->community, ROLE_OWNER);
}

void desk_close(struct desk *desk)
{
	browser_close(desk->nobody);
	browser_close(desk->stranger);
	browser_close(desk->reader);
	browser_close(desk->operator);
	browser_close(desk->admin);
	browser_close(desk->owner);
	site_close(desk->site);
}

/* ---- Addresses and answers ---- */

static const char *format_list(struct desk *desk, const char *format, va_list list)
{
	char room[2048];
	vsnprintf(room, sizeof room, format, list);
	const char *kept = str_z(&desk->house->arena, str_of(room));
	assert_non_null(kept);
	return kept;
}

const char *text(struct desk *desk, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	const char *t = format_list(desk, format, list);
	va_end(list);
	return t;
}

const char *at(struct desk *desk, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	const char *path = format_list(desk, format, list);
	va_end(list);
	return text(desk, "/api/c/%lld%s", (long long)desk->community.n, path);
}

const char *there(struct desk *desk, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	const char *path = format_list(desk, format, list);
	va_end(list);
	return text(desk, "/api/c/%lld%s", (long long)desk->elsewhere.n, path);
}

int64_t number_at(const struct reply *r, const char *path)
{
	int64_t n;
	if (!str_to_int(json_at(r, path), &n))
		fail_msg("%s is no number in %.*s", path, STR(r->body));
	return n;
}

struct id made(struct browser *b, const char *path, const char *json)
{
	struct reply r = post(b, path, json);
	if (r.status / 100 != 2)
		fail_msg("POST %s: %d %.*s", path, r.status, STR(r.body));
	return (struct id){ number_at(&r, "id") };
}

/* ---- What every feature owes ---- */

void desk_walk_routes(struct desk *desk)
{
	struct cast cast = { .community = desk->community, .by_role = {
		[ROLE_PUBLIC] = desk->nobody, [ROLE_ACCOUNT] = desk->stranger, [ROLE_READER] = desk->reader,
		[ROLE_OPERATOR] = desk->operator, [ROLE_ADMIN] = desk->admin, [ROLE_OWNER] = desk->owner,
	} };
	assert_true(routes_x_roles(desk->features, &cast) > 0);
}

static void complain(void *ctx, const struct finding *f)
{
	(void)ctx;
	fprintf(stderr, "%s %s: %s\n", f->grave ? "grave" : "warning", f->query, f->what);
}

void desk_check_queries(struct desk *desk)
{
	for (const struct feature *const *f = desk->features; *f; f++)
		if ((*f)->queries)
			assert_int_equal(store_check(desk->house->store, (*f)->queries, complain, NULL), 0);
}
