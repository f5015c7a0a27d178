/* tag.c: the corp's tags (企业标签), and which customer carries them: the same here and there.
 *
 * Story      小王 marks a customer 已下定 on her phone; a moment later the member carries it here and the automation for buyers starts. An
 *            operator takes 意向 off; the platform takes it off, too. Neither change comes back as if it were new.
 * How        Each tag of the corp stands for a tag here, of the same name to begin with. Of each customer and tag three things are
 *            known: how it is there, how it is here, and how it was when both last agreed (wecom_mark). Where the two differ, one of them
 *            differs from what was agreed: that side changed, and the other follows. Nothing depends on who told what, or how often.
 * Owns       wecom_tag, wecom_mark
 * Holds      A tag that ends there stays here on its members; a tag deleted here stays there, and is not made here again.
 *            Changes through the API raise no callback: what was told is agreed at once.
 * Test       wecom_tag_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "base/utf8.h"
#include "channel/outbox/courier.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/tag.h"

#define TAGS_MAX    1000                          /* of one corp that are known here */
#define CORP_NAME   30                            /* characters of a tag's name, or of its group's, there */
#define SUBJECT_MOST 64
#define MARKS_MOST  2000                          /* what all staff marked on one customer */
#define LAG         (2 * SECOND)
#define LOOK_EVERY  DAY
#define READ_MOST   2000                          /* customers who are asked about again at once */
#define READ_STEP   200                           /* ms between two of them */

/* ---- Rows ---- */

struct corp_tag {
	struct id  id, channel_id;
	struct str subject, family, name;
	struct id  tag_id;
	struct str tag;
	bool       apart;
	struct str wanted, trouble;
};

ROW_AS(wecom_tag, corp_tag,
	FIELD(corp_tag, id,         "Tag of the corp"),
	FIELD(corp_tag, channel_id, "Channel"),
	FIELD(corp_tag, subject,    "The platform's number of it; empty: not made yet"),
	FIELD(corp_tag, family,     "Its group there"),
	FIELD(corp_tag, name,       "Its name there"),
	FIELD(corp_tag, tag_id,     "The tag here", .optional = true),
	FIELD(corp_tag, tag,        "… and its name"),
	FIELD(corp_tag, apart,      "Staff deleted the tag here; it gets none again"),
	FIELD(corp_tag, wanted,     "What the platform is to be told: add edit drop; or empty"),
	FIELD(corp_tag, trouble,    "Why it refused, in its words"));

struct corp_tag_draft { struct id tag_id; struct str family; };

ROW_AS(wecom_tag_draft, corp_tag_draft,
	FIELD(corp_tag_draft, tag_id, "The tag here that the corp gets, too"),
	FIELD(corp_tag_draft, family, "Its group there; made when there is none", .min = 1, .max = CORP_NAME));

struct corp_tag_name { struct str name; };

ROW_AS(wecom_tag_name, corp_tag_name, FIELD(corp_tag_name, name, "Its name there", .min = 1, .max = CORP_NAME));

struct mark { struct str tag; bool marked; };

ROW(mark,
	FIELD(mark, tag,    "Tag there"),
	FIELD(mark, marked, "Agreed"));

struct tag_there { struct id channel_id; struct str subject; bool marked; };

ROW(tag_there,
	FIELD(tag_there, channel_id, "Channel"),
	FIELD(tag_there, subject,    "Customer"),
	FIELD(tag_there, marked,     "Agreed"));

struct mark_trouble { struct id member_id; struct str nickname, tag, trouble; struct instant at; };

ROW_AS(wecom_mark_trouble, mark_trouble,
	FIELD(mark_trouble, member_id, "Member"),
	FIELD(mark_trouble, nickname,  "What they are called"),
	FIELD(mark_trouble, tag,       "The tag that could not be marked there, or taken off"),
	FIELD(mark_trouble, trouble,   "Why, in the platform's words"),
	FIELD(mark_trouble, at,        "When"));

/* ---- Queries ---- */

#define SELECT_TAG \
	"SELECT w.id, w.channel_id, w.subject, w.family, w.name, COALESCE(t.id, 0) AS tag_id, COALESCE(t.name, '') AS tag, w.apart, w.wanted," \
	" w.trouble FROM wecom_tag w LEFT JOIN tag t ON t.community_id = w.community_id AND t.id = w.tag_id WHERE w.community_id = ?1"

static QUERY(wecom_tag_by_id, READS, &row_wecom_tag, TAKES(K_ID, K_ID), SELECT_TAG " AND w.id = ?2");

static QUERY(wecom_tags_all, READS, &row_wecom_tag, TAKES(K_ID, K_ID, K_INT),
	SELECT_TAG " AND w.channel_id = ?2 ORDER BY w.family, w.id LIMIT ?3");

