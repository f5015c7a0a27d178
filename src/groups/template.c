/* template.c: templates (社群模板), as pages and scripts meet them.
 *
 * Story      A newcomer picks 车友会员群, sees what it will make, and has a community that an experienced operator might have
 *            set up in a week: groups by tier, a live code for the front desk, the cars on show and the friends' circle,
 *            rules in friendly words. Later they export their own, compare it with the built-in one, and open the second
 *            shop with it. What they did not like they take back.
 * Not here   The file (template_file), making and undoing (template_make), a community as a file (template_export).
 * Holds      A file that this server did not sign is applied only with `acknowledge`: its digest, which the preview shows.
 * Test       template_test.c
 */
#include "groups/template.h"

#include "base/json.h"
#include "base/utf8.h"
#include "groups/built_in.h"
#include "people/account.h"
#include "people/audit.h"

#define BODY_MAX  (1 << 20)
#define DIFF_MOST 500
#define DIFF_TEXT 300             /* characters of a value that are shown */

/* ---- Rows ------------------------------------------------------------------------------------- */

struct template_line { struct str key, lang, name, summary, slogan; int64_t groups, codes, tags, sources, roles; };

ROW(template_line,
	FIELD(template_line, key,     "Stable name"),
	FIELD(template_line, lang,    "Language"),
	FIELD(template_line, name,    "Name"),
	FIELD(template_line, summary, "For whom it is", .lines = true),
	FIELD(template_line, slogan,  "Its slogan"),
	FIELD(template_line, groups,  "Groups it makes"),
	FIELD(template_line, codes,   "Live codes it makes"),
	FIELD(template_line, tags,    "Tags it makes"),
	FIELD(template_line, sources, "Sources it makes"),
	FIELD(template_line, roles,   "People it suggests"));

/* Which template: exactly one of these. */
#define SOURCE_FIELDS(type) \
	FIELD(type, key,  "A built-in one, or own: this community as it is", .max = 40, .pattern = "[a-z_]*", .optional = true), \
	FIELD(type, use,  "One that was applied here", .optional = true), \
	FIELD(type, text, "A file", .max = TEMPLATE_MAX, .lines = true, .optional = true)

struct template_ask { struct str key; struct id use; struct str text; bool rename; };

ROW(template_ask,
	SOURCE_FIELDS(template_ask),
	FIELD(template_ask, rename, "What is there already gets a new one beside it, under another name", .optional = true));

struct template_view {
	struct str  key, lang, name, summary, verdict, signer, digest;
	int64_t     version, days;
	bool        strange, applied;
	struct one  card;
	struct rows steps, roles, todo;
	struct str  file;
};

ROW(template_view,
	FIELD(template_view, key,     "Stable name"),
	FIELD(template_view, lang,    "Language"),
	FIELD(template_view, name,    "Name"),
	FIELD(template_view, summary, "For whom it is", .lines = true),
	FIELD(template_view, verdict, "How it is signed", .one_of = "built_in own foreign unsigned changed"),
	FIELD(template_view, signer,  "First characters of the signer's key"),
	FIELD(template_view, digest,  "Names its content; to be sent as acknowledge"),
	FIELD(template_view, version, "Version"),
	FIELD(template_view, days,    "The community lives so many days; 0: permanent"),
	FIELD(template_view, strange, "Needs acknowledge"),
	FIELD(template_view, applied, "It was applied here already; applying it again makes nothing"),
	FIELD(template_view, card,    "The positioning card", .of = &row_template_card),
	FIELD(template_view, steps,   "What it would make", .of = &row_template_step),
	FIELD(template_view, roles,   "Who does what", .of = &row_template_role),
	FIELD(template_view, todo,    "What only a human can do", .of = &row_text_item),
	FIELD(template_view, file,    "The file, signed by this server when it is its own", .lines = true));

struct template_wanted { struct str key; struct id use; struct str text, card, acknowledge; bool rename; };

