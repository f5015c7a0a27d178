/* member.c: the people of a community: who they are, and how they come to be known.
 *
 * Story      Somebody scans a code and says they joined: they are a member now, known by their browser, with the
 *            poster that brought them. Later an operator looks them up, fills in the profile, puts on a tag. A shop writes
 *            its old customers in by hand, or imports them.
 * Not here   Custom fields (field.c), finding (search.c, members.c), identities (identity.c), merging (merge.c), notes.
 * Owns       member, identity.
 * Holds      An identity belongs to one member. A second visit never overwrites what is known, it fills what is empty.
 *            Staff below ADMIN never receive a whole phone number, and cannot find one out by searching for it.
 *            Whatever changes a member moves changed_at and tells member_changed.
 * Test       people_test.c, member_test.c.
 */
#include "people/member_inside.h"

#include "base/utf8.h"
#include "engine/event/event.h"
#include "http/personal.h"
#include "people/audit.h"
#include "people/erase.h"
#include "people/field.h"
#include "people/list.h"
#include "people/search.h"
#include "people/tag.h"

#define MAX_TEXT 40           /* name, city, industry, job */
#define MAX_TAGS 30           /* on one member */
#define OLDEST   (-25567)     /* 1 January 1900, in days since 1970 */

/* ---- Rows ------------------------------------------------------------------------------------- */

ROW_PUBLIC(member_identity,
	FIELD(member_identity, channel,    "Where it is valid", .one_of = CHANNELS),
	FIELD(member_identity, subject,    "The name there; phone numbers as the role may see them"),
	FIELD(member_identity, created_at, "Known since"));

#define GENDERS "female male other"

#define MEMBER_FIELDS \
	FIELD(member, id,         "Member"), \
	FIELD(member, nickname,   "What others in the group read"), \
	FIELD(member, name,       "Real name"), \
	FIELD(member, phone,      "Phone number; below the role of admin only its ends"), \
	FIELD(member, gender,     "female, male, other, or not known"), \
	FIELD(member, city,       "City"), \
	FIELD(member, industry,   "Industry"), \
	FIELD(member, job,        "What they do there"), \
	FIELD(member, birthday,   "1990-05-21, or empty"), \
	FIELD(member, level_id,   "Level", .optional = true), \
	FIELD(member, source_id,  "The link that brought them", .optional = true), \
	FIELD(member, source,     "Its label when they came"), \
	FIELD(member, inviter_id, "Member who invited them", .optional = true), \
	FIELD(member, group_id,   "The group they said they joined first", .optional = true), \
	FIELD(member, joined_at,  "Member since"), \
	FIELD(member, created_at, "Written down when"), \
	FIELD(member, changed_at, "Profile, fields, identities or tags last changed"), \
	FIELD(member, active_at,  "Last heard of"), \
	FIELD(member, tags,       "Names of the tags", .of = &row_text_item, .max = 1000)

ROW_PUBLIC(member, MEMBER_FIELDS);

static const struct field member_detail_fields[] = {
	MEMBER_FIELDS,
	FIELD(member, identities, "By what they are known", .of = &row_member_identity, .max = MAX_IDENTITIES),
	FIELD(member, values,     "Custom fields that are filled in", .of = &row_member_value, .max = MEMBER_VALUES_MAX),
	FIELD(member, inviter,    "What the inviter is called"),
	FIELD(member, invited,    "How many members they invited"),
};
const struct row row_member_detail = {
	"member_detail", sizeof(struct member), member_detail_fields, sizeof member_detail_fields / sizeof *member_detail_fields,
};

/* As it is kept: what the rules need besides what is shown. */
static const struct field kept_fields[] = { MEMBER_FIELDS, FIELD(member, search, "Words it is found by") };
static const struct row row_kept = { "member_kept", sizeof(struct member), kept_fields, sizeof kept_fields / sizeof *kept_fields };

