/* hear.c: what platforms tell us, taken in once, in whatever order it comes.
 *
 * Story      The QQ bot tells of a message twice, because our first answer was lost; a 公众号 tells of a scan before it tells of
 *            the following that came with it; a group's list says that somebody left who, we hear later, joined an hour ago.
 *            Each fact has a number of the platform's; the second time it is nothing new. A message is known by number
 *            and time together, as a row of `message`. What has no number, joinings and leavings, is judged by its time
 *            (groups/roster).
 * People     A subject we have not met becomes a member with the name the platform gives. If the platform also tells its number
 *            across accounts (unionid) and we know that one, the subject is one more identity of the same member. Two members
 *            who turn out to be one are left for staff to merge (people/twin proposes them): a machine's guess is not enough.
 * Owns       channel_heard, channel_lost.
 * Holds      What is told of a group that is not bound changes nothing: staff choose which groups Quntu listens to.
 *            A number is remembered HEARD_DAYS; no platform repeats itself later than that.
 * Test       hear_test.c: storms of repeated, reordered facts against a model, on both stores.
 */
#include "channel/channel.h"

#include "base/utf8.h"
#include "groups/roster.h"
#include "http/personal.h"
#include "people/member.h"
#include "people/merge.h"

#define HEARD_DAYS  7
#define NAME_MOST   40
#define NUMBER_MAX  120
#define SCENE_MAX   64
#define COMMENT_MAX 200

/* ---- Once ---------------------------------------------------------------------------------------- */

static QUERY(heard_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"INSERT INTO channel_heard (community_id, channel_id, number, at) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id, channel_id, number) DO NOTHING");

int hear_once(struct tx *tx, struct id community, struct id channel, struct str number)
{
	struct str cut = { number.at, number.len < NUMBER_MAX ? number.len : NUMBER_MAX };
	return tx_run(tx, &heard_insert, V(community), V(channel), V(cut), V(tx_now(tx)));
}

static QUERY(heard_sweep, WRITES, NULL, TAKES(K_ID, K_INSTANT, K_INT),
	"DELETE FROM channel_heard WHERE community_id = ?1 AND (channel_id, number) IN (SELECT channel_id, number FROM channel_heard"
	" WHERE community_id = ?1 AND at < ?2 ORDER BY at LIMIT ?3)");

static int run_sweep(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return community_sweep(context->store, context->arena, &heard_sweep, HEARD_DAYS * DAY);
}

/* ---- People ---------------------------------------------------------------------------------------- */

static int named(struct tx *tx, struct id community, struct id member, struct str nickname)
{
	struct member_profile p = { .nickname = utf8_cut(str_trim(nickname), NAME_MOST) };
	struct complaint why;
	if (!p.nickname.len)
		return 0;
	int r = member_change(tx, community, member, MEMBER_FILL, &p, (struct id){ 0 }, &why);
	return r < 0 ? r : 0;
}

/* Somebody new, or one more identity of whom the platform's other accounts know. */
static int met(struct tx *tx, struct id community, const struct channel *c, struct str subject, struct str union_subject,
               struct str nickname, const struct member_origin *origin, struct id *ret)
{
	struct member_profile p = { .nickname = utf8_cut(str_trim(nickname), NAME_MOST) };
	struct complaint why;
	struct id id, whose;
	int r = union_subject.len ? member_find(tx, community, S("union"), union_subject, &id) : E_NOT_FOUND;
	if (r == E_NOT_FOUND)
		r = member_make(tx, community, &p, origin, (struct id){ 0 }, &id, &why);
	if (r < 0 || (r = member_identify(tx, community, id, c->kind, subject, &whose)) < 0)
		return r;
	*ret = id;
	return 0;
}

int hear_person(struct tx *tx, struct id community, const struct channel *c, struct str subject, struct str union_subject,
                struct str nickname, struct id *ret_member)
{
	struct member_origin origin = { .source_label = c->name };
	return hear_person_from(tx, community, c, subject, union_subject, nickname, &origin, ret_member);
}