ROW(template_wanted,
	SOURCE_FIELDS(template_wanted),
	FIELD(template_wanted, rename,      "What is there already gets a new one beside it, under another name", .optional = true),
	FIELD(template_wanted, card,        "The positioning card: fill what is empty (when missing), replace, skip", .one_of = "fill replace skip", .optional = true),
	FIELD(template_wanted, acknowledge, "Digest of a file that this server did not sign: you have read it", .max = 43, .optional = true));

struct template_use { struct id id; struct str name, verdict; struct id account_id; struct instant at, undone_at; int64_t made; };

ROW(template_use,
	FIELD(template_use, id,         "Use"),
	FIELD(template_use, name,       "Name of the template"),
	FIELD(template_use, verdict,    "How it was signed", .one_of = "built_in own foreign unsigned changed"),
	FIELD(template_use, account_id, "By whom"),
	FIELD(template_use, at,         "When"),
	FIELD(template_use, undone_at,  "When it was taken back", .optional = true),
	FIELD(template_use, made,       "How many things it made"));

struct template_undone { int64_t removed; struct rows kept; };

ROW(template_undone,
	FIELD(template_undone, removed, "Things that went away"),
	FIELD(template_undone, kept,    "What stays, and why", .of = &row_template_kept));

struct template_compare {
	struct str left_key;
	struct id  left_use;
	struct str left_text, right_key;
	struct id  right_use;
	struct str right_text;
};

ROW(template_compare,
	FIELD(template_compare, left_key,   "A built-in one, or own", .max = 40, .pattern = "[a-z_]*", .optional = true),
	FIELD(template_compare, left_use,   "One that was applied here", .optional = true),
	FIELD(template_compare, left_text,  "A file", .max = TEMPLATE_MAX, .lines = true, .optional = true),
	FIELD(template_compare, right_key,  "A built-in one, or own", .max = 40, .pattern = "[a-z_]*", .optional = true),
	FIELD(template_compare, right_use,  "One that was applied here", .optional = true),
	FIELD(template_compare, right_text, "A file", .max = TEMPLATE_MAX, .lines = true, .optional = true));

struct template_change { struct str path, before, after; };

ROW(template_change,
	FIELD(template_change, path,   "Where: groups[新车主 1 群].capacity"),
	FIELD(template_change, before, "Left; empty: only on the right"),
	FIELD(template_change, after,  "Right; empty: only on the left"));

struct templated_community { struct str name, timezone, key, text, acknowledge; };

ROW(templated_community,
	FIELD(templated_community, name,        "Name of the community", .min = 1, .max = 40),
	FIELD(templated_community, timezone,    "IANA time zone; Asia/Shanghai when missing", .max = 40, .optional = true),
	FIELD(templated_community, key,         "A built-in template", .max = 40, .pattern = "[a-z_]*", .optional = true),
	FIELD(templated_community, text,        "Or a file", .max = TEMPLATE_MAX, .lines = true, .optional = true),
	FIELD(templated_community, acknowledge, "Digest of a file that this server did not sign: you have read it", .max = 43, .optional = true));

struct templated { struct id id, use; struct str name; };

ROW(templated,
	FIELD(templated, id,   "Community"),
	FIELD(templated, use,  "Use of the template"),
	FIELD(templated, name, "Its name"));

/* ---- Which one ---------------------------------------------------------------------------------------------- */

static QUERY(use_body, READS, &row_text_item, TAKES(K_ID, K_ID),
	"SELECT body AS item FROM template_use WHERE community_id = ?1 AND id = ?2");

static int read_own(struct request *rq, const struct key *seed, struct str *ret)
{
	struct template own;
	int r = template_of_community(rq->tx, rq->community, rq->lang, &own);
	return r < 0 ? r : template_write(&own, seed, rq->arena, ret);
}