ROW_PUBLIC(member_profile,
	FIELD(member_profile, nickname, "What others in the group read", .max = MAX_NICKNAME, .optional = true),
	FIELD(member_profile, name,     "Real name", .max = MAX_TEXT, .optional = true),
	FIELD(member_profile, phone,    "Phone number; sent back masked it stays as it is", .max = 24,
	      .pattern = "([+]?[0-9*][0-9* -]{3,22})?", .optional = true),
	FIELD(member_profile, gender,   "Gender, or empty", .pattern = "(female|male|other)?", .max = 8, .optional = true),
	FIELD(member_profile, city,     "City", .max = MAX_TEXT, .optional = true),
	FIELD(member_profile, industry, "Industry", .max = MAX_TEXT, .optional = true),
	FIELD(member_profile, job,      "What they do there", .max = MAX_TEXT, .optional = true),
	FIELD(member_profile, birthday, "1990-05-21, or empty", .pattern = "([0-9]{4}-[0-9]{2}-[0-9]{2})?", .max = 10, .optional = true),
	FIELD(member_profile, level_id, "Level", .optional = true),
	FIELD(member_profile, values,   "Custom fields; what is not named stays as it is, an empty text clears", .of = &row_member_value,
	      .max = MEMBER_VALUES_MAX, .optional = true));

struct member_tags { struct rows tags; };

ROW(member_tags,
	FIELD(member_tags, tags, "Names of the tags the member shall carry, and no other", .of = &row_text_item, .max = MAX_TAGS));

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

/* As people type it: digits, perhaps a + in front. The country code of a Chinese mobile number says nothing: without it one
 * person has one number. */
struct str phone_plain(struct arena *arena, struct str typed)
{
	char *at = typed.len ? arena_take(arena, typed.len) : NULL;
	size_t len = 0;
	for (size_t i = 0; at && i < typed.len; i++)
		if (typed.at[i] != ' ' && typed.at[i] != '-')
			at[len++] = typed.at[i];
	struct str plain = { at, len };
	size_t code = str_starts(plain, S("+86")) ? 3 : str_starts(plain, S("0086")) ? 4 : str_starts(plain, S("86")) ? 2 : 0;
	if (code && plain.len == code + 11 && plain.at[code] == '1')
		return (struct str){ plain.at + code, 11 };
	return plain;
}

struct str phone_tail(struct arena *arena, struct str phone)
{
	char *at = phone.len ? arena_take(arena, phone.len) : NULL;
	size_t len = 0;
	for (size_t i = phone.len; at && i > 0; i--)
		if (phone.at[i - 1] >= '0' && phone.at[i - 1] <= '9')
			at[len++] = phone.at[i - 1];
	return (struct str){ at, len };
}

bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

bool phone_may_search(struct str digits, enum role role)
{
	return is_digits(digits) && (role >= ROLE_ADMIN || digits.len <= PHONE_SHOWN);
}