static QUERY(wecom_tag_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_STR, K_INSTANT),
	"INSERT INTO wecom_tag (community_id, id, channel_id, subject, family, name, tag_id, apart, wanted, trouble, seen_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, FALSE, ?8, '', ?9)");

/* What is to be told is not overwritten by what was. */
static QUERY(wecom_tag_seen, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_INSTANT),
	"UPDATE wecom_tag SET subject = ?3, family = ?4, name = CASE WHEN wanted = 'edit' THEN name ELSE ?5 END, tag_id = ?6, seen_at = ?7,"
	" wanted = CASE WHEN wanted = 'add' THEN '' ELSE wanted END WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_tags_missing, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"DELETE FROM wecom_tag WHERE community_id = ?1 AND channel_id = ?2 AND subject <> '' AND seen_at < ?3");

static QUERY(wecom_tag_want, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR),
	"UPDATE wecom_tag SET wanted = ?3, name = ?4, trouble = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_tag_told, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR),
	"UPDATE wecom_tag SET subject = ?3, trouble = ?4, wanted = CASE WHEN wanted = ?5 AND name = ?6 AND ?4 = '' THEN '' ELSE wanted END"
	" WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_tag_family, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE wecom_tag SET family = ?3, trouble = '' WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_tag_delete, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM wecom_tag WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_tag_apart, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE wecom_tag SET tag_id = 0, apart = TRUE WHERE community_id = ?1 AND tag_id = ?2");

/* Two tags became one: it stands for the one that stays, unless that has its own there. */
static QUERY(wecom_tag_becomes, WRITES, NULL, TAKES(K_ID, K_ID, K_ID),
	"UPDATE wecom_tag SET tag_id = ?3 WHERE community_id = ?1 AND tag_id = ?2 AND NOT EXISTS (SELECT 1 FROM wecom_tag o"
	" WHERE o.community_id = ?1 AND o.channel_id = wecom_tag.channel_id AND o.tag_id = ?3)");

static QUERY(wecom_tag_held, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT tag_id AS item FROM member_tag WHERE community_id = ?1 AND member_id = ?2 LIMIT 1000");

static QUERY(wecom_marks_of, READS, &row_mark, TAKES(K_ID, K_ID, K_STR, K_INT),
	"SELECT tag, marked FROM wecom_mark WHERE community_id = ?1 AND channel_id = ?2 AND subject = ?3 LIMIT ?4");

static QUERY(wecom_mark_agree, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL, K_INSTANT),
	"INSERT INTO wecom_mark (community_id, channel_id, subject, tag, marked, trouble, at) VALUES (?1, ?2, ?3, ?4, ?5, '', ?6)"
	" ON CONFLICT (community_id, channel_id, subject, tag) DO UPDATE SET marked = excluded.marked, trouble = '', at = excluded.at");

static QUERY(wecom_mark_refused, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_BOOL, K_STR, K_INSTANT),
	"INSERT INTO wecom_mark (community_id, channel_id, subject, tag, marked, trouble, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
	" ON CONFLICT (community_id, channel_id, subject, tag) DO UPDATE SET trouble = excluded.trouble, at = excluded.at");

/* Where a member is somebody's customer and this tag has its like. */
static QUERY(wecom_tags_there, READS, &row_tag_there, TAKES(K_ID, K_ID, K_ID),
	"SELECT w.channel_id, i.subject, EXISTS (SELECT 1 FROM wecom_mark m WHERE m.community_id = w.community_id"
	" AND m.channel_id = w.channel_id AND m.subject = i.subject AND m.tag = w.subject AND m.marked = TRUE) AS marked FROM wecom_tag w"
	" JOIN identity i ON i.community_id = w.community_id AND i.member_id = ?3 AND i.channel = 'wecom'"
	" WHERE w.community_id = ?1 AND w.tag_id = ?2 AND EXISTS (SELECT 1 FROM wecom_follow f WHERE f.community_id = w.community_id"
	" AND f.channel_id = w.channel_id AND f.subject = i.subject AND f.gone_at = 0) LIMIT 100");

static QUERY(wecom_customers, READS, &row_text_item, TAKES(K_ID, K_ID, K_INT),
	"SELECT DISTINCT subject AS item FROM wecom_follow WHERE community_id = ?1 AND channel_id = ?2 AND gone_at = 0 ORDER BY item LIMIT ?3");

