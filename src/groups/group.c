/* group.c: chat groups, the QR pictures that let people in, and how a group lives.
 *
 * Story      An operator adds 驾校会员群 3, uploads the QR screenshot from WeChat, and each evening types how many are in.
 *            The picture dies after seven days and the group fills: live codes and the death clock read it from here.
 *            When a group has passed its best, Quntu proposes the next stage of its life and says why; a person confirms.
 * Not here   Which group a visitor sees (choose), warnings (deathclock), splitting, merging, dissolving.
 * Owns       chat_group, group_qr, group_history.
 * Holds      A picture is only taken when the QR in it can be read, and what is kept can be read as well.
 *            Whatever changes QR, count, name or stage tells the live codes in the same transaction.
 *            A group that a live code uses is not deleted.
 * Test       group_test.c.
 */
#include "groups/group.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "engine/file/file.h"
#include "groups/roster.h"
#include "media/picture.h"
#include "media/qr_read.h"
#include "people/audit.h"
#include "people/import.h"
#include "people/staff.h"

#define MAX_GROUPS   10000
#define MAX_NAME     40
#define MAX_TEXT     60
#define MAX_NOTE     1000
#define CAPACITY     500      /* WeChat's own limit */
#define CAPACITY_MAX 100000
#define NAMES_TRIED  100      /* for a group that a platform named like another */
#define SCAN_LIMIT   200      /* past so many members WeChat refuses to let in by scan */
#define QR_LIFE      (7 * DAY)
#define LIST_MOST    200
#define STAGES       "seeding growing mature declining closing closed"
#define CHANNELS     "manual wecom mp onebot web"
#define TIERS        "core vip ordinary intent referral lecture other"

/* ---- Rows ------------------------------------------------------------------------------------- */

struct group {
	struct id      id;
	struct str     name, channel, owner, tier, topic, region;
	int64_t        capacity, scan_limit, member_count;
	struct instant counted_at;
	bool           listed;
	bool           rename_allowed, invite_allowed, entry_by_approval;
	struct str     lifetime;
	struct instant ends_at;
	struct str     stage, proposed_stage, proposed_reason, note;
	int64_t        peak, week_change;
	struct id      qr_id;
	struct str     qr_file, qr_link;
	struct instant qr_expires_at, qr_uploaded_at, created_at;
};

ROW(group,
	FIELD(group, id,                "Group"),
	FIELD(group, name,              "Name"),
	FIELD(group, channel,           "Where it lives", .one_of = CHANNELS),
	FIELD(group, owner,             "Its owner, as members know the person"),
	FIELD(group, tier,              "What kind of group", .one_of = TIERS),
	FIELD(group, topic,             "What it is about"),
	FIELD(group, region,            "Where its members are"),
	FIELD(group, capacity,          "Most members"),
	FIELD(group, scan_limit,        "Past so many members nobody can join by scan"),
	FIELD(group, member_count,      "Members as last counted"),
	FIELD(group, counted_at,        "When they were counted", .optional = true),
	FIELD(group, listed,            "Its list is kept by whoever tells its joinings; the count follows by itself"),
	FIELD(group, rename_allowed,    "Members may rename it"),
	FIELD(group, invite_allowed,    "Members may invite"),
	FIELD(group, entry_by_approval, "The owner approves who enters"),
	FIELD(group, lifetime,          "Has it an end?", .one_of = "permanent until"),
	FIELD(group, ends_at,           "When it ends", .optional = true),
	FIELD(group, stage,             "Stage of its life, confirmed by a person", .one_of = STAGES),
	FIELD(group, proposed_stage,    "Stage it seems to be in; empty when that is its stage"),
	FIELD(group, proposed_reason,   "Why: few_members filling nearly_full steady losing_members below_peak mostly_left ends_soon ended"),
	FIELD(group, note,              "What to remember", .lines = true),
	FIELD(group, peak,              "Most members ever counted"),
	FIELD(group, week_change,       "Members more or less than a week ago"),
	FIELD(group, qr_id,             "QR picture in use", .optional = true),
	FIELD(group, qr_file,           "Address of the QR picture"),
	FIELD(group, qr_link,           "What the QR says"),
	FIELD(group, qr_expires_at,     "When the QR stops working", .optional = true),
	FIELD(group, qr_uploaded_at,    "When it was uploaded", .optional = true),
	FIELD(group, created_at,        "When it was added"));

ROW_PUBLIC(group_brief,
	FIELD(group_brief, id,             "Group"),
	FIELD(group_brief, name,           "Name"),
	FIELD(group_brief, owner,          "Its owner"),
	FIELD(group_brief, stage,          "Stage of its life"),
	FIELD(group_brief, file,           "Key of the QR picture in use"),
	FIELD(group_brief, link,           "What the QR says"),
	FIELD(group_brief, page,           "Its room's address on this server"),
	FIELD(group_brief, capacity,       "Most members"),
	FIELD(group_brief, scan_limit,     "Past so many members nobody can join by scan"),
	FIELD(group_brief, member_count,   "Members as last counted"),
	FIELD(group_brief, qr_expires_at,  "When the QR stops working"),
	FIELD(group_brief, qr_uploaded_at, "When it was uploaded"));

