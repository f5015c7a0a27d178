/* poster.c: poster templates (海报模板) of a community, and the pictures made of them.
 *
 * Story      An operator takes a design that comes with the program, writes their own headline, looks at it as 林小满 would
 *            have it, and saves. A campaign shows it; each participant asks for their poster and has it within a
 *            millisecond, from memory when they ask again.
 * Not here   Painting (media/poster.h), what is well designed (check.c), many posters from a table (batch.c).
 * Owns       poster, poster_brand, poster_use.
 * Holds      A save names the version it began with; two people never overwrite each other unknowingly.
 *            A template that somebody shows is not deleted.
 *            An avatar is on a poster only while its member agrees to that (G3).
 * Test       poster_test.c.
 */
#include "campaign/poster/poster.h"

#include "base/utf8.h"
#include "campaign/poster/batch.h"
#include "campaign/poster/cache.h"
#include "campaign/poster/design.h"
#include "engine/event/event.h"
#include "engine/file/file.h"
#include "groups/group.h"
#include "media/archive.h"
#include "people/audit.h"
#include "people/community.h"
#include "people/consent.h"
#include "people/member.h"

#define POSTERS_MAX 200        /* of a community */
#define PICTURE_SIDE 2048
#define LAYERS_TEXT (256 << 10)
#define PREVIEW_LINK "/p/preview"
#define FRESH       300        /* seconds a picture without its mark in the address is taken as it is */

/* ---- Rows ------------------------------------------------------------------------------------------------ */

struct poster_brief {
	struct id      id;
	struct str     name;
	int64_t        width, height, version, used;
	struct instant updated_at;
};

ROW(poster_brief,
	FIELD(poster_brief, id,         "Poster"),
	FIELD(poster_brief, name,       "As operators read it"),
	FIELD(poster_brief, width,      "Pixels"),
	FIELD(poster_brief, height,     "Pixels"),
	FIELD(poster_brief, version,    "Rises with every save"),
	FIELD(poster_brief, used,       "How many campaigns show it"),
	FIELD(poster_brief, updated_at, "When it was saved last"));

struct poster_starter { struct str key, name; struct one design; };

ROW(poster_starter,
	FIELD(poster_starter, key,    "Stable word"),
	FIELD(poster_starter, name,   "As operators read it"),
	FIELD(poster_starter, design, "The design", .of = &row_poster));

struct poster_usage { struct id user_id; struct str title; };

ROW(poster_usage,
	FIELD(poster_usage, user_id, "Campaign"),
	FIELD(poster_usage, title,   "Its name"));

struct poster_total { int64_t n; };

ROW(poster_total, FIELD(poster_total, n, "How many"));

struct poster_brand { struct rows colours; struct str font, colour, logo, logo_url; };

static const struct field colour_fields[] = { FIELD(text_item, item, "#rrggbb", .min = 7, .max = 7, .pattern = "#[0-9a-fA-F]{6}") };
static const struct row row_colour = { "poster_colour", sizeof(struct text_item), colour_fields, 1 };

ROW(poster_brand,
	FIELD(poster_brand, colours,  "#rrggbb, besides the community's own", .of = &row_colour, .max = 8),
	FIELD(poster_brand, font,     "Family that new texts have", .one_of = "sans serif"),
	FIELD(poster_brand, colour,   "The community's own; empty: none"),
	FIELD(poster_brand, logo,     "Key of the community's logo; empty: none"),
	FIELD(poster_brand, logo_url, "Where it is shown"));

struct poster_brand_draft { struct rows colours; struct str font; };

ROW(poster_brand_draft,
	FIELD(poster_brand_draft, colours, "#rrggbb, besides the community's own", .of = &row_colour, .max = 8),
	FIELD(poster_brand_draft, font,    "Family that new texts have", .one_of = "sans serif"));

struct poster_upload { struct blob picture; };

ROW(poster_upload, FIELD(poster_upload, picture, "PNG or JPEG; what is transparent stays so", .max = 6 << 20));

struct poster_uploaded { struct str key, url; int64_t width, height; };

ROW(poster_uploaded,
	FIELD(poster_uploaded, key,    "What to keep it by"),
	FIELD(poster_uploaded, url,    "Where it is shown"),
	FIELD(poster_uploaded, width,  "Pixels"),
	FIELD(poster_uploaded, height, "Pixels"));

