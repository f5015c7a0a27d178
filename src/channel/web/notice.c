/* notice.c: what is said to one member on the page of their rooms, and seen by nobody else.
 *
 * Story      安安 helps 林晓, whom no 公众号 and no QQ reaches: she is only in the room. When she looks at it next, a line on top
 *            says "1 message for you"; she opens it, follows its link, and the mark is gone.
 * Not here   The talk itself; a way for every kind of send: nobody is woken by it, so it is what remains where nothing else reaches
 *            (campaign/message/tell.c).
 * Owns       room_notice.
 * Holds      It belongs to the member, not to a room: in whichever of them they look, they see it. Put twice under one key it is
 *            one. The newest NOTICES_MOST of a member are kept.
 * Test       campaign/message/message_test.c
 */
#include "channel/web/web.h"

#include "http/personal.h"
#include "people/merge.h"

#define NOTICES_MOST 50

/* ---- Rows ------------------------------------------------------------------------------------- */

struct room_notice { struct id id; struct str text, path; struct instant at; bool seen; };
struct notices_seen { struct id id; };

ROW(room_notice,
	FIELD(room_notice, id,   "Message"),
	FIELD(room_notice, text, "What it says", .lines = true),
	FIELD(room_notice, path, "The page it leads to, or empty"),
	FIELD(room_notice, at,   "When"),
	FIELD(room_notice, seen, "You have opened it"));

ROW(notices_seen, FIELD(notices_seen, id, "The newest you have seen"));

/* ---- Putting ------------------------------------------------------------------------------------ */

static QUERY(notice_room, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT s.group_id AS item FROM seat s JOIN room r ON r.community_id = s.community_id AND r.group_id = s.group_id"
	" JOIN channel c ON c.community_id = r.community_id AND c.id = r.channel_id AND c.state = 'on'"
	" WHERE s.community_id = ?1 AND s.member_id = ?2 AND s.left_at = 0 ORDER BY s.group_id LIMIT 1");

static QUERY(notice_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_INSTANT, K_BOOL),
	"INSERT INTO room_notice (community_id, member_id, id, key, text, path, at, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
	" ON CONFLICT (community_id, key) DO NOTHING");

static QUERY(notices_old, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM room_notice WHERE community_id = ?1 AND member_id = ?2 AND id <= (SELECT id FROM room_notice"
	" WHERE community_id = ?1 AND member_id = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)");

int notice_to(struct tx *tx, struct id community, struct id member, struct str key, struct str text, struct str path)
{
	struct id_item room;
	int r = tx_one(tx, &notice_room, &room, V(community), V(member));
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = tx_run(tx, &notice_put, V(community), V(member), V(tx_new_id(tx)), V(key), V(text), V(path), V(tx_now(tx)), V(false))) <= 0)
		return r;
	r = tx_run(tx, &notices_old, V(community), V(member), V((int64_t)NOTICES_MOST));
	return r < 0 ? r : 1;
}

/* ---- The page ------------------------------------------------------------------------------------ */

static QUERY(notices_of, READS, &row_room_notice, TAKES(K_ID, K_ID, K_INT),
	"SELECT id, text, path, at, seen FROM room_notice WHERE community_id = ?1 AND member_id = ?2 ORDER BY id DESC LIMIT ?3");

static QUERY(notices_mark, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_BOOL),
	"UPDATE room_notice SET seen = ?4 WHERE community_id = ?1 AND member_id = ?2 AND id <= ?3 AND seen <> ?4");

static int get_notices(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct guest g;
	(void)in;
	int r = guest_inside(rq, &g);
	if (r < 0 || (r = tx_all(rq->tx, &notices_of, &page->rows, V(rq->community), V(g.member), V((int64_t)NOTICES_MOST))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int post_seen(struct request *rq, const void *in, void *out)
{
	const struct notices_seen *seen = in;
	struct guest g;
	(void)out;
	int r = guest_inside(rq, &g);
	if (r >= 0)
		r = tx_run(rq->tx, &notices_mark, V(rq->community), V(g.member), V(seen->id), V(true));
	return r < 0 ? r : 0;
}

/* ---- What is kept about people, and what a merge moves --------------------------------------------------------------- */

static QUERY(notices_shown, READS, &row_room_notice, TAKES(K_ID, K_ID),
	"SELECT id, text, path, at, seen FROM room_notice WHERE community_id = ?1 AND member_id = ?2 ORDER BY id DESC LIMIT 1000");
static QUERY(notices_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM room_notice WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = {
	{ "room_notice", "群聊页里单独写给你的消息", "Messages for you alone on the pages of your rooms", "编号 内容 链接 时间 看过",
	  BY_MEMBER, &notices_shown, .erases = { &notices_forget } },
	{ 0 },
};

MEMBER_PLACE(room_notice, "room_notice", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "room_notice", &room_notice_note, &room_notice_move, NULL }, { 0 } };

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/r/{slug}/notices", ROLE_VISITOR, get_notices, NULL, &row_room_notice, "What is said to you alone, newest first", OUT_PAGE },
	{ "POST", "/r/{slug}/notices", ROLE_VISITOR, post_seen, &row_notices_seen, NULL, "You have seen these", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&notice_room, &notice_put, &notices_old, &notices_of, &notices_mark, &notices_shown, &notices_forget, &room_notice_note,
	&room_notice_move, NULL,
};

const struct feature feature_room_notice = {
	.name = "room_notice", .routes = routes, .queries = queries, .personal = personal, .places = places,
};
