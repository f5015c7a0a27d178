/* member.c: the people of a community, and by what they are known.
 *
 * Story      Somebody scans a code and says they joined: they are a member now, known by their browser, with the
 *            poster that brought them. Later an operator looks them up by nickname or the end of a phone number,
 *            adds a note and a tag. A shop writes its old customers in by hand.
 * Not here   Merging doubles, import and export, segments; levels and points; what people may see of themselves.
 * Owns       member, identity.
 * Holds      An identity belongs to one member. A second visit never overwrites what is known, it fills what is empty.
 *            Staff below ADMIN never receive a whole phone number, and cannot find one out by searching for it.
 * Test       people_test.c.
 */
#include "people/member.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/tag.h"

#define MAX_NICKNAME 40
#define MAX_NAME     40
#define MAX_CITY     40
#define MAX_SOURCE   60
#define MAX_NOTE     1000
#define MAX_TAGS     30       /* on one member */
#define PHONE_SHOWN  4        /* digits at the end that everybody on the staff sees */
#define LIST_MOST    200

/* ---- Rows ------------------------------------------------------------------------------------- */

struct member {
	struct id      id;
	struct str     nickname, name, phone, city, note;
	struct id      source_id;
	struct str     source;
	struct id      inviter_id, group_id;
	struct instant joined_at, created_at;
	struct rows    tags, identities;
};

struct member_identity { struct str channel, subject; struct instant created_at; };

ROW(member_identity,
	FIELD(member_identity, channel,    "Where it is valid", .one_of = "browser phone wecom mp onebot web"),
	FIELD(member_identity, subject,    "The name there"),
	FIELD(member_identity, created_at, "Known since"));

#define MEMBER_FIELDS \
	FIELD(member, id,         "Member"), \
	FIELD(member, nickname,   "What others in the group read"), \
	FIELD(member, name,       "Real name"), \
	FIELD(member, phone,      "Phone number; below the role of admin only its ends"), \
	FIELD(member, city,       "City"), \
	FIELD(member, note,       "What staff wrote down", .lines = true), \
	FIELD(member, source_id,  "The link that brought them", .optional = true), \
	FIELD(member, source,     "Its label when they came"), \
	FIELD(member, inviter_id, "Member who invited them", .optional = true), \
	FIELD(member, group_id,   "The group they said they joined first", .optional = true), \
	FIELD(member, joined_at,  "Member since"), \
	FIELD(member, created_at, "Written down when"), \
	FIELD(member, tags,       "Names of the tags", .of = &row_text_item, .max = 1000)

ROW(member, MEMBER_FIELDS);

static const struct field member_detail_fields[] = {
	MEMBER_FIELDS,
	FIELD(member, identities, "By what they are known", .of = &row_member_identity, .max = 100),
};
static const struct row row_member_detail = {
	"member_detail", sizeof(struct member), member_detail_fields, sizeof member_detail_fields / sizeof *member_detail_fields,
};

struct member_draft { struct str nickname, name, phone, city, note; };

ROW(member_draft,
	FIELD(member_draft, nickname, "What others in the group read", .min = 1, .max = MAX_NICKNAME),
	FIELD(member_draft, name,     "Real name", .max = MAX_NAME, .optional = true),
	FIELD(member_draft, phone,    "Phone number; sent back masked it stays as it is", .max = 24,
	      .pattern = "([+]?[0-9*][0-9* -]{3,22})?", .optional = true),
	FIELD(member_draft, city,     "City", .max = MAX_CITY, .optional = true),
	FIELD(member_draft, note,     "What to remember", .max = MAX_NOTE, .lines = true, .optional = true));

struct member_tags { struct rows tags; };

ROW(member_tags,
	FIELD(member_tags, tags, "Names of the tags the member shall carry, and no other", .of = &row_text_item, .max = MAX_TAGS));

struct member_query { struct str q; struct id source, tag, group, after; int64_t limit; };