struct poster_table { struct blob file; };

ROW(poster_table,
	FIELD(poster_table, file, "CSV: the first row names the columns (nickname, link, any variable), then one row a person", .max = 1 << 20));

struct poster_pick { struct str key; };

ROW(poster_pick, FIELD(poster_pick, key, "Which of them; the first when missing", .max = 20, .optional = true));

struct poster_look { struct id member; struct str v; };

ROW(poster_look,
	FIELD(poster_look, member, "As whom; nobody in particular when missing", .optional = true),
	FIELD(poster_look, v,      "The version in the address: kept for ever when it is the newest", .max = 20, .optional = true));

/* ---- Events -------------------------------------------------------------------------------------------------- */

static const struct event_kind events[] = {
	{ "poster_saved",   "A poster template was made or changed", "poster" },
	{ "poster_removed", "A poster template was deleted", "poster" },
	{ 0 },
};
enum { POSTER_SAVED, POSTER_REMOVED };

static int tell(struct request *rq, int what, struct id id)
{
	return event_emit(rq->tx, rq->community, &events[what], &(struct event){ .subject = id, .actor = rq->account });
}

/* ---- Templates ------------------------------------------------------------------------------------------------- */

static QUERY(poster_by_id, READS, &row_poster, TAKES(K_ID, K_ID),
	"SELECT id, name, width, height, background, art, accent, layers, version, created_at, updated_at FROM poster"
	" WHERE community_id = ?1 AND id = ?2");

static QUERY(poster_insert, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_INT, K_INT, K_STR, K_STR, K_STR, K_STR, K_INSTANT, K_ID),
	"INSERT INTO poster (community_id, id, name, width, height, background, art, accent, layers, version, created_at,"
	" updated_at, updated_by) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10, ?11)");

static QUERY(poster_update, WRITES, NULL,
	TAKES(K_ID, K_ID, K_STR, K_INT, K_INT, K_STR, K_STR, K_STR, K_STR, K_INSTANT, K_ID, K_INT),
	"UPDATE poster SET name = ?3, width = ?4, height = ?5, background = ?6, art = ?7, accent = ?8, layers = ?9,"
	" version = version + 1, updated_at = ?10, updated_by = ?11 WHERE community_id = ?1 AND id = ?2 AND version = ?12");

static QUERY(poster_count, READS, &row_poster_total, TAKES(K_ID), "SELECT count(*) AS n FROM poster WHERE community_id = ?1");

static int layers_text(struct arena *arena, const struct design *d, struct str *ret)
{
	BUF_SCOPED json;
	buf_init(&json, LAYERS_TEXT);
	rows_write_json(&json, &row_piece, d->layers);
	if (buf_failed(&json))
		return E_TOO_LONG;
	*ret = str_copy(arena, buf_view(&json));
	return arena_failed(arena) ? E_MEMORY : 0;
}

static int poster_insert_one(struct tx *tx, struct id community, const struct design *d, struct id account, struct id *ret)
{
	struct id id = tx_new_id(tx);
	struct str layers;
	int r = layers_text(tx_arena(tx), d, &layers);
	if (r < 0)
		return r;
	r = tx_run(tx, &poster_insert, V(community), V(id), V(d->name), V(d->width), V(d->height), V(d->background), V(d->art),
	           V(d->accent), V(layers), V(tx_now(tx)), V(account));
	if (r < 0)
		return r;
	*ret = id;
	return 0;
}

static int poster_add(struct request *rq, struct design *d, struct design *ret)
{
	struct poster_total total;
	struct id id;
	int r = tx_one(rq->tx, &poster_count, &total, V(rq->community));
	if (r < 0)
		return r;
	if (total.n >= POSTERS_MAX)
		return E_TOO_MANY;
	if ((r = poster_insert_one(rq->tx, rq->community, d, rq->account, &id)) < 0 || (r = tell(rq, POSTER_SAVED, id)) < 0 ||
	    (r = audit_note(rq, "poster_made", id, d->name)) < 0)
		return r;
	return tx_one(rq->tx, &poster_by_id, ret, V(rq->community), V(id));
}

int poster_begin(struct tx *tx, struct id community, struct str key, enum lang lang, struct id account, struct id *ret)
{
	struct starter starter;
	for (size_t i = 0; i < starter_count(); i++) {
		int r = starter_get(tx_arena(tx), i, lang, &starter);
		if (r < 0)
			return r;
		if (str_equal(starter.key, key))
			return poster_insert_one(tx, community, &starter.design, account, ret);
	}
	return E_NOT_FOUND;
}