int hear_person_from(struct tx *tx, struct id community, const struct channel *c, struct str subject, struct str union_subject,
                     struct str nickname, const struct member_origin *origin, struct id *ret_member)
{
	struct id id, whose;
	int r = member_find(tx, community, c->kind, subject, &id);
	bool known = r == 0;
	if (r == E_NOT_FOUND)
		r = met(tx, community, c, subject, union_subject, nickname, origin, &id);
	if (r < 0)
		return r;
	if (union_subject.len && (r = member_identify(tx, community, id, S("union"), union_subject, &whose)) < 0 && r != E_CONFLICT)
		return r;
	*ret_member = id;
	return known ? named(tx, community, id, nickname) : 0;
}

/* Of whom every message tells the name: written only for those who have none. */
static int speaker(struct tx *tx, struct id community, const struct channel *c, const struct heard *h, struct id *ret)
{
	struct str name;
	int r = member_find_named(tx, community, c->kind, h->person, ret, &name);
	if (r == E_NOT_FOUND)
		return hear_person(tx, community, c, h->person, S(""), h->person_name, ret);
	return r < 0 || !h->person_name.len || name.len ? r : named(tx, community, *ret, h->person_name);
}

/* ---- Whom an ear has met ----------------------------------------------------------------------------------- */

struct acquaintance { struct str subject; struct id id; bool group, taken; };

/* Where this subject stands, or would. The subjects must outlive the ear. */
static struct acquaintance *ear_find(struct ear *e, struct str subject, bool group)
{
	uint64_t hash = UINT64_C(14695981039346656037) + group;
	for (size_t i = 0; i < subject.len; i++)
		hash = (hash ^ (unsigned char)subject.at[i]) * UINT64_C(1099511628211);
	for (size_t i = (size_t)(hash >> 20);; i++) {
		struct acquaintance *a = &e->at[i & (e->room - 1)];
		if (!a->taken || (a->group == group && str_equal(a->subject, subject)))
			return a;
	}
}

static bool ear_grow(struct ear *e, struct arena *arena)
{
	struct ear more = { arena_take_array(arena, e->room ? e->room * 2 : 256, sizeof *more.at), e->room ? e->room * 2 : 256, e->count };
	for (size_t i = 0; more.at && i < e->room; i++)
		if (e->at[i].taken)
			*ear_find(&more, e->at[i].subject, e->at[i].group) = e->at[i];
	if (more.at)
		*e = more;
	return more.at != NULL;
}

/* The place for this subject; NULL: without an ear, or memory. */
static struct acquaintance *ear_of(struct tx *tx, struct ear *e, struct str subject, bool group)
{
	if (!e || (e->count * 2 >= e->room && !ear_grow(e, tx_arena(tx))))
		return NULL;
	return ear_find(e, subject, group);
}

static void ear_keep(struct ear *e, struct acquaintance *a, struct str subject, bool group, struct id id)
{
	if (!a)
		return;
	*a = (struct acquaintance){ subject, id, group, true };
	e->count++;
}

/* ---- Messages ---------------------------------------------------------------------------------------- */

static int where(struct tx *tx, struct id community, const struct channel *c, const struct heard *h, struct id *ret)
{
	struct acquaintance *a = ear_of(tx, h->ear, h->group, true);
	if (a && a->taken)
		return *ret = a->id, a->id.n ? 0 : E_NOT_FOUND;
	struct id group = { 0 };
	int r = channel_group(tx, community, c->id, h->group, &group);
	if (r == 0 || r == E_NOT_FOUND)
		ear_keep(h->ear, a, h->group, true, group);
	*ret = group;
	return r;
}

/* The second time in an action their name is known already. */
static int who(struct tx *tx, struct id community, const struct channel *c, const struct heard *h, struct id *ret)
{
	struct acquaintance *a = ear_of(tx, h->ear, h->person, false);
	if (a && a->taken)
		return *ret = a->id, 0;
	int r = speaker(tx, community, c, h, ret);
	if (r >= 0 && h->person_name.len)
		ear_keep(h->ear, a, h->person, false, *ret);
	return r;
}

/* A platform that tells no time: its number alone must do. */
static int once_by_number(struct tx *tx, struct id community, const struct channel *c, const struct heard *h)
{
	return hear_once(tx, community, c->id, str_format(tx_arena(tx), "m %.*s %.*s", STR(h->group), STR(h->number)));
}

