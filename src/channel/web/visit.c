/* visit.c: the room's page on the phone: joining, what was said, who is here, one's own card, leaving.
 *
 * Story      The link opens in WeChat: the group's name, how many are in, its rules, a field for a name, one button. Inside, the
 *            talk; whoever scrolls up reads older days. The page says who it is for in every answer, so a phone that was away
 *            for a day asks once and stands where the room stands.
 * How        `page` is the whole truth; `news` is what came after a line, for phones that hold the rest (tail.c).
 * Not here   Speaking (speak.c), what admins do (rule.c).
 * Holds      Outsiders get name, number and rules; nothing that was said. Names are what people gave; no pictures of faces.
 * Test       room_test.c
 */
#include "channel/web/web.h"

#include "base/utf8.h"
#include "engine/file/file.h"
#include "groups/livecode.h"
#include "http/template.h"

#define NAME_MOST   20
#define PEOPLE_MOST 50
#define TRIES       60            /* acts of one visitor in TRIES_TIME … */
#define CROWD       3000          /* … and of one address */
#define TRIES_TIME  (10 * MINUTE)
#define PAGE_BYTES  (256 << 10)
#define NEWS_BYTES  (2 << 20)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct room_community { struct id id; struct str name, logo, colour; };
struct room_about { struct id group; struct str name, rules; int64_t members, capacity, last; bool quiet, asks; };
struct room_me { struct id member; struct str name, card, role; struct instant muted_until; struct str mute_why; int64_t read, unread; };
struct room_shut { struct str why; struct instant until; };

ROW(room_community,
	FIELD(room_community, id,     "Community"),
	FIELD(room_community, name,   "Name"),
	FIELD(room_community, logo,   "Address of the logo"),
	FIELD(room_community, colour, "#rrggbb or empty"));

ROW(room_about,
	FIELD(room_about, group,    "Group"),
	FIELD(room_about, name,     "Its name"),
	FIELD(room_about, rules,    "Rules", .lines = true),
	FIELD(room_about, members,  "How many are in"),
	FIELD(room_about, capacity, "How many have room"),
	FIELD(room_about, last,     "Number of the newest line"),
	FIELD(room_about, quiet,    "Only admins may speak"),
	FIELD(room_about, asks,     "Who enters is looked at first"));

ROW(room_me,
	FIELD(room_me, member,      "You"),
	FIELD(room_me, name,        "What you are called here"),
	FIELD(room_me, card,        "Your card of this room, or empty"),
	FIELD(room_me, role,        "What you are here", .one_of = SEAT_ROLES),
	FIELD(room_me, muted_until, "You may not speak before then", .optional = true),
	FIELD(room_me, mute_why,    "Why"),
	FIELD(room_me, read,        "The last line you have seen"),
	FIELD(room_me, unread,      "Messages since, 100: or more"));

ROW(room_shut,
	FIELD(room_shut, why,   "Why you cannot come in"),
	FIELD(room_shut, until, "Until when; never: until staff allow it", .optional = true));

#define VIEWS "in outside asked refused banned full unknown"

struct room_page {
	struct str     view, lang;
	struct instant now;
	struct str     csrf, slug;
	struct one     community, room, me, shut;
	struct rows    lines, pins;
};

ROW(room_page,
	FIELD(room_page, view,      "Where you stand", .one_of = VIEWS),
	FIELD(room_page, lang,      "Language", .one_of = "zh en"),
	FIELD(room_page, now,       "The server's clock"),
	FIELD(room_page, csrf,      "Word to send back with every act"),
	FIELD(room_page, slug,      "The room's link"),
	FIELD(room_page, community, "Whose it is", .of = &row_room_community),
	FIELD(room_page, room,      "The room", .of = &row_room_about),
	FIELD(room_page, me,        "You, when you are in", .of = &row_room_me),
	FIELD(room_page, shut,      "Why you are not in", .of = &row_room_shut),
	FIELD(room_page, lines,     "The newest lines, newest first", .of = &row_line_shown),
	FIELD(room_page, pins,      "Announcements on top", .of = &row_line_shown));

