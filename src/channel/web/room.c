/* room.c: rooms and their lines, and who stands at the door; the story is told in web.h.
 *
 * Story      Somebody makes a group of channel web: a moment later it has a room with an address nobody guesses. Staff take
 *            林晓 off the group's list: the room hears of it as of every other leaving, and her phone is shown out.
 * How        Two followers: groups become rooms; joinings and leavings, from wherever they are told, become lines.
 * Owns       room, room_line, room_pin, room_member.
 * Holds      Lines without their words (a message that was erased or has grown old) are not shown.
 * Test       room_test.c
 */
#include "channel/web/web.h"

#include "base/secret.h"
#include "engine/file/file.h"
#include "groups/group.h"
#include "http/personal.h"
#include "people/merge.h"

#define SLUG_LENGTH 16            /* 57^16 */
#define KEEP_DAYS   180           /* as messages */
#define UNREAD_MOST 100

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW(room,
	FIELD(room, community_id, "Community"),
	FIELD(room, group_id,     "Group"),
	FIELD(room, channel_id,   "Channel"),
	FIELD(room, slug,         "Its page is /r/SLUG"),
	FIELD(room, name,         "The group's name"),
	FIELD(room, last,         "Its newest line"),
	FIELD(room, version,      "Moves when something remembered is true no more"),
	FIELD(room, capacity,     "How many have room"),
	FIELD(room, present,      "How many are in"),
	FIELD(room, quiet,        "Only owner and admins may speak"),
	FIELD(room, asks,         "Who enters is looked at first"));

ROW(room_line,
	FIELD(room_line, n,          "Line"),
	FIELD(room_line, what,       "What happened"),
	FIELD(room_line, member_id,  "Who, or to whom"),
	FIELD(room_line, message_id, "What was said"),
	FIELD(room_line, about,      "The line or time it is about"),
	FIELD(room_line, voice,      "Staff's name"),
	FIELD(room_line, note,       "More words"),
	FIELD(room_line, picture,    "Picture"),
	FIELD(room_line, width,      "Its width"),
	FIELD(room_line, height,     "Its height"),
	FIELD(room_line, size,       "Bytes of a file"),
	FIELD(room_line, own,        "Goes with the line"),
	FIELD(room_line, mentions,   "Whom it mentions"),
	FIELD(room_line, reply,      "The line it answers"),
	FIELD(room_line, at,         "When"));

ROW_PUBLIC(line_shown,
	FIELD(line_shown, n,          "Number of the line"),
	FIELD(line_shown, what,       "What happened", .one_of = "said joined left removed recalled pinned unpinned renamed muted quiet role"),
	FIELD(line_shown, member,     "Who said it, or whom it is about; nobody: the community", .optional = true),
	FIELD(line_shown, name,       "What they are called here"),
	FIELD(line_shown, role,       "What they are here: owner admin member, or empty"),
	FIELD(line_shown, voice,      "Said by staff: their name"),
	FIELD(line_shown, kind,       "Of what was said: text image link file notice …"),
	FIELD(line_shown, text,       "What was said; of a file its name", .lines = true),
	FIELD(line_shown, url,        "Of a link: where it leads"),
	FIELD(line_shown, note,       "Of a link its text; renamed: the name; muted: why; role: which"),
	FIELD(line_shown, picture,    "Address of the picture; of a file: where it is saved from"),
	FIELD(line_shown, width,      "Its width; 0: unknown"),
	FIELD(line_shown, height,     "Its height"),
	FIELD(line_shown, size,       "Bytes of a file, else 0"),
	FIELD(line_shown, about,      "Recalled, pinned: the line; muted: until when; quiet: 1 or 0"),
	FIELD(line_shown, reply,      "The line it answers, or 0"),
	FIELD(line_shown, quote_name, "Who said that"),
	FIELD(line_shown, quote,      "… and what", .lines = true),
	FIELD(line_shown, mentions,   "Ids of members between spaces, or all"),
	FIELD(line_shown, recalled,   "It was taken back"),
	FIELD(line_shown, at,         "When"));