ROW(member_query,
	FIELD(member_query, q,      "Part of the nickname, or the end of the phone number", .max = MAX_NICKNAME, .optional = true),
	FIELD(member_query, source, "Only who came by this link", .optional = true),
	FIELD(member_query, tag,    "Only who carries this tag", .optional = true),
	FIELD(member_query, group,  "Only who joined this group first", .optional = true),
	FIELD(member_query, after,  "Only members older than this one", .optional = true),
	FIELD(member_query, limit,  "How many", .min = 0, .max = LIST_MOST, .optional = true));

struct member_totals { int64_t everybody, since; };

ROW(member_totals,
	FIELD(member_totals, everybody, "Members"),
	FIELD(member_totals, since,     "… who came since"));

/* ---- Rules ---------------------------------------------------------------------------------------- */

/* A short number would be told whole by its ends, so less of it is shown. */
struct str phone_masked(struct arena *arena, struct str phone)
{
	size_t head = phone.len >= 11 ? 3 : 0, tail = phone.len >= 11 ? PHONE_SHOWN : phone.len / 4;
	if (phone.len == 0)
		return phone;
	return str_format(arena, "%.*s****%.*s", (int)head, phone.at, (int)tail, phone.at + phone.len - tail);
}

/* As people type it → as it is kept: digits, and a + in front. */
static struct str phone_plain(struct arena *arena, struct str typed)
{
	char *at = typed.len ? arena_take(arena, typed.len) : NULL;
	size_t len = 0;
	for (size_t i = 0; at && i < typed.len; i++)
		if (typed.at[i] != ' ' && typed.at[i] != '-')
			at[len++] = typed.at[i];
	return (struct str){ at, len };
}

/* What LIKE looks for, with its own signs made plain by '!': "before" and "after" are "%" or "". */
static struct str like_text(struct arena *arena, const char *before, struct str s, const char *after)
{
	size_t first = strlen(before), last = strlen(after), len = first;
	char *at = arena_take(arena, first + 2 * s.len + last);
	if (!at)
		return S("");
	memcpy(at, before, first);
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '%' || s.at[i] == '_' || s.at[i] == '!')
			at[len++] = '!';
		at[len++] = s.at[i];
	}
	memcpy(at + len, after, last);
	return (struct str){ at, len + last };
}

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

/* Who sees the last four digits may search by four: with a fifth, ten guesses would tell the next one, and so on. */
static bool may_search_phone(struct str digits, enum role role)
{
	return is_digits(digits) && (role >= ROLE_ADMIN || digits.len <= PHONE_SHOWN);
}

/* ---- Events ----------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "member_joined",  "A person became a member", "member" },
	{ "member_changed", "More became known of a member, or staff edited them", "member" },
	{ "member_removed", "A member was deleted", "member" },
	{ 0 },
};
enum { MEMBER_JOINED, MEMBER_CHANGED, MEMBER_REMOVED };

/* ---- Actions: who is behind a browser ----------------------------------------------------------------- */

static struct str visitor_name(struct arena *arena, struct id visitor)
{
	return str_format(arena, "%lld", (long long)visitor.n);
}

static QUERY(identity_find, READS, &row_id_item, TAKES(K_ID, K_STR, K_STR),
	"SELECT member_id AS item FROM identity WHERE community_id = ?1 AND channel = ?2 AND subject = ?3");

int member_find_visitor(struct tx *tx, struct id community, struct id visitor, struct id *ret)
{
	struct id_item known;
	int r = tx_one(tx, &identity_find, &known, V(community), V(S("browser")), V(visitor_name(tx_arena(tx), visitor)));
	if (r < 0)
		return r;
	*ret = known.item;
	return 0;
}

static QUERY(identity_browsers, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT subject AS item FROM identity WHERE community_id = ?1 AND member_id = ?2 AND channel = 'browser'"
	" ORDER BY created_at LIMIT 1000");

int member_visitors(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	struct rows names;
	int r = tx_all(tx, &identity_browsers, &names, V(community), V(member));
	struct id_item *ids = r < 0 ? NULL : arena_take_array(tx_arena(tx), names.count + 1, sizeof *ids);
	const struct text_item *name = r < 0 ? NULL : names.at;
	size_t count = 0;
	if (!ids)
		return r < 0 ? r : E_MEMORY;
	for (size_t i = 0; i < names.count; i++)
		count += str_to_int(name[i].item, &ids[count].item.n);
	*ret = (struct rows){ ids, count };
	return 0;
}