struct room_news { int64_t last, members; bool quiet, far; struct rows lines; };

ROW(room_news,
	FIELD(room_news, last,    "The room's newest line"),
	FIELD(room_news, members, "How many are in"),
	FIELD(room_news, quiet,   "Only admins may speak"),
	FIELD(room_news, far,     "Too much has happened: ask for the page"),
	FIELD(room_news, lines,   "What came after, oldest first", .of = &row_line_shown));

struct news_query { int64_t after; };
ROW(news_query, FIELD(news_query, after, "The last line you have", .min = 0, .max = LINES_EVER, .optional = true));

struct older_query { int64_t before; };
ROW(older_query, FIELD(older_query, before, "Lines before this one; 0: the newest", .min = 0, .max = LINES_EVER, .optional = true));

struct people_query { struct str q; struct id after; };
ROW(people_query,
	FIELD(people_query, q,     "Part of a name", .max = 20, .optional = true),
	FIELD(people_query, after, "Only people after this one", .optional = true));

struct room_person { struct id id; struct str name, role; struct instant muted_until; };
ROW(room_person,
	FIELD(room_person, id,          "Member"),
	FIELD(room_person, name,        "What they are called here"),
	FIELD(room_person, role,        "What they are here", .one_of = SEAT_ROLES),
	FIELD(room_person, muted_until, "May not speak before then", .optional = true));

struct join_input { struct str nickname; };
ROW(join_input, FIELD(join_input, nickname, "What you are called", .max = NAME_MOST, .optional = true));

struct card_input { struct str card; };
ROW(card_input, FIELD(card_input, card, "What you are called in this room; empty: as everywhere", .max = NAME_MOST, .optional = true));

struct read_input { int64_t n; };
ROW(read_input, FIELD(read_input, n, "The last line you have seen", .min = 0, .max = LINES_EVER));

struct room_report { int64_t n; struct str text; };
ROW(room_report,
	FIELD(room_report, n,    "The line it is about; 0: the room", .min = 0, .max = LINES_EVER, .optional = true),
	FIELD(room_report, text, "What is wrong", .min = 2, .max = 500, .lines = true));

/* ---- Who looks ------------------------------------------------------------------------------------- */

struct str seat_name(const struct seat *s) { return s->card.len ? s->card : s->nickname; }

int guest_open(struct request *rq, struct guest *ret)
{
	struct guest g = { .rq = rq };
	int r = room_open(rq->tx, rq->path_text, &g.room);
	if (r < 0)
		return r;
	rq->community = g.room.community_id;      /* from the link, not from a parameter: everything below stays in it */
	r = member_find_visitor(rq->tx, rq->community, rq->visitor, &g.member);
	if (r == 0)
		r = roster_get(rq->tx, rq->community, g.room.group_id, g.member, &g.seat);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	g.in = r == 0 && !g.seat.left_at.ms;
	*ret = g;
	return 0;
}

int guest_inside(struct request *rq, struct guest *ret)
{
	int r = guest_open(rq, ret);
	return r < 0 ? r : ret->in ? 0 : E_NOT_IN_ROOM;
}

static bool too_fast(struct request *rq)
{
	return !rq_allow(rq, str_format(rq->arena, "room %lld", (long long)rq->visitor.n), TRIES, TRIES_TIME)
	    || !rq_allow(rq, str_format(rq->arena, "room %.*s", STR(rq->address)), CROWD, TRIES_TIME);
}

/* ---- The page -------------------------------------------------------------------------------------- */

static int fill_me(struct guest *g, const struct at_door *door, struct one *ret)
{
	struct room_me *me = ARENA_NEW(g->rq->arena, struct room_me);
	struct instant muted = g->seat.muted_until;
	if (!me)
		return E_MEMORY;
	if (muted.ms <= tx_now(g->rq->tx).ms)
		muted.ms = 0;
	*me = (struct room_me){
		.member = g->member, .name = seat_name(&g->seat), .card = g->seat.card, .role = g->seat.role, .muted_until = muted,
		.mute_why = muted.ms ? door->mute_why : S(""), .read = door->read_n,
	};
	ret->at = me;
	return lines_unread(g->rq->tx, &g->room, door->read_n, g->member, &me->unread);
}