ROW(at_door,
	FIELD(at_door, door,     "Where they stand"),
	FIELD(at_door, why,      "Why not"),
	FIELD(at_door, until_at, "Until when"),
	FIELD(at_door, mute_why, "Why they may not speak"),
	FIELD(at_door, read_n,   "The last line they have seen"));

struct room_n { int64_t n; };
ROW(room_n, FIELD(room_n, n, "Number"));

struct web_group { struct str name, channel; };
ROW(web_group,
	FIELD(web_group, name,    "Its name"),
	FIELD(web_group, channel, "Where it lives"));

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "room_changed", "Something happened in a room: a joining, a removal, an announcement", "room" }, { 0 },
};

int room_changed(struct tx *tx, const struct room *room, struct str word)
{
	struct event e = { .subject = room->group_id, .via = room->channel_id, .word = word };
	return event_emit(tx, room->community_id, &events[0], &e);
}

/* ---- Which room ---------------------------------------------------------------------------------------- */

#define SELECT_ROOM \
	"SELECT r.community_id, r.group_id, r.channel_id, r.slug, g.name, r.last, r.version, g.capacity," \
	" COALESCE((SELECT p.present FROM roster p WHERE p.community_id = r.community_id AND p.group_id = r.group_id), 0) AS present," \
	" r.quiet, g.entry_by_approval AS asks FROM room r JOIN chat_group g ON g.community_id = r.community_id AND g.id = r.group_id" \
	" WHERE g.channel = 'web' AND "

static QUERY(room_by_slug, READS, &row_room, TAKES(K_STR), SELECT_ROOM "r.slug = ?1");
static QUERY(room_by_group, READS, &row_room, TAKES(K_ID, K_ID), SELECT_ROOM "r.community_id = ?1 AND r.group_id = ?2");

int room_open(struct tx *tx, struct str slug, struct room *ret)
{
	return tx_one(tx, &room_by_slug, ret, V(slug));
}

int room_of_group(struct tx *tx, struct id community, struct id group, struct room *ret)
{
	return tx_one(tx, &room_by_group, ret, V(community), V(group));
}

struct str room_path(struct arena *arena, const struct room *room)
{
	return str_format(arena, "/r/%.*s", STR(room->slug));
}

/* ---- Lines ------------------------------------------------------------------------------------------------ */

static QUERY(room_next, WRITES, &row_room_n, TAKES(K_ID, K_ID, K_INT),
	"UPDATE room SET last = last + 1, version = version + ?3 WHERE community_id = ?1 AND group_id = ?2 RETURNING last AS n");

static QUERY(line_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_INT, K_STR, K_ID, K_ID, K_INT, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR, K_INT, K_INSTANT, K_INT, K_BOOL),
	"INSERT INTO room_line (community_id, group_id, n, what, member_id, message_id, about, voice, note, picture, width, height,"
	" size, own, mentions, reply, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?16, ?17, ?13, ?14, ?15)");

static int next_line(struct tx *tx, const struct room *room, bool moves, int64_t *ret)
{
	struct room_n next;
	int r = tx_one(tx, &room_next, &next, V(room->community_id), V(room->group_id), V((int64_t)moves));
	if (r == 0)
		*ret = next.n;
	return r;
}

static int put_line(struct tx *tx, const struct room *room, int64_t n, const struct room_line *l)
{
	int r = tx_run(tx, &line_insert, V(room->community_id), V(room->group_id), V(n), V(l->what), V(l->member_id), V(l->message_id),
	               V(l->about), V(l->voice), V(l->note), V(l->picture), V(l->width), V(l->height), V(l->mentions), V(l->reply),
	               V(tx_now(tx)), V(l->size), V(l->own));
	return r < 0 ? r : 0;
}

int room_add(struct tx *tx, const struct room *room, const struct room_line *l, unsigned flags, int64_t *ret_n)
{
	int64_t n = l->n;                             /* given already, when its message had to know it */
	int r = n ? 0 : next_line(tx, room, flags & LINE_MOVES, &n);
	if (r < 0 || (r = put_line(tx, room, n, l)) < 0 || (!(flags & LINE_TOLD) && (r = room_changed(tx, room, l->what)) < 0))
		return r;
	if (ret_n)
		*ret_n = n;
	return 0;
}

