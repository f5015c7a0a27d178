/* desk.c: the room in the console: its link, staff's words, who asks to come in, who may not come back.
 *
 * Story      The operator opens a group: its room's address and QR, three people who ask to come in, one whom an admin removed
 *            yesterday. They let two in, write "营业到 20:00" (it goes through the outbox, in their name), make 林晓 an admin.
 * Holds      Staff act by the group's own rules of sight; every act is in the log.
 * Test       room_test.c
 */
#include "channel/web/web.h"

#include "channel/outbox/outbox.h"
#include "groups/group.h"
#include "media/qr_draw.h"
#include "people/audit.h"
#include "people/staff.h"

#define QR_BYTES   (256 << 10)
#define QR_AGE     3600
#define DOORS_MOST 50

/* ---- Rows ------------------------------------------------------------------------------------- */

struct room_desk { struct str url, path; bool quiet; int64_t last, asked, banned; };
ROW(room_desk,
	FIELD(room_desk, url,    "Address of the room, to be given to members; empty: it is being made"),
	FIELD(room_desk, path,   "The same on this server"),
	FIELD(room_desk, quiet,  "Only admins may speak"),
	FIELD(room_desk, last,   "Number of its newest line"),
	FIELD(room_desk, asked,  "Who ask to come in"),
	FIELD(room_desk, banned, "Who may not come back"));

struct room_words { struct str text; struct str key; bool pinned; };
ROW(room_words,
	FIELD(room_words, text,   "What you say", .min = 1, .max = SAY_MOST, .lines = true),
	FIELD(room_words, key,    "Names it for good: sent again it is the same", .min = 8, .max = 40, .pattern = "[A-Za-z0-9_-]+"),
	FIELD(room_words, pinned, "As an announcement that stands on top", .optional = true));

struct put_words { struct id id; };
ROW(put_words, FIELD(put_words, id, "What was put into the outbox"));

struct door_query { struct str door; struct id after; };
ROW(door_query,
	FIELD(door_query, door,  "Which; those who ask when left out", .one_of = "asked refused banned", .optional = true),
	FIELD(door_query, after, "Only members after this one", .optional = true));

struct door_line { struct id id; struct str nickname, door, why; struct instant until_at, door_at; };
ROW(door_line,
	FIELD(door_line, id,       "Member"),
	FIELD(door_line, nickname, "What the community calls them"),
	FIELD(door_line, door,     "Where they stand", .one_of = "asked refused banned"),
	FIELD(door_line, why,      "Why"),
	FIELD(door_line, until_at, "Of banned: until when; never: until staff allow it", .optional = true),
	FIELD(door_line, door_at,  "Since when", .optional = true));

struct desk_rule { struct str what; struct id member_id; int64_t n, minutes; struct str text; };
ROW(desk_rule,
	FIELD(desk_rule, what,      "What to do", .one_of = "admit refuse allow owner admin member mute unmute remove recall pin unpin quiet loud"),
	FIELD(desk_rule, member_id, "To whom", .optional = true),
	FIELD(desk_rule, n,         "With which line", .min = 0, .max = LINES_EVER, .optional = true),
	FIELD(desk_rule, minutes,   "For how long; removed: 0 until staff allow it", .min = 0, .max = 60 * 24 * 30, .optional = true),
	FIELD(desk_rule, text,      "Why", .max = WHY_MOST, .optional = true));

struct doors_n { int64_t n; };
ROW(doors_n, FIELD(doors_n, n, "How many"));

/* ---- Reading ------------------------------------------------------------------------------------------ */

#define DOORS_AT " FROM room_member d WHERE d.community_id = ?1 AND d.group_id = ?2 AND d.door = ?3" \
	" AND (d.door <> 'banned' OR d.until_at = 0 OR d.until_at > ?4)"

static QUERY(doors_count, READS, &row_doors_n, TAKES(K_ID, K_ID, K_STR, K_INSTANT), "SELECT count(*) AS n" DOORS_AT);
static QUERY(doors_of, READS, &row_door_line, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_ID, K_INT),
	"SELECT d.member_id AS id, COALESCE((SELECT m.nickname FROM member m WHERE m.community_id = d.community_id AND m.id = d.member_id), '')"
	" AS nickname, d.door, d.why, d.until_at, d.door_at" DOORS_AT " AND d.member_id > ?5 ORDER BY d.member_id LIMIT ?6");

