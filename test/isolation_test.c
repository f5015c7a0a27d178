/* isolation_test.c: nothing of one community is visible in another, over every route of the program.
 *
 * Story      Two communities on one server. In the other one every text carries a mark; its ids, short links, keys and codes
 *            are marks as well. The owner of this one asks every route there is, with each of those marks in every place a
 *            request has: the path, the query, each field of the body. No answer may hold a mark that was not sent.
 * Test       Somebody adds a route: it is asked here from its first day, because the table of routes and the rows are walked.
 */
#include <jansson.h>
#include <poll.h>
#include <unistd.h>

#include "http/inside.h"
#include "test.h"
#include "world.h"

#define LONGEST 400

static bool is_get(const struct route *r) { return strcmp(r->method, "GET") == 0; }
static bool is_stream(const struct route *r) { return r->makes && strcmp(r->makes, "text/event-stream") == 0; }
static bool takes_json(const struct route *r) { return r->in && !is_get(r); }
static int  turn_of(const struct route *r) { return is_get(r) ? 0 : strcmp(r->method, "DELETE") != 0 ? 1 : 2; }

/* The marks of the other community: its texts, and every thing in it by its id, link, key or code. */
static size_t marks_of(struct world *w, struct str ret[THINGS + 1])
{
	size_t n = 0;
	ret[n++] = str_of(w->there.mark);
	for (int i = 0; i < THINGS; i++)
		if (w->there.at[i].len >= 6)
			ret[n++] = w->there.at[i];
	return n;
}

static bool holds(struct str text, struct str part)
{
	return part.len && text.len >= part.len && memmem(text.at, text.len, part.at, part.len);
}

/* A mark in the answer that is not in the request. */
static void look_for_marks(struct world *w, const struct route *r, const struct reply *got, const char *path, struct str sent)
{
	struct str marks[THINGS + 1];
	size_t n = marks_of(w, marks);
	for (size_t i = 0; i < n; i++) {
		if (holds(str_of(path), marks[i]) || holds(sent, marks[i]))
			continue;
		bool shown = holds(got->body, marks[i]);
		for (size_t k = 0; k < got->header_count; k++)
			shown |= holds(got->headers[k].value, marks[i]);
		if (shown)
			fail_msg("%s %s with %.*s shows %.*s of another community: %d %.*s", r->method, path, (int)(sent.len < LONGEST ? sent.len : LONGEST),
			         sent.at ? sent.at : "", STR(marks[i]), got->status, STR(got->body));
	}
	if (got->status >= 500)
		fail_msg("%s %s with %.*s: %d", r->method, path, (int)(sent.len < LONGEST ? sent.len : LONGEST), sent.at ? sent.at : "", got->status);
}

static void ask_and_look(struct world *w, const struct route *r, const char *path, struct str body)
{
	struct reply got = world_ask(w, r, path, body);
	look_for_marks(w, r, &got, path, body);
}

/* ---- In the query ---- */

static void in_query(struct world *w, const struct route *r, const char *path)
{
	struct arena *arena = &w->house->arena;
	struct str marks[THINGS + 1];
	size_t n = marks_of(w, marks);
	for (size_t i = 0; r->in && i < r->in->count; i++)
		for (size_t k = 0; k < n; k++) {
			BUF_SCOPED word;
			buf_init(&word, 4096);
			buf_url(&word, marks[k]);
			struct str asked = str_format(arena, "%s?%s=%.*s", path, r->in->fields[i].name, STR(buf_view(&word)));
			struct reply got = world_ask(w, r, str_z(arena, asked), S(""));
			look_for_marks(w, r, &got, path, marks[k]);
		}
	static const char *const others[] = { "community", "community_id", "id", "account", "q" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct str there = w->there.at[THE_COMMUNITY];
		struct str asked = str_format(arena, "%s?%s=%.*s", path, others[i], STR(there));
		struct reply got = world_ask(w, r, str_z(arena, asked), S(""));
		look_for_marks(w, r, &got, path, there);
	}
}

/* ---- In the body ---- */

static void with_value(struct world *w, const struct route *r, const char *path, const char *field, json_t *value)
{
	json_t *good = json_loads(world_body(w, r, &w->here), 0, NULL);
	assert_non_null(good);
	json_object_set_new(good, field, value);
	char *text = json_dumps(good, JSON_COMPACT);
	struct str body = str_copy(&w->house->arena, str_of(text));
	free(text);
	json_decref(good);
	ask_and_look(w, r, path, body);
}

/* May a text name a thing: a short link, a key, a code? What is free text is kept as it was written, and would be found
 * again as a mark that we planted ourselves. */
static bool names_things(const struct field *f)
{
	return f->kind == K_STR && !f->limits.one_of &&
	       (f->limits.pattern || strstr(f->help, "Key of") || str_among(str_of(f->name), "slug link voucher code key ids"));
}