static QUERY(wecom_mark_troubles, READS, &row_wecom_mark_trouble, TAKES(K_ID, K_ID, K_ID),
	"SELECT b.id AS member_id, b.nickname, COALESCE(w.name, '') AS tag, m.trouble, m.at FROM wecom_mark m"
	" JOIN identity i ON i.community_id = m.community_id AND i.channel = 'wecom' AND i.subject = m.subject"
	" JOIN member b ON b.community_id = i.community_id AND b.id = i.member_id"
	" LEFT JOIN wecom_tag w ON w.community_id = m.community_id AND w.channel_id = m.channel_id AND w.subject = m.tag"
	" WHERE m.community_id = ?1 AND m.channel_id = ?2 AND m.trouble <> '' AND " SEES_MEMBER("?3", "b.community_id", "b.id")
	" ORDER BY m.at DESC, b.id LIMIT 100");

/* ---- Customers: here and there ---- */

struct side { struct str staff, tag; };           /* one mark there */

static struct str text_at(const struct loose *json, struct arena *arena, const char *list, size_t i, const char *name)
{
	char path[140];
	snprintf(path, sizeof path, "%s.%zu.%s", list, i, name);
	return loose_text(json, path, arena);
}

/* What staff marked, and who has had the customer longest: they mark what is put on here. */
static size_t read_sides(const struct loose *json, struct arena *arena, struct side *ret, struct str *ret_first)
{
	int64_t first = INT64_MAX;
	size_t n = 0;
	char path[80];
	for (size_t i = 0; i < loose_count(json, "follow_user"); i++) {
		struct str staff = text_at(json, arena, "follow_user", i, "userid");
		snprintf(path, sizeof path, "follow_user.%zu.createtime", i);
		int64_t since = loose_int(json, path, 0);
		if (since < first)
			first = since, *ret_first = staff;
		snprintf(path, sizeof path, "follow_user.%zu.tags", i);
		for (size_t j = 0; j < loose_count(json, path) && n < MARKS_MOST; j++) {
			struct str tag = text_at(json, arena, path, j, "tag_id");
			if (tag.len && tag.len <= SUBJECT_MOST)
				ret[n++] = (struct side){ staff, tag };
		}
	}
	return n;
}

static bool is_marked(const struct side *sides, size_t count, struct str tag)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(sides[i].tag, tag))
			return true;
	return false;
}

static bool is_held(struct rows held, struct id tag)
{
	for (size_t i = 0; i < held.count; i++)
		if (((const struct id_item *)held.at)[i].item.n == tag.n)
			return true;
	return false;
}

static bool was_agreed(struct rows marks, struct str tag)
{
	const struct mark *mark = marks.at;
	for (size_t i = 0; i < marks.count; i++)
		if (str_equal(mark[i].tag, tag))
			return mark[i].marked;
	return false;
}

struct merging {
	struct tx          *tx;
	struct id           community, channel, member;
	struct str          subject, first;
	struct rows         held, marks;
	struct side        *sides;
	size_t              count;
	struct wecom_push  *pushes;
	size_t              pushed;
};

static int agree(const struct merging *m, struct str tag, bool marked)
{
	int r = tx_run(m->tx, &wecom_mark_agree, V(m->community), V(m->channel), V(m->subject), V(tag), V(marked), V(tx_now(m->tx)));
	return r < 0 ? r : 0;
}

static void push_one(struct merging *m, struct str tag, bool on)
{
	if (on && m->first.len && m->pushed < MARKS_MOST)
		m->pushes[m->pushed++] = (struct wecom_push){ m->first, tag, true };
	for (size_t i = 0; !on && i < m->count && m->pushed < MARKS_MOST; i++)
		if (str_equal(m->sides[i].tag, tag))
			m->pushes[m->pushed++] = (struct wecom_push){ m->sides[i].staff, tag, false };
}

static int merge_one(struct merging *m, const struct corp_tag *tag)
{
	bool here = is_held(m->held, tag->tag_id), there = is_marked(m->sides, m->count, tag->subject);
	bool agreed = was_agreed(m->marks, tag->subject);
	if (here == there)
		return agreed == here ? 0 : agree(m, tag->subject, here);
	if (here != agreed) {
		push_one(m, tag->subject, here);
		return 0;
	}
	int r = there ? tag_put(m->tx, m->community, tag->tag_id, m->member) : tag_take(m->tx, m->community, tag->tag_id, m->member);
	if (r == E_TOO_MANY || r == E_NOT_FOUND)
		return 0;
	return r < 0 ? r : agree(m, tag->subject, there);
}

