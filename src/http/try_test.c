/* try_test.c: a little feature for this room's tests (try.h). */
#include "http/try.h"

_Atomic int try_ready_runs, try_handle_runs;

/* ---- Rows ---- */

ROW(who,
	FIELD(who, account, "Account"), FIELD(who, session, "Session"), FIELD(who, visitor, "Visitor"),
	FIELD(who, role, "Role"), FIELD(who, local, "From this machine"), FIELD(who, fresh, "A new visitor"),
	FIELD(who, csrf, "Word"), FIELD(who, origin, "Origin"), FIELD(who, address, "Address"),
	FIELD(who, agent, "Program"), FIELD(who, lang, "Language"));

struct note { struct str text; int64_t stars; };
ROW(note,
	FIELD(note, text, "Text", .min = 1, .max = 50000),
	FIELD(note, stars, "Stars", .min = 0, .max = 5, .optional = true));

struct entry { struct id account; };
ROW(entry, FIELD(entry, account, "Who"));

struct entered { struct str csrf; struct id session; };
ROW(entered, FIELD(entered, csrf, "Word"), FIELD(entered, session, "Session"));

struct parcel { struct blob file; struct str name; };
ROW(parcel, FIELD(parcel, file, "File", .max = TRY_BIG), FIELD(parcel, name, "Name", .max = 40, .optional = true));

struct weighed { int64_t bytes; struct str name; };
ROW(weighed, FIELD(weighed, bytes, "Bytes"), FIELD(weighed, name, "Name"));

struct listing { int64_t count; struct str after; };
ROW(listing,
	FIELD(listing, count, "How many", .min = 0, .max = 1000, .optional = true),
	FIELD(listing, after, "Where to go on", .max = 40, .optional = true));

/* ---- Handlers ---- */

static int get_who(struct request *rq, const void *in, void *out)
{
	(void)in;
	*(struct who *)out = (struct who){ rq->account, rq->session, rq->visitor, rq->role, rq->local, rq->visitor_is_new,
		rq_csrf(rq), rq->origin, rq->address, rq->user_agent, rq->lang == LANG_EN ? S("en") : S("zh") };
	return 0;
}

static int post_enter(struct request *rq, const void *in, void *out)
{
	const struct entry *entry = in;
	struct entered *entered = out;
	if (!rq_allow(rq, str_format(rq->arena, "enter %.*s", STR(rq->address)), 50, MINUTE))
		return E_SLOW_DOWN;
	int r = rq_sign_in(rq, entry->account);
	entered->csrf = rq_csrf(rq);
	entered->session = rq->session;
	return r;
}

static int post_leave(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	return rq_sign_out(rq);
}

static int post_note(struct request *rq, const void *in, void *out)
{
	*(struct note *)out = *(const struct note *)in;
	return str_is(((const struct note *)in)->text, "taken") ? rq_complain(rq, E_NAME_TAKEN, S("text")) : 0;
}

static int get_notes(struct request *rq, const void *in, void *out)
{
	const struct listing *asked = in;
	struct page *page = out;
	struct note *notes = arena_take_array(rq->arena, (size_t)asked->count + 1, sizeof *notes);
	if (!notes)
		return E_MEMORY;
	for (int64_t i = 0; i < asked->count; i++)
		notes[i] = (struct note){ S("<群>"), i % 6 };
	*page = (struct page){ { notes, (size_t)asked->count }, asked->count ? asked->count : -1, asked->after };
	return 0;
}

static int delete_note(struct request *rq, const void *in, void *out)
{
	(void)in, (void)out;
	return rq->path_id.n == 404 ? E_NOT_FOUND : 0;
}

static int ready_big(struct request *rq, const void *in, void *out)
{
	const struct parcel *parcel = in;
	(void)out;
	try_ready_runs++;
	rq->kept = str_z(rq->arena, parcel->name);
	return parcel->file.len == 13 ? rq_complain(rq, E_PICTURE_BROKEN, S("file")) : 0;
}

static int post_big(struct request *rq, const void *in, void *out)
{
	const struct parcel *parcel = in;
	try_handle_runs++;
	*(struct weighed *)out = (struct weighed){ (int64_t)parcel->file.len, str_of(rq->kept) };
	return 0;
}

static int get_scan(struct request *rq, const void *in, void *out)
{
	(void)in;
	struct body *body = out;
	if (str_is(rq->path_text, "none"))
		return E_NOT_FOUND;
	if (str_is(rq->path_text, "page"))
		*body = (struct body){ .bytes = str_format(rq->arena, "<p>%.*s", STR(rq_csrf(rq))),
			.type = "text/html; charset=utf-8" };
	else
		body->location = S("https://example.com/%E7%BE%A4");
	return 0;
}

static int get_file(struct request *rq, const void *in, void *out)
{
	(void)rq, (void)in;
	*(struct body *)out = (struct body){ .bytes = S("a,b\n1,2\n"), .type = "text/csv",
		.filename = S("名单 1.csv"), .max_age = 60 };
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/api/who", ROLE_PUBLIC, get_who, NULL, &row_who, "Who am I" },
	{ "GET", "/who", ROLE_READER, get_who, NULL, &row_who, "Who am I here" },
	{ "GET", "/api/visit", ROLE_VISITOR, get_who, NULL, &row_who, "Who am I as a visitor" },
	{ "GET", "/api/own", ROLE_ACCOUNT, get_who, NULL, &row_who, "Who am I, signed in" },
	{ "POST", "/api/enter", ROLE_PUBLIC, post_enter, &row_entry, &row_entered, "Sign in", .no_csrf = true },
	{ "POST", "/api/leave", ROLE_ACCOUNT, post_leave, NULL, NULL, "Sign out", OUT_NONE },
	{ "POST", "/api/note", ROLE_PUBLIC, post_note, &row_note, &row_note, "Anybody's note, no word", .no_csrf = true },
	{ "GET", "/notes", ROLE_READER, get_notes, &row_listing, &row_note, "Notes", OUT_PAGE },
	{ "POST", "/notes", ROLE_OPERATOR, post_note, &row_note, &row_note, "Make a note" },
	{ "DELETE", "/notes/{id}", ROLE_ADMIN, delete_note, NULL, NULL, "Drop a note", OUT_NONE },
	{ "POST", "/big", ROLE_OPERATOR, post_big, &row_parcel, &row_weighed, "Weigh a file",
	  .ready = ready_big, .body_max = TRY_BIG },
	{ "GET", "/file", ROLE_READER, get_file, NULL, NULL, "A file", OUT_BODY, .makes = "text/csv" },
	{ "GET", "/g/{slug}", ROLE_VISITOR, get_scan, NULL, NULL, "A scan", OUT_BODY,
	  .makes = "text/html", .writes = true },
	{ "POST", "/g/{slug}/apply", ROLE_VISITOR, post_note, &row_note, &row_note, "Apply" },
	{ 0 },
};

static const struct feature feature_try = { .name = "try", .routes = routes };
const struct feature *const try_features[] = { &feature_http, &feature_try, NULL };