struct group_draft {
	struct str     name, channel, owner, tier, topic, region;
	int64_t        capacity, scan_limit;
	bool           rename_allowed, invite_allowed, entry_by_approval;
	struct str     lifetime;
	struct instant ends_at;
	struct str     note;
};

ROW(group_draft,
	FIELD(group_draft, name,              "Name", .min = 1, .max = MAX_NAME),
	FIELD(group_draft, channel,           "Where it lives; manual when missing", .one_of = CHANNELS, .optional = true),
	FIELD(group_draft, owner,             "Its owner, as members know the person", .max = MAX_TEXT, .optional = true),
	FIELD(group_draft, tier,              "What kind of group; ordinary when missing", .one_of = TIERS, .optional = true),
	FIELD(group_draft, topic,             "What it is about", .max = MAX_TEXT, .optional = true),
	FIELD(group_draft, region,            "Where its members are", .max = MAX_TEXT, .optional = true),
	FIELD(group_draft, capacity,          "Most members; 500 when missing", .min = 1, .max = CAPACITY_MAX, .optional = true),
	FIELD(group_draft, scan_limit,        "Past so many nobody joins by scan; 200 when missing", .min = 1, .max = CAPACITY_MAX, .optional = true),
	FIELD(group_draft, rename_allowed,    "Members may rename it", .optional = true),
	FIELD(group_draft, invite_allowed,    "Members may invite", .optional = true),
	FIELD(group_draft, entry_by_approval, "The owner approves who enters", .optional = true),
	FIELD(group_draft, lifetime,          "Has it an end? permanent when missing", .one_of = "permanent until", .optional = true),
	FIELD(group_draft, ends_at,           "When it ends, for until", .optional = true),
	FIELD(group_draft, note,              "What to remember", .max = MAX_NOTE, .lines = true, .optional = true));

struct group_query { struct str q, tier, stage, channel; struct id after; int64_t limit; };

