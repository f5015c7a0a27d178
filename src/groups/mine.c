/* mine.c: a member's own groups and vouchers, for their page (people/passport).
 *
 * Story      Somebody left a group by mistake and has lost the poster. On their page the group stands with its QR, if that is
 *            still good, and otherwise with the link where the next one will be; below it the partner's voucher.
 * Not here   The page itself, joining, giving vouchers.
 * Owns       nothing.
 * Holds      Only groups they said they joined: a QR that stands behind a gate is shown to nobody who has not passed it.
 * Test       passport_test.c.
 */
#include "engine/file/file.h"
#include "groups/alliance.h"
#include "groups/group.h"
#include "groups/livecode.h"
#include "people/erase.h"

#define MINE_MOST 100

/* ---- Rows ------------------------------------------------------------------------------------- */

struct mine_group {
	struct str     title, owner, image, link;
	struct instant expires_at, joined_at;
	bool           there;
};

ROW(mine_group,
	FIELD(mine_group, title,      "Name of the group or of whom they added"),
	FIELD(mine_group, owner,      "Who runs it"),
	FIELD(mine_group, image,      "QR to come back by; empty: none that is still good"),
	FIELD(mine_group, link,       "The landing page they joined through"),
	FIELD(mine_group, expires_at, "When the QR dies", .optional = true),
	FIELD(mine_group, joined_at,  "When they said they joined"),
	FIELD(mine_group, there,      "The group still exists"));

struct mine_voucher { struct str title, partner, link; struct instant expires_at; bool used; };

ROW(mine_voucher,
	FIELD(mine_voucher, title,      "What it is worth"),
	FIELD(mine_voucher, partner,    "Where"),
	FIELD(mine_voucher, link,       "Its page"),
	FIELD(mine_voucher, expires_at, "Until when"),
	FIELD(mine_voucher, used,       "Used up"));

struct mine { struct rows groups, vouchers; };

ROW(mine,
	FIELD(mine, groups,   "Groups they said they joined", .of = &row_mine_group),
	FIELD(mine, vouchers, "Vouchers they were given", .of = &row_mine_voucher));

struct joined { struct id group_id; struct str kind, title, picture, slug, state; struct instant expires_at, joined_at; };

ROW(joined,
	FIELD(joined, group_id,   "Group"),
	FIELD(joined, kind,       "What it is"),
	FIELD(joined, title,      "Its name"),
	FIELD(joined, picture,    "Key of its own picture"),
	FIELD(joined, slug,       "Short link"),
	FIELD(joined, state,      "State of the live code"),
	FIELD(joined, expires_at, "When the target ends"),
	FIELD(joined, joined_at,  "When"));

/* ---- API ---------------------------------------------------------------------------------------- */

static QUERY(joined_of, READS, &row_joined, TAKES(K_ID, K_ID, K_INT),
	"SELECT COALESCE(t.group_id, 0) AS group_id, COALESCE(t.kind, '') AS kind, COALESCE(t.title, c.title) AS title,"
	" COALESCE(t.picture, '') AS picture, COALESCE((SELECT l.slug FROM livecode_link l WHERE l.community_id = v.community_id"
	" AND l.code_id = v.code_id AND l.id = v.link_id), '') AS slug, c.state, COALESCE(t.expires_at, 0) AS expires_at, v.joined_at"
	" FROM livecode_visitor v JOIN livecode c ON c.community_id = v.community_id AND c.id = v.code_id"
	" LEFT JOIN livecode_child t ON t.community_id = v.community_id AND t.id = v.child_id"
	" WHERE v.community_id = ?1 AND v.visitor_id = ?2 AND v.joined_at > 0 ORDER BY v.joined_at DESC LIMIT ?3");

static int group_of(struct request *rq, struct id community, const struct joined *j, struct mine_group *ret)
{
	struct group_brief g;
	struct instant now = tx_now(rq->tx);
	struct mine_group m = {
		.title = j->title, .joined_at = j->joined_at, .expires_at = j->expires_at, .there = j->kind.len > 0,
		.link = j->slug.len ? str_format(rq->arena, "/g/%.*s", STR(j->slug)) : S(""),
	};
	struct str picture = j->picture;
	if (j->group_id.n) {
		int r = group_get_brief(rq->tx, community, j->group_id, &g);
		if (r < 0 && r != E_NOT_FOUND)
			return r;
		m.there = r == 0;
		picture = r == 0 ? g.file : S("");
		if (r == 0)
			m.title = g.name, m.owner = g.owner, m.expires_at = g.qr_expires_at;
	}
	bool dead = m.expires_at.ms && m.expires_at.ms <= now.ms;
	m.image = m.there && !dead ? file_url(rq->arena, picture) : S("");
	*ret = m;
	return 0;
}

static int fill_groups(struct request *rq, const struct person *p, struct rows *ret)
{
	const struct id_item *visitor = p->visitors.at;
	struct mine_group *list = arena_take_array(rq->arena, MINE_MOST, sizeof *list);
	size_t count = 0;
	if (!list)
		return E_MEMORY;
	for (size_t i = 0; i < p->visitors.count; i++) {
		struct rows rows;
		int r = tx_all(rq->tx, &joined_of, &rows, V(p->community), V(visitor[i].item), V((int64_t)MINE_MOST));
		const struct joined *j = rows.at;
		for (size_t k = 0; r >= 0 && k < rows.count && count < MINE_MOST; k++)
			r = group_of(rq, p->community, &j[k], &list[count++]);
		if (r < 0)
			return r;
	}
	*ret = (struct rows){ list, count };
	return 0;
}

static int fill_vouchers(struct request *rq, const struct person *p, struct rows *ret)
{
	const struct id_item *visitor = p->visitors.at;
	struct mine_voucher *list = arena_take_array(rq->arena, MINE_MOST, sizeof *list);
	size_t count = 0;
	if (!list)
		return E_MEMORY;
	for (size_t i = 0; i < p->visitors.count; i++) {
		struct rows rows;
		int r = vouchers_of_visitor(rq->tx, p->community, visitor[i].item, &rows);
		const struct voucher_brief *v = r < 0 ? NULL : rows.at;
		for (size_t k = 0; r >= 0 && k < rows.count && count < MINE_MOST; k++)
			list[count++] = (struct mine_voucher){
				v[k].title, v[k].partner, str_format(rq->arena, "/v/%.*s", STR(v[k].code)), v[k].expires_at, v[k].used_at.ms != 0,
			};
		if (r < 0)
			return r;
	}
	*ret = (struct rows){ list, count };
	return 0;
}

static int get_mine(struct request *rq, const void *in, void *out)
{
	struct mine *mine = out;
	struct person p;
	(void)in;
	int r = person_of_visitor(rq->tx, rq->path_id, rq->visitor, &p);
	return r < 0 || (r = fill_groups(rq, &p, &mine->groups)) < 0 ? r : fill_vouchers(rq, &p, &mine->vouchers);
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/me/{id}/groups", ROLE_VISITOR, get_mine, NULL, &row_mine, "This visitor's own groups, with a QR to come back by, and vouchers" },
	{ 0 },
};

static const struct query *const queries[] = { &joined_of, NULL };

const struct feature feature_mine = { .name = "mine", .routes = routes, .queries = queries };