int room_number(struct tx *tx, const struct room *room, int64_t *ret)
{
	return next_line(tx, room, false, ret);
}

#define NAME_OF(s, m) "COALESCE(CASE WHEN " s ".card <> '' THEN " s ".card END, " m ".nickname, '')"
#define SELECT_LINE \
	"SELECT l.n, l.what, l.member_id AS member, " NAME_OF("s", "m") " AS name, COALESCE(s.role, '') AS role, l.voice," \
	" COALESCE(x.kind, '') AS kind, CASE WHEN x.recalled_at <> 0 THEN '' ELSE COALESCE(x.text, '') END AS text," \
	" CASE WHEN x.kind = 'link' AND x.recalled_at = 0 THEN x.media ELSE '' END AS url," \
	" CASE WHEN x.recalled_at <> 0 THEN '' ELSE l.note END AS note, CASE WHEN x.recalled_at <> 0 THEN '' ELSE l.picture END AS picture," \
	" l.width, l.height, CASE WHEN x.recalled_at <> 0 THEN 0 ELSE l.size END AS size, l.about, l.reply," \
	" COALESCE((SELECT " NAME_OF("qs", "qm") " FROM room_line q" \
	" LEFT JOIN member qm ON qm.community_id = q.community_id AND qm.id = q.member_id" \
	" LEFT JOIN seat qs ON qs.community_id = q.community_id AND qs.group_id = q.group_id AND qs.member_id = q.member_id" \
	" WHERE q.community_id = l.community_id AND q.group_id = l.group_id AND q.n = l.reply), '') AS quote_name," \
	" COALESCE((SELECT CASE WHEN qx.recalled_at <> 0 THEN '' ELSE qx.text END FROM room_line q JOIN message qx" \
	" ON qx.community_id = q.community_id AND qx.id = q.message_id" \
	" WHERE q.community_id = l.community_id AND q.group_id = l.group_id AND q.n = l.reply), '') AS quote," \
	" l.mentions, COALESCE(x.recalled_at, 0) <> 0 AS recalled, l.at FROM room_line l" \
	" LEFT JOIN message x ON x.community_id = l.community_id AND x.id = l.message_id" \
	" LEFT JOIN member m ON m.community_id = l.community_id AND m.id = l.member_id" \
	" LEFT JOIN seat s ON s.community_id = l.community_id AND s.group_id = l.group_id AND s.member_id = l.member_id" \
	" WHERE l.community_id = ?1 AND l.group_id = ?2 AND (l.what <> 'said' OR x.id IS NOT NULL)"

static QUERY(lines_older, READS, &row_line_shown, TAKES(K_ID, K_ID, K_INT, K_INT),
	SELECT_LINE " AND l.n < ?3 AND l.what IN ('said', 'joined', 'renamed', 'muted', 'quiet', 'role') ORDER BY l.n DESC LIMIT ?4");
static QUERY(lines_newer, READS, &row_line_shown, TAKES(K_ID, K_ID, K_INT, K_INT), SELECT_LINE " AND l.n > ?3 ORDER BY l.n LIMIT ?4");
static QUERY(lines_on_top, READS, &row_line_shown, TAKES(K_ID, K_ID),
	SELECT_LINE " AND l.n IN (SELECT p.n FROM room_pin p WHERE p.community_id = ?1 AND p.group_id = ?2) ORDER BY l.n DESC LIMIT 10");

/* Uploaded pictures have a key, those of links an address. */
static void addresses(struct tx *tx, struct rows rows)
{
	struct line_shown *l = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		if (l[i].picture.len && !str_starts(l[i].picture, S("http")))
			l[i].picture = file_url(tx_arena(tx), l[i].picture);
}

int lines_before(struct tx *tx, const struct room *room, int64_t before, int64_t limit, struct rows *ret)
{
	int r = tx_all(tx, &lines_older, ret, V(room->community_id), V(room->group_id), V(before ? before : INT64_MAX), V(limit));
	if (r >= 0)
		addresses(tx, *ret);
	return r < 0 ? r : 0;
}

