/* group.c: customer groups: which there are, who is in them, and who came how.
 *
 * Story      At first connection the list is read page by page; each group's name and members follow. Staff bind the ones they run
 *            here. From then on an event tells that somebody came; two seconds later the group is read again, because only reading
 *            tells the name and the code they came by. Who left is told by the event itself, and whether they were removed.
 * How        Each change of a group's members gives it a new version. An event tells the one before and the one after: when the one before
 *            is what was read last, nothing was missed; otherwise the group is read again. Reading is bounded: so many pages and so
 *            many groups a run, then the job comes again where it stopped.
 * Owns       wecom_group, wecom_state; the remembered word "pass" of the channel
 * Holds      Who was there when a group is first read is written down quietly. A group that the list no longer has is gone; its
 *            people stay in ours until staff close it.
 * Test       wecom_group_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "base/utf8.h"
#include "channel/outbox/courier.h"
#include "groups/group.h"
#include "groups/roster.h"
#include "people/audit.h"
#include "people/member.h"

#define LIST_EVERY   (10 * MINUTE)
#define PAGE         1000                         /* groups in one answer */
#define PAGES_A_RUN  5
#define OWNERS       100                          /* in one owner_filter */
#define PASS_LIVES   HOUR
#define READ_A_RUN   40
#define BOUND_AGE    HOUR                         /* groups that are run here are read again after so long */
#define OTHER_AGE    DAY
#define LAG          (2 * SECOND)                 /* its data may be so much older than its events */
#define LAG_MOST     (5 * SECOND)
#define CHASE        (30 * SECOND)                /* so long a version that was told of is waited for */
#define SUBJECT_MOST 64
#define MEMBERS_MOST 2000                         /* the largest group there is */
#define LIST_SHOWN   500
#define NOTICE_MOST  500

/* ---- Rows ---- */

ROW_PUBLIC(wecom_group,
	FIELD(wecom_group, subject,   "chat_id"),
	FIELD(wecom_group, name,      "Its name; may be empty"),
	FIELD(wecom_group, owner,     "Owner's userid"),
	FIELD(wecom_group, notice,    "Its announcement"),
	FIELD(wecom_group, status,    "0 fine, 1 its owner left the corp, 2 being handed over, 3 handed over"),
	FIELD(wecom_group, members,   "How many are in it, staff included"),
	FIELD(wecom_group, staff,     "How many of them are staff"),
	FIELD(wecom_group, group_id,  "The group here; nobody's: it is not run here", .optional = true),
	FIELD(wecom_group, group_name, "What that group is called here"),
	FIELD(wecom_group, version,   "Version of its members as last read"),
	FIELD(wecom_group, wanted,    "Version that an event told of"),
	FIELD(wecom_group, wanted_at, "When it did", .optional = true),
	FIELD(wecom_group, asked_at,  "When its members were last read", .optional = true),
	FIELD(wecom_group, gone_at,   "When it was dismissed, or was listed no more", .optional = true),
	FIELD(wecom_group, trouble,   "Why it could not be read, in the platform's words"));

struct wecom_query { struct str q; bool bound; struct str after; };

ROW(wecom_query,
	FIELD(wecom_query, q,     "Part of the name", .max = 40, .optional = true),
	FIELD(wecom_query, bound, "Only those that are run here", .optional = true),
	FIELD(wecom_query, after, "Only those after this chat_id", .max = SUBJECT_MOST, .optional = true));

/* ---- Queries ---- */

#define SELECT_GROUP \
	"SELECT w.subject, w.name, w.owner, w.notice, w.status, w.members, w.staff, COALESCE(g.id, 0) AS group_id," \
	" COALESCE(g.name, '') AS group_name, w.version, w.wanted, w.wanted_at, w.asked_at, w.gone_at, w.trouble FROM wecom_group w" \
	" LEFT JOIN channel_group l ON l.community_id = w.community_id AND l.channel_id = w.channel_id AND l.subject = w.subject" \
	" LEFT JOIN chat_group g ON g.community_id = l.community_id AND g.id = l.group_id" \
	" WHERE w.community_id = ?1 AND w.channel_id = ?2"

static QUERY(wecom_group_by_subject, READS, &row_wecom_group, TAKES(K_ID, K_ID, K_STR), SELECT_GROUP " AND w.subject = ?3");