static QUERY(identity_insert, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_ID, K_INSTANT),
	"INSERT INTO identity (community_id, channel, subject, member_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)");

static QUERY(member_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_ID, K_STR, K_ID, K_ID, K_INSTANT),
	"INSERT INTO member (community_id, id, nickname, nickname_key, name, phone, city, note, source_id, source, inviter_id,"
	" group_id, joined_at, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)");

static int member_make(struct tx *tx, struct id community, const struct member *m, struct id actor, struct id *ret)
{
	struct id id = tx_new_id(tx);
	int r = tx_run(tx, &member_insert, V(community), V(id), V(m->nickname), V(name_key(tx_arena(tx), m->nickname)),
	               V(m->name), V(m->phone), V(m->city), V(m->note), V(m->source_id), V(m->source), V(m->inviter_id),
	               V(m->group_id), V(tx_now(tx)));
	if (r < 0)
		return r;
	*ret = id;
	struct event joined = { .subject = id, .actor = actor, .object = m->group_id, .via = m->source_id };
	return event_emit(tx, community, &events[MEMBER_JOINED], &joined);
}

/* Changes no row when there is nothing to fill, and then nothing has happened. */
static QUERY(member_fill, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_ID, K_STR, K_ID, K_ID),
	"UPDATE member SET"
	" nickname_key = CASE WHEN nickname = '' THEN ?4 ELSE nickname_key END,"
	" nickname = CASE WHEN nickname = '' THEN ?3 ELSE nickname END,"
	" city = CASE WHEN city = '' THEN ?5 ELSE city END,"
	" source = CASE WHEN source_id = 0 AND source = '' THEN ?7 ELSE source END,"
	" source_id = CASE WHEN source_id = 0 AND source = '' THEN ?6 ELSE source_id END,"
	" inviter_id = CASE WHEN inviter_id = 0 THEN ?8 ELSE inviter_id END,"
	" group_id = CASE WHEN group_id = 0 THEN ?9 ELSE group_id END"
	" WHERE community_id = ?1 AND id = ?2 AND ((nickname = '' AND ?3 <> '') OR (city = '' AND ?5 <> '')"
	" OR (source_id = 0 AND source = '' AND (?6 <> 0 OR ?7 <> '')) OR (inviter_id = 0 AND ?8 <> 0)"
	" OR (group_id = 0 AND ?9 <> 0))");

static int member_fill_gaps(struct tx *tx, struct id community, struct id id, struct id visitor, const struct member *m)
{
	struct id inviter = { m->inviter_id.n == id.n ? 0 : m->inviter_id.n };      /* nobody invites themselves */
	int r = tx_run(tx, &member_fill, V(community), V(id), V(m->nickname), V(name_key(tx_arena(tx), m->nickname)),
	               V(m->city), V(m->source_id), V(m->source), V(inviter), V(m->group_id));
	if (r <= 0)
		return r;
	return event_emit(tx, community, &events[MEMBER_CHANGED], &(struct event){ .subject = id, .actor = visitor });
}

int member_of_visitor(struct tx *tx, struct id community, struct id visitor, const struct member_origin *origin,
                      struct id *ret, bool *ret_new)
{
	struct member m = {
		.nickname = utf8_cut(str_trim(origin->nickname), MAX_NICKNAME), .city = utf8_cut(origin->city, MAX_CITY),
		.source_id = origin->source, .source = utf8_cut(origin->source_label, MAX_SOURCE),
		.inviter_id = origin->inviter, .group_id = origin->group,
	};
	struct id id;
	int r = member_find_visitor(tx, community, visitor, &id);
	bool new = r == E_NOT_FOUND;
	if (new)
		r = member_make(tx, community, &m, visitor, &id);
	else if (r == 0)
		r = member_fill_gaps(tx, community, id, visitor, &m);
	if (r >= 0 && new)
		r = tx_run(tx, &identity_insert, V(community), V(S("browser")), V(visitor_name(tx_arena(tx), visitor)), V(id),
		           V(tx_now(tx)));
	if (r < 0)
		return r;
	*ret = id, *ret_new = new;
	return 0;
}