int wecom_marks_merge(struct tx *tx, struct id community, struct id channel, struct id member, struct str subject,
                      const struct loose *json, struct rows *ret)
{
	struct merging m = { .tx = tx, .community = community, .channel = channel, .member = member, .subject = subject };
	struct rows tags;
	int r = tx_all(tx, &wecom_tags_all, &tags, V(community), V(channel), V((int64_t)TAGS_MAX));
	*ret = (struct rows){ 0 };
	if (r < 0 || !tags.count)
		return r < 0 ? r : 0;
	m.sides = arena_take_array(tx_arena(tx), MARKS_MOST, sizeof *m.sides);
	m.pushes = arena_take_array(tx_arena(tx), MARKS_MOST, sizeof *m.pushes);
	if (!m.sides || !m.pushes)
		return E_MEMORY;
	if ((r = tx_all(tx, &wecom_tag_held, &m.held, V(community), V(member))) < 0 ||
	    (r = tx_all(tx, &wecom_marks_of, &m.marks, V(community), V(channel), V(subject), V((int64_t)MARKS_MOST))) < 0)
		return r;
	m.count = read_sides(json, tx_arena(tx), m.sides, &m.first);
	const struct corp_tag *tag = tags.at;
	for (size_t i = 0; r >= 0 && i < tags.count; i++)
		r = tag[i].tag_id.n && tag[i].subject.len ? merge_one(&m, &tag[i]) : 0;
	*ret = (struct rows){ m.pushes, m.pushed };
	return r < 0 ? r : 0;
}

struct noting { const struct wecom *wecom; struct id community; struct str subject, staff, why; struct rows pushes; };

static int note_pushed(struct tx *tx, void *arg)
{
	const struct noting *n = arg;
	const struct wecom_push *p = n->pushes.at;
	struct id channel = n->wecom->channel.id;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < n->pushes.count; i++)
		if (str_equal(p[i].staff, n->staff))
			r = n->why.len ? tx_run(tx, &wecom_mark_refused, V(n->community), V(channel), V(n->subject), V(p[i].tag), V(!p[i].on),
			                        V(n->why), V(tx_now(tx)))
			               : tx_run(tx, &wecom_mark_agree, V(n->community), V(channel), V(n->subject), V(p[i].tag), V(p[i].on),
			                        V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static void write_tags(struct buf *b, const struct noting *n, bool on)
{
	const struct wecom_push *p = n->pushes.at;
	bool more = false;
	for (size_t i = 0; i < n->pushes.count; i++)
		if (p[i].on == on && str_equal(p[i].staff, n->staff)) {
			buf_z(b, more ? "," : "");
			loose_write(b, p[i].tag);
			more = true;
		}
}

/* All that one of the staff marks, and takes off. */
static int push_staff(struct wecom *w, struct noting *n, struct str *ret_why)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 256 << 10);
	buf_z(&body, "{\"userid\":");
	loose_write(&body, n->staff);
	buf_z(&body, ",\"external_userid\":");
	loose_write(&body, n->subject);
	buf_z(&body, ",\"add_tag\":[");
	write_tags(&body, n, true);
	buf_z(&body, "],\"remove_tag\":[");
	write_tags(&body, n, false);
	buf_z(&body, "]}");
	int r = buf_failed(&body) ? E_MEMORY : wecom_call(w, "/cgi-bin/externalcontact/mark_tag", buf_view(&body), &reply);
	if (r < 0)
		return r;
	loose_free(&reply.json);
	*ret_why = reply.words;
	if (reply.code && wecom_later(reply.code))
		return E_NOT_SENT;
	n->why = reply.words;
	return store_write(w->store, n->community, w->arena, note_pushed, n);
}

int wecom_marks_push(struct wecom *w, struct id community, struct str subject, struct rows pushes, struct str *ret_why)
{
	const struct wecom_push *p = pushes.at;
	int r = 0;
	for (size_t i = 0; r >= 0 && i < pushes.count; i++) {
		bool done = false;
		for (size_t k = 0; k < i; k++)
			done |= str_equal(p[k].staff, p[i].staff);
		struct noting n = { .wecom = w, .community = community, .subject = subject, .staff = p[i].staff, .pushes = pushes };
		r = done ? 0 : push_staff(w, &n, ret_why);
	}
	return r < 0 ? r : 0;
}

/* ---- Jobs ---- */

enum { JOB_LOOK, JOB_LIST, JOB_TELL };
static const struct job_kind jobs[];

static int list_in(struct tx *tx, struct id community, struct id channel, int64_t in_ms)
{
	int r = job_add(tx, community, &jobs[JOB_LIST], str_format(tx_arena(tx), "%lld", (long long)channel.n), S(""),
	                (struct instant){ tx_now(tx).ms + in_ms });
	return r < 0 ? r : 0;
}

static int list_now(struct tx *tx, struct id community, struct id channel) { return list_in(tx, community, channel, 0); }