/* ---- Who uses it --------------------------------------------------------------------------------------------------- */

static QUERY(use_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM poster_use WHERE community_id = ?1 AND user_id = ?2");

static QUERY(use_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_STR),
	"INSERT INTO poster_use (community_id, poster_id, user_id, title) VALUES (?1, ?2, ?3, ?4)");

static QUERY(uses_of, READS, &row_poster_usage, TAKES(K_ID, K_ID),
	"SELECT user_id, title FROM poster_use WHERE community_id = ?1 AND poster_id = ?2 ORDER BY user_id LIMIT 100");

int poster_use(struct tx *tx, struct id community, struct id user, struct str title, struct id poster)
{
	struct design known;
	int r = tx_run(tx, &use_drop, V(community), V(user));
	if (r < 0 || !poster.n)
		return r < 0 ? r : 0;
	if ((r = tx_one(tx, &poster_by_id, &known, V(community), V(poster))) < 0)
		return r;
	r = tx_run(tx, &use_insert, V(community), V(poster), V(user), V(title));
	return r < 0 ? r : 0;
}

/* ---- For a person -------------------------------------------------------------------------------------------------- */

/* What of the template a picture depends on: its version, and whose face may be seen. */
struct plate { struct design design; struct community community; struct str avatar, date; };

static int built_in(struct arena *arena, struct design *ret)
{
	struct starter starter;
	for (size_t i = 0; i < starter_count(); i++) {
		int r = starter_get(arena, i, LANG_ZH, &starter);
		if (r < 0)
			return r;
		if (str_is(starter.key, POSTER_BUILT_IN)) {
			*ret = starter.design;
			return 0;
		}
	}
	return E_NOT_FOUND;
}

static int plate_load(struct tx *tx, struct id community, struct id id, const struct poster_for *who, struct plate *ret)
{
	bool agreed = false;
	int r = id.n ? tx_one(tx, &poster_by_id, &ret->design, V(community), V(id)) : built_in(tx_arena(tx), &ret->design);
	if (r < 0 || (r = community_get(tx, community, &ret->community)) < 0)
		return r;
	if (!id.n)
		ret->design.accent = ret->community.colour;
	if (who->avatar.len && who->member.n && (r = consent_given(tx, community, who->member, CONSENT_AVATAR, &agreed)) < 0)
		return r;
	ret->avatar = agreed ? who->avatar : S("");
	struct local day = zone_local(community_zone(&ret->community), tx_now(tx));
	ret->date = str_format(tx_arena(tx), "%d-%02d-%02d", day.year, day.month, day.day);
	return 0;
}

static void add_part(struct buf *b, struct str part)
{
	buf_int(b, (int64_t)part.len);
	buf_byte(b, ':');
	buf_str(b, part);
}

static bool uses_date(const struct plate *plate)
{
	const struct piece *pieces = plate->design.layers.at;
	for (size_t i = 0; i < plate->design.layers.count; i++)
		if (pieces[i].text.len && memmem(pieces[i].text.at, pieces[i].text.len, "{date}", 6))
			return true;
	return false;
}

static int plate_mark(struct id community, const struct plate *plate, const struct poster_for *who, enum picture_type type,
                      char ret[POSTER_MARK + 1])
{
	BUF_SCOPED b;
	buf_init(&b, 64 << 10);
	const int64_t numbers[] = { community.n, plate->design.id.n, plate->design.version, plate->design.updated_at.ms, type };
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		buf_int(&b, numbers[i]);
		buf_byte(&b, ' ');
	}
	const struct str parts[] = {
		who->nickname, who->link, plate->avatar, plate->community.name, plate->design.accent, uses_date(plate) ? plate->date : S(""),
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		add_part(&b, parts[i]);
	for (size_t i = 0; i < who->word_count; i++) {
		add_part(&b, who->words[i].name);
		add_part(&b, who->words[i].value);
	}
	if (buf_failed(&b))
		return E_MEMORY;
	hash_text((struct blob){ b.at, b.len }, ret);
	return 0;
}