ROW(group_query,
	FIELD(group_query, q,       "Part of the name", .max = MAX_NAME, .optional = true),
	FIELD(group_query, tier,    "Only this kind", .one_of = TIERS, .optional = true),
	FIELD(group_query, stage,   "Only in this stage", .one_of = STAGES, .optional = true),
	FIELD(group_query, channel, "Only on this channel", .one_of = CHANNELS, .optional = true),
	FIELD(group_query, after,   "Only groups older than this one", .optional = true),
	FIELD(group_query, limit,   "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct group_qr {
	struct id      id;
	struct str     file, link;
	struct instant expires_at, uploaded_at;
	struct id      uploaded_by;
};

ROW(group_qr,
	FIELD(group_qr, id,          "Picture"),
	FIELD(group_qr, file,        "Its address"),
	FIELD(group_qr, link,        "What the QR says"),
	FIELD(group_qr, expires_at,  "When it stops working"),
	FIELD(group_qr, uploaded_at, "When it was uploaded"),
	FIELD(group_qr, uploaded_by, "By which account"));

struct group_qr_draft { struct blob picture; struct instant expires_at; };

/* An empty file counts as absent to a row; as optional it comes to the reader of pictures, who says what is wrong. */
ROW(group_qr_draft,
	FIELD(group_qr_draft, picture,    "Screenshot of the group's QR code, PNG or JPEG, at most 5 MB; always needed", .max = 6 << 20, .optional = true),
	FIELD(group_qr_draft, expires_at, "When it stops working; seven days from now when missing", .optional = true));

struct group_count { int64_t count; };

ROW(group_count,
	FIELD(group_count, count, "Members now", .min = 0, .max = 2 * CAPACITY_MAX));

struct group_stage_draft { struct str stage, note; };

ROW(group_stage_draft,
	FIELD(group_stage_draft, stage, "The stage it is in now", .one_of = STAGES),
	FIELD(group_stage_draft, note,  "Why", .max = MAX_NOTE, .lines = true, .optional = true));

struct group_line {
	struct id      id;
	struct instant at;
	struct str     what, word;
	int64_t        n;
	struct str     note;
	struct id      account_id;
};

ROW(group_line,
	FIELD(group_line, id,         "Line"),
	FIELD(group_line, at,         "When"),
	FIELD(group_line, what,       "What changed", .one_of = "stage count qr"),
	FIELD(group_line, word,       "The new stage"),
	FIELD(group_line, n,          "The count"),
	FIELD(group_line, note,       "Why", .lines = true),
	FIELD(group_line, account_id, "By which account"));

struct group_history_query { struct id after; int64_t limit; };

ROW(group_history_query,
	FIELD(group_history_query, after, "Only lines older than this one", .optional = true),
	FIELD(group_history_query, limit, "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct group_total { int64_t n; };

ROW(group_total,
	FIELD(group_total, n, "How many groups"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

#define SEEDS        30       /* fewer have no conversation of their own */
#define STEADY_AFTER 60       /* days */
#define ENDS_SOON    7        /* days */

/* Read from the end of life backwards: what is true of a dying group hides what would be true of a young one. */
struct group_stage group_stage_proposed(const struct group_pulse *p)
{
	int64_t slight = p->members / 50, marked = p->members / 20 > 3 ? p->members / 20 : 3;      /* 2 % and 5 % */
	if (p->days_left < 0)
		return (struct group_stage){ "closed", "ended" };
	if (p->days_left < ENDS_SOON)
		return (struct group_stage){ "closing", "ends_soon" };
	if (p->peak >= SEEDS && p->members < p->peak / 3)
		return (struct group_stage){ "closing", "mostly_left" };
	if (p->members < SEEDS && p->peak < SEEDS)
		return (struct group_stage){ "seeding", "few_members" };
	if (p->week_change <= -marked)
		return (struct group_stage){ "declining", "losing_members" };
	if (p->members < p->peak * 4 / 5 && p->week_change <= 0)
		return (struct group_stage){ "declining", "below_peak" };
	if (p->members >= p->capacity * 4 / 5)
		return (struct group_stage){ "mature", "nearly_full" };
	if (p->age_days >= STEADY_AFTER && p->week_change <= slight)
		return (struct group_stage){ "mature", "steady" };
	return (struct group_stage){ "growing", "filling" };
}

static struct group_pulse pulse_of(const struct group *g, struct instant now)
{
	return (struct group_pulse){
		.members = g->member_count, .capacity = g->capacity, .week_change = g->week_change,
		.peak = g->peak > g->member_count ? g->peak : g->member_count,
		.age_days = (now.ms - g->created_at.ms) / DAY,
		.days_left = !g->ends_at.ms ? INT64_MAX : g->ends_at.ms < now.ms ? -1 : (g->ends_at.ms - now.ms) / DAY,
	};
}

/* A closed group is proposed nothing: it stays closed whatever its last count was. */
static void propose(struct group *g, struct instant now)
{
	struct group_pulse pulse = pulse_of(g, now);
	struct group_stage next = group_stage_proposed(&pulse);
	if (str_is(g->stage, next.stage) || str_is(g->stage, "closed"))
		return;
	g->proposed_stage = str_of(next.stage);
	g->proposed_reason = str_of(next.reason);
}

/* People count by hand and groups are raised in size now and then, so twice the capacity is still believed. */
static bool count_is_likely(int64_t count, int64_t capacity)
{
	return count >= 0 && count <= 2 * capacity;
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "group_made",       "A group was added", "group" },
	{ "group_changed",    "A group was edited or removed", "group" },
	{ "group_qr_changed", "A group got a new QR picture", "group" },
	{ "group_counted",    "A group's members were counted", "group" },
	{ "group_staged",     "A group entered a stage of its life", "group" },
	{ 0 },
};
enum { GROUP_MADE, GROUP_CHANGED, GROUP_QR_CHANGED, GROUP_COUNTED, GROUP_STAGED };

/* ---- Reading ------------------------------------------------------------------------------------------- */

#define BRIEF \
	"SELECT g.id, g.name, g.owner, g.stage, COALESCE(q.file, '') AS file, COALESCE(q.link, '') AS link," \
	" CASE WHEN g.channel = 'web' THEN g.page ELSE '' END AS page, g.capacity, g.scan_limit," \
	" g.member_count, COALESCE(q.expires_at, 0) AS qr_expires_at," \
	" COALESCE(q.uploaded_at, 0) AS qr_uploaded_at FROM chat_group g" \
	" LEFT JOIN group_qr q ON q.community_id = g.community_id AND q.id = g.qr_id WHERE g.community_id = ?1"

static QUERY(group_brief_by_id, READS, &row_group_brief, TAKES(K_ID, K_ID), BRIEF " AND g.id = ?2");

int group_get_brief(struct tx *tx, struct id community, struct id group, struct group_brief *ret)
{
	return tx_one(tx, &group_brief_by_id, ret, V(community), V(group));
}

static QUERY(group_briefs, READS, &row_group_brief, TAKES(K_ID), BRIEF " ORDER BY g.name_key, g.id LIMIT 10000");

int group_list_brief(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &group_briefs, ret, V(community));
}

static QUERY(group_names, READS, &row_people_group, TAKES(K_ID),
	"SELECT id, name FROM chat_group WHERE community_id = ?1 ORDER BY id LIMIT 10000");

/* What tables of members need to know of groups: people/import.h. */
int people_groups(struct tx *tx, struct id community, struct rows *ret)
{
	return tx_all(tx, &group_names, ret, V(community));
}

/* ?2: a week ago. */
#define COUNTS " FROM group_history h WHERE h.community_id = g.community_id AND h.group_id = g.id AND h.what = 'count'"
#define SELECT_GROUP \
	"SELECT g.id, g.name, g.channel, g.owner, g.tier, g.topic, g.region, g.capacity, g.scan_limit, g.member_count," \
	" g.counted_at, EXISTS (SELECT 1 FROM roster k WHERE k.community_id = g.community_id AND k.group_id = g.id) AS listed," \
	" g.rename_allowed, g.invite_allowed, g.entry_by_approval, g.lifetime, g.ends_at, g.stage," \
	" '' AS proposed_stage, '' AS proposed_reason, g.note, COALESCE((SELECT max(h.n)" COUNTS "), 0) AS peak," \
	" g.member_count - COALESCE((SELECT h.n" COUNTS " AND h.at <= ?2 ORDER BY h.id DESC LIMIT 1), g.member_count)" \
	" AS week_change, g.qr_id, COALESCE(q.file, '') AS qr_file, COALESCE(q.link, '') AS qr_link," \
	" COALESCE(q.expires_at, 0) AS qr_expires_at, COALESCE(q.uploaded_at, 0) AS qr_uploaded_at, g.created_at" \
	" FROM chat_group g LEFT JOIN group_qr q ON q.community_id = g.community_id AND q.id = g.qr_id WHERE g.community_id = ?1"

static QUERY(group_by_id, READS, &row_group, TAKES(K_ID, K_INSTANT, K_ID), SELECT_GROUP " AND g.id = ?3");

static QUERY(groups_newest, READS, &row_group, TAKES(K_ID, K_INSTANT, K_ID, K_STR, K_STR, K_STR, K_STR, K_INT, K_ID),
	SELECT_GROUP " AND g.id < ?3 AND (?4 = '' OR instr(g.name_key, ?4) > 0) AND (?5 = '' OR g.tier = ?5)"
	" AND (?6 = '' OR g.stage = ?6) AND (?7 = '' OR g.channel = ?7)"
	" AND " SEES_GROUP("?9", "g.community_id", "g.id") " ORDER BY g.id DESC LIMIT ?8", .pg =
	SELECT_GROUP " AND g.id < ?3 AND (?4 = '' OR strpos(g.name_key, ?4) > 0) AND (?5 = '' OR g.tier = ?5)"
	" AND (?6 = '' OR g.stage = ?6) AND (?7 = '' OR g.channel = ?7)"
	" AND " SEES_GROUP("?9", "g.community_id", "g.id") " ORDER BY g.id DESC LIMIT ?8");

static struct instant week_ago(struct tx *tx)
{
	return (struct instant){ tx_now(tx).ms - 7 * DAY };
}

static void finish(struct request *rq, struct group *g)
{
	g->qr_file = file_url(rq->arena, g->qr_file);
	propose(g, tx_now(rq->tx));
}

int group_sees(struct request *rq)
{
	return staff_sees_group(rq->tx, rq->community, rq->only, rq->path_id);
}

static int group_show(struct request *rq, struct id id, struct group *ret)
{
	int r = tx_one(rq->tx, &group_by_id, ret, V(rq->community), V(week_ago(rq->tx)), V(id));
	if (r < 0)
		return r;
	finish(rq, ret);
	return 0;
}

/* ---- Actions ------------------------------------------------------------------------------------------- */

static QUERY(group_history_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INSTANT, K_STR, K_STR, K_INT, K_STR, K_ID),
	"INSERT INTO group_history (community_id, id, group_id, at, what, word, n, note, account_id)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

static int remember(struct request *rq, struct str what, struct str word, int64_t n, struct str note)
{
	int r = tx_run(rq->tx, &group_history_insert, V(rq->community), V(tx_new_id(rq->tx)), V(rq->path_id),
	               V(tx_now(rq->tx)), V(what), V(word), V(n), V(note), V(rq->account));
	return r < 0 ? r : 0;
}

/* Whoever changes a group ends with this: the live codes know, the log of events knows … */
static int say(struct request *rq, int kind, struct event event)
{
	event.subject = rq->path_id, event.actor = rq->account;
	int r = livecode_group_changed(rq->tx, rq->community, rq->path_id);
	return r < 0 ? r : event_emit(rq->tx, rq->community, &events[kind], &event);
}

/* … and the log of acts knows. */
static int tell(struct request *rq, int kind, const char *act, struct event event, struct str detail)
{
	int r = say(rq, kind, event);
	return r < 0 ? r : audit_note(rq, act, rq->path_id, detail);
}

/* Fills in what was left out; complains about what does not fit together. */
static int complete(struct request *rq, const struct group_draft *draft, struct group_draft *ret, struct str *ret_key)
{
	struct group_draft d = *draft;
	d.name = str_trim(d.name);
	d.channel = d.channel.len ? d.channel : S("manual");
	d.tier = d.tier.len ? d.tier : S("ordinary");
	d.lifetime = d.lifetime.len ? d.lifetime : S("permanent");
	d.capacity = d.capacity ? d.capacity : CAPACITY;
	d.scan_limit = d.scan_limit ? d.scan_limit : SCAN_LIMIT;
	if (str_is(d.lifetime, "permanent"))
		d.ends_at = (struct instant){ 0 };
	else if (!d.ends_at.ms)
		return rq_complain(rq, E_MISSING_FIELD, S("ends_at"));
	struct str key = name_key(rq->arena, d.name);
	if (arena_failed(rq->arena))
		return E_MEMORY;
	if (!key.len)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	*ret = d, *ret_key = key;
	return 0;
}

static QUERY(group_total_of, READS, &row_group_total, TAKES(K_ID),
	"SELECT count(*) AS n FROM chat_group WHERE community_id = ?1");

static QUERY(group_seen_of, READS, &row_group_total, TAKES(K_ID, K_ID),
	"SELECT count(*) AS n FROM chat_group g WHERE g.community_id = ?1 AND " SEES_GROUP("?2", "g.community_id", "g.id"));

static QUERY(group_named, READS, &row_group_total, TAKES(K_ID, K_STR),
	"SELECT count(*) AS n FROM chat_group WHERE community_id = ?1 AND name_key = ?2");

static QUERY(group_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_INT, K_INT, K_BOOL, K_BOOL, K_BOOL, K_STR,
	      K_INSTANT, K_STR, K_INSTANT),
	"INSERT INTO chat_group (community_id, id, name, name_key, channel, owner, tier, topic, region, capacity, scan_limit,"
	" rename_allowed, invite_allowed, entry_by_approval, lifetime, ends_at, note, created_at,"
	" member_count, counted_at, stage, qr_id, page)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, 0, 0, 'seeding', 0, '')");

static int group_make(struct request *rq, const struct group_draft *d, struct str key, struct id *ret)
{
	struct id id = tx_new_id(rq->tx);
	struct group_total total;
	int r = tx_one(rq->tx, &group_total_of, &total, V(rq->community));
	if (r < 0)
		return r;
	if (total.n >= MAX_GROUPS)
		return E_TOO_MANY;
	r = tx_run(rq->tx, &group_insert, V(rq->community), V(id), V(d->name), V(key), V(d->channel), V(d->owner), V(d->tier),
	           V(d->topic), V(d->region), V(d->capacity), V(d->scan_limit), V(d->rename_allowed), V(d->invite_allowed),
	           V(d->entry_by_approval), V(d->lifetime), V(d->ends_at), V(d->note), V(tx_now(rq->tx)));
	if (r < 0)
		return r == E_CONFLICT ? rq_complain(rq, E_NAME_TAKEN, S("name")) : r;
	*ret = id;
	return rq->only.n ? staff_gain_group(rq->tx, rq->community, rq->only, id) : 0;
}

static QUERY(group_update, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_INT, K_INT, K_BOOL, K_BOOL, K_BOOL, K_STR,
	      K_INSTANT, K_STR),
	"UPDATE chat_group SET name = ?3, name_key = ?4, channel = ?5, owner = ?6, tier = ?7, topic = ?8, region = ?9,"
	" capacity = ?10, scan_limit = ?11, rename_allowed = ?12, invite_allowed = ?13, entry_by_approval = ?14,"
	" lifetime = ?15, ends_at = ?16, note = ?17 WHERE community_id = ?1 AND id = ?2");

static int group_change(struct request *rq, const struct group_draft *d, struct str key)
{
	int r = tx_run(rq->tx, &group_update, V(rq->community), V(rq->path_id), V(d->name), V(key), V(d->channel),
	               V(d->owner), V(d->tier), V(d->topic), V(d->region), V(d->capacity), V(d->scan_limit),
	               V(d->rename_allowed), V(d->invite_allowed), V(d->entry_by_approval), V(d->lifetime), V(d->ends_at),
	               V(d->note));
	if (r <= 0)
		return r == E_CONFLICT ? rq_complain(rq, E_NAME_TAKEN, S("name")) : r < 0 ? r : E_NOT_FOUND;
	return 0;
}

/* A platform's name for a group may be taken, or be longer than ours: a number makes it one that is not. */
static struct str group_name_free(struct arena *arena, struct str name, int n)
{
	struct str short_name = utf8_cut(str_trim(name), MAX_NAME - 5);
	if (!name_key(arena, short_name).len)
		short_name = S("群");
	return n == 0 ? short_name : str_format(arena, "%.*s %d", STR(short_name), n + 1);
}

int group_of_channel(struct tx *tx, struct id community, struct str name, struct str channel, struct id *ret)
{
	struct id id = tx_new_id(tx), nobody = { 0 };
	struct group_total total;
	struct group_total taken = { .n = 1 };
	struct str free_name = name;
	int r = tx_one(tx, &group_total_of, &total, V(community));
	if (r == 0 && total.n >= MAX_GROUPS)
		return E_TOO_MANY;
	for (int n = 0; r == 0 && taken.n && n < NAMES_TRIED; n++) {
		free_name = group_name_free(tx_arena(tx), name, n);
		r = tx_one(tx, &group_named, &taken, V(community), V(name_key(tx_arena(tx), free_name)));
	}
	if (r < 0 || taken.n)
		return r < 0 ? r : E_NAME_TAKEN;
	struct instant never = { 0 };
	r = tx_run(tx, &group_insert, V(community), V(id), V(free_name), V(name_key(tx_arena(tx), free_name)), V(channel), V(S("")),
	           V(S("ordinary")), V(S("")), V(S("")), V((int64_t)CAPACITY), V((int64_t)SCAN_LIMIT), V(false), V(true), V(false),
	           V(S("permanent")), V(never), V(S("")), V(tx_now(tx)));
	if (r < 0 || (r = event_emit(tx, community, &events[GROUP_MADE], &(struct event){ .subject = id, .actor = nobody })) < 0)
		return r;
	*ret = id;
	return 0;
}

static QUERY(group_name_set, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE chat_group SET name = ?3, name_key = ?4 WHERE community_id = ?1 AND id = ?2", .clashes = true);

int group_rename(struct tx *tx, struct id community, struct id group, struct str name)
{
	struct str cut = utf8_cut(str_trim(name), MAX_NAME), key = name_key(tx_arena(tx), cut);
	if (!key.len)
		return arena_failed(tx_arena(tx)) ? E_MEMORY : E_TOO_SHORT;
	int r = tx_run(tx, &group_name_set, V(community), V(group), V(cut), V(key));
	if (r <= 0)
		return r == E_CONFLICT ? E_NAME_TAKEN : r < 0 ? r : E_NOT_FOUND;
	r = livecode_group_changed(tx, community, group);
	return r < 0 ? r : event_emit(tx, community, &events[GROUP_CHANGED], &(struct event){ .subject = group });
}

static QUERY(group_page_set, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE chat_group SET page = ?3 WHERE community_id = ?1 AND id = ?2");

int group_set_page(struct tx *tx, struct id community, struct id group, struct str path)
{
	int r = tx_run(tx, &group_page_set, V(community), V(group), V(path));
	return r < 0 ? r : livecode_group_changed(tx, community, group);
}

/* ---- API: groups ---------------------------------------------------------------------------------------- */

static int get_groups(struct request *rq, const void *in, void *out)
{
	const struct group_query *q = in;
	struct page *page = out;
	struct group_total total;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = tx_one(rq->tx, &group_seen_of, &total, V(rq->community), V(rq->only));
	if (r < 0 || (r = tx_all(rq->tx, &groups_newest, &page->rows, V(rq->community), V(week_ago(rq->tx)), V(before),
	                         V(name_key(rq->arena, q->q)), V(q->tier), V(q->stage), V(q->channel), V(limit), V(rq->only))) < 0)
		return r;
	struct group *group = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		finish(rq, &group[i]);
	page->total = q->q.len || q->tier.len || q->stage.len || q->channel.len ? -1 : total.n;
	page_end(rq, page, &row_group, limit);
	return 0;
}

static int get_group(struct request *rq, const void *in, void *out)
{
	(void)in;
	return group_show(rq, rq->path_id, out);
}

static int post_group(struct request *rq, const void *in, void *out)
{
	struct group_draft draft;
	struct str key;
	struct id id = { 0 };
	int r = complete(rq, in, &draft, &key);
	if (r < 0 || (r = group_make(rq, &draft, key, &id)) < 0)
		return r;
	struct event made = { .subject = id, .actor = rq->account };
	if ((r = event_emit(rq->tx, rq->community, &events[GROUP_MADE], &made)) < 0 ||
	    (r = audit_note(rq, "group_made", id, draft.name)) < 0)
		return r;
	return group_show(rq, id, out);
}

static int put_group(struct request *rq, const void *in, void *out)
{
	struct group_draft draft;
	struct group before;
	struct str key;
	int r = complete(rq, in, &draft, &key);
	if (r < 0 || (r = group_show(rq, rq->path_id, &before)) < 0 || (r = group_change(rq, &draft, key)) < 0 ||
	    (r = say(rq, GROUP_CHANGED, (struct event){ 0 })) < 0 || (r = group_show(rq, rq->path_id, out)) < 0)
		return r;
	return audit_change(rq, "group_changed", rq->path_id, draft.name, &row_group, &before, out);
}

static QUERY(group_drop_qrs, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM group_qr WHERE community_id = ?1 AND group_id = ?2");

static QUERY(group_drop_history, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM group_history WHERE community_id = ?1 AND group_id = ?2");

static QUERY(group_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM chat_group WHERE community_id = ?1 AND id = ?2");

static int delete_group(struct request *rq, const void *in, void *out)
{
	struct group_brief group;
	int64_t used;
	(void)in, (void)out;
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	if (r < 0 || (r = livecode_uses_group(rq->tx, rq->community, rq->path_id, &used)) < 0)
		return r;
	if (used > 0)
		return E_GROUP_IN_USE;
	if ((r = tx_run(rq->tx, &group_drop_qrs, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = tx_run(rq->tx, &group_drop_history, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = tx_run(rq->tx, &group_drop, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = roster_forget(rq->tx, rq->community, rq->path_id)) < 0 ||
	    (r = staff_forget_group(rq->tx, rq->community, rq->path_id)) < 0)
		return r;
	return tell(rq, GROUP_CHANGED, "group_removed", (struct event){ .word = S("removed") }, group.name);
}

/* ---- API: QR pictures ---------------------------------------------------------------------------------------- */

struct clean_qr { struct blob bytes; enum picture_type type; struct str link; };

/* A phone shows the picture some 300 points wide; but a small code in a large screenshot must survive the scaling, so
 * the next larger size is tried until the copy itself can be read. */
static int clean(struct arena *arena, struct blob picture, struct clean_qr *ret)
{
	static const int sides[] = { 1280, 2560, PICTURE_SIDE_MAX };
	struct clean_qr qr;
	struct str again;
	int r = qr_find(picture, arena, &qr.link);
	for (size_t i = 0; r == 0 && i < sizeof sides / sizeof *sides; i++) {
		if ((r = picture_reduce(picture, sides[i], arena, &qr.bytes, &qr.type)) < 0)
			return r;
		r = qr_find(qr.bytes, arena, &again);
		if (r == 0 && str_equal(again, qr.link)) {
			*ret = qr;
			return 0;
		}
		r = r == E_MEMORY ? r : 0;
	}
	return r < 0 ? r : E_PICTURE_NO_QR;
}

static int ready_qr(struct request *rq, const void *in, void *out)
{
	const struct group_qr_draft *draft = in;
	struct clean_qr *qr = ARENA_NEW(rq->arena, struct clean_qr);
	struct group_brief group;
	(void)out;
	if (!qr)
		return E_MEMORY;
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	if (r < 0)
		return r;
	if (draft->expires_at.ms && draft->expires_at.ms <= tx_now(rq->tx).ms)
		return rq_complain(rq, E_TIME_ORDER, S("expires_at"));
	if ((r = clean(rq->arena, draft->picture, qr)) < 0)
		return r == E_MEMORY ? r : rq_complain(rq, r, S("picture"));
	rq->kept = qr;
	return 0;
}

static QUERY(group_qr_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT, K_INSTANT, K_ID),
	"INSERT INTO group_qr (community_id, id, group_id, file, link, uploaded_at, expires_at, uploaded_by)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

static QUERY(group_set_qr, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE chat_group SET qr_id = ?3 WHERE community_id = ?1 AND id = ?2");

static int qr_keep(struct request *rq, const struct clean_qr *clean_copy, struct instant expires_at, struct group_qr *ret)
{
	struct instant now = tx_now(rq->tx);
	struct group_qr qr = {
		.id = tx_new_id(rq->tx), .link = clean_copy->link, .uploaded_at = now, .uploaded_by = rq->account,
		.expires_at = expires_at.ms ? expires_at : (struct instant){ now.ms + QR_LIFE },
	};
	int r = tx_run(rq->tx, &group_set_qr, V(rq->community), V(rq->path_id), V(qr.id));
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;           /* deleted while the picture was read */
	if ((r = file_keep(rq->tx, rq->community, clean_copy->bytes, picture_media_type(clean_copy->type), &qr.file)) < 0 ||
	    (r = tx_run(rq->tx, &group_qr_insert, V(rq->community), V(qr.id), V(rq->path_id), V(qr.file), V(qr.link),
	                V(qr.uploaded_at), V(qr.expires_at), V(qr.uploaded_by))) < 0)
		return r;
	*ret = qr;
	return 0;
}

static int post_qr(struct request *rq, const void *in, void *out)
{
	const struct group_qr_draft *draft = in;
	struct group_qr *qr = out;
	int r = qr_keep(rq, rq->kept, draft->expires_at, qr);
	if (r < 0 || (r = remember(rq, S("qr"), S(""), 0, S(""))) < 0)
		return r;
	qr->file = file_url(rq->arena, qr->file);
	return tell(rq, GROUP_QR_CHANGED, "group_qr_changed", (struct event){ .object = qr->id }, S(""));
}

static QUERY(group_qrs, READS, &row_group_qr, TAKES(K_ID, K_ID),
	"SELECT id, file, link, expires_at, uploaded_at, uploaded_by FROM group_qr WHERE community_id = ?1 AND group_id = ?2"
	" ORDER BY id DESC LIMIT 100");

static int get_qrs(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct group_brief group;
	(void)in;
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	if (r < 0 || (r = tx_all(rq->tx, &group_qrs, &page->rows, V(rq->community), V(rq->path_id))) < 0)
		return r;
	struct group_qr *qr = page->rows.at;
	for (size_t i = 0; i < page->rows.count; i++)
		qr[i].file = file_url(rq->arena, qr[i].file);
	page->total = -1;
	return 0;
}

/* ---- API: count and stage -------------------------------------------------------------------------------------- */

static QUERY(group_set_count, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INSTANT),
	"UPDATE chat_group SET member_count = ?3, counted_at = ?4 WHERE community_id = ?1 AND id = ?2");

int group_counted(struct tx *tx, struct id community, struct id group, int64_t count, bool noted)
{
	struct instant now = tx_now(tx);
	int r = tx_run(tx, &group_set_count, V(community), V(group), V(count), V(now));
	if (r > 0 && noted)
		r = tx_run(tx, &group_history_insert, V(community), V(tx_new_id(tx)), V(group), V(now), V(S("count")), V(S("")), V(count),
		           V(S("")), V(((struct id){ 0 })));
	return r < 0 ? r : livecode_group_changed(tx, community, group);
}

static int post_count(struct request *rq, const void *in, void *out)
{
	const struct group_count *counted = in;
	struct group_brief group;
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	if (r < 0)
		return r;
	if (!count_is_likely(counted->count, group.capacity))
		return rq_complain(rq, E_TOO_LARGE, S("count"));
	struct event event = { .n = counted->count };
	struct str detail = str_format(rq->arena, "%.*s · %lld", STR(group.name), (long long)counted->count);
	if ((r = tx_run(rq->tx, &group_set_count, V(rq->community), V(rq->path_id), V(counted->count), V(tx_now(rq->tx)))) < 0 ||
	    (r = remember(rq, S("count"), S(""), counted->count, S(""))) < 0 ||
	    (r = tell(rq, GROUP_COUNTED, "group_counted", event, detail)) < 0)
		return r;
	return group_show(rq, rq->path_id, out);
}

static QUERY(group_set_stage, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE chat_group SET stage = ?3 WHERE community_id = ?1 AND id = ?2");

static int post_stage(struct request *rq, const void *in, void *out)
{
	const struct group_stage_draft *draft = in;
	int r = tx_run(rq->tx, &group_set_stage, V(rq->community), V(rq->path_id), V(draft->stage));
	if (r <= 0)
		return r < 0 ? r : E_NOT_FOUND;
	if ((r = remember(rq, S("stage"), draft->stage, 0, draft->note)) < 0 ||
	    (r = tell(rq, GROUP_STAGED, "group_staged", (struct event){ .word = draft->stage }, draft->stage)) < 0)
		return r;
	return group_show(rq, rq->path_id, out);
}

static QUERY(group_lines, READS, &row_group_line, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT id, at, what, word, n, note, account_id FROM group_history"
	" WHERE community_id = ?1 AND group_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT ?4");

static int get_history(struct request *rq, const void *in, void *out)
{
	const struct group_history_query *q = in;
	struct page *page = out;
	struct group_brief group;
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50;
	int r = group_get_brief(rq->tx, rq->community, rq->path_id, &group);
	if (r < 0 || (r = tx_all(rq->tx, &group_lines, &page->rows, V(rq->community), V(rq->path_id), V(before), V(limit))) < 0)
		return r;
	page->total = -1;
	page_end(rq, page, &row_group_line, limit);
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/groups",              ROLE_READER,   get_groups,   &row_group_query, &row_group, "Groups, newest first", OUT_PAGE },
	{ "POST",   "/groups",              ROLE_OPERATOR, post_group,   &row_group_draft, &row_group, "Add a group", .sees = sees_all },
	{ "GET",    "/groups/{id}",         ROLE_READER,   get_group,    NULL, &row_group, "One group, with the stage that is proposed", .sees = group_sees },
	{ "PUT",    "/groups/{id}",         ROLE_OPERATOR, put_group,    &row_group_draft, &row_group, "Save a group", .sees = group_sees },
	{ "DELETE", "/groups/{id}",         ROLE_ADMIN,    delete_group, NULL, NULL, "Delete a group that no live code uses", OUT_NONE },
	{ "POST",   "/groups/{id}/qr",      ROLE_OPERATOR, post_qr,      &row_group_qr_draft, &row_group_qr,
	  "Upload the group's QR picture; it is read, cleaned and used from now on", .ready = ready_qr,
	  .body_max = 6 << 20, .sees = group_sees },
	{ "GET",    "/groups/{id}/qrs",     ROLE_READER,   get_qrs,      NULL, &row_group_qr, "QR pictures so far, newest first", OUT_PAGE, .sees = group_sees },
	{ "POST",   "/groups/{id}/count",   ROLE_OPERATOR, post_count,   &row_group_count, &row_group, "Say how many members it has", .sees = group_sees },
	{ "POST",   "/groups/{id}/stage",   ROLE_OPERATOR, post_stage,   &row_group_stage_draft, &row_group, "Confirm the stage it is in", .sees = group_sees },
	{ "GET",    "/groups/{id}/history", ROLE_READER,   get_history,  &row_group_history_query, &row_group_line,
	  "Stages, counts and QR pictures, newest first", OUT_PAGE, .sees = group_sees },
	{ 0 },
};

static const struct query *const queries[] = {
	&group_names, &group_brief_by_id, &group_briefs, &group_by_id, &groups_newest, &group_history_insert, &group_total_of,
	&group_insert, &group_named, &group_seen_of,
	&group_update, &group_name_set, &group_page_set, &group_drop_qrs, &group_drop_history, &group_drop, &group_qr_insert,
	&group_set_qr, &group_qrs,
	&group_set_count, &group_set_stage, &group_lines, NULL,
};

const struct feature feature_group = { .name = "group", .api = "groups", .routes = routes, .queries = queries, .events = events };
