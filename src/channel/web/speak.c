/* speak.c: what members say in a room: texts, pictures, answers, mentions; and taking it back.
 *
 * Holds      A phone that lost its connection sends the same key again: said once. Who is muted, or outside, says nothing; in a
 *            quiet room only owner and admins do. Words are judged by automations (they hear message_heard), not here.
 * Test       room_test.c
 */
#include "channel/web/web.h"

#include "base/utf8.h"
#include "engine/file/file.h"
#include "media/picture.h"

#define PICTURE_SIDE 1600
#define BURST        8            /* messages of one member in BURST_TIME … */
#define BURST_TIME   (10 * SECOND)
#define STEADY       60           /* … and in STEADY_TIME */
#define STEADY_TIME  (5 * MINUTE)

/* ---- Rows ------------------------------------------------------------------------------------- */

struct say_input { struct str text; int64_t reply; struct rows mentions; bool everybody; struct str key; };
ROW(say_input,
	FIELD(say_input, text,     "What you say", .min = 1, .max = SAY_MOST, .lines = true),
	FIELD(say_input, reply,    "The line it answers; 0: none", .min = 0, .max = LINES_EVER, .optional = true),
	FIELD(say_input, mentions, "Members it mentions", .of = &row_id_item, .max = MENTIONS_MOST, .optional = true),
	FIELD(say_input, everybody, "It mentions everybody; owner and admins may", .optional = true),
	FIELD(say_input, key,      "Names it for good: sent again it is the same", .min = 8, .max = 40, .pattern = "[A-Za-z0-9_-]+"));

struct show_input { struct blob picture; struct str key; };
ROW(show_input,
	FIELD(show_input, key,     "Names it for good: sent again it is the same", .min = 8, .max = 40, .pattern = "[A-Za-z0-9_-]+"),
	FIELD(show_input, picture, "PNG or JPEG", .max = PICTURE_BYTES_MAX));

struct line_input { int64_t n; };
ROW(line_input, FIELD(line_input, n, "Line", .min = 1, .max = LINES_EVER));

struct said_at { int64_t n; };
ROW(said_at, FIELD(said_at, n, "Its line; 0: it was said before"));

struct shown_picture { struct blob bytes; const char *type; struct picture_info info; };

/* ---- Rules ---------------------------------------------------------------------------------------- */

static int may_speak(const struct guest *g)
{
	if (g->seat.muted_until.ms > tx_now(g->rq->tx).ms)
		return E_MUTED;
	return g->room.quiet && !guest_rules(g) ? E_ROOM_QUIET : 0;
}

static bool too_fast(struct request *rq, const struct guest *g)
{
	struct str who = str_format(rq->arena, "room say %lld %lld", (long long)g->room.group_id.n, (long long)g->member.n);
	struct str long_run = str_format(rq->arena, "room talk %lld %lld", (long long)g->room.group_id.n, (long long)g->member.n);
	return !rq_allow(rq, who, BURST, BURST_TIME) || !rq_allow(rq, long_run, STEADY, STEADY_TIME);
}

/* ---- Actions ---------------------------------------------------------------------------------------- */

/* The name by which the room knows them as a platform would. */
static int subject_of(struct guest *g, const struct channel *c, struct str *ret)
{
	struct request *rq = g->rq;
	struct id whose;
	int r = channel_subject(rq->tx, rq->community, c, g->member, ret);
	if (r != E_NOT_FOUND)
		return r;
	*ret = str_format(rq->arena, "%lld", (long long)g->member.n);
	r = member_identify(rq->tx, rq->community, g->member, S("web"), *ret, &whose);
	return r < 0 ? r : 0;
}

static int64_t said(struct guest *g, struct heard *h, struct room_line *l, struct str key)
{
	struct request *rq = g->rq;
	struct channel c;
	int r = hear_once(rq->tx, rq->community, g->room.channel_id,
	                  str_format(rq->arena, "k %lld %.*s", (long long)g->member.n, STR(key)));
	if (r <= 0 || (r = channel_get(rq->tx, rq->community, g->room.channel_id, &c)) < 0)
		return r;
	if (str_is(c.state, "off"))
		return E_ROOM_QUIET;
	if ((r = subject_of(g, &c, &h->person)) < 0 || (r = room_number(rq->tx, &g->room, &l->n)) < 0)
		return r;
	h->group = g->room.slug, h->number = str_format(rq->arena, "%lld", (long long)l->n), h->at = tx_now(rq->tx);
	h->reply_to = l->reply ? str_format(rq->arena, "%lld", (long long)l->reply) : S("");
	if ((r = hear_message(rq->tx, rq->community, &c, h, &l->message_id, &l->member_id)) <= 0)
		return r < 0 ? r : E_NOT_IN_ROOM;
	if ((r = channel_is_heard(rq->tx, rq->community, &c)) < 0)
		return r;
	l->what = S("said");
	return (r = room_add(rq->tx, &g->room, l, LINE_TOLD, NULL)) < 0 ? r : l->n;
}