static QUERY(wecom_groups_listed, READS, &row_wecom_group, TAKES(K_ID, K_ID, K_STR, K_BOOL, K_STR, K_ID, K_INT),
	SELECT_GROUP " AND w.subject > ?5 AND (?3 = '' OR lower(w.name) LIKE lower(?3) ESCAPE '!') AND (?4 = FALSE OR g.id IS NOT NULL)"
	" AND " SEES_GROUP("?6", "w.community_id", "g.id") " ORDER BY w.subject LIMIT ?7");

/* Those to be read: never read, or too long ago. */
static QUERY(wecom_groups_due, READS, &row_wecom_group, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT, K_INT),
	SELECT_GROUP " AND w.gone_at = 0 AND w.asked_at < CASE WHEN g.id IS NULL THEN ?4 ELSE ?3 END"
	" ORDER BY CASE WHEN g.id IS NULL THEN 1 ELSE 0 END, w.asked_at, w.subject LIMIT ?5");

static QUERY(wecom_group_seen, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INT, K_INSTANT),
	"INSERT INTO wecom_group (community_id, channel_id, subject, name, owner, notice, status, members, staff, version, wanted, wanted_at,"
	" made_at, seen_at, asked_at, gone_at, trouble) VALUES (?1, ?2, ?3, '', '', '', ?4, 0, 0, '', '', 0, 0, ?5, 0, 0, '')"
	" ON CONFLICT (community_id, channel_id, subject) DO UPDATE SET status = excluded.status, seen_at = excluded.seen_at, gone_at = 0");

static QUERY(wecom_group_read, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_INT, K_INT, K_STR, K_INSTANT, K_INSTANT),
	"UPDATE wecom_group SET name = ?4, owner = ?5, notice = ?6, members = ?7, staff = ?8, version = ?9, made_at = ?10, asked_at = ?11,"
	" gone_at = 0, trouble = '' WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

