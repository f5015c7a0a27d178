/* place.c: shops (门店) where prizes are redeemed: their address, when they are open, who works there.
 *
 * Story      The operator writes down two shops once and names their cashiers; every campaign's prizes then choose among them.
 * Owns       redeem_place.
 * Holds      Hours are of the community's zone. A span that closes at or before it opens belongs to the day it opens on.
 * Test       redeem_test.c: every edge of a span, nights, the hour that is skipped in spring.
 */
#include "campaign/redeem/redeem.h"

#include "people/audit.h"
#include "people/staff.h"

#define DAY_MINUTES 1440

ROW_PUBLIC(open_span,
	FIELD(open_span, days,   "Days, each by its number: 1 Monday … 7 Sunday", .min = 1, .max = 7, .pattern = "[1-7]+"),
	FIELD(open_span, opens,  "Minute of the day", .min = 0, .max = DAY_MINUTES - 1),
	FIELD(open_span, closes, "Minute of the day; not later than opening: on the next day", .min = 0, .max = DAY_MINUTES));

ROW_PUBLIC(redeem_place,
	FIELD(redeem_place, id,      "Place", .optional = true),
	FIELD(redeem_place, title,   "Its name", .min = 1, .max = 30),
	FIELD(redeem_place, address, "Where it is", .max = 100, .optional = true),
	FIELD(redeem_place, hours,   "When it is open; none: always", .of = &row_open_span, .max = REDEEM_SPANS),
	FIELD(redeem_place, clerks,  "Accounts who work there", .of = &row_id_item, .max = REDEEM_CLERKS));

/* ---- Hours: no store, no clock ------------------------------------------------------------------- */

static bool has_day(struct str days, int64_t day)
{
	for (size_t i = 0; i < days.len; i++)
		if (days.at[i] - '0' == day)
			return true;
	return false;
}

bool hours_open(struct rows spans, const struct zone *zone, struct instant at)
{
	struct local l = zone_local(zone, at);
	const struct open_span *s = spans.at;
	int64_t minute = l.hour * 60 + l.minute, today = l.weekday ? l.weekday : 7, before = today == 1 ? 7 : today - 1;
	for (size_t i = 0; i < spans.count; i++) {
		bool night = s[i].closes <= s[i].opens;
		if (has_day(s[i].days, today) && minute >= s[i].opens && (night || minute < s[i].closes))
			return true;
		if (night && has_day(s[i].days, before) && minute < s[i].closes)
			return true;
	}
	return !spans.count;
}

static const char *const day_words[][2] = {
	{ "", "" }, { "周一", "Mon" }, { "周二", "Tue" }, { "周三", "Wed" }, { "周四", "Thu" }, { "周五", "Fri" }, { "周六", "Sat" }, { "周日", "Sun" },
};

/* Runs of three days and more are said as one: 周一至周五. */
static void put_days(struct buf *b, struct str days, bool en)
{
	bool first = true;
	for (int64_t day = 1; day <= 7; day++) {
		int64_t last = day;
		if (!has_day(days, day))
			continue;
		while (last < 7 && has_day(days, last + 1))
			last++;
		if (last - day < 2)
			last = day;
		buf_format(b, "%s%s", first ? "" : en ? ", " : "、", day_words[day][en]);
		if (last > day)
			buf_format(b, "%s%s", en ? "–" : "至", day_words[last][en]);
		first = false, day = last;
	}
}

struct str hours_text(struct arena *arena, struct rows spans, enum lang lang)
{
	const struct open_span *s = spans.at;
	bool en = lang == LANG_EN;
	BUF_SCOPED b;
	buf_init(&b, 4096);
	for (size_t i = 0; i < spans.count; i++) {
		buf_z(&b, !i ? "" : en ? "; " : "；");
		put_days(&b, s[i].days, en);
		buf_format(&b, " %02d:%02d–%s%02d:%02d", (int)(s[i].opens / 60), (int)(s[i].opens % 60),
		           s[i].closes > s[i].opens ? "" : en ? "next day " : "次日 ", (int)(s[i].closes / 60), (int)(s[i].closes % 60));
	}
	return str_copy(arena, buf_view(&b));
}

struct str hours_wrong(struct arena *arena, struct rows spans)
{
	const struct open_span *s = spans.at;
	for (size_t i = 0; i < spans.count; i++)
		for (int64_t day = 1; day <= 7; day++) {
			size_t n = 0;
			for (size_t k = 0; k < s[i].days.len; k++)
				n += s[i].days.at[k] - '0' == day;
			if (n > 1)
				return str_format(arena, "hours[%zu].days", i);
		}
	return S("");
}

/* ---- Actions ------------------------------------------------------------------------------------------ */

#define PLACE "id, title, address, hours, clerks FROM redeem_place WHERE community_id = ?1"

static QUERY(places_all, READS, &row_redeem_place, TAKES(K_ID), "SELECT " PLACE " ORDER BY id LIMIT 100");