/* Those of them who are in the room. */
static int mentioned(struct guest *g, struct rows mentions, struct str *ret)
{
	const struct id_item *m = mentions.at;
	struct str list = S("");
	for (size_t i = 0; i < mentions.count; i++) {
		struct seat seat;
		int r = roster_get(g->rq->tx, g->rq->community, g->room.group_id, m[i].item, &seat);
		if (r < 0 && r != E_NOT_FOUND)
			return r;
		if (r == 0 && !seat.left_at.ms)
			list = str_format(g->rq->arena, "%.*s%s%lld", STR(list), list.len ? " " : "", (long long)m[i].item.n);
	}
	*ret = list;
	return 0;
}

static int post_say(struct request *rq, const void *in, void *out)
{
	const struct say_input *input = in;
	struct guest g;
	struct room_line l = { .reply = input->reply }, answered;
	struct heard h = { .kind = S("text"), .text = str_trim(input->text) };
	int r = guest_inside(rq, &g);
	if (r < 0 || (r = may_speak(&g)) < 0)
		return r;
	if (!h.text.len)
		return rq_complain(rq, E_TOO_SHORT, S("text"));
	if (too_fast(rq, &g))
		return E_SLOW_DOWN;
	if (input->everybody && !guest_rules(&g))
		return E_FORBIDDEN;
	r = l.reply ? line_get(rq->tx, &g.room, l.reply, &answered) : 0;
	if (r == E_NOT_FOUND || (l.reply && r == 0 && !str_is(answered.what, "said")))
		return rq_complain(rq, E_NOT_FOUND, S("reply"));
	if (r < 0 || (!input->everybody && (r = mentioned(&g, input->mentions, &l.mentions)) < 0))
		return r;
	if (input->everybody)
		l.mentions = S("all");
	h.mentions_us = l.reply && !answered.member_id.n;
	int64_t n = said(&g, &h, &l, input->key);
	((struct said_at *)out)->n = n > 0 ? n : 0;
	return n < 0 ? (int)n : 0;
}

/* Decoding is slow, so it is done before the transaction, and only for who may speak. */
static int ready_show(struct request *rq, const void *in, void *out)
{
	const struct show_input *input = in;
	struct shown_picture *clean = ARENA_NEW(rq->arena, struct shown_picture);
	struct guest g;
	enum picture_type type;
	(void)out;
	int r = clean ? guest_inside(rq, &g) : E_MEMORY;
	if (r < 0 || (r = may_speak(&g)) < 0)
		return r;
	if ((r = picture_reduce(input->picture, PICTURE_SIDE, rq->arena, &clean->bytes, &type)) < 0 ||
	    (r = picture_probe(clean->bytes, &clean->info)) < 0)
		return rq_complain(rq, r, S("picture"));
	clean->type = picture_media_type(type);
	rq->kept = clean;
	return 0;
}

static int post_show(struct request *rq, const void *in, void *out)
{
	const struct show_input *input = in;
	const struct shown_picture *clean = rq->kept;
	struct guest g;
	struct heard h = { .kind = S("image") };
	struct room_line l = { .width = clean->info.width, .height = clean->info.height };
	int r = guest_inside(rq, &g);
	if (r < 0 || (r = may_speak(&g)) < 0)
		return r;
	if (too_fast(rq, &g))
		return E_SLOW_DOWN;
	if ((r = file_keep(rq->tx, rq->community, clean->bytes, clean->type, &l.picture)) < 0)
		return r;
	h.media = l.picture, l.own = true;
	int64_t n = said(&g, &h, &l, input->key);
	if (n == 0)                                   /* said before: this copy is one too many */
		r = file_drop(rq->tx, rq->community, l.picture);
	((struct said_at *)out)->n = n > 0 ? n : 0;
	return n < 0 ? (int)n : r < 0 ? r : 0;
}

/* One's own within TAKE_BACK; an admin's right is rule.c's. */
static int post_recall(struct request *rq, const void *in, void *out)
{
	const struct line_input *input = in;
	struct guest g;
	struct room_line l;
	(void)out;
	int r = guest_inside(rq, &g);
	if (r < 0 || (r = line_get(rq->tx, &g.room, input->n, &l)) < 0)
		return r;
	if (!str_is(l.what, "said") || (l.member_id.n != g.member.n && !guest_rules(&g)))
		return E_NOT_FOUND;
	if (!guest_rules(&g) && tx_now(rq->tx).ms - l.at.ms > TAKE_BACK)
		return E_TAKE_BACK_LATE;
	return line_recall(rq->tx, &g.room, input->n);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/r/{slug}/say",    ROLE_VISITOR, post_say,    &row_say_input, &row_said_at, "Say something" },
	{ "POST", "/r/{slug}/show",   ROLE_VISITOR, post_show,   &row_show_input, &row_said_at, "Send a picture",
	  .ready = ready_show, .body_max = 7 << 20 },
	{ "POST", "/r/{slug}/recall", ROLE_VISITOR, post_recall, &row_line_input, NULL,
	  "Take back what you said in the last two minutes; admins: what anybody said", OUT_NONE },
	{ 0 },
};

const struct feature feature_room_speak = { .name = "room_speak", .routes = routes };