static QUERY(wecom_group_refused, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE wecom_group SET trouble = ?4, asked_at = ?5 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

static QUERY(wecom_group_told, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"UPDATE wecom_group SET wanted = ?4, wanted_at = ?5 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND wanted_at <= ?5");

static QUERY(wecom_group_moved_on, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT),
	"UPDATE wecom_group SET version = ?4, members = members - ?5 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

static QUERY(wecom_group_gone, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"UPDATE wecom_group SET gone_at = ?4 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 AND gone_at = 0");

static QUERY(wecom_group_owner, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE wecom_group SET owner = ?4, status = 0 WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

static QUERY(wecom_groups_missing, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT, K_INSTANT),
	"UPDATE wecom_group SET gone_at = ?4 WHERE community_id = ?1 AND channel_id = ?2 AND seen_at < ?3 AND gone_at = 0");

static QUERY(wecom_states_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"DELETE FROM wecom_state WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3");

static QUERY(wecom_state_add, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"INSERT INTO wecom_state (community_id, channel_id, subject, state, members) VALUES (?1, ?2, ?3, ?4, 1)"
	" ON CONFLICT (community_id, channel_id, subject, state) DO UPDATE SET members = wecom_state.members + 1");

int wecom_group_get(struct tx *tx, struct id community, struct id channel, struct str subject, struct wecom_group *ret)
{
	return tx_one(tx, &wecom_group_by_subject, ret, V(community), V(channel), V(subject));
}

/* ---- Jobs: when ---- */

enum { JOB_LOOK, JOB_LIST, JOB_READ, JOB_ONE };
static const struct job_kind jobs[];

static int soon(struct tx *tx, struct id community, int which, struct id channel, struct str subject, int64_t in_ms)
{
	struct str key = subject.len ? str_format(tx_arena(tx), "%lld %.*s", (long long)channel.n, STR(subject))
	                             : str_format(tx_arena(tx), "%lld", (long long)channel.n);
	int r = job_add(tx, community, &jobs[which], key, S(""), (struct instant){ tx_now(tx).ms + in_ms });
	return r < 0 ? r : 0;
}

int wecom_group_again(struct tx *tx, struct id community, struct id channel, struct str subject)
{
	return soon(tx, community, JOB_ONE, channel, subject, LAG);
}

int wecom_group_owned(struct tx *tx, struct id community, struct id channel, struct str subject, struct str owner)
{
	int r = tx_run(tx, &wecom_group_owner, V(community), V(channel), V(subject), V(owner));
	return r < 0 ? r : wecom_group_again(tx, community, channel, subject);
}

/* ---- Events ---- */

/* Who left, as far as the event names them; *ret_named: it names all of them. */
static int hear_gone(struct tx *tx, struct id community, const struct channel *c, const struct wecom_told *t, struct str chat,
                     int64_t *ret_named)
{
	bool removed = str_is(flatxml_get(&t->xml, "QuitScene"), "1");
	struct str person;
	int r = 0;
	*ret_named = 0;
	for (size_t i = 0; r >= 0 && (person = flatxml_nth(&t->xml, "MemChangeList/Item", i)).len; i++) {
		struct id member;
		struct str subject = person.len <= SUBJECT_MOST ? person : S("");
		r = member_find(tx, community, c->kind, subject, &member);
		if (r == E_NOT_FOUND)
			r = member_find(tx, community, c->kind, subject = str_format(tx_arena(tx), WECOM_STAFF "%.*s", STR(person)), &member);
		if (r == 0)
			r = hear_left(tx, community, c, &(struct came){ .group = chat, .person = subject, .at = t->at }, removed);
		r = r == E_NOT_FOUND ? 0 : r;     /* nobody we ever heard of */
		++*ret_named;
	}
	return r < 0 ? r : 0;
}

static int heard_update(struct tx *tx, struct id community, const struct channel *c, const struct wecom_told *t, struct wecom_group *g)
{
	struct str last = flatxml_get(&t->xml, "LastMemVer"), now = flatxml_get(&t->xml, "CurMemVer");
	int64_t named = 0, changed = 0;
	bool left = str_is(flatxml_get(&t->xml, "UpdateDetail"), "del_member");
	int r = left ? hear_gone(tx, community, c, t, g->subject, &named) : 0;
	if (r < 0)
		return r;
	str_to_int(flatxml_get(&t->xml, "MemChangeCnt"), &changed);
	if (now.len > SUBJECT_MOST || last.len > SUBJECT_MOST)
		now = last = S("");
	if (now.len && str_equal(now, g->version))
		return 0;                         /* read since */
	if (left && now.len && str_equal(last, g->version) && named == changed && changed > 0)
		return (r = tx_run(tx, &wecom_group_moved_on, V(community), V(c->id), V(g->subject), V(now), V(named))) < 0 ? r : 0;
	if (now.len && (r = tx_run(tx, &wecom_group_told, V(community), V(c->id), V(g->subject), V(now), V(tx_now(tx)))) < 0)
		return r;
	return soon(tx, community, JOB_ONE, c->id, g->subject, LAG);
}

int wecom_chat_heard(struct tx *tx, struct id community, const struct channel *c, const struct wecom_told *t)
{
	struct str chat = flatxml_get(&t->xml, "ChatId");
	struct wecom_group g;
	if (!chat.len || chat.len > SUBJECT_MOST)
		return 0;
	if (str_is(t->change, "dismiss"))
		return wecom_group_is_gone(tx, community, c->id, chat);
	int r = wecom_group_get(tx, community, c->id, chat, &g);
	if (r == E_NOT_FOUND) {                   /* made just now, or while nobody listened */
		r = tx_run(tx, &wecom_group_seen, V(community), V(c->id), V(chat), V((int64_t)0), V(tx_now(tx)));
		return r < 0 ? r : soon(tx, community, JOB_ONE, c->id, chat, LAG);
	}
	if (r < 0 || g.gone_at.ms > t->at.ms)
		return r < 0 ? r : 0;             /* told late: it is no more */
	return str_is(t->change, "update") ? heard_update(tx, community, c, t, &g) : soon(tx, community, JOB_ONE, c->id, chat, LAG);
}

int wecom_group_is_gone(struct tx *tx, struct id community, struct id channel, struct str subject)
{
	int r = tx_run(tx, &wecom_group_gone, V(community), V(channel), V(subject), V(tx_now(tx)));
	return r < 0 ? r : channel_found_gone(tx, community, channel, subject);
}

/* ---- Reading one group: what the platform says of it ---- */

struct reading {
	struct wecom   wecom;
	struct id      community, channel_id;
	struct channel channel;
	struct str     subject, trouble;
	struct loose  *json;
	struct instant asked;
	size_t         count;
	struct id      renamed;                   /* this group of ours is called new_name there since */
	struct str     new_name;
	struct rows    due;
};

static struct str member_text(const struct reading *g, size_t i, const char *name, struct arena *arena)
{
	char path[80];
	snprintf(path, sizeof path, "group_chat.member_list.%zu.%s", i, name);
	return loose_text(g->json, path, arena);
}

static int64_t member_int(const struct reading *g, size_t i, const char *name)
{
	char path[80];
	snprintf(path, sizeof path, "group_chat.member_list.%zu.%s", i, name);
	return loose_int(g->json, path, 0);
}

static struct str text_of(const struct reading *g, const char *path, struct arena *arena) { return loose_text(g->json, path, arena); }

static bool is_staff(const struct reading *g, size_t i) { return member_int(g, i, "type") == 1; }

static struct str subject_of(const struct reading *g, size_t i, struct arena *arena)
{
	struct str userid = member_text(g, i, "userid", arena);
	return is_staff(g, i) && userid.len ? str_format(arena, WECOM_STAFF "%.*s", STR(userid)) : userid;
}

static struct str role_of(const struct reading *g, struct str userid, struct arena *arena)
{
	char path[60];
	if (str_equal(userid, text_of(g, "group_chat.owner", arena)))
		return S("owner");
	for (size_t i = 0; i < loose_count(g->json, "group_chat.admin_list"); i++) {
		snprintf(path, sizeof path, "group_chat.admin_list.%zu.userid", i);
		if (str_equal(userid, text_of(g, path, arena)))
			return S("admin");
	}
	return S("member");
}

static struct str how_of(int64_t scene)
{
	return scene == 1 ? S("invite") : scene == 2 ? S("link") : scene == 3 ? S("qr") : S("");
}

/* Who they are, and how they came: the code's own label, or its bare state when it is none of ours. */
static int fact_of(struct tx *tx, const struct reading *g, size_t i, struct id group, struct seat_fact *ret)
{
	struct arena *arena = tx_arena(tx);
	struct str subject = subject_of(g, i, arena), state = member_text(g, i, "state", arena);
	struct str invitor = member_text(g, i, "invitor.userid", arena);
	struct member_origin origin = { .source_label = g->channel.name, .group = group, .joined = { member_int(g, i, "join_time") * SECOND } };
	int r = state.len ? wecom_source(tx, g->community, g->channel_id, state, &origin) : 0;
	*ret = (struct seat_fact){
		.how = how_of(member_int(g, i, "join_scene")), .at = origin.joined, .card = member_text(g, i, "group_nickname", arena),
		.role = is_staff(g, i) ? role_of(g, member_text(g, i, "userid", arena), arena) : S("member"),
	};
	if (r < 0 || (r = hear_person_from(tx, g->community, &g->channel, subject, member_text(g, i, "unionid", arena),
	                                   member_text(g, i, "name", arena), &origin, &ret->member)) < 0 || !invitor.len)
		return r;
	r = member_find(tx, g->community, g->channel.kind, str_format(arena, WECOM_STAFF "%.*s", STR(invitor)), &ret->inviter);
	return r == E_NOT_FOUND ? 0 : r;
}

static int keep_members(struct tx *tx, const struct reading *g, struct id group)
{
	struct seat_fact *facts = arena_take_array(tx_arena(tx), g->count, sizeof *facts);
	size_t n = 0;
	int r = 0;
	if (g->count && !facts)
		return E_MEMORY;
	for (size_t i = 0; r >= 0 && i < g->count; i++) {
		struct str subject = subject_of(g, i, tx_arena(tx));
		if (subject.len && subject.len <= SUBJECT_MOST)
			r = fact_of(tx, g, i, group, &facts[n++]);
	}
	struct instant true_then = { g->asked.ms - LAG_MOST };
	return r < 0 ? r : roster_replace(tx, g->community, group, g->channel_id, (struct rows){ facts, n }, true_then, NULL);
}

static int keep_states(struct tx *tx, const struct reading *g)
{
	int r = tx_run(tx, &wecom_states_drop, V(g->community), V(g->channel_id), V(g->subject));
	for (size_t i = 0; r >= 0 && i < g->count; i++) {
		struct str state = member_text(g, i, "state", tx_arena(tx));
		if (state.len && state.len <= WECOM_STATE_MAX)
			r = tx_run(tx, &wecom_state_add, V(g->community), V(g->channel_id), V(g->subject), V(state));
	}
	return r < 0 ? r : 0;
}

/* The platform's people gave it another name: so it is called here, unless that name is taken. In its own transaction, for a name
 * that is taken ends one. */
static int rename_too(struct tx *tx, void *arg)
{
	const struct reading *g = arg;
	return group_rename(tx, g->community, g->renamed, g->new_name);
}

/* Data that is older than an event told of: read once more. */
static int chase(struct tx *tx, const struct reading *g, const struct wecom_group *before, struct str version)
{
	bool older = before->wanted.len && !str_equal(before->wanted, version) && g->asked.ms - before->wanted_at.ms < CHASE;
	return older ? soon(tx, g->community, JOB_ONE, g->channel_id, g->subject, LAG) : 0;
}

static int keep_group(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	struct arena *arena = tx_arena(tx);
	struct wecom_group before;
	struct str name = utf8_cut(str_trim(text_of(g, "group_chat.name", arena)), 40);
	struct str version = text_of(g, "group_chat.member_version", arena);
	int64_t staff = 0;
	for (size_t i = 0; i < g->count; i++)
		staff += is_staff(g, i);
	int r = wecom_group_get(tx, g->community, g->channel_id, g->subject, &before);
	if (r < 0 || (r = tx_run(tx, &wecom_group_read, V(g->community), V(g->channel_id), V(g->subject), V(name),
	                         V(text_of(g, "group_chat.owner", arena)), V(utf8_cut(text_of(g, "group_chat.notice", arena), NOTICE_MOST)),
	                         V((int64_t)g->count), V(staff), V(version.len <= SUBJECT_MOST ? version : S("")),
	                         V((struct instant){ loose_int(g->json, "group_chat.create_time", 0) * SECOND }), V(tx_now(tx)))) < 0 ||
	    (r = keep_states(tx, g)) < 0 ||
	    (r = channel_found(tx, g->community, g->channel_id, g->subject, name.len ? name : S("客户群"), (int64_t)g->count)) < 0)
		return r;
	if (before.group_id.n && (r = keep_members(tx, g, before.group_id)) < 0)
		return r;
	g->renamed = before.name.len && name.len && !str_equal(before.name, name) ? before.group_id : (struct id){ 0 };
	g->new_name = name;
	return chase(tx, g, &before, version);
}

static int keep_refusal(struct tx *tx, void *arg)
{
	const struct reading *g = arg;
	if (str_starts(g->trouble, S("90501 ")) || str_starts(g->trouble, S("86001 ")))    /* it is no customer group, or none at all */
		return wecom_group_is_gone(tx, g->community, g->channel_id, g->subject);
	int r = tx_run(tx, &wecom_group_refused, V(g->community), V(g->channel_id), V(g->subject), V(g->trouble), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

/* 1: ask again later, why stands in g->trouble. */
static int read_group(struct reading *g)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 1024);
	buf_z(&body, "{\"chat_id\":");
	loose_write(&body, g->subject);
	buf_z(&body, ",\"need_name\":1}");
	g->asked = clock_now(), g->renamed.n = 0;
	int r = buf_failed(&body) ? E_MEMORY : wecom_call(&g->wecom, "/cgi-bin/externalcontact/groupchat/get", buf_view(&body), &reply);
	if (r < 0)
		return r;
	g->json = &reply.json, g->trouble = reply.words;
	g->count = reply.code ? 0 : loose_count(&reply.json, "group_chat.member_list");
	bool later = reply.code && wecom_later(reply.code);
	if (reply.code == 0 && g->count <= MEMBERS_MOST)
		r = store_write(g->wecom.store, g->community, g->wecom.arena, keep_group, g);
	else if (!later)
		r = store_write(g->wecom.store, g->community, g->wecom.arena, keep_refusal, g);
	if (r >= 0 && g->renamed.n) {
		r = store_write(g->wecom.store, g->community, g->wecom.arena, rename_too, g);
		r = r == E_NAME_TAKEN || r == E_TOO_SHORT ? 0 : r;
	}
	loose_free(&reply.json);
	g->json = NULL;
	return r == E_NOT_FOUND ? 0 : r < 0 ? r : later;
}

/* ---- Reading the list ---- */

struct listing {
	struct wecom   wecom;
	struct id      community;
	struct loose  *json;
	struct instant began;                     /* of this pass over the whole list */
	int64_t        owner;                     /* the list of whom, from this one on: -1: of everybody */
	struct str     cursor, trouble;
	struct rows    owners;
	bool           over;
};

static int recall_pass(struct tx *tx, void *arg)
{
	struct listing *l = arg;
	struct str kept;
	l->began = tx_now(tx), l->owner = -1, l->cursor = S("");
	int r = channel_recall(tx, l->community, l->wecom.channel.id, "pass", &kept, NULL);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	struct str began = str_cut(&kept, ' '), owner = str_cut(&kept, ' ');
	if (str_to_int(began, &l->began.ms) && str_to_int(owner, &l->owner))
		l->cursor = kept;
	return 0;
}

static int remember_pass(struct tx *tx, const struct listing *l)
{
	struct str pass = str_format(tx_arena(tx), "%lld %lld %.*s", (long long)l->began.ms, (long long)l->owner, STR(l->cursor));
	return channel_remember(tx, l->community, l->wecom.channel.id, "pass", pass,
	                        (struct instant){ tx_now(tx).ms + (l->over ? -1 : PASS_LIVES) });
}

static int keep_page(struct tx *tx, void *arg)
{
	const struct listing *l = arg;
	struct id channel = l->wecom.channel.id;
	char path[60];
	int r = 0;
	for (size_t i = 0; r >= 0 && l->json && i < loose_count(l->json, "group_chat_list") && i < PAGE; i++) {
		snprintf(path, sizeof path, "group_chat_list.%zu.chat_id", i);
		struct str chat = loose_text(l->json, path, tx_arena(tx));
		snprintf(path, sizeof path, "group_chat_list.%zu.status", i);
		if (chat.len && chat.len <= SUBJECT_MOST)
			r = tx_run(tx, &wecom_group_seen, V(l->community), V(channel), V(chat), V(loose_int(l->json, path, 0)), V(tx_now(tx)));
	}
	if (r < 0 || (r = remember_pass(tx, l)) < 0)
		return r;
	if (!l->over)
		return 0;
	r = tx_run(tx, &wecom_groups_missing, V(l->community), V(channel), V(l->began), V(tx_now(tx)));
	return r < 0 ? r : soon(tx, l->community, JOB_READ, channel, S(""), 0);
}

/* Everybody who may own a group, when they are too many to be asked about at once (81017). */
static int list_owners(struct listing *l, struct wecom_reply *reply)
{
	loose_free(&reply->json);
	int r = wecom_call(&l->wecom, "/cgi-bin/externalcontact/get_follow_user_list", S(""), reply);
	size_t n = r < 0 || reply->code ? 0 : loose_count(&reply->json, "follow_user");
	struct text_item *owners = arena_take_array(l->wecom.arena, n, sizeof *owners);
	char path[40];
	for (size_t i = 0; owners && i < n; i++) {
		snprintf(path, sizeof path, "follow_user.%zu", i);
		owners[i].item = loose_text(&reply->json, path, l->wecom.arena);
	}
	l->owners = (struct rows){ owners, owners ? n : 0 };
	loose_free(&reply->json);
	return r < 0 ? r : n && !owners ? E_MEMORY : 0;
}

static int ask_page(struct listing *l, struct wecom_reply *reply)
{
	const struct text_item *owners = l->owners.at;
	BUF_SCOPED body;
	buf_init(&body, 64 << 10);
	buf_format(&body, "{\"status_filter\":0,\"limit\":%d", PAGE);
	if (l->owner >= 0) {
		buf_z(&body, ",\"owner_filter\":{\"userid_list\":[");
		for (size_t i = (size_t)l->owner; i < l->owners.count && i < (size_t)l->owner + OWNERS; i++) {
			buf_z(&body, i > (size_t)l->owner ? "," : "");
			loose_write(&body, owners[i].item);
		}
		buf_z(&body, "]}");
	}
	if (l->cursor.len) {
		buf_z(&body, ",\"cursor\":");
		loose_write(&body, l->cursor);
	}
	buf_byte(&body, '}');
	return buf_failed(&body) ? E_MEMORY : wecom_call(&l->wecom, "/cgi-bin/externalcontact/groupchat/list", buf_view(&body), reply);
}

/* One page, and where the next one begins. 1: later. */
static int read_page(struct listing *l)
{
	struct wecom_reply reply = { 0 };
	int r = l->owner >= 0 && !l->owners.count ? list_owners(l, &reply) : 0;
	if (r >= 0 && !reply.code)
		r = ask_page(l, &reply);
	if (r >= 0 && reply.code == 81017 && l->owner < 0) {
		l->owner = 0, l->cursor = S("");
		if ((r = list_owners(l, &reply)) >= 0 && !reply.code)
			r = ask_page(l, &reply);
	}
	if (r < 0 || reply.code) {
		l->trouble = reply.words;
		loose_free(&reply.json);
		return r < 0 ? r : wecom_later(reply.code) ? 1 : E_NOT_SENT;
	}
	l->json = &reply.json;
	l->cursor = loose_text(&reply.json, "next_cursor", l->wecom.arena);
	if (!l->cursor.len && l->owner >= 0)
		l->owner += OWNERS;
	l->over = !l->cursor.len && (l->owner < 0 || (size_t)l->owner >= l->owners.count);
	r = store_write(l->wecom.store, l->community, l->wecom.arena, keep_page, l);
	loose_free(&reply.json);
	return r;
}

/* ---- Jobs ---- */

static int load_channel(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	return channel_get(tx, g->community, g->channel_id, &g->channel);
}

/* The key's channel, ready to be asked. 1: ready; 0: it is off, or gone. */
static int open_job(const struct job_context *jc, const struct job *job, struct reading *g, struct courier **ret)
{
	*g = (struct reading){ .community = job->community, .subject = job->key };
	if (!str_to_int(str_cut(&g->subject, ' '), &g->channel_id.n))
		return 0;
	int r = store_read(jc->store, jc->arena, load_channel, g);
	if (r < 0 || !str_is(g->channel.state, "on") || !str_is(g->channel.kind, "wecom"))
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, ret)) < 0)
		return r;
	if ((r = wecom_open(*ret, g->community, &g->channel, &g->wecom)) < 0)
		courier_free(*ret);
	return r < 0 ? r : 1;
}