static int plate_prepare(struct tx *tx, struct id community, const struct design *d, struct poster **ret)
{
	/* The built-in one has no version: its colour, the community's, tells it apart. */
	int64_t version = d->id.n ? d->version : (int64_t)colour_of(d->accent, UINT32_MAX);
	struct prepared_key key = { community.n, d->id.n, version, d->updated_at.ms };
	if ((*ret = cache_prepared(&key)))
		return 0;
	int r = design_prepare(tx, community, d, ret);
	if (r == 0)
		cache_keep_prepared(&key, *ret);
	return r;
}

#define OWN_WORDS  2
#define WORDS_MAX  20

/* Painted, with the avatar's file and the words that fill themselves in. */
static int paint(struct tx *tx, struct id community, struct poster *poster, const struct plate *plate, const struct poster_for *who,
                 enum picture_type type, struct arena *arena, struct str *ret)
{
	struct poster_word words[WORDS_MAX + OWN_WORDS];
	struct poster_person person = { .nickname = who->nickname, .link = who->link, .words = words };
	size_t given = who->word_count < WORDS_MAX ? who->word_count : WORDS_MAX;
	BUF_SCOPED out;
	buf_init(&out, 32 << 20);
	for (size_t i = 0; i < given; i++)
		words[person.word_count++] = who->words[i];
	words[person.word_count++] = (struct poster_word){ S("community"), plate->community.name };
	words[person.word_count++] = (struct poster_word){ S("date"), plate->date };
	int r = plate->avatar.len ? file_bytes(tx, community, plate->avatar, &person.avatar) : 0;
	if (r < 0 && r != E_NOT_FOUND)                  /* the file is gone: initials */
		return r;
	if ((r = poster_draw(poster, &person, type, &out)) < 0)
		return r;
	*ret = str_copy(arena, buf_view(&out));
	return arena_failed(arena) ? E_MEMORY : 0;
}

int poster_mark(struct tx *tx, struct id community, struct id id, const struct poster_for *who, enum picture_type type,
                char ret[POSTER_MARK + 1])
{
	struct plate plate;
	int r = plate_load(tx, community, id, who, &plate);
	return r < 0 ? r : plate_mark(community, &plate, who, type, ret);
}

int poster_render(struct tx *tx, struct id community, struct id id, const struct poster_for *who, enum picture_type type,
                  struct arena *arena, struct poster_made *ret)
{
	struct plate plate;
	struct poster *poster;
	int r = plate_load(tx, community, id, who, &plate);
	if (r < 0 || (r = plate_mark(community, &plate, who, type, ret->mark)) < 0)
		return r;
	if (cache_made(arena, ret->mark, &ret->bytes))
		return arena_failed(arena) ? E_MEMORY : 0;
	if ((r = plate_prepare(tx, community, &plate.design, &poster)) < 0)
		return r;
	r = paint(tx, community, poster, &plate, who, type, arena, &ret->bytes);
	poster_drop(poster);
	if (r == 0)
		cache_keep_made(ret->mark, ret->bytes);
	return r;
}

int poster_reply(struct request *rq, struct id poster, const struct poster_for *who, struct str asked, struct body *ret)
{
	struct poster_made made;
	int r = poster_render(rq->tx, rq->community, poster, who, PICTURE_JPEG, rq->arena, &made);
	if (r < 0)
		return r;
	*ret = (struct body){
		.bytes = made.bytes, .type = "image/jpeg", .etag = str_copy(rq->arena, str_of(made.mark)),
		.max_age = str_is(asked, made.mark) ? -1 : FRESH,
	};
	return 0;
}

/* ---- Looking at it as a member ---------------------------------------------------------------------------------------- */

struct sample { struct poster_for who; struct poster_word words[10]; };

static void say(struct sample *s, const char *name, struct str value)
{
	s->words[s->who.word_count++] = (struct poster_word){ str_of(name), value };
}