static int show(struct request *rq, struct room_desk *ret)
{
	struct room room;
	struct group_brief group;
	struct doors_n asked, banned;
	int r = room_of_group(rq->tx, rq->community, rq->path_id, &room);
	if (r == E_NOT_FOUND) {
		*ret = (struct room_desk){ .quiet = false };
		return group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	}
	if (r < 0 || (r = tx_one(rq->tx, &doors_count, &asked, V(rq->community), V(room.group_id), V(S("asked")), V(tx_now(rq->tx)))) < 0 ||
	    (r = tx_one(rq->tx, &doors_count, &banned, V(rq->community), V(room.group_id), V(S("banned")), V(tx_now(rq->tx)))) < 0)
		return r;
	struct str path = room_path(rq->arena, &room);
	*ret = (struct room_desk){
		str_format(rq->arena, "%.*s%.*s", STR(rq->origin), STR(path)), path, room.quiet, room.last, asked.n, banned.n,
	};
	return 0;
}

static int get_desk(struct request *rq, const void *in, void *out)
{
	(void)in;
	return show(rq, out);
}

static int get_doors(struct request *rq, const void *in, void *out)
{
	const struct door_query *q = in;
	struct page *page = out;
	struct group_brief group;
	struct id after = { q->after.n ? q->after.n : INT64_MIN };
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	if (r < 0 || (r = tx_all(rq->tx, &doors_of, &page->rows, V(rq->community), V(group.id), V(q->door.len ? q->door : S("asked")),
	                         V(tx_now(rq->tx)), V(after),
	                         V((int64_t)DOORS_MOST))) < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_door_line, DOORS_MOST);
	return 0;
}

static int get_qr(struct request *rq, const void *in, void *out)
{
	struct room room;
	BUF_SCOPED png;
	(void)in;
	buf_init(&png, QR_BYTES);
	int r = room_open(rq->tx, rq->path_text, &room);
	if (r < 0 || (r = qr_png(str_format(rq->arena, "%.*s/r/%.*s", STR(rq->origin), STR(room.slug)), &QR_STYLE_PLAIN, &png)) < 0)
		return r;
	*(struct body *)out = (struct body){ .bytes = str_copy(rq->arena, buf_view(&png)), .type = "image/png", .max_age = QR_AGE };
	return 0;
}

/* ---- Acts ------------------------------------------------------------------------------------------------ */

static QUERY(name_of_account, READS, &row_text_item, TAKES(K_ID), "SELECT display AS item FROM account WHERE id = ?1");

static int post_words(struct request *rq, const void *in, void *out)
{
	const struct room_words *w = in;
	struct text_item me;
	BUF_SCOPED body;
	buf_init(&body, SEND_BODY_MAX);
	int r = tx_one(rq->tx, &name_of_account, &me, V(rq->account));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (r == E_NOT_FOUND)                         /* gone meanwhile: the community says it */
		me.item = S("");
	if (!str_trim(w->text).len)
		return rq_complain(rq, E_TOO_SHORT, S("text"));
	buf_z(&body, "{\"text\":");
	buf_json(&body, str_trim(w->text));
	buf_z(&body, ",\"by\":");
	buf_json(&body, me.item);
	buf_byte(&body, '}');
	struct outgoing o = {
		.group = rq->path_id, .what = w->pinned ? "notice" : "text", .body = str_copy(rq->arena, buf_view(&body)),
		.key = str_format(rq->arena, "desk %lld %.*s", (long long)rq->account.n, STR(w->key)), .reason = S("desk"), .actor = rq->account,
		.prompt = true,
	};
	if (buf_failed(&body))
		return E_TOO_LONG;
	r = outbox_put(rq->tx, rq->community, &o, &((struct put_words *)out)->id);
	return r <= 0 ? r : audit_note(rq, "room_said", rq->path_id, S(""));
}