int wecom_tag_heard(struct tx *tx, struct id community, const struct channel *c, const struct wecom_told *t)
{
	(void)t;
	return list_in(tx, community, c->id, LAG);
}

struct talking {
	struct wecom   wecom;
	struct id      community, id;
	struct channel channel;
	struct corp_tag tag;
	struct loose  *json;
	struct str     trouble, made;
};

/* The row of this tag there; a new one when there is none. */
static int keep_tag(struct tx *tx, const struct talking *t, struct rows known, struct str family, struct str subject, struct str name)
{
	const struct corp_tag *tag = known.at;
	struct corp_tag it = { .channel_id = t->channel.id };
	struct instant now = tx_now(tx);
	for (size_t i = 0; i < known.count; i++)
		if (str_equal(tag[i].subject, subject) ||
		    (!tag[i].subject.len && str_equal(tag[i].name, name) && str_equal(tag[i].family, family)))
			it = tag[i];
	int r = it.tag_id.n || it.apart ? 0 : tag_find_named(tx, t->community, name, &it.tag_id);
	if (r < 0 && r != E_TOO_LONG && r != E_TOO_SHORT)
		return r;
	r = it.id.n ? tx_run(tx, &wecom_tag_seen, V(t->community), V(it.id), V(subject), V(family), V(name), V(it.tag_id), V(now))
	            : tx_run(tx, &wecom_tag_insert, V(t->community), V(tx_new_id(tx)), V(it.channel_id), V(subject), V(family), V(name),
	                     V(it.tag_id), V(S("")), V(now));
	return r < 0 ? r : 0;
}

static int keep_list(struct tx *tx, void *arg)
{
	const struct talking *t = arg;
	struct rows known;
	char path[60];
	size_t n = 0;
	int r = tx_all(tx, &wecom_tags_all, &known, V(t->community), V(t->channel.id), V((int64_t)TAGS_MAX));
	for (size_t i = 0; r >= 0 && i < loose_count(t->json, "tag_group"); i++) {
		struct str family = utf8_cut(text_at(t->json, tx_arena(tx), "tag_group", i, "group_name"), CORP_NAME);
		snprintf(path, sizeof path, "tag_group.%zu.tag", i);
		for (size_t j = 0; r >= 0 && j < loose_count(t->json, path) && n < TAGS_MAX; j++, n++) {
			struct str subject = text_at(t->json, tx_arena(tx), path, j, "id");
			struct str name = utf8_cut(text_at(t->json, tx_arena(tx), path, j, "name"), CORP_NAME);
			if (subject.len && subject.len <= SUBJECT_MOST)
				r = keep_tag(tx, t, known, family, subject, name);
		}
	}
	if (r >= 0)
		r = tx_run(tx, &wecom_tags_missing, V(t->community), V(t->channel.id), V(tx_now(tx)));
	return r < 0 ? r : 0;
}

static int read_list(struct talking *t)
{
	struct wecom_reply reply = { 0 };
	int r = wecom_call(&t->wecom, "/cgi-bin/externalcontact/get_corp_tag_list", S("{}"), &reply);
	if (r < 0)
		return r;
	t->json = &reply.json, t->trouble = reply.words;
	if (!reply.code)
		r = store_write(t->wecom.store, t->community, t->wecom.arena, keep_list, t);
	loose_free(&reply.json);
	return r < 0 ? r : reply.code && wecom_later(reply.code) ? E_NOT_SENT : 0;
}

static int note_told(struct tx *tx, void *arg)
{
	const struct talking *t = arg;
	bool dropped = str_is(t->tag.wanted, "drop") && !t->trouble.len;
	int r = dropped ? tx_run(tx, &wecom_tag_delete, V(t->community), V(t->id))
	                : tx_run(tx, &wecom_tag_told, V(t->community), V(t->id), V(t->made), V(t->trouble), V(t->tag.wanted), V(t->tag.name));
	return r < 0 ? r : 0;
}

static const char *write_telling(struct buf *b, const struct corp_tag *tag)
{
	if (str_is(tag->wanted, "add")) {
		buf_z(b, "{\"group_name\":");
		loose_write(b, tag->family);
		buf_z(b, ",\"tag\":[{\"name\":");
		loose_write(b, tag->name);
		buf_z(b, "}]}");
		return "/cgi-bin/externalcontact/add_corp_tag";
	}
	bool drop = str_is(tag->wanted, "drop");
	buf_z(b, drop ? "{\"tag_id\":[" : "{\"id\":");
	loose_write(b, tag->subject);
	buf_z(b, drop ? "]" : ",\"name\":");
	if (!drop)
		loose_write(b, tag->name);
	buf_z(b, "}");
	return drop ? "/cgi-bin/externalcontact/del_corp_tag" : "/cgi-bin/externalcontact/edit_corp_tag";
}