static int run_one(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct reading g;
	struct courier *courier;
	int r = open_job(jc, job, &g, &courier);
	if (r <= 0)
		return r;
	r = read_group(&g);
	*ret_why = str_copy(jc->arena, g.trouble);
	courier_free(courier);
	return r > 0 ? E_NOT_SENT : r;
}

static int more_to_list(struct tx *tx, void *arg)
{
	const struct listing *l = arg;
	return soon(tx, l->community, JOB_LIST, l->wecom.channel.id, S(""), SECOND);
}

static int run_list(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct reading g;
	struct courier *courier;
	int r = open_job(jc, job, &g, &courier);
	if (r <= 0)
		return r;
	struct listing l = { .wecom = g.wecom, .community = g.community };
	r = store_read(jc->store, g.wecom.arena, recall_pass, &l);
	for (int pages = 0; r == 0 && !l.over && pages < PAGES_A_RUN; pages++)
		r = read_page(&l);
	if (r == 0 && !l.over)
		r = store_write(jc->store, g.community, jc->arena, more_to_list, &l);
	*ret_why = str_copy(jc->arena, l.trouble);
	courier_free(courier);
	return r > 0 ? E_NOT_SENT : r;
}

static int list_due(struct tx *tx, void *arg)
{
	struct reading *g = arg;
	struct instant now = tx_now(tx);
	int r = tx_all(tx, &wecom_groups_due, &g->due, V(g->community), V(g->channel_id), V((struct instant){ now.ms - BOUND_AGE }),
	               V((struct instant){ now.ms - OTHER_AGE }), V((int64_t)READ_A_RUN));
	return r < 0 ? r : 0;
}