static void in_body(struct world *w, const struct route *r, const char *path)
{
	struct str marks[THINGS + 1];
	size_t n = marks_of(w, marks);
	for (size_t i = 0; i < r->in->count; i++) {
		const struct field *f = &r->in->fields[i];
		bool ids = f->kind == K_ROWS && f->limits.of->count == 1 && f->limits.of->fields[0].kind == K_ID;
		for (size_t k = 0; k < n; k++) {
			json_t *mark = json_stringn(marks[k].at, marks[k].len);
			if (f->kind == K_ID || names_things(f))
				with_value(w, r, path, f->name, mark);
			else if (ids)
				with_value(w, r, path, f->name, json_pack("[o]", mark));
			else
				json_decref(mark);
		}
	}
}

/* ---- In the path ---- */

static void in_path(struct world *w, const struct route *r)
{
	if (!strchr(r->path, '{') || r->role < ROLE_READER)
		return;                                   /* visitors' pages and pictures are met by their own unguessable words */
	const char *path = world_path(w, r, &w->there, w->here.at[THE_COMMUNITY]);
	ask_and_look(w, r, path, takes_json(r) ? str_of(world_body(w, r, &w->here)) : S(""));
	path = world_path(w, r, &w->there, w->there.at[THE_COMMUNITY]);
	ask_and_look(w, r, path, takes_json(r) ? str_of(world_body(w, r, &w->here)) : S(""));
}

static int turn;

static void ask_everything(struct world *w, const struct route *r)
{
	if (turn_of(r) != turn || is_stream(r))
		return;
	const char *path = world_path(w, r, &w->here, w->here.at[THE_COMMUNITY]);
	in_path(w, r);
	if (is_get(r))
		in_query(w, r, path);
	if (takes_json(r))
		in_body(w, r, path);
	ask_and_look(w, r, path, takes_json(r) ? str_of(world_body(w, r, &w->here)) : S(""));
}

static void each_route(struct world *w, void (*visit)(struct world *, const struct route *))
{
	for (const struct feature *const *f = features; *f; f++)
		for (const struct route *r = (*f)->routes; r && r->method; r++)
			visit(w, r);
}

/* Every list of the other community, as its owner sees it. */
static struct buf seen_there;

static void remember(struct world *w, const struct route *r)
{
	if (!is_get(r) || r->role < ROLE_READER || is_stream(r) || r->output == OUT_BODY)
		return;
	struct reply got = get(w->foreign, world_path(w, r, &w->there, w->there.at[THE_COMMUNITY]));
	buf_format(&seen_there, "%s %d ", r->path, got.status);
	if (!strstr(r->path, "overview") && !strstr(r->path, "numbers"))     /* these tell the hour */
		buf_str(&seen_there, got.body);
	buf_byte(&seen_there, '\n');
}

static struct str all_there(struct world *w)
{
	buf_init(&seen_there, 8 << 20);
	each_route(w, remember);
	assert_false(buf_failed(&seen_there));
	struct str copy = str_copy(&w->house->arena, buf_view(&seen_there));
	buf_free(&seen_there);
	return copy;
}

static void first_difference(struct str a, struct str b)
{
	while (a.len && b.len) {
		struct str left = str_cut(&a, '\n'), right = str_cut(&b, '\n');
		if (!str_equal(left, right))
			fail_msg("the other community changed:\n%.*s\n%.*s", STR(left), STR(right));
	}
}

PROMISE(isolation_routes, "whatever is asked of any route, by path, query or body, no answer shows anything of another community, and nothing happens there")
{
	struct world w;
	world_open(&w, house);
	struct str before = all_there(&w);
	assert_true(holds(before, str_of(w.there.mark)));
	for (turn = 0; turn <= 2; turn++)
		each_route(&w, ask_everything);
	first_difference(before, all_there(&w));
	world_close(&w);
}

/* ---- Live streams ---- */

static int stream_of(struct world *w, struct browser *b, struct str community)
{
	struct str cookie = browser_cookie_value(b, "quntu_session"), asked;
	int fd = raw_open(w->site);
	asked = str_format(&w->house->arena, "GET /api/c/%.*s/live HTTP/1.1\r\nHost: localhost\r\nCookie: quntu_session=%.*s\r\n\r\n",
	                   STR(community), STR(cookie));
	raw_send(fd, str_z(&w->house->arena, asked));
	return fd;
}

PROMISE(isolation_live, "a live stream tells of its own community alone, and nobody opens another's")
{
	char room[4096];
	struct world w;
	world_open(&w, house);
	int fd = stream_of(&w, w.by_role[ROLE_OWNER], w.there.at[THE_COMMUNITY]);
	struct str said = raw_read(fd, room, sizeof room, "not_found");
	assert_true(holds(said, S("404")));
	close(fd);
	fd = stream_of(&w, w.by_role[ROLE_OWNER], w.here.at[THE_COMMUNITY]);
	said = raw_read(fd, room, sizeof room, "here\n\n");
	assert_true(holds(said, S("200")));
	struct str there = str_format(&house->arena, "/api/c/%.*s/tags", STR(w.there.at[THE_COMMUNITY]));
	assert_int_equal(post(w.foreign, str_z(&house->arena, there), "{\"name\":\"外面\"}").status, 200);
	live_tell(site_server(w.site), (struct id){ 1 }, "tag");
	assert_true(raw_untold(fd));
	close(fd);
	world_close(&w);
}