static const char *view_of(const struct guest *g, const struct at_door *door)
{
	if (g->in)
		return "in";
	if (str_is(door->door, "banned"))
		return "banned";
	if (g->room.asks && !str_is(door->door, "open"))      /* no longer asking, the room is open to them, too */
		return str_is(door->door, "asked") ? "asked" : "refused";
	return g->room.present >= g->room.capacity ? "full" : "outside";
}

static int fill_frame(struct guest *g, struct room_page *page)
{
	struct request *rq = g->rq;
	struct community c;
	struct room_community *whose = ARENA_NEW(rq->arena, struct room_community);
	struct room_about *room = ARENA_NEW(rq->arena, struct room_about);
	int r = community_get(rq->tx, rq->community, &c);
	if (r < 0 || !whose || !room)
		return r < 0 ? r : E_MEMORY;
	*whose = (struct room_community){ c.id, c.name, file_url(rq->arena, c.logo), c.colour };
	*room = (struct room_about){
		g->room.group_id, g->room.name, c.rules, g->room.present, g->room.capacity, g->in ? g->room.last : 0, g->room.quiet, g->room.asks,
	};
	page->community.at = whose, page->room.at = room;
	return 0;
}

static int page_of(struct guest *g, struct room_page *page)
{
	struct request *rq = g->rq;
	struct at_door door = { .door = S("open") };
	int r = g->member.n ? door_of(rq->tx, &g->room, g->member, &door) : 0;
	if (r < 0)
		return r;
	*page = (struct room_page){
		.view = str_of(view_of(g, &door)), .lang = rq->lang == LANG_EN ? S("en") : S("zh"), .now = tx_now(rq->tx), .csrf = rq_csrf(rq),
		.slug = rq->path_text,
	};
	if (str_among(page->view, "refused banned")) {
		struct room_shut *shut = ARENA_NEW(rq->arena, struct room_shut);
		if (!shut)
			return E_MEMORY;
		*shut = (struct room_shut){ door.why, door.until_at };
		page->shut.at = shut;
	}
	if ((r = fill_frame(g, page)) < 0 || !g->in)
		return r;
	return (r = fill_me(g, &door, &page->me)) < 0 || (r = lines_before(rq->tx, &g->room, 0, LINES_SHOWN, &page->lines)) < 0
		? r : lines_pinned(rq->tx, &g->room, &page->pins);
}

static int json_body(struct request *rq, const struct buf *json, struct body *body)
{
	if (buf_failed(json))
		return E_MEMORY;
	*body = (struct body){ .bytes = str_copy(rq->arena, buf_view(json)), .type = "application/json" };
	return body->bytes.at ? 0 : E_MEMORY;
}

/* Where the guest stands after what they did. */
static int answer(struct request *rq, struct body *body)
{
	BUF_SCOPED json;
	struct guest g;
	struct room_page page;
	buf_init(&json, PAGE_BYTES);
	int r = guest_open(rq, &g);
	if (r < 0 || (r = page_of(&g, &page)) < 0)
		return r;
	row_write_json(&json, &row_room_page, &page);
	return json_body(rq, &json, body);
}

/* What is readable before, and without, any script. */
static void plain_body(struct buf *b, const struct room_about *room)
{
	buf_z(b, "<div class=\"page\"><header class=\"head\"><div class=\"who\"><h1>");
	buf_html(b, room ? room->name : S("群图 Quntu"));
	buf_z(b, "</h1></div></header><main class=\"main\">");
	for (struct str rest = room ? room->rules : S(""); rest.len;) {
		buf_z(b, "<p>");
		buf_html(b, str_cut(&rest, '\n'));
		buf_z(b, "</p>");
	}
	buf_z(b, "</main></div>");
}