int lines_after(struct tx *tx, const struct room *room, int64_t after, int64_t limit, struct rows *ret)
{
	int r = tx_all(tx, &lines_newer, ret, V(room->community_id), V(room->group_id), V(after), V(limit));
	if (r >= 0)
		addresses(tx, *ret);
	return r < 0 ? r : 0;
}

int lines_pinned(struct tx *tx, const struct room *room, struct rows *ret)
{
	int r = tx_all(tx, &lines_on_top, ret, V(room->community_id), V(room->group_id));
	if (r >= 0)
		addresses(tx, *ret);
	return r < 0 ? r : 0;
}

static QUERY(line_by_n, READS, &row_room_line, TAKES(K_ID, K_ID, K_INT),
	"SELECT n, what, member_id, message_id, about, voice, note, picture, width, height, size, own, mentions, reply, at FROM room_line"
	" WHERE community_id = ?1 AND group_id = ?2 AND n = ?3");

int line_get(struct tx *tx, const struct room *room, int64_t n, struct room_line *ret)
{
	return tx_one(tx, &line_by_n, ret, V(room->community_id), V(room->group_id), V(n));
}

static QUERY(lines_unseen, READS, &row_room_n, TAKES(K_ID, K_ID, K_INT, K_ID, K_INT),
	"SELECT count(*) AS n FROM (SELECT l.n FROM room_line l WHERE l.community_id = ?1 AND l.group_id = ?2 AND l.n > ?3"
	" AND l.what = 'said' AND l.member_id <> ?4 LIMIT ?5) AS unseen", .scans = true);

int lines_unread(struct tx *tx, const struct room *room, int64_t after, struct id but, int64_t *ret)
{
	struct room_n n;
	int r = tx_one(tx, &lines_unseen, &n, V(room->community_id), V(room->group_id), V(after), V(but), V((int64_t)UNREAD_MOST));
	if (r == 0)
		*ret = n.n;
	return r;
}

static QUERY(pin_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INSTANT),
	"INSERT INTO room_pin (community_id, group_id, n, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (community_id, group_id, n) DO NOTHING");