/* Somebody with a name of ordinary length, for who has no members yet. */
static int sample_of(struct request *rq, struct id member, struct sample *s)
{
	struct member_brief brief;
	struct group_brief group;
	bool zh = rq->lang == LANG_ZH;
	struct str days = S("12"), where = zh ? S("城市晨跑 1 群") : S("Morning Run 1");
	*s = (struct sample){ .who = { .nickname = zh ? S("林小满") : S("Ada Lin"), .link = str_format(rq->arena, "%.*s" PREVIEW_LINK,
		STR(rq->origin)) } };
	if (member.n) {
		int r = member_get_brief(rq->tx, rq->community, rq->only, member, &brief);
		if (r < 0)
			return r;
		s->who.member = member;
		s->who.nickname = brief.nickname;
		days = str_format(rq->arena, "%lld", (long long)((tx_now(rq->tx).ms - brief.joined_at.ms) / DAY + 1));
		if (brief.group_id.n && group_get_brief(rq->tx, rq->community, brief.group_id, &group) == 0)
			where = group.name;
	}
	s->who.words = s->words;
	say(s, "group", where);
	say(s, "days", days);
	say(s, "number", S("1024"));
	say(s, "campaign", zh ? S("七天早起打卡") : S("Seven early mornings"));
	say(s, "prize", zh ? S("读书笔记一本") : S("a notebook"));
	say(s, "left", S("3"));
	say(s, "ends", zh ? S("12 月 31 日") : S("31 December"));
	return 0;
}

/* ---- API: templates ------------------------------------------------------------------------------------------------------ */

static QUERY(posters_all, READS, &row_poster_brief, TAKES(K_ID),
	"SELECT p.id, p.name, p.width, p.height, p.version, (SELECT count(*) FROM poster_use u WHERE u.community_id = p.community_id"
	" AND u.poster_id = p.id) AS used, p.updated_at FROM poster p WHERE p.community_id = ?1 ORDER BY p.id DESC LIMIT 200");

static int get_posters(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &posters_all, &page->rows, V(rq->community));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int get_poster(struct request *rq, const void *in, void *out)
{
	(void)in;
	return tx_one(rq->tx, &poster_by_id, out, V(rq->community), V(rq->path_id));
}

/* The draft with its missing values, or what is wrong with it. */
static int draft_of(struct request *rq, const struct design *in, struct design *ret)
{
	struct str field = S("");
	*ret = *in;
	ret->name = str_trim(in->name);
	if (!ret->name.len)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	design_fill(rq->arena, ret);
	if (arena_failed(rq->arena))
		return E_MEMORY;
	int r = design_check(rq->tx, rq->community, ret, &field);
	return r < 0 && field.len ? rq_complain(rq, r, field) : r;
}

static int post_poster(struct request *rq, const void *in, void *out)
{
	struct design d;
	int r = draft_of(rq, in, &d);
	return r < 0 ? r : poster_add(rq, &d, out);
}

static int put_poster(struct request *rq, const void *in, void *out)
{
	struct design d, known;
	struct str layers;
	int r = tx_one(rq->tx, &poster_by_id, &known, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = draft_of(rq, in, &d)) < 0 || (r = layers_text(rq->arena, &d, &layers)) < 0)
		return r;
	r = tx_run(rq->tx, &poster_update, V(rq->community), V(rq->path_id), V(d.name), V(d.width), V(d.height), V(d.background),
	           V(d.art), V(d.accent), V(layers), V(tx_now(rq->tx)), V(rq->account), V(d.version));
	if (r <= 0)
		return r < 0 ? r : rq_complain(rq, E_CONFLICT, S("version"));
	if ((r = tell(rq, POSTER_SAVED, rq->path_id)) < 0 || (r = audit_note(rq, "poster_changed", rq->path_id, d.name)) < 0)
		return r;
	return get_poster(rq, NULL, out);
}

static int post_duplicate(struct request *rq, const void *in, void *out)
{
	struct design d;
	(void)in;
	int r = tx_one(rq->tx, &poster_by_id, &d, V(rq->community), V(rq->path_id));
	if (r < 0)
		return r;
	d.name = str_format(rq->arena, rq->lang == LANG_ZH ? "%.*s（副本）" : "%.*s (copy)", STR(utf8_cut(d.name, 32)));
	return poster_add(rq, &d, out);
}

static QUERY(poster_drop_one, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM poster WHERE community_id = ?1 AND id = ?2");

static int delete_poster(struct request *rq, const void *in, void *out)
{
	struct design d;
	struct rows uses;
	(void)in, (void)out;
	int r = tx_one(rq->tx, &poster_by_id, &d, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = tx_all(rq->tx, &uses_of, &uses, V(rq->community), V(rq->path_id))) < 0)
		return r;
	if (uses.count) {
		rq_complain(rq, E_POSTER_IN_USE, S(""));
		rq->complaint.detail = ((const struct poster_usage *)uses.at)->title;
		return E_POSTER_IN_USE;
	}
	if ((r = tx_run(rq->tx, &poster_drop_one, V(rq->community), V(rq->path_id))) < 0 ||
	    (r = tell(rq, POSTER_REMOVED, rq->path_id)) < 0)
		return r;
	return audit_note(rq, "poster_removed", rq->path_id, d.name);
}