static QUERY(member_nickname_of, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT nickname AS item FROM member WHERE community_id = ?1 AND id = ?2");

int member_nickname(struct tx *tx, struct id community, struct id member, struct str *ret)
{
	struct text_item nickname;
	int r = tx_one(tx, &member_nickname_of, &nickname, V(community), V(member));
	if (r < 0)
		return r;
	*ret = nickname.item;
	return 0;
}

static QUERY(member_total, READS, &row_member_totals, TAKES(K_ID, K_INSTANT),
	"SELECT (SELECT count(*) FROM member WHERE community_id = ?1) AS everybody,"
	" (SELECT count(*) FROM member WHERE community_id = ?1 AND joined_at >= ?2) AS since");

int member_count(struct tx *tx, struct id community, struct instant since, int64_t *ret_all, int64_t *ret_since)
{
	struct member_totals totals;
	int r = tx_one(tx, &member_total, &totals, V(community), V(since));
	if (r < 0)
		return r;
	*ret_all = totals.everybody, *ret_since = totals.since;
	return 0;
}

int member_changed(struct tx *tx, struct id community, struct id member, struct id actor)
{
	return event_emit(tx, community, &events[MEMBER_CHANGED], &(struct event){ .subject = member, .actor = actor });
}

int member_say_removed(struct tx *tx, struct id community, struct id member)
{
	return event_emit(tx, community, &events[MEMBER_REMOVED], &(struct event){ .subject = member });
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

#define COLUMNS \
	"m.id, m.nickname, m.name, m.phone, m.city, m.note, m.source_id, m.source, m.inviter_id, m.group_id, m.joined_at," \
	" m.created_at"
#define TAGS_FROM \
	" FROM member_tag p JOIN tag t ON t.community_id = p.community_id AND t.id = p.tag_id" \
	" WHERE p.community_id = m.community_id AND p.member_id = m.id) AS tags FROM member m"
#define SELECT_MEMBER    "SELECT " COLUMNS ", (SELECT json_group_array(t.name)" TAGS_FROM
#define SELECT_MEMBER_PG "SELECT " COLUMNS ", (SELECT COALESCE(json_agg(t.name ORDER BY t.id)::text, '[]')" TAGS_FROM

#define BY_ID " WHERE m.community_id = ?1 AND m.id = ?2"

static QUERY(member_by_id, READS, &row_member, TAKES(K_ID, K_ID), SELECT_MEMBER BY_ID, .pg = SELECT_MEMBER_PG BY_ID);

#define FILTERED \
	" WHERE m.community_id = ?1 AND m.id < ?2 AND (?3 = '' OR m.nickname_key LIKE ?3 ESCAPE '!'" \
	" OR m.phone LIKE ?4 ESCAPE '!') AND (?5 = 0 OR m.source_id = ?5) AND (?6 = 0 OR EXISTS (SELECT 1 FROM member_tag p" \
	" WHERE p.community_id = m.community_id AND p.member_id = m.id AND p.tag_id = ?6)) AND (?7 = 0 OR m.group_id = ?7)" \
	" ORDER BY m.id DESC LIMIT ?8"

static QUERY(members_newest, READS, &row_member, TAKES(K_ID, K_ID, K_STR, K_STR, K_ID, K_ID, K_ID, K_INT),
	SELECT_MEMBER FILTERED, .pg = SELECT_MEMBER_PG FILTERED);

static QUERY(identities_of, READS, &row_member_identity, TAKES(K_ID, K_ID),
	"SELECT channel, subject, created_at FROM identity WHERE community_id = ?1 AND member_id = ?2"
	" ORDER BY created_at, channel, subject LIMIT 100");

/* Every way out of this file passes here. */
static void mask(struct request *rq, struct member *members, size_t count)
{
	for (size_t i = 0; rq->role < ROLE_ADMIN && i < count; i++) {
		struct member_identity *identity = members[i].identities.at;
		members[i].phone = phone_masked(rq->arena, members[i].phone);
		for (size_t j = 0; j < members[i].identities.count; j++)
			if (str_is(identity[j].channel, "phone"))
				identity[j].subject = phone_masked(rq->arena, identity[j].subject);
	}
}

static int member_show(struct request *rq, struct id id, struct member *ret)
{
	struct member m;
	int r = tx_one(rq->tx, &member_by_id, &m, V(rq->community), V(id));
	if (r < 0 || (r = tx_all(rq->tx, &identities_of, &m.identities, V(rq->community), V(id))) < 0)
		return r;
	mask(rq, &m, 1);
	*ret = m;
	return 0;
}

/* ---- API -------------------------------------------------------------------------------------------- */

static bool is_whole_list(const struct member_query *q)
{
	return q->q.len == 0 && !q->source.n && !q->tag.n && !q->group.n;
}

static int get_members(struct request *rq, const void *in, void *out)
{
	const struct member_query *q = in;
	struct page *page = out;
	struct str key = name_key(rq->arena, q->q), digits = phone_plain(rq->arena, q->q);
	struct str nickname = key.len ? like_text(rq->arena, "%", key, "%") : S("");
	struct str phone = may_search_phone(digits, rq->role) ? like_text(rq->arena, "%", digits, "") : S("-");
	struct id before = { q->after.n ? q->after.n : INT64_MAX };
	int64_t limit = q->limit ? q->limit : 50, since;
	int r = tx_all(rq->tx, &members_newest, &page->rows, V(rq->community), V(before), V(nickname), V(phone), V(q->source),
	               V(q->tag), V(q->group), V(limit));
	if (r < 0)
		return r;
	page->total = -1;
	if (is_whole_list(q) && (r = member_count(rq->tx, rq->community, (struct instant){ INT64_MAX }, &page->total, &since)) < 0)
		return r;
	mask(rq, page->rows.at, page->rows.count);
	page_end(rq, page, &row_member, limit);
	return 0;
}

static int get_member(struct request *rq, const void *in, void *out)
{
	(void)in;
	return member_show(rq, rq->path_id, out);
}

/* A masked number is what the form was given; it says "leave it". `known`: what is kept now. */
static int phone_from(struct request *rq, struct str typed, struct str known, struct str *ret)
{
	struct str plain = phone_plain(rq->arena, typed);
	if (str_find(plain, '*') < 0)
		*ret = plain;
	else if (str_equal(plain, phone_masked(rq->arena, known)))
		*ret = known;
	else
		return rq_complain(rq, E_BAD_PATTERN, S("phone"));
	return 0;
}

static int post_member(struct request *rq, const void *in, void *out)
{
	const struct member_draft *draft = in;
	struct member m = { .nickname = str_trim(draft->nickname), .name = draft->name, .city = draft->city, .note = draft->note };
	struct id id;
	if (m.nickname.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("nickname"));
	int r = phone_from(rq, draft->phone, S(""), &m.phone);
	if (r < 0 || (r = member_make(rq->tx, rq->community, &m, rq->account, &id)) < 0 ||
	    (r = audit_note(rq, "member_made", id, m.nickname)) < 0)
		return r;
	return member_show(rq, id, out);
}

static QUERY(member_update, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR),
	"UPDATE member SET nickname = ?3, nickname_key = ?4, name = ?5, phone = ?6, city = ?7, note = ?8"
	" WHERE community_id = ?1 AND id = ?2");

static int say_changed(struct request *rq, const char *act, struct str nickname)
{
	struct event changed = { .subject = rq->path_id, .actor = rq->account };
	int r = event_emit(rq->tx, rq->community, &events[MEMBER_CHANGED], &changed);
	return r < 0 ? r : audit_note(rq, act, rq->path_id, nickname);
}

static int put_member(struct request *rq, const void *in, void *out)
{
	const struct member_draft *draft = in;
	struct str nickname = str_trim(draft->nickname), phone;
	struct member known;
	if (nickname.len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("nickname"));
	int r = tx_one(rq->tx, &member_by_id, &known, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = phone_from(rq, draft->phone, known.phone, &phone)) < 0)
		return r;
	r = tx_run(rq->tx, &member_update, V(rq->community), V(rq->path_id), V(nickname), V(name_key(rq->arena, nickname)),
	           V(draft->name), V(phone), V(draft->city), V(draft->note));
	if (r < 0 || (r = say_changed(rq, "member_changed", nickname)) < 0)
		return r;
	return member_show(rq, rq->path_id, out);
}