static QUERY(place_by_id, READS, &row_redeem_place, TAKES(K_ID, K_ID), "SELECT " PLACE " AND id = ?2");

static QUERY(place_put, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_STR, K_STR),
	"INSERT INTO redeem_place (community_id, id, title, address, hours, clerks) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
	" ON CONFLICT (community_id, id) DO UPDATE SET title = excluded.title, address = excluded.address, hours = excluded.hours,"
	" clerks = excluded.clerks");

static QUERY(place_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM redeem_place WHERE community_id = ?1 AND id = ?2");

static QUERY(place_used, READS, &row_id_item, TAKES(K_ID, K_STR),
	"SELECT prize_id AS item FROM redeem_rule WHERE community_id = ?1 AND places LIKE '%\"' || ?2 || '\"%' LIMIT 1");

int redeem_places(struct tx *tx, struct id community, struct rows ids, struct rows *ret)
{
	struct rows all;
	size_t kept = 0;
	int r = ids.count ? tx_all(tx, &places_all, &all, V(community)) : 0;
	if (r < 0 || !ids.count) {
		*ret = (struct rows){ 0 };
		return r;
	}
	struct redeem_place *p = all.at;
	for (size_t i = 0; i < all.count; i++)
		for (size_t k = 0; k < ids.count; k++)
			if (((const struct id_item *)ids.at)[k].item.n == p[i].id.n) {
				p[kept++] = p[i];
				break;
			}
	*ret = (struct rows){ p, kept };
	return 0;
}

/* ---- API ---------------------------------------------------------------------------------------------------- */

static int get_places(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &places_all, &page->rows, V(rq->community));
	page->total = (int64_t)page->rows.count;
	return r;
}

static int place_save(struct request *rq, struct id id, const struct redeem_place *p, struct redeem_place *ret)
{
	struct str wrong = hours_wrong(rq->arena, p->hours), hours, clerks;
	if (wrong.len)
		return rq_complain(rq, E_INVALID, wrong);
	if (!str_trim(p->title).len)
		return rq_complain(rq, E_TOO_SHORT, S("title"));
	int r = redeem_clerks_check(rq, p->clerks);
	if (r < 0 || (r = redeem_json(rq->arena, &row_open_span, p->hours, &hours)) < 0 ||
	    (r = redeem_json(rq->arena, &row_id_item, p->clerks, &clerks)) < 0 ||
	    (r = tx_run(rq->tx, &place_put, V(rq->community), V(id), V(str_trim(p->title)), V(str_trim(p->address)), V(hours), V(clerks))) < 0)
		return r;
	return tx_one(rq->tx, &place_by_id, ret, V(rq->community), V(id));
}

static int post_place(struct request *rq, const void *in, void *out)
{
	struct rows all;
	struct id id = tx_new_id(rq->tx);
	int r = tx_all(rq->tx, &places_all, &all, V(rq->community));
	if (r < 0)
		return r;
	if (all.count >= REDEEM_PLACES)
		return E_TOO_MANY;
	r = place_save(rq, id, in, out);
	return r < 0 ? r : audit_note(rq, "place_made", id, ((const struct redeem_place *)out)->title);
}

static int put_place(struct request *rq, const void *in, void *out)
{
	struct redeem_place before;
	int r = tx_one(rq->tx, &place_by_id, &before, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = place_save(rq, rq->path_id, in, out)) < 0)
		return r;
	return audit_change(rq, "place_changed", rq->path_id, before.title, &row_redeem_place, &before, out);
}

static int delete_place(struct request *rq, const void *in, void *out)
{
	struct redeem_place p;
	struct id_item used;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &place_by_id, &p, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	r = tx_one(rq->tx, &place_used, &used, V(rq->community), V(str_format(rq->arena, "%lld", (long long)p.id.n)));
	if (r != E_NOT_FOUND)
		return r < 0 ? r : E_PLACE_IN_USE;
	r = tx_run(rq->tx, &place_drop, V(rq->community), V(p.id));
	return r < 0 ? r : audit_note(rq, "place_removed", p.id, p.title);
}

static const struct route routes[] = {
	{ "GET",    "/redeem-places",      ROLE_READER,   get_places,   NULL, &row_redeem_place, "Shops where prizes are redeemed", OUT_PAGE },
	{ "POST",   "/redeem-places",      ROLE_OPERATOR, post_place,   &row_redeem_place, &row_redeem_place, "Add a shop" },
	{ "PUT",    "/redeem-places/{id}", ROLE_OPERATOR, put_place,    &row_redeem_place, &row_redeem_place, "Save a shop: address, hours, who works there" },
	{ "DELETE", "/redeem-places/{id}", ROLE_OPERATOR, delete_place, NULL, NULL, "Remove a shop that no prize names", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = { &places_all, &place_by_id, &place_put, &place_drop, &place_used, NULL };

const struct feature feature_redeem_place = { .name = "redeem_place", .routes = routes, .queries = queries };