static int get_uses(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct design d;
	(void)in;
	int r = tx_one(rq->tx, &poster_by_id, &d, V(rq->community), V(rq->path_id));
	if (r >= 0)
		r = tx_all(rq->tx, &uses_of, &page->rows, V(rq->community), V(rq->path_id));
	page->total = (int64_t)page->rows.count;
	return r < 0 ? r : 0;
}

static int post_check(struct request *rq, const void *in, void *out)
{
	struct design d = *(const struct design *)in;
	design_fill(rq->arena, &d);
	return arena_failed(rq->arena) ? E_MEMORY : design_judge(rq->arena, &d, out);
}

/* ---- API: pictures --------------------------------------------------------------------------------------------------------- */

static int get_picture(struct request *rq, const void *in, void *out)
{
	const struct poster_look *look = in;
	struct sample sample;
	struct body *body = out;
	struct design d;
	int r = tx_one(rq->tx, &poster_by_id, &d, V(rq->community), V(rq->path_id));
	if (r < 0 || (r = sample_of(rq, look->member, &sample)) < 0 || (r = poster_reply(rq, rq->path_id, &sample.who, S(""), body)) < 0)
		return r;
	if (!look->member.n && str_is(look->v, str_z(rq->arena, str_format(rq->arena, "%lld", (long long)d.version))))
		body->max_age = -1;
	return 0;
}