/* `which`: "" or "left_" or "right_", before the names of the fields. */
static int find_file(struct request *rq, struct str key, struct id use, struct str text, const char *which, struct template_file *ret)
{
	struct complaint why = { 0 };
	struct text_item body;
	struct key seed;
	int r = 0;
	template_seed(rq, &seed);
	if (str_is(key, "own") && rq->community.n)
		r = read_own(rq, &seed, &text);
	else if (key.len)
		r = template_built_in(key, rq->lang, &seed, rq->arena, ret, &why);
	else if (use.n && rq->community.n && (r = tx_one(rq->tx, &use_body, &body, V(rq->community), V(use))) == 0)
		text = body.item;
	if (r < 0) {
		const char *field = key.len ? "key" : "use";
		return r == E_NOT_FOUND ? rq_complain(rq, r, str_format(rq->arena, "%s%s", which, field)) : r;
	}
	if (key.len && !str_is(key, "own"))
		return 0;
	struct str field = str_format(rq->arena, "%stext", which);
	if (!text.len)
		return rq_complain(rq, E_MISSING_FIELD, field);
	if ((r = template_read(text, &seed, rq->arena, ret, &why)) == 0)
		return 0;
	rq_complain(rq, r, field);
	rq->complaint.detail = why.detail;
	return r;
}

static int must_acknowledge(struct request *rq, const struct template_file *file, struct str word)
{
	return !template_is_strange(file) || str_equal(word, file->digest) ? 0
	     : rq_complain(rq, E_TEMPLATE_STRANGE, S("acknowledge"));
}

/* ---- API: to look at -------------------------------------------------------------------------------------------- */

static struct template_line line_of(const struct template *t)
{
	const struct template_code *codes = t->codes.at;
	int64_t sources = 0;
	for (size_t i = 0; i < t->codes.count; i++)
		sources += (int64_t)codes[i].sources.count;
	return (struct template_line){
		t->key, t->lang, t->name, t->summary, t->card.at ? ((const struct card *)t->card.at)->slogan : S(""),
		(int64_t)t->groups.count, (int64_t)t->codes.count, (int64_t)t->tags.count, sources, (int64_t)t->roles.count,
	};
}

static int get_templates(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct complaint why;
	struct key seed;
	size_t all = 0, count = 0;
	(void)in;
	template_seed(rq, &seed);
	for (const struct built_in *b = built_in_templates; b->path; b++)
		all++;
	struct template_line *lines = arena_take_array(rq->arena, all + 1, sizeof *lines);
	for (const struct built_in *b = built_in_templates; lines && b->path; b++) {
		struct str rest = str_of(b->path), key = str_cut(&rest, '.');
		struct template_file file;
		if (!str_is(rest, rq->lang == LANG_EN ? "en" : "zh"))
			continue;
		int r = template_built_in(key, rq->lang, &seed, rq->arena, &file, &why);
		if (r < 0)
			return r;
		lines[count++] = line_of(&file.template);
	}
	*page = (struct page){ { lines, count }, (int64_t)count, S("") };
	return lines ? 0 : E_MEMORY;
}

static QUERY(use_of_digest, READS, &row_id_item, TAKES(K_ID, K_STR),
	"SELECT id AS item FROM template_use WHERE community_id = ?1 AND digest = ?2 AND undone_at = 0 LIMIT 1");

static int post_preview(struct request *rq, const void *in, void *out)
{
	const struct template_ask *wanted = in;
	struct template_file file;
	struct id_item use;
	struct rows steps;
	int r = find_file(rq, wanted->key, wanted->use, wanted->text, "", &file);
	if (r < 0 || (r = template_steps(rq->tx, rq->community, &file.template, wanted->rename, &steps)) < 0)
		return r;
	if ((r = tx_one(rq->tx, &use_of_digest, &use, V(rq->community), V(file.digest))) < 0 && r != E_NOT_FOUND)
		return r;
	const struct template *t = &file.template;
	*(struct template_view *)out = (struct template_view){
		.key = t->key, .lang = t->lang, .name = t->name, .summary = t->summary, .verdict = str_of(file.verdict),
		.signer = file.signer, .digest = file.digest, .version = t->version, .days = t->days,
		.strange = template_is_strange(&file), .applied = r == 0, .card = t->card, .steps = steps, .roles = t->roles,
		.todo = t->todo, .file = file.text,
	};
	return 0;
}