static int blame(struct complaint *why, int code, struct str field)
{
	*why = (struct complaint){ .code = code, .field = field };
	return code;
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

static QUERY(alias_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT member_id AS item FROM member_alias WHERE community_id = ?1 AND id = ?2");

static QUERY(member_exists, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT id AS item FROM member WHERE community_id = ?1 AND id = ?2");

/* A chain is as long as merges into one another; there are no rings, because who is merged is no member any more. */
int member_resolve(struct tx *tx, struct id community, struct id member, struct id *ret)
{
	struct id_item at = { member }, next;
	int r;
	while ((r = tx_one(tx, &alias_of, &next, V(community), V(at.item))) == 0)
		at = next;
	if (r != E_NOT_FOUND || (r = tx_one(tx, &member_exists, &at, V(community), V(at.item))) < 0)
		return r;
	*ret = at.item;
	return 0;
}

static QUERY(phone_oldest, READS, &row_id_item, TAKES(K_ID, K_STR),
	"SELECT id AS item FROM member WHERE community_id = ?1 AND phone_tail = ?2 ORDER BY id LIMIT 1");

int member_find(struct tx *tx, struct id community, struct str channel, struct str subject, struct id *ret)
{
	struct id_item known;
	bool phone = str_is(channel, "phone");
	if (phone)
		subject = phone_plain(tx_arena(tx), subject);
	if (subject.len == 0)
		return E_NOT_FOUND;
	int r = tx_one(tx, &identity_find, &known, V(community), V(channel), V(subject));
	if (r == E_NOT_FOUND && phone)
		r = tx_one(tx, &phone_oldest, &known, V(community), V(phone_tail(tx_arena(tx), subject)));
	if (r < 0)
		return r;
	*ret = known.item;
	return 0;
}

struct named_member { struct id id; struct str nickname; };

ROW(named_member,
	FIELD(named_member, id,       "Member"),
	FIELD(named_member, nickname, "What they are called"));

static QUERY(identity_find_named, READS, &row_named_member, TAKES(K_ID, K_STR, K_STR),
	"SELECT m.id, m.nickname FROM identity i JOIN member m ON m.community_id = i.community_id AND m.id = i.member_id"
	" WHERE i.community_id = ?1 AND i.channel = ?2 AND i.subject = ?3");

int member_find_named(struct tx *tx, struct id community, struct str channel, struct str subject, struct id *ret, struct str *ret_nickname)
{
	struct named_member m;
	int r = tx_one(tx, &identity_find_named, &m, V(community), V(channel), V(subject));
	if (r < 0)
		return r;
	*ret = m.id, *ret_nickname = m.nickname;
	return 0;
}

static QUERY(member_touched, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"UPDATE member SET changed_at = ?3 WHERE community_id = ?1 AND id = ?2");

int member_changed(struct tx *tx, struct id community, struct id member, struct id actor)
{
	int r = tx_run(tx, &member_touched, V(community), V(member), V(tx_now(tx)));
	if (r < 0)
		return r;
	return event_emit(tx, community, &events[MEMBER_CHANGED], &(struct event){ .subject = member, .actor = actor });
}

int member_identify(struct tx *tx, struct id community, struct id member, struct str channel, struct str subject,
                    struct id *ret_whose)
{
	struct id_item known;
	if (str_is(channel, "phone"))
		subject = phone_plain(tx_arena(tx), subject);
	int r = tx_one(tx, &identity_find, &known, V(community), V(channel), V(subject));
	if (r == 0)
		return known.item.n == member.n ? 0 : (*ret_whose = known.item, E_CONFLICT);
	if (r != E_NOT_FOUND || (r = tx_run(tx, &identity_insert, V(community), V(channel), V(subject), V(member), V(tx_now(tx)))) < 0 ||
	    (r = member_changed(tx, community, member, (struct id){ 0 })) < 0)
		return r;
	return 1;
}

/* ---- Actions: writing a profile ------------------------------------------------------------------------- */

static QUERY(member_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_ID, K_ID, K_INSTANT, K_INSTANT),
	"INSERT INTO member (community_id, id, nickname, nickname_key, name, phone, phone_tail, gender, city, industry, job, birthday,"
	" search, level_id, source_id, source, inviter_id, group_id, joined_at, created_at, changed_at, active_at)"
	" VALUES (?1, ?2, '', '', '', '', '', '', '', '', '', '', '', 0, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?7)");

static QUERY(member_update, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_STR, K_ID, K_INSTANT),
	"UPDATE member SET nickname = ?3, nickname_key = ?4, name = ?5, phone = ?6, phone_tail = ?7, gender = ?8, city = ?9,"
	" industry = ?10, job = ?11, birthday = ?12, search = ?13, level_id = ?14, changed_at = ?15"
	" WHERE community_id = ?1 AND id = ?2");

static QUERY(level_exists, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT id AS item FROM level WHERE community_id = ?1 AND id = ?2");

int member_check(struct tx *tx, struct id community, const struct member_profile *p, struct complaint *ret_why)
{
	struct id_item level;
	int64_t day;
	int r = row_check(&row_member_profile, p, tx_arena(tx), ret_why);
	if (r < 0)
		return r;
	if (str_find(p->phone, '*') >= 0)
		return blame(ret_why, E_BAD_PATTERN, S("phone"));
	if (p->birthday.len && (!day_parse(p->birthday, &day) || day < OLDEST || day > tx_now(tx).ms / DAY + 1))
		return blame(ret_why, E_BAD_PATTERN, S("birthday"));
	if (p->level_id.n && (r = tx_one(tx, &level_exists, &level, V(community), V(p->level_id))) < 0)
		return r == E_NOT_FOUND ? blame(ret_why, E_INVALID, S("level_id")) : r;
	return field_check(tx, community, p->values, ret_why);
}

static struct str mixed(enum member_how how, struct str known, struct str given)
{
	given = str_trim(given);
	return how == MEMBER_SET || (given.len && (how == MEMBER_GIVEN || known.len == 0)) ? given : known;
}

/* The profile as it will be. */
static struct member_profile mix(struct arena *arena, enum member_how how, const struct member *known, const struct member_profile *p)
{
	struct id level = how == MEMBER_SET || (p->level_id.n && (how == MEMBER_GIVEN || !known->level_id.n)) ? p->level_id : known->level_id;
	return (struct member_profile){
		.nickname = mixed(how, known->nickname, p->nickname), .name = mixed(how, known->name, p->name),
		.phone = mixed(how, known->phone, phone_plain(arena, p->phone)), .gender = mixed(how, known->gender, p->gender),
		.city = mixed(how, known->city, p->city), .industry = mixed(how, known->industry, p->industry),
		.job = mixed(how, known->job, p->job), .birthday = mixed(how, known->birthday, p->birthday), .level_id = level,
	};
}

static bool same(const struct member *m, const struct member_profile *p)
{
	return str_equal(m->nickname, p->nickname) && str_equal(m->name, p->name) && str_equal(m->phone, p->phone) &&
	       str_equal(m->gender, p->gender) && str_equal(m->city, p->city) && str_equal(m->industry, p->industry) &&
	       str_equal(m->job, p->job) && str_equal(m->birthday, p->birthday) && m->level_id.n == p->level_id.n;
}

/* 1: the row changed. */
static int profile_save(struct tx *tx, struct id community, const struct member *known, const struct member_profile *p)
{
	struct arena *arena = tx_arena(tx);
	struct str search = search_text(arena, p->nickname, p->name);
	if (same(known, p))
		return 0;
	int r = tx_run(tx, &member_update, V(community), V(known->id), V(p->nickname), V(name_key(arena, p->nickname)), V(p->name),
	           V(p->phone), V(phone_tail(arena, p->phone)), V(p->gender), V(p->city), V(p->industry), V(p->job), V(p->birthday),
	           V(search), V(p->level_id), V(tx_now(tx)));
	if (r < 0 || (r = search_put(tx, community, known->id, known->search, search)) < 0)
		return r;
	return arena_failed(arena) ? E_MEMORY : 1;
}

int member_make(struct tx *tx, struct id community, const struct member_profile *p, const struct member_origin *origin,
                struct id actor, struct id *ret, struct complaint *ret_why)
{
	static const struct member_origin nowhere;
	const struct member_origin *o = origin ? origin : &nowhere;
	struct member blank = { .id = tx_new_id(tx) };
	struct instant joined = { o->joined.ms ? o->joined.ms : tx_now(tx).ms };
	int r = member_check(tx, community, p, ret_why);
	if (r < 0)
		return r;
	struct member_profile profile = mix(tx_arena(tx), MEMBER_SET, &blank, p);
	r = tx_run(tx, &member_insert, V(community), V(blank.id), V(o->source), V(utf8_cut(o->source_label, MAX_SOURCE)), V(o->inviter),
	           V(o->group), V(joined), V(tx_now(tx)));
	if (r < 0 || (r = profile_save(tx, community, &blank, &profile)) < 0 ||
	    (r = field_put(tx, community, blank.id, p->values, false, ret_why)) < 0)
		return r;
	*ret = blank.id;
	struct event made = { .subject = blank.id, .actor = actor, .object = o->group, .via = o->source };
	return event_emit(tx, community, &events[MEMBER_JOINED], &made);
}

static QUERY(member_kept, READS, &row_kept, TAKES(K_ID, K_ID),
	"SELECT " MEMBER_COLUMNS ", '[]' AS tags, m.search FROM member m WHERE m.community_id = ?1 AND m.id = ?2");

int member_change(struct tx *tx, struct id community, struct id member, enum member_how how, const struct member_profile *p,
                  struct id actor, struct complaint *ret_why)
{
	struct member known;
	int r = member_check(tx, community, p, ret_why), fields;
	if (r < 0 || (r = member_resolve(tx, community, member, &member)) < 0 ||
	    (r = tx_one(tx, &member_kept, &known, V(community), V(member))) < 0)
		return r;
	struct member_profile profile = mix(tx_arena(tx), how, &known, p);
	if ((r = profile_save(tx, community, &known, &profile)) < 0 ||
	    (fields = field_put(tx, community, member, p->values, how == MEMBER_FILL, ret_why)) < 0)
		return r < 0 ? r : fields;
	if (r == 0 && fields == 0)
		return 0;
	return (r = member_changed(tx, community, member, actor)) < 0 ? r : 1;
}

int member_profile_get(struct tx *tx, struct id community, struct id member, struct member_profile *ret)
{
	struct member m;
	struct rows values;
	int r = member_resolve(tx, community, member, &member);
	if (r < 0 || (r = tx_one(tx, &member_kept, &m, V(community), V(member))) < 0 ||
	    (r = field_values(tx, community, member, &values)) < 0)
		return r;
	*ret = (struct member_profile){
		.nickname = m.nickname, .name = m.name, .phone = m.phone, .gender = m.gender, .city = m.city, .industry = m.industry,
		.job = m.job, .birthday = m.birthday, .level_id = m.level_id, .values = values,
	};
	return 0;
}

/* ---- Actions: merging's part -------------------------------------------------------------------------------- */

static QUERY(member_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM member WHERE community_id = ?1 AND id = ?2");

int member_take_out(struct tx *tx, struct id community, struct id member)
{
	struct member m;
	int r = tx_one(tx, &member_kept, &m, V(community), V(member));
	if (r < 0 || (r = search_put(tx, community, member, m.search, S(""))) < 0 || (r = field_drop_member(tx, community, member)) < 0)
		return r;
	return tx_run(tx, &member_drop, V(community), V(member));
}

int member_put_back(struct tx *tx, struct id community, struct id member, struct instant created)
{
	return tx_run(tx, &member_insert, V(community), V(member), V((struct id){ 0 }), V(S("")), V((struct id){ 0 }), V((struct id){ 0 }),
	              V(created), V(created));
}

int member_restore(struct tx *tx, struct id community, struct id member, const struct member_profile *p)
{
	struct member_profile whole = *p;
	struct member known;
	struct id_item level;
	int r = tx_one(tx, &member_kept, &known, V(community), V(member));
	if (r < 0)
		return r;
	if (p->level_id.n && (r = tx_one(tx, &level_exists, &level, V(community), V(p->level_id))) == E_NOT_FOUND)
		whole.level_id.n = 0, r = 0;
	return r < 0 ? r : profile_save(tx, community, &known, &whole);
}

static QUERY(inviter_of, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT inviter_id AS item FROM member WHERE community_id = ?1 AND id = ?2");

#define GENERATIONS 1000      /* nobody is followed further up */

int member_descends(struct tx *tx, struct id community, struct id member, struct id above)
{
	struct id_item at = { member };
	int r = 0;
	for (int i = 0; r == 0 && at.item.n && i < GENERATIONS; i++) {
		if (at.item.n == above.n)
			return 1;
		r = tx_one(tx, &inviter_of, &at, V(community), V(at.item));
	}
	return r == E_NOT_FOUND ? 0 : r;
}

/* ---- Actions: visitors ---------------------------------------------------------------------------------- */

/* Changes no row when there is nothing to fill, and then nothing has happened. */
static QUERY(member_fill, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR, K_ID, K_ID),
	"UPDATE member SET"
	" source = CASE WHEN source_id = 0 AND source = '' THEN ?4 ELSE source END,"
	" source_id = CASE WHEN source_id = 0 AND source = '' THEN ?3 ELSE source_id END,"
	" inviter_id = CASE WHEN inviter_id = 0 THEN ?5 ELSE inviter_id END,"
	" group_id = CASE WHEN group_id = 0 THEN ?6 ELSE group_id END"
	" WHERE community_id = ?1 AND id = ?2 AND"
	" ((source_id = 0 AND source = '' AND (?3 <> 0 OR ?4 <> '')) OR (inviter_id = 0 AND ?5 <> 0) OR (group_id = 0 AND ?6 <> 0))");

static int member_fill_gaps(struct tx *tx, struct id community, struct id id, struct id visitor, const struct member_profile *p,
                            const struct member_origin *o)
{
	int below = o->inviter.n ? member_descends(tx, community, o->inviter, id) : 0;
	struct id inviter = { below ? 0 : o->inviter.n };      /* nobody invites themselves, nor by way of others */
	struct complaint why;
	if (below < 0)
		return below;
	int filled = tx_run(tx, &member_fill, V(community), V(id), V(o->source), V(utf8_cut(o->source_label, MAX_SOURCE)), V(inviter),
	                    V(o->group));
	int r = filled < 0 ? filled : member_change(tx, community, id, MEMBER_FILL, p, visitor, &why);
	return r == 0 && filled ? member_changed(tx, community, id, visitor) : r;
}

int member_of_visitor(struct tx *tx, struct id community, struct id visitor, const struct member_origin *origin,
                      struct id *ret, bool *ret_new)
{
	struct member_profile p = {
		.nickname = utf8_cut(str_trim(origin->nickname), MAX_NICKNAME), .city = utf8_cut(str_trim(origin->city), MAX_TEXT),
	};
	struct complaint why;
	struct id id;
	int r = member_find_visitor(tx, community, visitor, &id);
	bool new = r == E_NOT_FOUND;
	if (new)
		r = member_make(tx, community, &p, origin, visitor, &id, &why);
	else if (r == 0)
		r = member_fill_gaps(tx, community, id, visitor, &p, origin);
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

struct moment_item { struct instant item; };

ROW(moment_item, FIELD(moment_item, item, "When"));

static QUERY(member_since_when, READS, &row_moment_item, TAKES(K_ID, K_ID),
	"SELECT created_at AS item FROM member WHERE community_id = ?1 AND id = ?2");

int member_since(struct tx *tx, struct id community, struct id member, struct instant *ret)
{
	struct moment_item since;
	int r = tx_one(tx, &member_since_when, &since, V(community), V(member));
	if (r < 0)
		return r;
	*ret = since.item;
	return 0;
}

#define THEIRS " AND " SEES_GROUP("?3", "community_id", "member.group_id")

ROW(member_brief,
	FIELD(member_brief, nickname,  "What the group calls them"),
	FIELD(member_brief, group_id,  "The group they said they joined first"),
	FIELD(member_brief, joined_at, "When they came"));

static QUERY(member_brief_of, READS, &row_member_brief, TAKES(K_ID, K_ID, K_ID),
	"SELECT nickname, group_id, joined_at FROM member WHERE community_id = ?1 AND id = ?2" THEIRS);

int member_get_brief(struct tx *tx, struct id community, struct id only, struct id member, struct member_brief *ret)
{
	return tx_one(tx, &member_brief_of, ret, V(community), V(member), V(only));
}


static QUERY(member_total, READS, &row_member_totals, TAKES(K_ID, K_INSTANT, K_ID),
	"SELECT (SELECT count(*) FROM member WHERE community_id = ?1" THEIRS ") AS everybody,"
	" (SELECT count(*) FROM member WHERE community_id = ?1 AND joined_at >= ?2" THEIRS ") AS since");

int member_count(struct tx *tx, struct id community, struct id only, struct instant since, int64_t *ret_all, int64_t *ret_since)
{
	struct member_totals totals;
	int r = tx_one(tx, &member_total, &totals, V(community), V(since), V(only));
	if (r < 0)
		return r;
	*ret_all = totals.everybody, *ret_since = totals.since;
	return 0;
}

int member_say_removed(struct tx *tx, struct id community, struct id member)
{
	return event_emit(tx, community, &events[MEMBER_REMOVED], &(struct event){ .subject = member });
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

#define BY_ID "member m WHERE m.community_id = ?1 AND m.id = ?2"

static QUERY(member_by_id, READS, &row_member, TAKES(K_ID, K_ID), SELECT_MEMBER BY_ID, .pg = SELECT_MEMBER_PG BY_ID);

static QUERY(identities_of, READS, &row_member_identity, TAKES(K_ID, K_ID),
	"SELECT channel, subject, created_at FROM identity WHERE community_id = ?1 AND member_id = ?2"
	" ORDER BY created_at, channel, subject LIMIT 50");

static QUERY(member_is_seen, READS, &row_id_item, TAKES(K_ID, K_ID, K_ID),
	"SELECT m.id AS item FROM member m WHERE m.community_id = ?1 AND m.id = ?2 AND "
	SEES_GROUP("?3", "m.community_id", "m.group_id"));

int member_is_seen_by(struct request *rq, struct id id)
{
	struct id_item seen;
	int r = member_resolve(rq->tx, rq->community, id, &id);
	return r < 0 ? r : tx_one(rq->tx, &member_is_seen, &seen, V(rq->community), V(id), V(rq->only));
}

int member_sees(struct request *rq)
{
	return member_is_seen_by(rq, rq->path_id);
}

int member_identities(struct tx *tx, struct id community, struct id member, struct rows *ret)
{
	return tx_all(tx, &identities_of, ret, V(community), V(member));
}

void member_mask(struct request *rq, struct member *members, size_t count)
{
	for (size_t i = 0; rq->role < ROLE_ADMIN && i < count; i++) {
		struct member_identity *identity = members[i].identities.at;
		members[i].phone = phone_masked(rq->arena, members[i].phone);
		for (size_t j = 0; j < members[i].identities.count; j++)
			if (str_is(identity[j].channel, "phone"))
				identity[j].subject = phone_masked(rq->arena, identity[j].subject);
	}
}

struct connected { struct str inviter; int64_t invited; };

ROW(connected,
	FIELD(connected, inviter, "What the inviter is called"),
	FIELD(connected, invited, "How many they invited"));

static QUERY(member_connected, READS, &row_connected, TAKES(K_ID, K_ID, K_ID),
	"SELECT COALESCE((SELECT nickname FROM member WHERE community_id = ?1 AND id = ?3), '') AS inviter,"
	" (SELECT count(*) FROM member WHERE community_id = ?1 AND inviter_id = ?2) AS invited");

int member_show(struct request *rq, struct id id, struct member *ret)
{
	struct member m;
	struct connected c;
	int r = member_resolve(rq->tx, rq->community, id, &id);
	if (r < 0 || (r = tx_one(rq->tx, &member_by_id, &m, V(rq->community), V(id))) < 0 ||
	    (r = member_identities(rq->tx, rq->community, id, &m.identities)) < 0 ||
	    (r = field_values(rq->tx, rq->community, id, &m.values)) < 0 ||
	    (r = tx_one(rq->tx, &member_connected, &c, V(rq->community), V(id), V(m.inviter_id))) < 0)
		return r;
	m.inviter = c.inviter, m.invited = c.invited;
	member_mask(rq, &m, 1);
	*ret = m;
	return 0;
}

int member_row(struct request *rq, struct id id, struct member *ret)
{
	int r = tx_one(rq->tx, &member_by_id, ret, V(rq->community), V(id));
	if (r == 0)
		member_mask(rq, ret, 1);
	return r;
}

int member_of_path(struct request *rq, struct id *ret)
{
	return member_resolve(rq->tx, rq->community, rq->path_id, ret);
}

/* ---- API -------------------------------------------------------------------------------------------- */

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
	struct member_profile p = *(const struct member_profile *)in;
	struct id id;
	if (str_trim(p.nickname).len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("nickname"));
	struct member_origin origin = { .group = { 0 } };
	int r = phone_from(rq, p.phone, S(""), &p.phone);
	if (r >= 0 && rq->only.n)                 /* else the one who writes them in could not see them */
		r = staff_first_group(rq->tx, rq->community, rq->only, &origin.group);
	if (r < 0 || (r = member_make(rq->tx, rq->community, &p, &origin, rq->account, &id, &rq->complaint)) < 0 ||
	    (r = field_require(rq->tx, rq->community, id, &rq->complaint)) < 0 ||
	    (r = audit_note(rq, "member_made", id, str_trim(p.nickname))) < 0)
		return r;
	return member_show(rq, id, out);
}

static int put_member(struct request *rq, const void *in, void *out)
{
	struct member_profile p = *(const struct member_profile *)in, known;
	struct id id;
	if (str_trim(p.nickname).len == 0)
		return rq_complain(rq, E_TOO_SHORT, S("nickname"));
	int r = member_of_path(rq, &id);
	if (r < 0 || (r = member_profile_get(rq->tx, rq->community, id, &known)) < 0 ||
	    (r = phone_from(rq, p.phone, known.phone, &p.phone)) < 0 ||
	    (r = member_change(rq->tx, rq->community, id, MEMBER_SET, &p, rq->account, &rq->complaint)) < 0)
		return r;
	struct member_profile now;
	if (r == 1 && ((r = member_profile_get(rq->tx, rq->community, id, &now)) < 0 ||
	               (r = audit_change(rq, "member_changed", id, str_trim(p.nickname), &row_member_profile, &known, &now)) < 0))
		return r;
	if ((r = field_require(rq->tx, rq->community, id, &rq->complaint)) < 0)
		return r;
	return member_show(rq, id, out);
}

static int put_member_tags(struct request *rq, const void *in, void *out)
{
	const struct member_tags *wanted = in;
	struct str nickname;
	struct id id;
	int r = member_of_path(rq, &id);
	if (r < 0 || (r = member_nickname(rq->tx, rq->community, id, &nickname)) < 0)
		return r;
	if ((r = tag_set_named(rq->tx, rq->community, wanted->tags, id, rq->account)) < 0)
		return r == E_TOO_SHORT || r == E_TOO_LONG || r == E_ONE_OF_GROUP ? rq_complain(rq, r, S("tags")) : r;
	if (r == 1 && (r = audit_note(rq, "member_tagged", id, nickname)) < 0)
		return r;
	return member_show(rq, id, out);
}

static QUERY(identity_drop_all, WRITES, NULL, TAKES(K_ID, K_ID),
	"DELETE FROM identity WHERE community_id = ?1 AND member_id = ?2");

int member_delete(struct tx *tx, struct id community, struct id id, struct id actor)
{
	struct member m;
	int r = tx_one(tx, &member_kept, &m, V(community), V(id));
	if (r < 0 || (r = tag_drop_member(tx, community, id)) < 0 || (r = field_drop_member(tx, community, id)) < 0 ||
	    (r = search_put(tx, community, id, m.search, S(""))) < 0 ||
	    (r = tx_run(tx, &identity_drop_all, V(community), V(id))) < 0 ||
	    (r = tx_run(tx, &member_drop, V(community), V(id))) < 0)
		return r;
	return event_emit(tx, community, &events[MEMBER_REMOVED], &(struct event){ .subject = id, .actor = actor });
}

/* There is one way to be gone: erase.h knows every room. */
static int delete_member(struct request *rq, const void *in, void *out)
{
	struct person p;
	struct erasure e;
	(void)in, (void)out;
	int r = person_of_member(rq->tx, rq->community, rq->path_id, &p);
	if (r < 0 || (r = erasure_ask(rq->tx, rq_features(rq), &p, rq->account, S("asked"), 0, &e)) < 0)
		return r;
	return audit_note(rq, "member_erased", e.id, e.number);
}

/* ---- What is kept about people --------------------------------------------------------------------------- */

static QUERY(member_show_own, READS, &row_member, TAKES(K_ID, K_ID), SELECT_MEMBER BY_ID, .pg = SELECT_MEMBER_PG BY_ID);

/* Who they brought stays; by whom is forgotten. */
static QUERY(member_forget_inviter, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE member SET inviter_id = 0 WHERE community_id = ?1 AND inviter_id = ?2");

static const struct personal personal[] = {
	{ "member member_key", "你的资料", "Your profile",
	  "编号 昵称 姓名 手机 性别 城市 行业 职业 生日 等级 来源编号 来源 邀请人编号 最先进的群 加入时间 建档时间 改动时间 最近出现 标签", BY_MEMBER, &member_show_own,
	  .erases = { &search_forget, &member_forget_inviter, &member_drop } },
	{ "identity", "凭什么认出你：这台手机的浏览器、手机号等", "How you are recognised: this browser, a phone number …", "渠道 标识 时间", BY_MEMBER,
	  &identities_of, .erases = { &identity_drop_all } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",    "/members",           ROLE_READER,   list_members,    &row_list_query, &row_member, "Members, filtered, searched, in order", OUT_PAGE },
	{ "POST",   "/members",           ROLE_OPERATOR, post_member,     &row_member_profile, &row_member_detail, "Write a member in by hand", .sees = sees_all },
	{ "GET",    "/members/{id}",      ROLE_READER,   get_member,      NULL, &row_member_detail, "One member, with identities, tags and custom fields", .sees = member_sees },
	{ "PUT",    "/members/{id}",      ROLE_OPERATOR, put_member,      &row_member_profile, &row_member_detail, "Save the profile", .sees = member_sees },
	{ "PUT",    "/members/{id}/tags", ROLE_OPERATOR, put_member_tags, &row_member_tags, &row_member_detail, "Carry these tags and no other", .sees = member_sees },
	{ "DELETE", "/members/{id}",      ROLE_ADMIN,    delete_member,   NULL, NULL, "Delete, with identities and tags; cannot be undone", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&identity_find, &identity_find_named, &identity_insert, &member_since_when,
	&alias_of, &member_exists, &phone_oldest, &member_touched, &member_insert, &member_update,
	&level_exists, &member_kept, &member_fill, &member_nickname_of, &member_total, &member_by_id, &identities_of,
	&member_connected, &identity_drop_all, &member_drop, &identity_browsers, &member_show_own, &member_forget_inviter, &inviter_of,
	&member_is_seen, &member_brief_of, NULL,
};

const struct feature feature_member = {
	.name = "member", .api = "members", .routes = routes, .queries = queries, .events = events, .personal = personal,
};
