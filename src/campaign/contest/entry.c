/* entry.c: handing in an entry.
 *
 * Story      Lin's entry comes back: the picture is too dark. She sends another one, and it waits again, until it has passed.
 * How        Pictures are decoded and written anew before the transaction (`ready`).
 * Owns       contest_entry.
 * Holds      See contest.h.
 * Test       contest_test.c.
 */
#include "campaign/contest/contest.h"

#include "engine/file/file.h"
#include "http/personal.h"
#include "media/picture.h"

#define SIDE       1600           /* pixels */
#define UPLOADS      20           /* of one address in UPLOAD_TIME */
#define UPLOAD_TIME HOUR

ROW_PUBLIC(entry,
	FIELD(entry, id,         "Whose: the participant"),
	FIELD(entry, number,     "Its number"),
	FIELD(entry, title,      "Title"),
	FIELD(entry, body,       "Text"),
	FIELD(entry, pictures,   "Keys of its pictures", .of = &row_text_item),
	FIELD(entry, state,      "Where it stands", .one_of = "pending passed returned"),
	FIELD(entry, reason,     "Why it was returned"),
	FIELD(entry, votes,      "Votes"),
	FIELD(entry, created_at, "Handed in"),
	FIELD(entry, decided_at, "Decided", .optional = true));

struct entry_input { struct str nickname, city, title, body; struct blob picture1, picture2, picture3; };

ROW(entry_input,
	FIELD(entry_input, nickname, "As others know you; once", .max = 20, .optional = true),
	FIELD(entry_input, city,     "Where you live; once, where the campaign is for some cities", .max = 40, .optional = true),
	FIELD(entry_input, title,    "Title", .min = 1, .max = 40),
	FIELD(entry_input, body,     "Text", .max = 1000, .lines = true, .optional = true),
	FIELD(entry_input, picture1, "A picture; without any, those of before stay", .max = 6 << 20, .optional = true),
	FIELD(entry_input, picture2, "Another one", .max = 6 << 20, .optional = true),
	FIELD(entry_input, picture3, "Another one", .max = 6 << 20, .optional = true));

/* ---- Handing in ---------------------------------------------------------------------------------------- */

static QUERY(entry_by_id, READS, &row_entry, TAKES(K_ID, K_ID),
	"SELECT " ENTRY_COLUMNS " FROM contest_entry e WHERE e.community_id = ?1 AND e.participant_id = ?2");

static QUERY(entry_number, WRITES, NULL, TAKES(K_ID, K_ID),
	"INSERT INTO contest (community_id, campaign_id, day_votes, most_votes, entry_votes, month_quota, pictures, entries)"
	" VALUES (?1, ?2, 3, 0, 1, 0, 'optional', 1) ON CONFLICT (community_id, campaign_id) DO UPDATE SET entries = contest.entries + 1");

static QUERY(entry_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_STR, K_STR, K_STR, K_INSTANT),
	"INSERT INTO contest_entry (community_id, participant_id, campaign_id, number, title, body, pictures, state, reason, month, votes,"
	" decided_by, decided_at, created_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'pending', '', 0, 0, 0, 0, ?8, ?8)"
	" ON CONFLICT (community_id, participant_id) DO UPDATE SET title = excluded.title, body = excluded.body,"
	" pictures = excluded.pictures, state = 'pending', reason = '', changed_at = excluded.changed_at");

int entry_get(struct tx *tx, struct id community, struct id participant, struct entry *ret)
{
	return tx_one(tx, &entry_by_id, ret, V(community), V(participant));
}

struct handed { struct { struct blob bytes; const char *type; } at[ENTRY_PICTURES]; size_t count; };

static int ready_entry(struct request *rq, const void *in, void *out)
{
	const struct entry_input *input = in;
	const struct blob *sent[ENTRY_PICTURES] = { &input->picture1, &input->picture2, &input->picture3 };
	struct handed *handed = ARENA_NEW(rq->arena, struct handed);
	(void)out;
	if (!rq_allow(rq, str_format(rq->arena, "entry %.*s", STR(rq->address)), UPLOADS, UPLOAD_TIME))
		return E_SLOW_DOWN;
	if (!handed)
		return E_MEMORY;
	for (size_t i = 0; i < ENTRY_PICTURES; i++) {
		enum picture_type type;
		if (!sent[i]->len)
			continue;
		int r = picture_reduce(*sent[i], SIDE, rq->arena, &handed->at[handed->count].bytes, &type);
		if (r < 0)
			return rq_complain(rq, r, str_format(rq->arena, "picture%zu", i + 1));
		handed->at[handed->count++].type = picture_media_type(type);
	}
	rq->kept = handed;
	return 0;
}

/* New pictures take the place of the old ones; without any, those stay. */
static int keep_pictures(struct request *rq, const struct entry *known, struct rows *ret)
{
	const struct handed *handed = rq->kept;
	const struct text_item *old = known->pictures.at;
	if (!handed->count) {
		*ret = known->pictures;
		return 0;
	}
	struct text_item *keys = arena_take_array(rq->arena, ENTRY_PICTURES, sizeof *keys);
	int r = keys ? 0 : E_MEMORY;
	for (size_t i = 0; r >= 0 && i < known->pictures.count; i++)
		r = file_drop(rq->tx, rq->community, old[i].item);
	for (size_t i = 0; r >= 0 && i < handed->count; i++)
		r = file_keep(rq->tx, rq->community, handed->at[i].bytes, handed->at[i].type, &keys[i].item);
	*ret = (struct rows){ keys, handed->count };
	return r < 0 ? r : 0;
}