/* A draft as a member would have it: nothing is kept, the picture is made before the transaction. */
static int draw_draft(struct request *rq, struct design *d, struct id member, struct str *ret)
{
	struct sample sample;
	struct plate plate = { .design = *d };
	struct poster *poster;
	int r = sample_of(rq, member, &sample);
	if (r < 0 || (r = community_get(rq->tx, rq->community, &plate.community)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("member_id")) : r;
	struct local day = zone_local(community_zone(&plate.community), tx_now(rq->tx));
	plate.date = str_format(rq->arena, "%d-%02d-%02d", day.year, day.month, day.day);
	if ((r = design_prepare(rq->tx, rq->community, d, &poster)) < 0)
		return r;
	r = paint(rq->tx, rq->community, poster, &plate, &sample.who, PICTURE_JPEG, rq->arena, ret);
	poster_drop(poster);
	return r;
}

static int ready_preview(struct request *rq, const void *in, void *out)
{
	struct str *bytes = ARENA_NEW(rq->arena, struct str);
	struct design d;
	(void)out;
	int r = bytes ? draft_of(rq, in, &d) : E_MEMORY;
	if (r < 0 || (r = draw_draft(rq, &d, d.member_id, bytes)) < 0)
		return r;
	rq->kept = bytes;
	return 0;
}

static int post_preview(struct request *rq, const void *in, void *out)
{
	(void)in;
	*(struct body *)out = (struct body){ .bytes = *(const struct str *)rq->kept, .type = "image/jpeg" };
	return 0;
}

struct clean { struct blob bytes; const char *type; int width, height; };

static int ready_upload(struct request *rq, const void *in, void *out)
{
	const struct poster_upload *upload = in;
	struct clean *clean = ARENA_NEW(rq->arena, struct clean);
	struct picture_info info;
	enum picture_type type;
	(void)out;
	int r = clean ? picture_reduce_clear(upload->picture, PICTURE_SIDE, rq->arena, &clean->bytes, &type) : E_MEMORY;
	if (r < 0 || (r = picture_probe(clean->bytes, &info)) < 0)
		return rq_complain(rq, r, S("picture"));
	clean->type = picture_media_type(type);
	clean->width = info.width;
	clean->height = info.height;
	rq->kept = clean;
	return 0;
}

static int post_upload(struct request *rq, const void *in, void *out)
{
	const struct clean *clean = rq->kept;
	struct str key;
	(void)in;
	int r = file_keep(rq->tx, rq->community, clean->bytes, clean->type, &key);
	if (r < 0)
		return r;
	*(struct poster_uploaded *)out = (struct poster_uploaded){ key, file_url(rq->arena, key), clean->width, clean->height };
	return 0;
}

/* Drawn on a reader, before the transaction: a thousand posters take a second or two. */
static int ready_batch(struct request *rq, const void *in, void *out)
{
	const struct poster_table *table = in;
	struct poster_for nobody = { .nickname = S("") };
	struct poster *poster;
	struct plate plate;
	struct str *zip = ARENA_NEW(rq->arena, struct str);
	size_t line = 0;
	(void)out;
	int r = zip ? plate_load(rq->tx, rq->community, rq->path_id, &nobody, &plate) : E_MEMORY;
	if (r < 0 || (r = plate_prepare(rq->tx, rq->community, &plate.design, &poster)) < 0)
		return r;
	const struct poster_word own[2] = { { S("community"), plate.community.name }, { S("date"), plate.date } };
	r = poster_batch(poster, table->file, own, rq->arena, zip, &line);
	poster_drop(poster);
	if (r < 0 && r != E_BUSY && r != E_MEMORY) {
		rq_complain(rq, r, S("file"));
		rq->complaint.detail = line ? str_format(rq->arena, "line %zu", line) : S("");
	}
	rq->kept = zip;
	return r;
}

static int post_batch(struct request *rq, const void *in, void *out)
{
	struct design d;
	(void)in;
	int r = get_poster(rq, NULL, &d);
	if (r < 0)
		return r;
	*(struct body *)out = (struct body){
		.bytes = *(const struct str *)rq->kept, .type = "application/zip",
		.filename = str_format(rq->arena, "%.*s.zip", STR(archive_name(rq->arena, d.name))),
	};
	return audit_note(rq, "posters_made", rq->path_id, d.name);
}

/* ---- API: designs that come with the program, and the brand ------------------------------------------------------------------ */

static int get_starters(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct poster_starter *rows = arena_take_array(rq->arena, starter_count(), sizeof *rows);
	(void)in;
	for (size_t i = 0; rows && i < starter_count(); i++) {
		struct starter *starter = ARENA_NEW(rq->arena, struct starter);
		int r = starter ? starter_get(rq->arena, i, rq->lang, starter) : E_MEMORY;
		if (r < 0)
			return r;
		rows[i] = (struct poster_starter){ starter->key, starter->design.name, { &starter->design } };
	}
	page->rows = (struct rows){ rows, rows ? starter_count() : 0 };
	page->total = (int64_t)page->rows.count;
	return rows ? 0 : E_MEMORY;
}

static int get_starter_picture(struct request *rq, const void *in, void *out)
{
	const struct poster_pick *pick = in;
	struct starter starter;
	struct str bytes;
	for (size_t i = 0; i < starter_count(); i++) {
		int r = starter_get(rq->arena, i, rq->lang, &starter);
		if (r < 0)
			return r;
		if (pick->key.len && !str_equal(starter.key, pick->key))
			continue;
		if ((r = draw_draft(rq, &starter.design, (struct id){ 0 }, &bytes)) < 0)
			return r;
		*(struct body *)out = (struct body){ .bytes = bytes, .type = "image/jpeg", .max_age = 3600 };
		return 0;
	}
	return E_NOT_FOUND;
}

struct poster_brand_kept { struct rows colours; struct str font; };

ROW(poster_brand_kept,
	FIELD(poster_brand_kept, colours, "#rrggbb", .of = &row_colour),
	FIELD(poster_brand_kept, font,    "Family"));

static QUERY(brand_get, READS, &row_poster_brand_kept, TAKES(K_ID), "SELECT colours, font FROM poster_brand WHERE community_id = ?1");

static QUERY(brand_set, WRITES, NULL, TAKES(K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO poster_brand (community_id, colours, font, updated_at) VALUES (?1, ?2, ?3, ?4)"
	" ON CONFLICT (community_id) DO UPDATE SET colours = ?2, font = ?3, updated_at = ?4");

static int get_brand(struct request *rq, const void *in, void *out)
{
	struct poster_brand_kept kept = { .font = S("sans") };
	struct community community;
	(void)in;
	int r = community_get(rq->tx, rq->community, &community);
	if (r >= 0)
		r = tx_one(rq->tx, &brand_get, &kept, V(rq->community));
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*(struct poster_brand *)out = (struct poster_brand){
		kept.colours, kept.font, community.colour, community.logo, file_url(rq->arena, community.logo),
	};
	return 0;
}

static int put_brand(struct request *rq, const void *in, void *out)
{
	const struct poster_brand_draft *draft = in;
	BUF_SCOPED json;
	buf_init(&json, 4096);
	rows_write_json(&json, &row_colour, draft->colours);
	if (buf_failed(&json))
		return E_MEMORY;
	int r = tx_run(rq->tx, &brand_set, V(rq->community), V(str_copy(rq->arena, buf_view(&json))), V(draft->font), V(tx_now(rq->tx)));
	if (r < 0 || (r = audit_note(rq, "poster_brand_changed", rq->community, S(""))) < 0)
		return r;
	return get_brand(rq, NULL, out);
}

/* ---- Declaration ------------------------------------------------------------------------------------------------------------ */

static const struct route routes[] = {
	{ "GET",    "/posters",                 ROLE_READER,   get_posters,    NULL, &row_poster_brief, "Poster templates, newest first", OUT_PAGE },
	{ "GET",    "/posters/starters",        ROLE_READER,   get_starters,   NULL, &row_poster_starter, "Designs that come with the program", OUT_PAGE },
	{ "GET",    "/posters/starters/picture", ROLE_READER,  get_starter_picture, &row_poster_pick, NULL, "How one looks", OUT_BODY, .makes = "image/jpeg" },
	{ "GET",    "/posters/brand",           ROLE_READER,   get_brand,      NULL, &row_poster_brand, "Colours, logo and font that posters share" },
	{ "PUT",    "/posters/brand",           ROLE_ADMIN,    put_brand,      &row_poster_brand_draft, &row_poster_brand, "Save them" },
	{ "POST",   "/posters/pictures",        ROLE_OPERATOR, post_upload,    &row_poster_upload, &row_poster_uploaded, "Upload a background or a picture, up to 2048 pixels a side", .ready = ready_upload, .body_max = 7 << 20 },
	{ "POST",   "/posters/preview",         ROLE_READER,   post_preview,   &row_poster_preview, NULL, "A draft as a member would have it; keeps nothing", OUT_BODY, .ready = ready_preview, .makes = "image/jpeg", .body_max = 256 << 10 },
	{ "POST",   "/posters/check",           ROLE_READER,   post_check,     &row_poster_draft, &row_poster_check, "What a draft lacks, and what may bring trouble", .body_max = 256 << 10 },
	{ "POST",   "/posters",                 ROLE_OPERATOR, post_poster,    &row_poster_draft, &row_poster, "Make a template", .body_max = 256 << 10 },
	{ "GET",    "/posters/{id}",            ROLE_READER,   get_poster,     NULL, &row_poster, "One, with its layers" },
	{ "PUT",    "/posters/{id}",            ROLE_OPERATOR, put_poster,     &row_poster_draft, &row_poster, "Save it; names the version it began with", .body_max = 256 << 10 },
	{ "DELETE", "/posters/{id}",            ROLE_OPERATOR, delete_poster,  NULL, NULL, "Delete it, unless something shows it", OUT_NONE },
	{ "POST",   "/posters/{id}/duplicate",  ROLE_OPERATOR, post_duplicate, NULL, &row_poster, "A copy of it" },
	{ "GET",    "/posters/{id}/uses",       ROLE_READER,   get_uses,       NULL, &row_poster_usage, "What shows it", OUT_PAGE },
	{ "GET",    "/posters/{id}/picture",    ROLE_READER,   get_picture,    &row_poster_look, NULL, "How it looks to a member", OUT_BODY, .makes = "image/jpeg" },
	{ "POST",   "/posters/{id}/batch",      ROLE_OPERATOR, post_batch,     &row_poster_table, NULL, "A zip of up to 1,000 posters, one a row of a CSV", OUT_BODY, .ready = ready_batch, .makes = "application/zip", .body_max = 2 << 20 },
	{ 0 },
};

static const struct query *const queries[] = {
	&poster_by_id, &poster_insert, &poster_update, &poster_count, &use_drop, &use_insert, &uses_of, &posters_all, &poster_drop_one,
	&brand_get, &brand_set, NULL,
};

const struct feature feature_poster = { .name = "poster", .api = "campaigns", .routes = routes, .queries = queries, .events = events };