/* Refused: because it is no more, or may not be deleted from here? The list tells. */
static int is_listed(struct talking *t, bool *ret)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 1024);
	buf_z(&body, "{\"tag_id\":[");
	loose_write(&body, t->tag.subject);
	buf_z(&body, "]}");
	int r = buf_failed(&body) ? E_MEMORY : wecom_call(&t->wecom, "/cgi-bin/externalcontact/get_corp_tag_list", buf_view(&body), &reply);
	*ret = r >= 0 && wecom_later(reply.code);
	for (size_t i = 0; r >= 0 && !reply.code && i < loose_count(&reply.json, "tag_group"); i++) {
		char path[60];
		snprintf(path, sizeof path, "tag_group.%zu.tag", i);
		for (size_t j = 0; j < loose_count(&reply.json, path); j++)
			*ret = *ret || str_equal(text_at(&reply.json, t->wecom.arena, path, j, "id"), t->tag.subject);
	}
	loose_free(&reply.json);
	return r < 0 ? r : 0;
}

static int tell(struct talking *t)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 4096);
	const char *path = write_telling(&body, &t->tag);
	int r = buf_failed(&body) ? E_MEMORY : wecom_call(&t->wecom, path, buf_view(&body), &reply);
	if (r < 0)
		return r;
	t->made = t->tag.subject.len ? t->tag.subject : loose_text(&reply.json, "tag_group.tag.0.id", t->wecom.arena);
	t->trouble = reply.words;
	loose_free(&reply.json);
	bool there = true;
	if (reply.code && !wecom_later(reply.code) && str_is(t->tag.wanted, "drop") && (r = is_listed(t, &there)) < 0)
		return r;
	if (!there)
		t->trouble = S("");
	r = store_write(t->wecom.store, t->community, t->wecom.arena, note_told, t);
	return r < 0 ? r : reply.code && wecom_later(reply.code) ? E_NOT_SENT : 0;
}

static int load_talking(struct tx *tx, void *arg)
{
	struct talking *t = arg;
	int r = t->id.n ? tx_one(tx, &wecom_tag_by_id, &t->tag, V(t->community), V(t->id)) : 0;
	return r < 0 ? r : channel_get(tx, t->community, t->id.n ? t->tag.channel_id : t->channel.id, &t->channel);
}

static int run_talk(const struct job_context *jc, struct talking *t, int (*does)(struct talking *), struct str *ret_why)
{
	struct courier *courier;
	int r = store_read(jc->store, jc->arena, load_talking, t);
	if (r < 0 || !str_is(t->channel.state, "on") || (t->id.n && !t->tag.wanted.len))
		return r == E_NOT_FOUND || r >= 0 ? 0 : r;
	if ((r = courier_make(jc->store, jc->settings, &courier)) < 0)
		return r;
	if ((r = wecom_open(courier, t->community, &t->channel, &t->wecom)) >= 0)
		r = does(t);
	*ret_why = str_copy(jc->arena, t->trouble);
	courier_free(courier);
	return r;
}

static int run_list(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct talking t = { .community = job->community };
	return str_to_int(job->key, &t.channel.id.n) ? run_talk(jc, &t, read_list, ret_why) : 0;
}

static int run_tell(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	struct talking t = { .community = job->community };
	return str_to_int(job->key, &t.id.n) ? run_talk(jc, &t, tell, ret_why) : 0;
}

static int look_at_all(struct tx *tx, void *arg)
{
	(void)arg;
	return wecom_channels(tx, list_now);
}

static int run_look(const struct job_context *jc, const struct job *job, struct str *ret_why)
{
	(void)job, (void)ret_why;
	return store_write(jc->store, (struct id){ 0 }, jc->arena, look_at_all, NULL);
}

static const struct job_kind jobs[] = {
	[JOB_LOOK] = { "wecom_tags_look", "Has the tags of every 企业微信 listed again", run_look, .every_ms = LOOK_EVERY },
	[JOB_LIST] = { "wecom_tags", "Reads the list of a corp's tags", run_list, .backoff_ms = 20 * SECOND },
	[JOB_TELL] = { "wecom_tag", "Makes, renames or deletes a tag of the corp", run_tell, .backoff_ms = 5 * SECOND },
	{ 0 },
};

/* ---- Following what staff do ---- */

/* A member got or lost a tag that has its like there: unless that is what both agreed on, the customer is looked at. */
static int follow_mark(struct tx *tx, struct id community, const struct event *e, bool on)
{
	struct rows rows;
	int r = tx_all(tx, &wecom_tags_there, &rows, V(community), V(e->object), V(e->subject));
	const struct tag_there *at = r < 0 ? NULL : rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (at[i].marked != on)
			r = wecom_contact_soon(tx, community, at[i].channel_id, at[i].subject, 0);
	return r < 0 ? r : 0;
}