static int html_page(struct request *rq, const struct room_page *page, struct body *body)
{
	const struct room_about *room = page->room.at;
	const struct room_community *community = page->community.at;
	BUF_SCOPED plain;
	buf_init(&plain, 32 << 10);
	plain_body(&plain, room);
	return buf_failed(&plain) ? E_MEMORY : template_page(rq, &(struct shown_page){
		"h5/room.html", &row_room_page, page, .title = room ? room->name : S("群图 Quntu"),
		.description = community ? community->name : S(""), .path = str_format(rq->arena, "/r/%.*s", STR(page->slug)),
		.image = community ? community->logo : S(""), .body = buf_view(&plain),
	}, body);
}

static int get_room(struct request *rq, const void *in, void *out)
{
	struct guest g;
	struct room_page page;
	struct body *body = out;
	(void)in;
	int r = guest_open(rq, &g);
	if (r == E_NOT_FOUND) {
		page = (struct room_page){
			.view = S("unknown"), .lang = rq->lang == LANG_EN ? S("en") : S("zh"), .now = tx_now(rq->tx), .csrf = rq_csrf(rq),
			.slug = rq->path_text,
		};
		if ((r = html_page(rq, &page, body)) == 0)
			body->status = 404;
		return r;
	}
	return r < 0 || (r = page_of(&g, &page)) < 0 ? r : html_page(rq, &page, body);
}

static int get_page(struct request *rq, const void *in, void *out)
{
	(void)in;
	return answer(rq, out);
}

/* ---- News and history --------------------------------------------------------------------------------- */

static int get_news(struct request *rq, const void *in, void *out)
{
	const struct news_query *q = in;
	BUF_SCOPED lines;
	BUF_SCOPED json;
	struct room room;
	struct id member;
	bool far;
	buf_init(&lines, NEWS_BYTES);
	buf_init(&json, NEWS_BYTES + 1024);
	int r = room_open(rq->tx, rq->path_text, &room);
	if (r < 0)
		return r;
	rq->community = room.community_id;
	if ((r = tail_door(rq->tx, &room, rq->visitor, &member)) < 0)
		return r == E_NOT_FOUND ? E_NOT_IN_ROOM : r;
	if ((r = tail_news(rq->tx, &room, q->after, &lines, &far)) < 0)
		return r;
	buf_format(&json, "{\"last\":%lld,\"members\":%lld,\"quiet\":%s,\"far\":%s,\"lines\":", (long long)room.last,
	           (long long)room.present, room.quiet ? "true" : "false", far ? "true" : "false");
	buf_str(&json, buf_view(&lines));
	buf_byte(&json, '}');
	return buf_failed(&lines) ? E_MEMORY : json_body(rq, &json, out);
}

static int get_older(struct request *rq, const void *in, void *out)
{
	const struct older_query *q = in;
	struct page *page = out;
	struct guest g;
	int r = guest_inside(rq, &g);
	if (r < 0 || (r = lines_before(rq->tx, &g.room, q->before, LINES_SHOWN, &page->rows)) < 0)
		return r;
	page->total = -1;
	return 0;
}

static int get_live(struct request *rq, const void *in, void *out)
{
	struct room room;
	struct id member;
	(void)in;
	int r = room_open(rq->tx, rq->path_text, &room);
	if (r < 0)
		return r;
	rq->community = room.community_id;
	*(struct body *)out = (struct body){ .live = true, .watch = room.group_id };
	/* Who asked to come in waits here, too: the stream says only that something happened. */
	r = member_find_visitor(rq->tx, rq->community, rq->visitor, &member);
	return r == E_NOT_FOUND ? E_NOT_IN_ROOM : r;
}

/* ---- Who is here ---------------------------------------------------------------------------------------- */

#define PERSON " FROM seat s JOIN member m ON m.community_id = s.community_id AND m.id = s.member_id" \
	" WHERE s.community_id = ?1 AND s.group_id = ?2 AND s.left_at = 0 AND s.member_id > ?3"