static QUERY(pin_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM room_pin WHERE community_id = ?1 AND group_id = ?2 AND n = ?3");
static QUERY(pins_of, READS, &row_room_n, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM room_pin WHERE community_id = ?1 AND group_id = ?2");
/* For announcements that come by themselves: the oldest makes place. */
static QUERY(pin_drop_oldest, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM room_pin WHERE community_id = ?1 AND group_id = ?2 AND n NOT IN (SELECT n FROM room_pin"
	" WHERE community_id = ?1 AND group_id = ?2 ORDER BY at DESC, n DESC LIMIT ?3)");

/* What was said and still stands. */
static int line_said(struct tx *tx, const struct room *room, int64_t n, struct room_line *ret)
{
	struct message m;
	int r = line_get(tx, room, n, ret);
	if (r < 0 || !str_is(ret->what, "said"))
		return r < 0 ? r : E_NOT_FOUND;
	r = message_get(tx, room->community_id, ret->message_id, &m);
	return r < 0 ? r : m.recalled_at.ms ? E_NOT_FOUND : 0;
}

int line_pin(struct tx *tx, const struct room *room, int64_t n, bool on)
{
	struct room_line l;
	struct room_n pins;
	int r = line_said(tx, room, n, &l);
	if (r < 0)
		return r;
	r = on ? tx_run(tx, &pin_put, V(room->community_id), V(room->group_id), V(n), V(tx_now(tx)))
	       : tx_run(tx, &pin_drop, V(room->community_id), V(room->group_id), V(n));
	if (r <= 0 || (r = tx_one(tx, &pins_of, &pins, V(room->community_id), V(room->group_id))) < 0)
		return r;
	if (on && pins.n > PINS_MOST)
		return E_TOO_MANY;
	return room_add(tx, room, &(struct room_line){ .what = on ? S("pinned") : S("unpinned"), .about = n }, 0, NULL);
}

int line_recall(struct tx *tx, const struct room *room, int64_t n)
{
	struct room_line l;
	int r = line_get(tx, room, n, &l);
	if (r < 0 || !str_is(l.what, "said"))
		return r < 0 ? r : E_NOT_FOUND;
	struct str number = str_format(tx_arena(tx), "%lld", (long long)n);
	if ((r = message_recalled(tx, room->community_id, room->channel_id, room->group_id, number)) <= 0)
		return r;
	if ((l.own && (r = file_drop(tx, room->community_id, l.picture)) < 0) ||
	    (r = tx_run(tx, &pin_drop, V(room->community_id), V(room->group_id), V(n))) < 0)
		return r;
	return room_add(tx, room, &(struct room_line){ .what = S("recalled"), .member_id = l.member_id, .about = n }, LINE_MOVES, NULL);
}

/* ---- At the door --------------------------------------------------------------------------------------------- */

static QUERY(door_by_member, READS, &row_at_door, TAKES(K_ID, K_ID, K_ID),
	"SELECT door, why, until_at, mute_why, read_n FROM room_member WHERE community_id = ?1 AND group_id = ?2 AND member_id = ?3");

int door_of(struct tx *tx, const struct room *room, struct id member, struct at_door *ret)
{
	int r = tx_one(tx, &door_by_member, ret, V(room->community_id), V(room->group_id), V(member));
	if (r == E_NOT_FOUND)
		*ret = (struct at_door){ .door = S("open") };
	else if (r == 0 && str_is(ret->door, "banned") && ret->until_at.ms && ret->until_at.ms <= tx_now(tx).ms)
		ret->door = S("open"), ret->why = S("");
	return r == E_NOT_FOUND ? 0 : r;
}

static QUERY(door_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_INSTANT),
	"INSERT INTO room_member (community_id, group_id, member_id, door, why, until_at, door_at, mute_why, read_n)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', 0) ON CONFLICT (community_id, group_id, member_id)"
	" DO UPDATE SET door = ?4, why = ?5, until_at = ?6, door_at = ?7");
static QUERY(door_mute_why, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR),
	"INSERT INTO room_member (community_id, group_id, member_id, door, why, until_at, door_at, mute_why, read_n)"
	" VALUES (?1, ?2, ?3, 'open', '', 0, 0, ?4, 0) ON CONFLICT (community_id, group_id, member_id) DO UPDATE SET mute_why = ?4");
static QUERY(door_mark, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT),
	"INSERT INTO room_member (community_id, group_id, member_id, door, why, until_at, door_at, mute_why, read_n)"
	" VALUES (?1, ?2, ?3, 'open', '', 0, 0, '', ?4) ON CONFLICT (community_id, group_id, member_id)"
	" DO UPDATE SET read_n = ?4 WHERE room_member.read_n < ?4");