static int put_member_tags(struct request *rq, const void *in, void *out)
{
	const struct member_tags *wanted = in;
	struct str nickname;
	int r = member_nickname(rq->tx, rq->community, rq->path_id, &nickname);
	if (r < 0)
		return r;
	if ((r = tag_set_named(rq->tx, rq->community, wanted->tags, rq->path_id)) < 0)
		return r == E_TOO_SHORT || r == E_TOO_LONG ? rq_complain(rq, r, S("tags")) : r;
	if ((r = say_changed(rq, "member_tagged", nickname)) < 0)
		return r;
	return member_show(rq, rq->path_id, out);
}

static QUERY(identity_drop_all, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM identity WHERE community_id = ?1 AND member_id = ?2");

static QUERY(member_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member WHERE community_id = ?1 AND id = ?2");

static int delete_member(struct request *rq, const void *in, void *out)
{
	struct event removed = { .subject = rq->path_id, .actor = rq->account };
	struct str nickname;
	(void)in, (void)out;
	int r = member_nickname(rq->tx, rq->community, rq->path_id, &nickname);
	if (r < 0 || (r = tag_drop_member(rq->tx, rq->community, rq->path_id)) < 0 ||
	    (r = tx_run(rq->tx, &identity_drop_all, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = tx_run(rq->tx, &member_drop, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = event_emit(rq->tx, rq->community, &events[MEMBER_REMOVED], &removed)) < 0)
		return r;
	return audit_note(rq, "member_removed", rq->path_id, nickname);
}

/* ---- What is kept about people --------------------------------------------------------------------------- */

static QUERY(member_show_own, READS, &row_member, TAKES(K_ID, K_ID), SELECT_MEMBER BY_ID, .pg = SELECT_MEMBER_PG BY_ID);

/* Who they brought stays; by whom is forgotten. */
static QUERY(member_forget_inviter, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE member SET inviter_id = 0 WHERE community_id = ?1 AND inviter_id = ?2");

static const struct personal personal[] = {
	{ "member", "你的资料，和管理员写下的备注", "Your profile, and what staff noted",
	  "编号 昵称 姓名 手机 城市 备注 来源编号 来源 邀请人编号 最先进的群 加入时间 建档时间 标签", BY_MEMBER, &member_show_own,
	  .erases = { &member_forget_inviter, &member_drop } },
	{ "identity", "凭什么认出你：这台手机的浏览器、手机号等", "How you are recognised: this browser, a phone number …", "渠道 标识 时间", BY_MEMBER,
	  &identities_of, .erases = { &identity_drop_all } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/members",           ROLE_READER,   get_members,     &row_member_query, &row_member, "Members, newest first", OUT_PAGE },
	{ "POST",   "/members",           ROLE_OPERATOR, post_member,     &row_member_draft, &row_member_detail, "Write a member in by hand" },
	{ "GET",    "/members/{id}",      ROLE_READER,   get_member,      NULL, &row_member_detail, "One member, with identities and tags" },
	{ "PUT",    "/members/{id}",      ROLE_OPERATOR, put_member,      &row_member_draft, &row_member_detail, "Save the profile" },
	{ "PUT",    "/members/{id}/tags", ROLE_OPERATOR, put_member_tags, &row_member_tags, &row_member_detail, "Carry these tags and no other" },
	{ "DELETE", "/members/{id}",      ROLE_ADMIN,    delete_member,   NULL, NULL, "Delete, with identities and tags; cannot be undone", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&identity_find, &identity_insert, &member_insert, &member_fill, &member_nickname_of, &member_total, &member_by_id,
	&members_newest, &identities_of, &member_update, &identity_drop_all, &member_drop, &identity_browsers,
	&member_show_own, &member_forget_inviter, NULL,
};

const struct feature feature_member = { .name = "member", .routes = routes, .queries = queries, .events = events, .personal = personal };