int hear_message(struct tx *tx, struct id community, const struct channel *c, const struct heard *h, struct id *ret_message,
                 struct id *ret_member)
{
	struct id group = { 0 }, member;
	int r = h->group.len ? where(tx, community, c, h, &group) : 0;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((!h->at.ms && (r = once_by_number(tx, community, c, h)) <= 0) || (r = who(tx, community, c, h, &member)) < 0)
		return r;
	struct message m = {
		.group_id = group, .channel_id = c->id, .member_id = member, .number = h->number, .kind = h->kind, .text = h->text,
		.media = h->media, .reply_to = h->reply_to, .at = h->at,
	};
	if ((r = message_heard(tx, community, &m, &m.id)) <= 0)
		return r;
	struct event e = { .subject = group, .actor = member, .object = m.id, .via = c->id, .n = h->mentions_us, .word = h->kind };
	if ((r = event_emit(tx, community, &channel_events[MESSAGE_HEARD], &e)) < 0)
		return r;
	if (ret_message)
		*ret_message = m.id;
	if (ret_member)
		*ret_member = member;
	return 1;
}

/* ---- Coming and going ------------------------------------------------------------------------------------ */

static int seat_fact_of(struct tx *tx, struct id community, const struct channel *c, const struct came *f, struct seat_fact *ret)
{
	*ret = (struct seat_fact){ .channel = c->id, .how = f->how, .at = f->at };
	int r = channel_group(tx, community, c->id, f->group, &ret->group);
	if (r < 0 || (r = hear_person(tx, community, c, f->person, S(""), f->person_name, &ret->member)) < 0)
		return r;
	if (f->inviter.len && !str_equal(f->inviter, f->person))
		r = member_find(tx, community, c->kind, f->inviter, &ret->inviter);
	return r == E_NOT_FOUND ? 0 : r;
}

int hear_joined(struct tx *tx, struct id community, const struct channel *c, const struct came *f)
{
	struct seat_fact seat;
	int r = seat_fact_of(tx, community, c, f, &seat);
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : roster_join(tx, community, &seat);
}

int hear_left(struct tx *tx, struct id community, const struct channel *c, const struct came *f, bool removed)
{
	struct seat_fact seat;
	int r = seat_fact_of(tx, community, c, f, &seat);
	seat.how = removed ? S("removed") : S("left");
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : roster_leave(tx, community, &seat);
}

/* A JSON object of two texts, for an event. */
static struct str pair_json(struct arena *arena, const char *a, struct str a_text, const char *b, struct str b_text)
{
	BUF_SCOPED json;
	buf_init(&json, 4096);
	buf_format(&json, "{\"%s\":", a);
	buf_json(&json, a_text);
	buf_format(&json, ",\"%s\":", b);
	buf_json(&json, b_text);
	buf_byte(&json, '}');
	return buf_failed(&json) ? S("") : str_copy(arena, buf_view(&json));
}

/* The group of theirs that we know; none: of a friend, or of an invitation into a group that is still to be bound. */
int hear_asked(struct tx *tx, struct id community, const struct channel *c, const struct asked_in *a)
{
	struct id group = { 0 }, member, ask;
	int r = a->group.len ? channel_group(tx, community, c->id, a->group, &group) : 0;
	if (r == E_NOT_FOUND && str_is(a->kind, "invite"))
		r = 0;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if (!a->flag.len || (r = hear_person(tx, community, c, a->person, S(""), S(""), &member)) < 0 ||
	    (r = ask_keep(tx, community, c->id, group, member, a, &ask)) <= 0)
		return r;
	struct event e = {
		.subject = group, .actor = member, .object = ask, .via = c->id, .word = a->kind,
		.data = pair_json(tx_arena(tx), "flag", a->flag, "comment", utf8_cut(a->comment, COMMENT_MAX)),
	};
	return (r = event_emit(tx, community, &channel_events[MEMBER_ASKED_IN], &e)) < 0 ? r : 1;
}

/* ---- Followers of an account ------------------------------------------------------------------------------- */