static int follow_channel(struct tx *tx, struct id community, const struct event *e)
{
	struct channel c;
	int r = channel_get(tx, community, e->subject, &c);
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	return str_is(c.kind, "wecom") && str_is(c.state, "on") && !e->object.n ? list_now(tx, community, c.id) : 0;
}

static int follow(struct tx *tx, struct id community, const struct event *events, size_t count)
{
	int r = 0;
	for (size_t i = 0; r >= 0 && i < count; i++) {
		const struct event *e = &events[i];
		if (str_starts(e->kind, S("channel_")))
			r = follow_channel(tx, community, e);
		else if (str_is(e->kind, "tag_put") || str_is(e->kind, "tag_taken"))
			r = follow_mark(tx, community, e, str_is(e->kind, "tag_put"));
		else if (str_is(e->kind, "tag_merged") &&
		         (r = tx_run(tx, &wecom_tag_becomes, V(community), V(e->object), V(e->subject))) >= 0)
			r = tx_run(tx, &wecom_tag_apart, V(community), V(e->object));
		else if (str_is(e->kind, "tag_removed"))
			r = tx_run(tx, &wecom_tag_apart, V(community), V(e->subject));
	}
	return r < 0 ? r : 0;
}

static const struct follower followers[] = {
	{ "wecom_tags", "channel_made channel_changed tag_put tag_taken tag_merged tag_removed", follow }, { 0 },
};

/* ---- API ---- */

static int get_tags(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_tags_all, &page->rows, V(rq->community), V(c.id), V((int64_t)TAGS_MAX))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int get_troubles(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_mark_troubles, &page->rows, V(rq->community), V(c.id), V(rq->only))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

static int tell_soon(struct request *rq, struct id tag, const char *act, struct corp_tag *ret)
{
	int r = job_add(rq->tx, rq->community, &jobs[JOB_TELL], str_format(rq->arena, "%lld", (long long)tag.n), S(""), (struct instant){ 0 });
	if (r < 0 || (r = tx_one(rq->tx, &wecom_tag_by_id, ret, V(rq->community), V(tag))) < 0)
		return r;
	return audit_note(rq, act, tag, ret->name);
}

static int post_tag(struct request *rq, const void *in, void *out)
{
	const struct corp_tag_draft *d = in;
	struct channel c;
	struct rows known, ours;
	struct str name = { 0 };
	struct id id = tx_new_id(rq->tx);
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_tags_all, &known, V(rq->community), V(c.id), V((int64_t)TAGS_MAX))) < 0 ||
	    (r = tag_list(rq->tx, rq->community, &ours)) < 0)
		return r;
	for (size_t i = 0; i < ours.count; i++)
		if (((const struct tag_brief *)ours.at)[i].id.n == d->tag_id.n)
			name = ((const struct tag_brief *)ours.at)[i].name;
	if (!name.len)
		return rq_complain(rq, E_NOT_FOUND, S("tag_id"));
	const struct corp_tag *tag = known.at;
	for (size_t i = 0; i < known.count; i++)
		if (tag[i].tag_id.n == d->tag_id.n) {             /* until it is made there its group may be another */
			if (tag[i].subject.len)
				return rq_complain(rq, E_CONFLICT, S("tag_id"));
			r = tx_run(rq->tx, &wecom_tag_family, V(rq->community), V(tag[i].id), V(d->family));
			return r < 0 ? r : tell_soon(rq, tag[i].id, "wecom_tag_made", out);
		}
	if (known.count >= TAGS_MAX)
		return E_TOO_MANY;
	r = tx_run(rq->tx, &wecom_tag_insert, V(rq->community), V(id), V(c.id), V(S("")), V(d->family), V(name), V(d->tag_id), V(S("add")),
	           V(tx_now(rq->tx)));
	return r < 0 ? r : tell_soon(rq, id, "wecom_tag_made", out);
}