/* Who stands before the door, or may come back. */
static int at_door(struct request *rq, const struct room *room, const struct desk_rule *d, struct id member)
{
	struct at_door door;
	bool refuse = str_is(d->what, "refuse");
	int r = door_of(rq->tx, room, member, &door);
	if (r < 0)
		return r;
	if (str_is(d->what, "admit"))
		return (r = door_set(rq->tx, room, member, "open", S(""), (struct instant){ 0 })) < 0 ? r : room_enter(rq->tx, room, member);
	if (!str_among(door.door, refuse ? "asked" : "refused banned"))
		return rq_complain(rq, E_ALREADY_DECIDED, S("member_id"));
	r = door_set(rq->tx, room, member, refuse ? "refused" : "open", refuse ? str_trim(d->text) : S(""), (struct instant){ 0 });
	return r < 0 ? r : room_changed(rq->tx, room, d->what);
}

static int act_on(struct request *rq, const struct room *room, const struct desk_rule *d)
{
	struct instant until = { d->minutes ? tx_now(rq->tx).ms + d->minutes * MINUTE : 0 };
	struct str why = str_trim(d->text);
	struct id member;
	struct member_brief brief;
	struct seat seat;
	int r = member_resolve(rq->tx, rq->community, d->member_id, &member);
	if (r == 0)
		r = member_get_brief(rq->tx, rq->community, (struct id){ 0 }, member, &brief);
	if (r < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("member_id")) : r;
	if (str_among(d->what, "admit refuse allow"))
		return at_door(rq, room, d, member);
	r = roster_get(rq->tx, rq->community, room->group_id, member, &seat);
	if (r == E_NOT_FOUND || (r == 0 && seat.left_at.ms))
		return rq_complain(rq, E_NOT_FOUND, S("member_id"));
	if (r < 0)
		return r;
	if (str_is(d->what, "mute"))
		return until.ms ? room_mute(rq->tx, room, member, until, why) : rq_complain(rq, E_MISSING_FIELD, S("minutes"));
	if (str_is(d->what, "unmute"))
		return room_mute(rq->tx, room, member, (struct instant){ 0 }, S(""));
	return str_is(d->what, "remove") ? room_remove(rq->tx, room, member, why, until) : room_role(rq->tx, room, member, d->what);
}

static int post_rule(struct request *rq, const void *in, void *out)
{
	const struct desk_rule *d = in;
	struct room room;
	int r = room_of_group(rq->tx, rq->community, rq->path_id, &room);
	if (r < 0)
		return r;
	if (str_among(d->what, "quiet loud"))
		r = room_quiet(rq->tx, &room, str_is(d->what, "quiet"));
	else if (!str_among(d->what, "recall pin unpin"))
		r = act_on(rq, &room, d);
	else if ((r = str_is(d->what, "recall") ? line_recall(rq->tx, &room, d->n)
	                                        : line_pin(rq->tx, &room, d->n, str_is(d->what, "pin"))) == E_NOT_FOUND)
		return rq_complain(rq, r, S("n"));
	if (r < 0 || (r = audit_note(rq, "room_ruled", d->member_id.n ? d->member_id : rq->path_id, d->what)) < 0)
		return r;
	return show(rq, out);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/groups/{id}/room",       ROLE_READER,   get_desk,   NULL, &row_room_desk,
	  "Where a group's room is, and who stands at its door", .sees = group_sees },
	{ "POST", "/groups/{id}/room",       ROLE_OPERATOR, post_rule,  &row_desk_rule, &row_room_desk,
	  "Let in, mute, remove, take back, pin, make admin", .also = ALSO(ROLE_HOST), .sees = group_sees },
	{ "GET",  "/groups/{id}/room/doors", ROLE_READER,   get_doors,  &row_door_query, &row_door_line,
	  "Who asks to come in, was refused, or may not come back", OUT_PAGE, .sees = group_sees },
	{ "POST", "/groups/{id}/say",        ROLE_OPERATOR, post_words, &row_room_words, &row_put_words,
	  "Say something in a group, in your own name, through the outbox", .also = ALSO(ROLE_HOST), .sees = group_sees },
	{ "GET",  "/r/{slug}/qr.png",        ROLE_PUBLIC,   get_qr,     NULL, NULL, "The room's link as a QR picture", OUT_BODY, .makes = "image/png" },
	{ 0 },
};

static const struct query *const queries[] = { &doors_count, &doors_of, &name_of_account, NULL };

const struct feature feature_room_desk = { .name = "room_desk", .api = "groups", .routes = routes, .queries = queries };