/* What happened last is true, whatever is told last. */
static QUERY(lost_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT, K_BOOL),
	"INSERT INTO channel_lost (community_id, channel_id, subject, at, lost) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (community_id, channel_id, subject) DO UPDATE SET at = excluded.at, lost = excluded.lost"
	" WHERE channel_lost.at <= excluded.at");

static QUERY(lost_of, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT count(*) AS item FROM channel_lost x JOIN identity i ON i.community_id = x.community_id AND i.subject = x.subject"
	" JOIN channel c ON c.community_id = x.community_id AND c.id = x.channel_id AND c.kind = i.channel"
	" WHERE x.community_id = ?1 AND x.channel_id = ?2 AND i.member_id = ?3 AND x.lost");

int channel_is_lost(struct tx *tx, struct id community, struct id channel, struct id member, bool *ret)
{
	struct id_item many;
	int r = tx_one(tx, &lost_of, &many, V(community), V(channel), V(member));
	if (r == 0)
		*ret = many.item.n > 0;
	return r;
}

int hear_following(struct tx *tx, struct id community, const struct channel *c, enum following what, struct str person,
                   struct str scene, struct str number, struct instant at, struct id *ret_member)
{
	static const enum channel_event kinds[] = { CHANNEL_FOLLOWED, CHANNEL_SCANNED, CHANNEL_UNFOLLOWED };
	struct id member;
	BUF_SCOPED data;
	buf_init(&data, 1024);
	int r = hear_once(tx, community, c->id, str_format(tx_arena(tx), "f %.*s", STR(number)));
	if (r <= 0 || (r = hear_person(tx, community, c, person, S(""), S(""), &member)) < 0 ||
	    (r = tx_run(tx, &lost_put, V(community), V(c->id), V(person), V(at), V(what == FOLLOWING_ENDED))) < 0)
		return r;
	if (scene.len) {
		buf_z(&data, "{\"scene\":");
		buf_json(&data, utf8_cut(scene, SCENE_MAX));
		buf_byte(&data, '}');
	}
	struct event e = { .subject = c->id, .actor = member, .data = buf_view(&data) };
	if (buf_failed(&data))
		return E_MEMORY;
	if ((r = event_emit(tx, community, &channel_events[kinds[what]], &e)) < 0)
		return r;
	if (ret_member)
		*ret_member = member;
	return 1;
}

/* ---- What is kept about people ---------------------------------------------------------------------------- */

struct follow_own { struct str account; struct instant at; bool lost; };

ROW(follow_own,
	FIELD(follow_own, account, "Account"),
	FIELD(follow_own, at,      "When you followed it, or stopped"),
	FIELD(follow_own, lost,    "You stopped"));

#define THEIRS(x) "EXISTS (SELECT 1 FROM identity i JOIN channel c ON c.community_id = i.community_id AND c.kind = i.channel" \
	" WHERE i.community_id = ?1 AND i.member_id = ?2 AND i.subject = " x ".subject AND c.id = " x ".channel_id)"

static QUERY(lost_show, READS, &row_follow_own, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT c.name FROM channel c WHERE c.community_id = x.community_id AND c.id = x.channel_id), '') AS account,"
	" x.at, x.lost FROM channel_lost x WHERE x.community_id = ?1 AND " THEIRS("x") " ORDER BY x.channel_id LIMIT 100");

static QUERY(lost_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM channel_lost WHERE community_id = ?1 AND " THEIRS("channel_lost"));

static const struct personal personal[] = {
	{ "channel_lost", "你什么时候关注或取消关注我们的账号", "When you followed our accounts, or stopped", "账号 时间 已取消", BY_MEMBER,
	  &lost_show, .erases = { &lost_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct job_kind jobs[] = {
	{ "channel_heard_sweep", "Forgets numbers that no platform repeats any more", run_sweep, .every_ms = HOUR }, { 0 },
};

static const struct query *const queries[] = { &heard_insert, &heard_sweep, &lost_put, &lost_of, &lost_show, &lost_forget, NULL };

const struct feature feature_hear = { .name = "hear", .queries = queries, .jobs = jobs, .personal = personal };