/* More of them, or the days of those that are known now. */
static int after_reading(struct tx *tx, void *arg)
{
	const struct reading *g = arg;
	if (g->due.count == READ_A_RUN)
		return soon(tx, g->community, JOB_READ, g->channel_id, S(""), SECOND);
	int r = wecom_days_want(tx, g->community, g->channel_id);
	return r < 0 ? r : 0;
}

static int run_read(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct reading g;
	struct courier *courier;
	int r = open_job(jc, job, &g, &courier);
	if (r <= 0)
		return r;
	r = store_read(jc->store, jc->arena, list_due, &g);
	const struct wecom_group *due = g.due.at;
	for (size_t i = 0; r == 0 && i < g.due.count; i++) {
		g.subject = due[i].subject;
		r = read_group(&g);
	}
	if (r == 0 && g.due.count)
		r = store_write(jc->store, g.community, jc->arena, after_reading, &g);
	*ret_why = str_copy(jc->arena, g.trouble);
	courier_free(courier);
	return r > 0 ? E_NOT_SENT : r;
}

struct wecom_place { struct id community_id, id; };

ROW(wecom_place,
	FIELD(wecom_place, community_id, "Community"),
	FIELD(wecom_place, id,           "Channel"));

static QUERY(wecom_channels_on, READS, &row_wecom_place, TAKES_NOTHING,
	"SELECT community_id, id FROM channel WHERE kind = 'wecom' AND state = 'on' ORDER BY community_id, id LIMIT 5000", .scans = true);