int door_set(struct tx *tx, const struct room *room, struct id member, const char *door, struct str why, struct instant until)
{
	int r = tx_run(tx, &door_put, V(room->community_id), V(room->group_id), V(member), V(str_of(door)), V(why), V(until), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

int door_read(struct tx *tx, const struct room *room, struct id member, int64_t n)
{
	int r = tx_run(tx, &door_mark, V(room->community_id), V(room->group_id), V(member), V(n < room->last ? n : room->last));
	return r < 0 ? r : 0;
}

/* ---- In and out ---------------------------------------------------------------------------------------------- */

int room_enter(struct tx *tx, const struct room *room, struct id member)
{
	struct at_door door;
	int r = door_of(tx, room, member, &door);
	if (r < 0 || str_is(door.door, "banned"))
		return r < 0 ? r : E_ROOM_BANNED;
	if (room->present >= room->capacity)
		return E_ROOM_FULL;
	struct seat_fact f = { .group = room->group_id, .member = member, .channel = room->channel_id, .how = S("room") };
	if ((r = roster_join(tx, room->community_id, &f)) < 0 || (r = door_set(tx, room, member, "open", S(""), (struct instant){ 0 })) < 0)
		return r;
	return door_read(tx, room, member, room->last);
}

static QUERY(room_moves, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE room SET version = version + 1 WHERE community_id = ?1 AND group_id = ?2");

int room_shut(struct tx *tx, const struct room *room)
{
	int r = tx_run(tx, &room_moves, V(room->community_id), V(room->group_id));
	return r < 0 ? r : 0;
}

int room_remove(struct tx *tx, const struct room *room, struct id member, struct str why, struct instant until)
{
	struct seat_fact f = { .group = room->group_id, .member = member, .channel = room->channel_id, .how = S("removed") };
	int r = roster_leave(tx, room->community_id, &f);
	return r < 0 || (r = room_shut(tx, room)) < 0 ? r : door_set(tx, room, member, "banned", why, until);
}

int room_mute(struct tx *tx, const struct room *room, struct id member, struct instant until, struct str why)
{
	int r = roster_mute(tx, room->community_id, room->group_id, member, until);
	if (r < 0 || (r = tx_run(tx, &door_mute_why, V(room->community_id), V(room->group_id), V(member), V(why))) < 0)
		return r;
	return room_add(tx, room, &(struct room_line){ .what = S("muted"), .member_id = member, .about = until.ms, .note = why }, 0, NULL);
}

static int set_role(struct tx *tx, const struct room *room, struct id member, struct str role)
{
	int r = roster_set_role(tx, room->community_id, room->group_id, member, role);
	return r < 0 ? r : room_add(tx, room, &(struct room_line){ .what = S("role"), .member_id = member, .note = role }, LINE_MOVES, NULL);
}

static QUERY(owners_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT member_id AS item FROM seat WHERE community_id = ?1 AND group_id = ?2 AND role = 'owner' AND left_at = 0 LIMIT 100");

int room_role(struct tx *tx, const struct room *room, struct id member, struct str role)
{
	struct seat seat;
	struct rows owners;
	int r = roster_get(tx, room->community_id, room->group_id, member, &seat);
	if (r < 0 || str_equal(seat.role, role))
		return r;
	if (str_is(role, "owner")) {
		r = tx_all(tx, &owners_of, &owners, V(room->community_id), V(room->group_id));
		const struct id_item *owner = owners.at;
		for (size_t i = 0; r >= 0 && i < owners.count; i++)
			r = set_role(tx, room, owner[i].item, S("admin"));
	}
	return r < 0 ? r : set_role(tx, room, member, role);
}

static QUERY(room_set_quiet, WRITES, NULL, TAKES(K_ID, K_ID, K_BOOL),
	"UPDATE room SET quiet = ?3 WHERE community_id = ?1 AND group_id = ?2 AND quiet <> ?3");

int room_quiet(struct tx *tx, const struct room *room, bool on)
{
	int r = tx_run(tx, &room_set_quiet, V(room->community_id), V(room->group_id), V(on));
	return r <= 0 ? r : room_add(tx, room, &(struct room_line){ .what = S("quiet"), .about = on }, 0, NULL);
}

int room_rename(struct tx *tx, const struct room *room, struct str name)
{
	if (str_equal(str_trim(name), room->name))
		return 0;
	int r = group_rename(tx, room->community_id, room->group_id, name);
	return r < 0 ? r : room_add(tx, room, &(struct room_line){ .what = S("renamed"), .note = str_trim(name) }, 0, NULL);
}

/* ---- We speak ------------------------------------------------------------------------------------------------- */

int room_speak(struct tx *tx, const struct room *room, const struct spoken *s, struct str *ret_number)
{
	struct room_line l = s->line;
	int r = hear_once(tx, room->community_id, room->channel_id, str_format(tx_arena(tx), "s %.*s", STR(s->key)));
	if (r <= 0 || (r = next_line(tx, room, false, &l.n)) < 0)
		return r;
	struct message m = {
		.group_id = room->group_id, .channel_id = room->channel_id, .number = str_format(tx_arena(tx), "%lld", (long long)l.n),
		.kind = s->kind, .text = s->text, .media = s->url.len ? s->url : l.picture,
	};
	l.what = S("said");
	if ((r = message_said(tx, room->community_id, &m, &l.message_id)) < 0 || (r = room_add(tx, room, &l, 0, NULL)) < 0)
		return r;
	if (s->pin && ((r = tx_run(tx, &pin_put, V(room->community_id), V(room->group_id), V(l.n), V(tx_now(tx)))) < 0 ||
	    (r = tx_run(tx, &pin_drop_oldest, V(room->community_id), V(room->group_id), V((int64_t)PINS_MOST))) < 0 ||
	    (r = room_add(tx, room, &(struct room_line){ .what = S("pinned"), .about = l.n }, LINE_TOLD, NULL)) < 0))
		return r;
	*ret_number = m.number;
	return 1;
}

/* ---- Groups become rooms ----------------------------------------------------------------------------------------- */

static QUERY(group_of_room, READS, &row_web_group, TAKES(K_ID, K_ID),
	"SELECT name, channel FROM chat_group WHERE community_id = ?1 AND id = ?2");
static QUERY(room_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_INSTANT, K_BOOL),
	"INSERT INTO room (community_id, group_id, channel_id, slug, last, version, quiet, created_at) VALUES (?1, ?2, ?3, ?4, 0, 0, ?6, ?5)"
	" ON CONFLICT (community_id, group_id) DO UPDATE SET channel_id = ?3");

static int web_channel(struct tx *tx, struct id community, struct channel *ret)
{
	struct rows rows;
	int r = channel_list(tx, community, S("web"), &rows);
	if (r < 0)
		return r;
	if (rows.count) {
		*ret = *(struct channel *)rows.at;
		return 0;
	}
	struct id made;
	r = channel_make(tx, community, S("web"), S("群聊页"), &made);
	return r < 0 ? r : channel_get(tx, community, made, ret);
}

static int make_room(struct tx *tx, struct id community, struct id group)
{
	struct room room;
	struct channel c;
	char slug[SLUG_LENGTH + 1];
	int r = room_of_group(tx, community, group, &room);
	if (r == 0)                                   /* it lived elsewhere for a while, perhaps */
		return (r = channel_get(tx, community, room.channel_id, &c)) < 0 ? r
			: channel_bind(tx, community, &c, room.slug, S(""), group, &group);
	if (r != E_NOT_FOUND || (r = web_channel(tx, community, &c)) < 0)
		return r;
	secret_slug(slug, SLUG_LENGTH);
	struct str name = str_copy(tx_arena(tx), str_of(slug));
	return (r = channel_bind(tx, community, &c, name, S(""), group, &group)) < 0 ||
	       (r = tx_run(tx, &room_insert, V(community), V(group), V(c.id), V(name), V(tx_now(tx)), V(false))) < 0 ||
	       (r = group_set_page(tx, community, group, str_format(tx_arena(tx), "/r/%s", slug))) < 0 ? r : 0;
}

static int follow_groups(struct tx *tx, struct id community, const struct event *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct web_group g;
		struct id group = str_is(e[i].kind, "channel_changed") ? e[i].object : e[i].subject;
		int r = tx_one(tx, &group_of_room, &g, V(community), V(group));
		if (r == 0 && str_is(g.channel, "web"))
			r = make_room(tx, community, group);
		if (r < 0 && r != E_NOT_FOUND && r != E_TOO_MANY)
			return r;
	}
	return 0;
}

static int follow_seats(struct tx *tx, struct id community, const struct event *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct room room;
		int r = room_of_group(tx, community, e[i].subject, &room);
		bool joined = str_is(e[i].kind, "member_joined_group");
		struct room_line l = {
			.what = joined ? S("joined") : str_is(e[i].word, "removed") ? S("removed") : S("left"), .member_id = e[i].actor,
		};
		if (r == 0)
			r = room_add(tx, &room, &l, joined ? 0 : LINE_MOVES, NULL);
		if (r < 0 && r != E_NOT_FOUND)
			return r;
	}
	return 0;
}

static const struct follower followers[] = {
	{ "room_of_group", "group_made group_changed channel_changed", follow_groups },
	{ "room_seats", "member_joined_group member_left_group", follow_seats },
	{ 0 },
};

/* ---- Care --------------------------------------------------------------------------------------------------------- */

static QUERY(lines_old, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM room_line WHERE community_id = ?1 AND (group_id, n) IN (SELECT group_id, n FROM room_line"
	" WHERE community_id = ?1 AND at < ?2 ORDER BY at LIMIT ?3)");

static int run_sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return community_sweep(context->store, context->arena, &lines_old, KEEP_DAYS * DAY);
}

static const struct job_kind jobs[] = {
	{ "room_sweep", "Deletes lines of rooms older than half a year", run_sweep, .every_ms = 6 * HOUR }, { 0 },
};

/* ---- What is kept about people, and what a merge moves --------------------------------------------------------------- */

struct room_kept { struct str group, door, why, mute_why; };

ROW(room_kept,
	FIELD(room_kept, group,    "Group"),
	FIELD(room_kept, door,     "Where they stand"),
	FIELD(room_kept, why,      "Why"),
	FIELD(room_kept, mute_why, "Why they may not speak"));

static QUERY(doors_shown, READS, &row_room_kept, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT g.name FROM chat_group g WHERE g.community_id = d.community_id AND g.id = d.group_id), '') AS \"group\","
	" d.door, d.why, d.mute_why FROM room_member d WHERE d.community_id = ?1 AND d.member_id = ?2 ORDER BY d.group_id LIMIT 1000");