#define PERSON_COLUMNS \
	"SELECT s.member_id AS id, COALESCE(CASE WHEN s.card <> '' THEN s.card END, m.nickname) AS name, s.role, s.muted_until"

static QUERY(people_here, READS, &row_room_person, TAKES(K_ID, K_ID, K_ID, K_STR, K_INT),
	PERSON_COLUMNS PERSON " AND (?4 = '' OR instr(lower(s.card), ?4) > 0 OR instr(lower(m.nickname), ?4) > 0)"
	" ORDER BY s.member_id LIMIT ?5",
	.pg = PERSON_COLUMNS PERSON " AND (?4 = '' OR strpos(lower(s.card), ?4) > 0 OR strpos(lower(m.nickname), ?4) > 0)"
	" ORDER BY s.member_id LIMIT ?5");
static QUERY(people_ruling, READS, &row_room_person, TAKES(K_ID, K_ID, K_ID),
	PERSON_COLUMNS PERSON " AND s.role <> 'member' ORDER BY s.role DESC, s.member_id LIMIT 100");

static int get_people(struct request *rq, const void *in, void *out)
{
	const struct people_query *q = in;
	struct page *page = out;
	struct guest g;
	struct id after = { q->after.n ? q->after.n : INT64_MIN };
	int r = guest_inside(rq, &g);
	if (r < 0 || (r = tx_all(rq->tx, &people_here, &page->rows, V(rq->community), V(g.room.group_id), V(after),
	                         V(str_lower(rq->arena, str_trim(q->q))), V((int64_t)PEOPLE_MOST))) < 0)
		return r;
	page->total = q->q.len ? -1 : g.room.present;
	page_end(rq, page, &row_room_person, PEOPLE_MOST);
	return 0;
}

static int get_admins(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct guest g;
	(void)in;
	int r = guest_inside(rq, &g);
	page->total = -1;
	return r < 0 || (r = tx_all(rq->tx, &people_ruling, &page->rows, V(rq->community), V(g.room.group_id),
	                            V(((struct id){ INT64_MIN })))) < 0 ? r : 0;
}

/* ---- Acts -------------------------------------------------------------------------------------------------- */

static int post_join(struct request *rq, const void *in, void *out)
{
	const struct join_input *input = in;
	struct guest g;
	struct at_door door;
	bool made;
	if (too_fast(rq))
		return E_SLOW_DOWN;
	int r = guest_open(rq, &g);
	if (r < 0 || g.in)
		return r < 0 ? r : answer(rq, out);
	if (!g.member.n && !str_trim(input->nickname).len)
		return rq_complain(rq, E_MISSING_FIELD, S("nickname"));
	struct member_origin origin = { .nickname = str_trim(input->nickname), .source_label = g.room.name, .group = g.room.group_id };
	if ((r = member_of_visitor(rq->tx, rq->community, rq->visitor, &origin, &g.member, &made)) < 0 ||
	    (r = door_of(rq->tx, &g.room, g.member, &door)) < 0)
		return r;
	if (str_is(door.door, "banned"))
		return E_ROOM_BANNED;
	if (g.room.asks && !str_is(door.door, "refused")) {
		if ((r = door_set(rq->tx, &g.room, g.member, "asked", S(""), (struct instant){ 0 })) < 0 ||
		    (r = room_changed(rq->tx, &g.room, S("asked"))) < 0)
			return r;
		return answer(rq, out);
	}
	if (g.room.asks)
		return answer(rq, out);
	return (r = room_enter(rq->tx, &g.room, g.member)) < 0 ? r : answer(rq, out);
}

static int post_leave(struct request *rq, const void *in, void *out)
{
	struct guest g;
	(void)in;
	int r = guest_inside(rq, &g);
	if (r < 0)
		return r;
	struct seat_fact f = { .group = g.room.group_id, .member = g.member, .channel = g.room.channel_id, .how = S("left") };
	return (r = roster_leave(rq->tx, rq->community, &f)) < 0 || (r = room_shut(rq->tx, &g.room)) < 0 ? r : answer(rq, out);
}