int wecom_channels(struct tx *tx, int (*each)(struct tx *, struct id community, struct id channel))
{
	struct rows rows;
	int r = tx_all_(tx, &wecom_channels_on, &rows, NULL, 0);
	const struct wecom_place *place = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		r = each(tx, place[i].community_id, place[i].id);
	return r < 0 ? r : 0;
}

static int list_soon(struct tx *tx, struct id community, struct id channel) { return soon(tx, community, JOB_LIST, channel, S(""), 0); }

static int look_at_all(struct tx *tx, void *arg)
{
	(void)arg;
	return wecom_channels(tx, list_soon);
}

static int run_look(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_write(jc->store, (struct id){ 0 }, jc->arena, look_at_all, NULL);
}

static const struct job_kind jobs[] = {
	[JOB_LOOK] = { "wecom_look", "Has the customer groups of every 企业微信 listed again", run_look, .every_ms = LIST_EVERY },
	[JOB_LIST] = { "wecom_list", "Reads the list of customer groups, some pages a run", run_list, .backoff_ms = 20 * SECOND },
	[JOB_READ] = { "wecom_read", "Reads the members of customer groups whose turn it is", run_read, .backoff_ms = 20 * SECOND },
	[JOB_ONE]  = { "wecom_group", "Reads one customer group again: something changed there", run_one, .backoff_ms = 3 * SECOND },
	{ 0 },
};

