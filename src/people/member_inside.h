/* member_inside.h: what member.c shares with the other files about members; nobody else includes it. */
#pragma once
#include "people/member.h"

#define MAX_NICKNAME 40
#define MAX_SOURCE   60
#define MAX_SUBJECT  80       /* of an identity */
#define MAX_IDENTITIES 50     /* of one member */
#define PHONE_SHOWN  4        /* digits at the end that everybody on the staff sees */

#define CHANNELS "browser phone wecom mp onebot web union"

struct member {
	struct id      id;
	struct str     nickname, name, phone, gender, city, industry, job, birthday;
	struct id      level_id, source_id;
	struct str     source;
	struct id      inviter_id, group_id;
	struct instant joined_at, created_at, changed_at, active_at;
	struct rows    tags;                  /* of struct text_item */
	struct str     search;
	struct rows    identities, values;    /* of one member shown whole */
	struct str     inviter;
	int64_t        invited;
};

struct member_identity { struct str channel, subject; struct instant created_at; };

extern const struct row row_member, row_member_identity, row_member_detail;

/* The columns of row_member, of a table called m; the list of tags is written differently by the two stores. */
#define MEMBER_COLUMNS \
	"m.id, m.nickname, m.name, m.phone, m.gender, m.city, m.industry, m.job, m.birthday, m.level_id, m.source_id, m.source," \
	" m.inviter_id, m.group_id, m.joined_at, m.created_at, m.changed_at, m.active_at"
#define MEMBER_TAGS_FROM \
	" FROM member_tag p JOIN tag t ON t.community_id = p.community_id AND t.id = p.tag_id" \
	" WHERE p.community_id = m.community_id AND p.member_id = m.id) AS tags FROM "
#define SELECT_MEMBER    "SELECT " MEMBER_COLUMNS ", (SELECT json_group_array(t.name)" MEMBER_TAGS_FROM
#define SELECT_MEMBER_PG "SELECT " MEMBER_COLUMNS ", (SELECT COALESCE(json_agg(t.name ORDER BY t.id)::text, '[]')" MEMBER_TAGS_FROM

/* Every way out of these files passes here: phones as the role may see them. */
void member_mask(struct request *, struct member *, size_t count);
/* The row of row_member, masked. */
int  member_row(struct request *, struct id, struct member *ret);
/* All identities, oldest first: rows of struct member_identity. */
int  member_identities(struct tx *, struct id community, struct id member, struct rows *ret);
/* For merges: the row goes with its keys and values; stands again under its number, empty; gets this profile whole, unchecked
 * but for its level, which may be gone. */
int  member_take_out(struct tx *, struct id community, struct id member);
int  member_put_back(struct tx *, struct id community, struct id member, struct instant created);
int  member_restore(struct tx *, struct id community, struct id member, const struct member_profile *);
/* Was `member` invited by `above`, or by somebody whom `above` invited …? < 0: a failure. */
int  member_descends(struct tx *, struct id community, struct id member, struct id above);
/* One member whole, as row_member_detail; a merged one is resolved. */
int  member_show(struct request *, struct id, struct member *ret);
/* 0, or E_NOT_FOUND: not one of those this account sees. */
int  member_is_seen_by(struct request *, struct id);
/* Who is meant by {id}: a merged member's survivor. */
int  member_of_path(struct request *, struct id *ret);
/* "13812341234" → "43214321831": without a +. */
struct str phone_tail(struct arena *, struct str phone);
/* Who sees the last four digits may search by four: with a fifth, ten guesses would tell the next one, and so on. */
bool phone_may_search(struct str digits, enum role);
bool is_digits(struct str);