static int want(struct request *rq, const char *what, struct str name, const char *act, struct corp_tag *ret)
{
	struct corp_tag before;
	int r = tx_one(rq->tx, &wecom_tag_by_id, &before, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	struct str wanted = before.subject.len ? str_of(what) : S("add");
	if ((r = tx_run(rq->tx, &wecom_tag_want, V(rq->community), V(before.id), V(wanted), V(name.len ? name : before.name))) < 0)
		return r;
	return tell_soon(rq, before.id, act, ret);
}

static int put_tag(struct request *rq, const void *in, void *out)
{
	return want(rq, "edit", ((const struct corp_tag_name *)in)->name, "wecom_tag_changed", out);
}

static int delete_tag(struct request *rq, const void *in, void *out)
{
	struct corp_tag tag;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &wecom_tag_by_id, &tag, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	if (tag.subject.len)
		return want(rq, "drop", S(""), "wecom_tag_dropped", &tag);
	r = tx_run(rq->tx, &wecom_tag_delete, V(rq->community), V(tag.id));
	return r < 0 ? r : audit_note(rq, "wecom_tag_dropped", tag.id, tag.name);
}

/* The list, then the customers who are known, one after another. */
static int post_sync(struct request *rq, const void *in, void *out)
{
	struct channel c;
	struct rows customers;
	(void)in, (void)out;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = list_now(rq->tx, rq->community, c.id)) < 0 ||
	    (r = tx_all(rq->tx, &wecom_customers, &customers, V(rq->community), V(c.id), V((int64_t)READ_MOST))) < 0)
		return r;
	const struct text_item *one = customers.at;
	for (size_t i = 0; r >= 0 && i < customers.count; i++)
		r = wecom_contact_soon(rq->tx, rq->community, c.id, one[i].item, 5 * SECOND + (int64_t)i * READ_STEP);
	return r < 0 ? r : audit_note(rq, "wecom_tags_synced", c.id, c.name);
}

static const struct route routes[] = {
	{ "GET",    "/channels/{id}/wecom-tags",         ROLE_READER,   get_tags, NULL, &row_wecom_tag,
	  "Tags of the corp (企业标签), and the tags here that they stand for", OUT_PAGE },
	{ "POST",   "/channels/{id}/wecom-tags",         ROLE_ADMIN,    post_tag, &row_wecom_tag_draft, &row_wecom_tag,
	  "Give the corp a tag that is here" },
	{ "POST",   "/channels/{id}/wecom-tags-sync",    ROLE_ADMIN,    post_sync, NULL, NULL,
	  "Read the corp's tags now, and which known customers carry them", OUT_NONE },
	{ "GET",    "/channels/{id}/wecom-tag-troubles", ROLE_READER,   get_troubles, NULL, &row_wecom_mark_trouble,
	  "Tags that could not be told of a customer, newest first", OUT_PAGE },
	{ "PUT",    "/wecom-tags/{id}",                  ROLE_ADMIN,    put_tag, &row_wecom_tag_name, &row_wecom_tag,
	  "Rename a tag of the corp there" },
	{ "DELETE", "/wecom-tags/{id}",                  ROLE_ADMIN,    delete_tag, NULL, NULL,
	  "Delete a tag of the corp there; the tag here stays", OUT_NONE },
	{ 0 },
};

/* ---- What is kept about people ---- */

static QUERY(wecom_mark_show, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT COALESCE((SELECT w.name FROM wecom_tag w WHERE w.community_id = m.community_id AND w.channel_id = m.channel_id"
	" AND w.subject = m.tag LIMIT 1), m.tag) AS item FROM wecom_mark m WHERE m.community_id = ?1 AND m.marked = TRUE AND EXISTS (SELECT 1"
	" FROM identity i WHERE i.community_id = m.community_id AND i.member_id = ?2 AND i.subject = m.subject AND i.channel = 'wecom')"
	" ORDER BY item LIMIT 1000", .scans = true);

static QUERY(wecom_mark_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM wecom_mark WHERE community_id = ?1 AND EXISTS (SELECT 1 FROM identity i WHERE i.community_id = ?1"
	" AND i.member_id = ?2 AND i.subject = wecom_mark.subject AND i.channel = 'wecom')", .scans = true);

static const struct personal personal[] = {
	{ "wecom_mark", "企业微信里员工给你贴的标签", "Tags that our staff gave you in WeCom", "标签", BY_MEMBER, &wecom_mark_show,
	  .erases = { &wecom_mark_forget } },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_tag_by_id, &wecom_tags_all, &wecom_tag_insert, &wecom_tag_seen, &wecom_tags_missing, &wecom_tag_want, &wecom_tag_told,
	&wecom_tag_family, &wecom_tag_delete, &wecom_tag_apart, &wecom_tag_becomes, &wecom_tag_held, &wecom_marks_of,
	&wecom_mark_agree, &wecom_mark_refused,
	&wecom_tags_there, &wecom_customers, &wecom_mark_troubles, &wecom_mark_show, &wecom_mark_forget, NULL,
};

const struct feature feature_wecom_tag = {
	.name = "wecom_tag", .api = "channels", .routes = routes, .queries = queries, .jobs = jobs,
	.followers = followers, .personal = personal,
};