static QUERY(template_uses, READS, &row_template_use, TAKES(K_ID),
	"SELECT u.id, u.name, u.verdict, u.account_id, u.at, u.undone_at, (SELECT count(*) FROM template_made m"
	" WHERE m.community_id = u.community_id AND m.use_id = u.id) AS made FROM template_use u WHERE u.community_id = ?1"
	" ORDER BY u.id DESC LIMIT 100");

static int get_uses(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	(void)in;
	int r = tx_all(rq->tx, &template_uses, &page->rows, V(rq->community));
	page->total = -1;
	return r < 0 ? r : 0;
}

static int get_export(struct request *rq, const void *in, void *out)
{
	struct body *body = out;
	struct key seed;
	struct str text;
	(void)in;
	template_seed(rq, &seed);
	int r = read_own(rq, &seed, &text);
	if (r < 0)
		return r;
	*body = (struct body){ .bytes = text, .type = "application/json", .filename = S("quntu-template.json") };
	return 0;
}

/* ---- API: comparing ------------------------------------------------------------------------------------------------ */

struct changes { struct arena *arena; struct template_change *at; size_t count; };

static bool note_change(void *ctx, struct str path, struct str before, struct str after)
{
	struct changes *c = ctx;
	c->at[c->count++] = (struct template_change){
		str_copy(c->arena, path), str_copy(c->arena, utf8_cut(before, DIFF_TEXT)), str_copy(c->arena, utf8_cut(after, DIFF_TEXT)),
	};
	return c->count < DIFF_MOST;
}

static int post_compare(struct request *rq, const void *in, void *out)
{
	const struct template_compare *c = in;
	struct template_file left, right;
	struct page *page = out;
	struct str a, b;
	struct changes changes = { rq->arena, arena_take_array(rq->arena, DIFF_MOST, sizeof *changes.at), 0 };
	int r = find_file(rq, c->left_key, c->left_use, c->left_text, "left_", &left);
	if (r < 0 || (r = find_file(rq, c->right_key, c->right_use, c->right_text, "right_", &right)) < 0)
		return r;
	if (!changes.at)
		return E_MEMORY;
	/* Both spelt by the same rows, so that what was left out and what says the usual are one. */
	left.template.signature.at = right.template.signature.at = NULL;
	right.template.key = left.template.key, right.template.lang = left.template.lang;
	right.template.version = left.template.version;      /* what they are called is no difference */
	right.template.name = left.template.name, right.template.summary = left.template.summary;
	if ((r = template_spell(&left.template, rq->arena, &a)) < 0 || (r = template_spell(&right.template, rq->arena, &b)) < 0 ||
	    (r = json_diff(a, b, rq->arena, note_change, &changes)) < 0)
		return r;
	*page = (struct page){ { changes.at, changes.count }, (int64_t)changes.count, S("") };
	return 0;
}

/* ---- API: applying -------------------------------------------------------------------------------------------------- */

static QUERY(use_by_id, READS, &row_template_use, TAKES(K_ID, K_ID),
	"SELECT u.id, u.name, u.verdict, u.account_id, u.at, u.undone_at, (SELECT count(*) FROM template_made m"
	" WHERE m.community_id = u.community_id AND m.use_id = u.id) AS made FROM template_use u WHERE u.community_id = ?1"
	" AND u.id = ?2");