/* What phones and memory hold of them is true no more. */
static QUERY(rooms_move, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE room SET version = version + 1 WHERE community_id = ?1 AND group_id IN (SELECT group_id FROM room_line"
	" WHERE community_id = ?1 AND member_id = ?2)");
/* Line by line the numbers stay without gaps; who it was does not. */
static QUERY(lines_forget, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE room_line SET member_id = ?3, note = '', picture = '', mentions = '' WHERE community_id = ?1 AND member_id = ?2");
static QUERY(doors_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM room_member WHERE community_id = ?1 AND member_id = ?2");
static QUERY(room_pictures, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT picture AS item FROM room_line WHERE community_id = ?1 AND member_id = ?2 AND picture <> ''"
	" AND picture NOT LIKE 'http%' LIMIT 100000");

static const struct personal personal[] = {
	{ "room_line room_member", "你在群聊页里的状态和图片", "Your place in group rooms, and pictures you sent there",
	  "群 状态 原因 禁言原因", BY_MEMBER, &doors_shown, .files = &room_pictures,
	  .erases = { &rooms_move, &lines_forget, &doors_drop } },
	{ 0 },
};

MEMBER_PLACE(room_line, "room_line", "member_id", "CAST(group_id AS TEXT) || ' ' || CAST(n AS TEXT)", "");
MEMBER_PLACE(room_member, "room_member", "member_id", "CAST(group_id AS TEXT)",
	" AND NOT EXISTS (SELECT 1 FROM room_member o WHERE o.community_id = room_member.community_id"
	" AND o.group_id = room_member.group_id AND o.member_id = ?4)");

static const struct member_place places[] = {
	{ "room_line", &room_line_note, &room_line_move, NULL }, { "room_member", &room_member_note, &room_member_move, NULL }, { 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&room_by_slug, &room_by_group, &room_next, &line_insert, &lines_older, &lines_newer, &lines_on_top, &line_by_n, &lines_unseen,
	&pin_put, &pin_drop, &pins_of, &pin_drop_oldest, &door_by_member, &door_put, &door_mute_why, &door_mark, &room_set_quiet,
	&room_moves, &owners_of,
	&group_of_room, &room_insert, &lines_old, &doors_shown, &rooms_move, &lines_forget, &doors_drop, &room_pictures,
	&room_line_note, &room_line_move, &room_member_note, &room_member_move, NULL,
};

const struct feature feature_room = {
	.name = "room", .queries = queries, .events = events, .followers = followers, .jobs = jobs, .personal = personal, .places = places,
};