/* ---- Following what staff do ---- */

/* Connected, edited or well again: the list is read at once. A group was bound: that one is read. */
static int follow_channel(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct channel c, where;
		struct str subject;
		int r = channel_get(tx, community, events[i].subject, &c);
		if (r == E_NOT_FOUND || (r == 0 && (!str_is(c.kind, "wecom") || !str_is(c.state, "on"))))
			continue;
		if (r == 0 && events[i].object.n && (r = channel_of_group(tx, community, events[i].object, &where, &subject)) == E_NOT_FOUND)
			continue;
		if (r == 0)
			r = events[i].object.n ? soon(tx, community, JOB_ONE, c.id, subject, 0) : soon(tx, community, JOB_LIST, c.id, S(""), 0);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct follower followers[] = {
	{ "wecom_channels", "channel_made channel_changed", follow_channel }, { 0 },
};

/* ---- API ---- */

int wecom_of(struct request *rq, struct channel *ret)
{
	int r = channel_get(rq->tx, rq->community, rq->path_id, ret);
	return r < 0 ? r : str_is(ret->kind, "wecom") ? 0 : E_NOT_FOUND;
}

static int get_groups(struct request *rq, const void *in, void *out)
{
	const struct wecom_query *q = in;
	struct page *page = out;
	struct channel c;
	BUF_SCOPED like;
	buf_init(&like, 1024);
	for (size_t i = 0; i < q->q.len; i++) {
		if (i == 0)
			buf_byte(&like, '%');
		if (memchr("%_!", q->q.at[i], 3))
			buf_byte(&like, '!');
		buf_byte(&like, q->q.at[i]);
	}
	if (q->q.len)
		buf_byte(&like, '%');
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_groups_listed, &page->rows, V(rq->community), V(c.id), V(buf_view(&like)), V(q->bound),
	                         V(q->after), V(rq->only), V((int64_t)LIST_SHOWN))) < 0)
		return r;
	page->total = -1;
	if (page->rows.count == LIST_SHOWN)
		page->next = ((const struct wecom_group *)page->rows.at)[LIST_SHOWN - 1].subject;
	return 0;
}

static int post_sync(struct request *rq, const void *in, void *out)
{
	struct channel c;
	(void)in, (void)out;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = soon(rq->tx, rq->community, JOB_LIST, c.id, S(""), 0)) < 0)
		return r;
	return audit_note(rq, "wecom_synced", c.id, c.name);
}

static const struct route routes[] = {
	{ "GET",  "/channels/{id}/wecom-groups", ROLE_READER, get_groups, &row_wecom_query, &row_wecom_group,
	  "Customer groups of 企业微信, by chat_id", OUT_PAGE, .sees = sees_all },
	{ "POST", "/channels/{id}/wecom-sync",   ROLE_ADMIN,  post_sync, NULL, NULL,
	  "Read the list of customer groups now, then the groups whose turn it is", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_group_by_subject, &wecom_groups_listed, &wecom_groups_due, &wecom_group_seen, &wecom_group_read, &wecom_group_refused,
	&wecom_group_told, &wecom_group_moved_on, &wecom_group_gone, &wecom_groups_missing, &wecom_group_owner,
	&wecom_states_drop, &wecom_state_add, &wecom_channels_on, NULL,
};

const struct feature feature_wecom_group = {
	.name = "wecom_group", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs, .followers = followers,
};