static int post_apply(struct request *rq, const void *in, void *out)
{
	const struct template_wanted *wanted = in;
	struct template_wish wish = { wanted->rename, wanted->card.len ? wanted->card : S("fill") };
	struct template_file file;
	struct id use;
	int r = find_file(rq, wanted->key, wanted->use, wanted->text, "", &file);
	if (r < 0 || (r = must_acknowledge(rq, &file, wanted->acknowledge)) < 0 || (r = template_apply(rq, &file, &wish, &use)) < 0)
		return r;
	return tx_one(rq->tx, &use_by_id, out, V(rq->community), V(use));
}

static int post_undo(struct request *rq, const void *in, void *out)
{
	struct template_undone *undone = out;
	(void)in;
	int r = template_undo(rq, rq->path_id, &undone->kept);
	undone->removed = r;
	return r < 0 ? r : 0;
}

static int post_community(struct request *rq, const void *in, void *out)
{
	const struct templated_community *wanted = in;
	struct template_wish wish = { false, S("replace") };
	struct template_file file;
	struct templated *made = out;
	struct id community, use;
	int r = find_file(rq, wanted->key, (struct id){ 0 }, wanted->text, "", &file);
	if (r < 0 || (r = must_acknowledge(rq, &file, wanted->acknowledge)) < 0)
		return r;
	r = community_make(rq->tx, wanted->name, wanted->timezone.len ? wanted->timezone : S("Asia/Shanghai"), &community);
	if (r < 0)
		return r == E_BAD_PATTERN ? rq_complain(rq, r, S("timezone"))
		     : r == E_TOO_SHORT ? rq_complain(rq, r, S("name")) : r;
	if ((r = account_hire(rq->tx, community, rq->account, ROLE_OWNER)) < 0)
		return r;
	rq->community = community;
	if ((r = audit_note(rq, "community_made", community, wanted->name)) < 0 ||
	    (r = template_apply(rq, &file, &wish, &use)) < 0)
		return r;
	*made = (struct templated){ community, use, wanted->name };
	return 0;
}

/* ---- Declaration --------------------------------------------------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET",  "/api/templates",           ROLE_ACCOUNT, get_templates, NULL, &row_template_line, "Templates that come with Quntu", OUT_PAGE },
	{ "POST", "/api/templates/preview",   ROLE_ACCOUNT, post_preview, &row_template_ask, &row_template_view,
	  "What a template holds, and by whom it is signed", .body_max = BODY_MAX },
	{ "POST", "/api/communities/from-template", ROLE_ACCOUNT, post_community, &row_templated_community, &row_templated,
	  "Make a community from a template; you become its owner", .body_max = BODY_MAX },
	{ "POST", "/templates/preview",       ROLE_OPERATOR, post_preview, &row_template_ask, &row_template_view,
	  "The same, and what it would make here", .body_max = BODY_MAX },
	{ "POST", "/templates/apply",         ROLE_ADMIN,   post_apply, &row_template_wanted, &row_template_use,
	  "Make all that it holds; twice is once", .body_max = BODY_MAX },
	{ "GET",  "/templates/uses",          ROLE_READER,  get_uses, NULL, &row_template_use, "Templates applied here, newest first", OUT_PAGE },
	{ "POST", "/templates/uses/{id}/undo", ROLE_ADMIN,  post_undo, NULL, &row_template_undone, "Take back what nobody has touched since" },
	{ "GET",  "/templates/export",        ROLE_ADMIN,   get_export, NULL, NULL, "This community as a template, signed, without anything personal",
	  OUT_BODY, .makes = "application/json" },
	{ "POST", "/templates/compare",       ROLE_OPERATOR, post_compare, &row_template_compare, &row_template_change,
	  "What differs between two templates", OUT_PAGE, .body_max = 2 * BODY_MAX },
	{ 0 },
};

static const struct query *const queries[] = { &use_body, &use_of_digest, &template_uses, &use_by_id, NULL };

const struct feature feature_template = { .name = "template", .routes = routes, .queries = queries };
const struct feature feature_template_make = { .name = "template_make", .queries = template_make_queries };
const struct feature feature_template_export = { .name = "template_export", .queries = template_export_queries };