static int post_card(struct request *rq, const void *in, void *out)
{
	const struct card_input *input = in;
	struct guest g;
	if (too_fast(rq))
		return E_SLOW_DOWN;
	int r = guest_inside(rq, &g);
	return r < 0 || (r = roster_set_card(rq->tx, rq->community, g.room.group_id, g.member, input->card)) < 0 ? r : answer(rq, out);
}

static int post_read(struct request *rq, const void *in, void *out)
{
	const struct read_input *input = in;
	struct guest g;
	(void)out;
	int r = guest_inside(rq, &g);
	return r < 0 ? r : door_read(rq->tx, &g.room, g.member, input->n);
}

/* Which words are meant stands in the report, for the line may be gone when staff read it. */
static int post_report(struct request *rq, const void *in, void *out)
{
	const struct room_report *input = in;
	struct guest g;
	struct room_line l;
	struct message m;
	struct id report;
	struct str text = input->text;
	(void)out;
	if (!rq_allow(rq, str_format(rq->arena, "report %.*s", STR(rq->address)), 10, HOUR))
		return E_SLOW_DOWN;
	int r = guest_inside(rq, &g);
	if (r < 0)
		return r;
	if (input->n && line_get(rq->tx, &g.room, input->n, &l) == 0 && message_get(rq->tx, rq->community, l.message_id, &m) == 0) {
		struct str said = utf8_cut(m.text, 100);
		text = str_format(rq->arena, "%.*s\n「%.*s」", STR(input->text), STR(said));
	}
	r = report_write(rq, rq->community, &(struct reported){ S("report_room"), g.room.group_id, g.room.name }, text, &report);
	return r < 0 ? r : 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/r/{slug}",        ROLE_VISITOR, get_room,    NULL, NULL, "A group room's page", OUT_BODY, .makes = "text/html" },
	{ "GET",  "/r/{slug}/page",   ROLE_VISITOR, get_page,    NULL, &row_room_page,
	  "The page's data now", OUT_BODY, .makes = "application/json" },
	{ "GET",  "/r/{slug}/news",   ROLE_VISITOR, get_news,    &row_news_query, &row_room_news, "What came after a line", OUT_BODY,
	  .makes = "application/json" },
	{ "GET",  "/r/{slug}/older",  ROLE_VISITOR, get_older,   &row_older_query, &row_line_shown,
	  "What was before a line, newest first", OUT_PAGE },
	{ "GET",  "/r/{slug}/people", ROLE_VISITOR, get_people,  &row_people_query, &row_room_person, "Who is here", OUT_PAGE },
	{ "GET",  "/r/{slug}/admins", ROLE_VISITOR, get_admins,  NULL, &row_room_person, "Owner and admins", OUT_PAGE },
	{ "GET",  "/r/{slug}/live",   ROLE_VISITOR, get_live,    NULL, NULL,
	  "A stream that says when something happened in the room", OUT_BODY,
	  .makes = "text/event-stream" },
	{ "POST", "/r/{slug}/join",   ROLE_VISITOR, post_join,   &row_join_input, &row_room_page, "Come in, or ask to", OUT_BODY,
	  .makes = "application/json" },
	{ "POST", "/r/{slug}/leave",  ROLE_VISITOR, post_leave,  NULL, &row_room_page,
	  "Leave the room", OUT_BODY, .makes = "application/json" },
	{ "POST", "/r/{slug}/card",   ROLE_VISITOR, post_card,   &row_card_input, &row_room_page,
	  "What you are called in this room", OUT_BODY,
	  .makes = "application/json" },
	{ "POST", "/r/{slug}/read",   ROLE_VISITOR, post_read,   &row_read_input, NULL,
	  "You have seen everything up to a line", OUT_NONE },
	{ "POST", "/r/{slug}/report", ROLE_VISITOR, post_report, &row_room_report, NULL,
	  "Tell staff that something is wrong", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = { &people_here, &people_ruling, NULL };

const struct feature feature_room_visit = { .name = "room_visit", .routes = routes, .queries = queries };