static int write_entry(struct request *rq, const struct campaign *c, const struct participant *p, const struct entry *known,
                       const struct entry_input *input, struct rows pictures)
{
	struct contest contest;
	BUF_SCOPED keys;
	buf_init(&keys, 400);
	int r = known->number ? 0 : tx_run(rq->tx, &entry_number, V(rq->community), V(c->id));
	if (r < 0 || (r = contest_get(rq->tx, rq->community, c->id, &contest)) < 0)
		return r;
	if (str_is(contest.pictures, "needed") && !pictures.count)
		return rq_complain(rq, E_MISSING_FIELD, S("picture1"));
	if (str_is(contest.pictures, "none") && pictures.count)
		return rq_complain(rq, E_INVALID, S("picture1"));
	rows_write_json(&keys, &row_text_item, pictures);
	if (buf_failed(&keys))
		return E_MEMORY;
	int64_t number = known->number ? known->number : contest.entries;
	r = tx_run(rq->tx, &entry_put, V(rq->community), V(p->id), V(c->id), V(number), V(str_trim(input->title)), V(str_trim(input->body)),
	           V(buf_view(&keys)), V(tx_now(rq->tx)));
	return r < 0 ? r : event_emit(rq->tx, rq->community, &campaign_events[ENTRY_SUBMITTED], &(struct event){
		.subject = c->id, .actor = rq->visitor, .object = p->id, .n = number });
}

int contest_page(struct request *rq, struct campaign *c, struct participant *owner)
{
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, c, owner);
	return r < 0 ? r : str_is(c->kind, "contest") ? 0 : E_NOT_FOUND;
}

static int post_entry(struct request *rq, const void *in, void *out)
{
	const struct entry_input *input = in;
	struct campaign c;
	struct participant owner, me;
	struct entry known = { 0 };
	struct rows pictures;
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, &c, &owner);
	if (r >= 0 && !str_among(c.kind, "contest likes"))        /* 集赞: what is liked, of each who takes part */
		r = E_NOT_FOUND;
	if (r < 0)
		return r;
	if (campaign_phase(&c, tx_now(rq->tx)) != CAMPAIGN_OPEN)
		return E_CAMPAIGN_CLOSED;
	r = participant_of(rq->tx, rq->community, c.id, rq->visitor, &me);
	if (r == E_NOT_FOUND && !str_trim(input->nickname).len)
		return rq_complain(rq, E_MISSING_FIELD, S("nickname"));
	if (r == E_NOT_FOUND)
		r = participant_make(rq, &c, owner.id, input->nickname, input->city, &me);
	if (r < 0)
		return r;
	if (str_is(me.state, "blocked"))
		return E_NOT_FOR_YOU;
	r = entry_get(rq->tx, rq->community, me.id, &known);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	if (str_is(known.state, "passed"))
		return E_ALREADY_DECIDED;
	if ((r = keep_pictures(rq, &known, &pictures)) < 0 || (r = write_entry(rq, &c, &me, &known, input, pictures)) < 0)
		return r;
	return task_answer(rq, out);
}

/* ---- What is kept about people ------------------------------------------------------------------------------------------ */

struct entry_own { struct str campaign, title, body, state; struct instant created_at; };

ROW(entry_own,
	FIELD(entry_own, campaign,   "Campaign"),
	FIELD(entry_own, title,      "Title"),
	FIELD(entry_own, body,       "Text"),
	FIELD(entry_own, state,      "Where it stands"),
	FIELD(entry_own, created_at, "Handed in"));

#define OWN_ENTRY " participant_id IN (SELECT id FROM participant WHERE community_id = ?1 AND visitor_id = ?2)"

static QUERY(own_entries, READS, &row_entry_own, TAKES(K_ID, K_ID),
	"SELECT c.name AS campaign, e.title, e.body, e.state, e.created_at FROM contest_entry e JOIN campaign c"
	" ON c.community_id = e.community_id AND c.id = e.campaign_id WHERE e.community_id = ?1 AND e." OWN_ENTRY " LIMIT 200");

static QUERY(own_entry_files, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT j.value AS item FROM contest_entry e, json_each(e.pictures) j WHERE e.community_id = ?1 AND e." OWN_ENTRY " LIMIT 600",
	.pg = "SELECT j.value AS item FROM contest_entry e, json_array_elements_text(e.pictures::json) AS j(value)"
	" WHERE e.community_id = ?1 AND e." OWN_ENTRY " LIMIT 600");

/* Its number and votes stay, for the order of the others. Before participant is forgotten (features.def). */
static QUERY(entry_forget, WRITES, NULL, TAKES(K_ID, K_ID),
	"UPDATE contest_entry SET title = '', body = '', pictures = '[]', state = 'returned', reason = ''"
	" WHERE community_id = ?1 AND" OWN_ENTRY);

static const struct personal personal[] = {
	{ "contest_entry", "你交的作品", "Entries you handed in", "活动 标题 内容 状态 提交时间", BY_VISITOR, &own_entries,
	  .files = &own_entry_files, .erases = { &entry_forget } },
	{ 0 },
};

/* ---- Declaration --------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "POST", "/t/{slug}/entry", ROLE_VISITOR, post_entry, &row_entry_input, &row_task_page, "Hand in an entry, or one that was returned again", OUT_BODY, .ready = ready_entry, .makes = "application/json", .body_max = 20 << 20 },
	{ 0 },
};

static const struct query *const queries[] = {
	&entry_by_id, &entry_number, &entry_put, &own_entries, &own_entry_files, &entry_forget, NULL,
};

const struct feature feature_contest_entry = {
	.name = "contest_entry", .routes = routes, .queries = queries, .personal = personal,
};
