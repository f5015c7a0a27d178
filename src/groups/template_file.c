/* template_file.c: the file of a template: what may stand in it, how it is spelt, who signed it.
 *
 * Holds      A file that was read keeps every limit of the routes that will take its parts, so that applying it fails only
 *            for what a file cannot know (too many groups here already).
 * Test       template_test.c
 */
#include "groups/template.h"

#include "base/json.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "groups/built_in.h"
#include "groups/livecode.h"
#include "people/field.h"

#define FORMAT      1
#define SIGNER_SEEN 8             /* characters of a signer's name that people compare */

/* ---- Rows ------------------------------------------------------------------------------------- */

#define TIERS      "core vip ordinary intent referral lecture other"
#define STRATEGIES "order balanced weighted rota city nearest"
#define PARAGRAPH  1000

ROW_PUBLIC(template_tag,
	FIELD(template_tag, name,   "Tag", .min = 1, .max = 24),
	FIELD(template_tag, colour, "Its colour", .one_of = "grey teal blue orange red", .optional = true),
	FIELD(template_tag, group,  "Its tag group", .max = 24, .optional = true));

#define GROUP_SHARED \
	FIELD(template_group, name,              "Name", .min = 1, .max = 40), \
	FIELD(template_group, channel,           "Where it lives", .one_of = "manual wecom mp onebot web", .optional = true), \
	FIELD(template_group, tier,              "What kind of group", .one_of = TIERS, .optional = true), \
	FIELD(template_group, topic,             "What it is about", .max = 60, .optional = true), \
	FIELD(template_group, region,            "Where its members are", .max = 60, .optional = true), \
	FIELD(template_group, capacity,          "Most members", .min = 1, .max = 100000, .optional = true), \
	FIELD(template_group, scan_limit,        "Past so many nobody joins by scan", .min = 1, .max = 100000, .optional = true), \
	FIELD(template_group, rename_allowed,    "Members may rename it", .optional = true), \
	FIELD(template_group, invite_allowed,    "Members may invite", .optional = true), \
	FIELD(template_group, entry_by_approval, "The owner approves who enters", .optional = true), \
	FIELD(template_group, note,              "What it is run for", .max = PARAGRAPH, .lines = true, .optional = true)

ROW_PUBLIC(template_group,
	GROUP_SHARED,
	FIELD(template_group, days, "It lives so many days; 0: permanent", .min = 0, .max = 3650, .optional = true));

#define TARGET_SHARED \
	FIELD(template_target, title,    "As operators read it", .max = 40, .optional = true), \
	FIELD(template_target, url,      "An address instead of a group", .max = PARAGRAPH, .pattern = "(https?://[^ ]+)?", .optional = true), \
	FIELD(template_target, scan_cap, "Shown to so many visitors; 0: no limit", .min = 0, .max = 1000000, .optional = true), \
	FIELD(template_target, weight,   "Share", .min = 0, .max = 1000, .optional = true), \
	FIELD(template_target, windows,  "Weekly hours", .of = &row_window, .max = WINDOWS_MAX, .optional = true), \
	FIELD(template_target, dates,    "Special dates", .of = &row_special, .max = DATES_MAX, .optional = true), \
	FIELD(template_target, region,   "City or shop", .max = 20, .optional = true), \
	FIELD(template_target, visitors, "For whom", .one_of = "all new returning", .optional = true)

ROW_PUBLIC(template_target,
	FIELD(template_target, group, "Name of a group of this file", .max = 40, .optional = true),
	TARGET_SHARED);

ROW_PUBLIC(template_source,
	FIELD(template_source, label, "Source", .min = 1, .max = 40),
	FIELD(template_source, kind,  "What it is", .one_of = "poster shop staff post desk other"),
	FIELD(template_source, note,  "Printed under the label", .max = 60, .optional = true));

#define CODE_SHARED \
	FIELD(template_code, title,           "Title", .min = 1, .max = 40), \
	FIELD(template_code, guide,           "What members get, a point a line", .max = 300, .lines = true, .optional = true), \
	FIELD(template_code, look,            "Look of the landing page", .one_of = "plain card brand"), \
	FIELD(template_code, strategy,        "Who gets which target", .one_of = STRATEGIES), \
	FIELD(template_code, sticky,          "The same visitor sees the same target"), \
	FIELD(template_code, duplicate_guard, "Who has joined is shown their own group"), \
	FIELD(template_code, gate,            "What a visitor must do first", .one_of = "none form password voucher proof"), \
	FIELD(template_code, gate_title,      "Heading of the gate", .max = 40, .optional = true), \
	FIELD(template_code, gate_note,       "What to do", .max = 500, .lines = true, .optional = true), \
	FIELD(template_code, gate_password,   "Of gate password; made when empty", .max = 40, .optional = true), \
	FIELD(template_code, gate_questions,  "Of gate form", .of = &row_question, .max = 12, .optional = true), \
	FIELD(template_code, gate_approve,    "Rules that approve at once", .of = &row_approving, .max = 12, .optional = true), \
	FIELD(template_code, tags,            "Put on whoever passes", .of = &row_text_item, .max = 20, .optional = true), \
	FIELD(template_code, contact,         "Shown when nothing else helps", .max = 60, .optional = true), \
	FIELD(template_code, qr_level,        "How much of the QR may be damaged", .one_of = "L M Q H")

ROW_PUBLIC(template_code,
	CODE_SHARED,
	FIELD(template_code, targets, "Where it leads", .of = &row_template_target, .max = CHILDREN_MAX, .optional = true),
	FIELD(template_code, sources, "A short link each", .of = &row_template_source, .max = 200, .optional = true));

ROW_PUBLIC(template_level,
	FIELD(template_level, name,      "As members read it", .min = 1, .max = 16),
	FIELD(template_level, rank,      "1 is the lowest", .min = 1, .max = 99),
	FIELD(template_level, colour,    "Its colour", .one_of = "grey teal blue orange red", .optional = true),
	FIELD(template_level, privilege, "What members of it may", .max = 300, .lines = true, .optional = true));

ROW_PUBLIC(template_field,
	FIELD(template_field, key,      "What import calls it", .min = 1, .max = 40, .pattern = "[a-z][a-z0-9_]*"),
	FIELD(template_field, kind,     "What values look like", .one_of = FIELD_KINDS),
	FIELD(template_field, label,    "As staff read it", .min = 1, .max = 24),
	FIELD(template_field, help,     "What to write here", .max = 100, .optional = true),
	FIELD(template_field, choices,  "Possible values", .of = &row_text_item, .max = 50, .optional = true),
	FIELD(template_field, required, "Must be filled in", .optional = true));

ROW_PUBLIC(template_role,
	FIELD(template_role, title, "What the person is called", .min = 1, .max = 40),
	FIELD(template_role, role,  "Role of the account", .one_of = "reader reviewer host operator admin owner"),
	FIELD(template_role, duty,  "What they do", .max = 300, .lines = true, .optional = true));

ROW_AS_PUBLIC(template_card, card,
	FIELD(card, purpose,        "What it is for", .max = PARAGRAPH, .lines = true, .optional = true),
	FIELD(card, target_members, "Whom it serves", .max = PARAGRAPH, .lines = true, .optional = true),
	FIELD(card, value_promised, "What members get", .max = PARAGRAPH, .lines = true, .optional = true),
	FIELD(card, why_join,       "Why people join", .max = PARAGRAPH, .lines = true, .optional = true),
	FIELD(card, kind,           "Type", .one_of = "product knowledge interest business vertical", .optional = true),
	FIELD(card, need,           "How often members need it", .one_of = "frequent rare niche", .optional = true),
	FIELD(card, gathered_by,    "Why people gather", .one_of = "contact work friends learning promotion life", .optional = true),
	FIELD(card, governance,     "Who leads", .one_of = "central decentral mixed", .optional = true),
	FIELD(card, slogan,         "One line", .max = 60, .optional = true),
	FIELD(card, manifesto,      "What it believes", .max = PARAGRAPH, .lines = true, .optional = true),
	FIELD(card, persona,        "Who the owner's account is to members", .max = PARAGRAPH, .lines = true, .optional = true),
	FIELD(card, rules,          "Rules of the groups", .max = 5000, .lines = true, .optional = true),
	FIELD(card, colour,         "#rrggbb", .max = 7, .pattern = "(#[0-9a-fA-F]{6})?", .optional = true),
	FIELD(card, opens_at,       "Working hours begin, minutes after midnight", .min = 0, .max = 1440, .optional = true),
	FIELD(card, closes_at,      "Working hours end", .min = 0, .max = 1440, .optional = true));

ROW(template_signature,
	FIELD(template_signature, by,    "The signer's public key", .max = SIGNER_TEXT),
	FIELD(template_signature, value, "Ed25519 of the canonical text", .max = SIGNATURE_TEXT));

ROW_PUBLIC(template,
	FIELD(template, quntu_template, "Format of this file", .min = 1, .max = FORMAT),
	FIELD(template, key,       "Stable name", .min = 1, .max = 40, .pattern = "[a-z][a-z0-9_]*"),
	FIELD(template, lang,      "Language of its texts", .one_of = "zh en"),
	FIELD(template, version,   "Rises when it is improved", .min = 1, .max = 1000000),
	FIELD(template, name,      "Name", .min = 1, .max = 40),
	FIELD(template, summary,   "For whom it is", .max = 300, .lines = true, .optional = true),
	FIELD(template, days,      "The community lives so many days; 0: permanent", .min = 0, .max = 3650, .optional = true),
	FIELD(template, card,      "The positioning card", .of = &row_template_card, .optional = true),
	FIELD(template, fields,    "What is asked of members", .of = &row_template_field, .max = 50, .optional = true),
	FIELD(template, levels,    "Levels of members", .of = &row_template_level, .max = 20, .optional = true),
	FIELD(template, tags,      "Tags", .of = &row_template_tag, .max = 200, .optional = true),
	FIELD(template, groups,    "Groups", .of = &row_template_group, .max = 200, .optional = true),
	FIELD(template, codes,     "Live codes", .of = &row_template_code, .max = 100, .optional = true),
	FIELD(template, roles,     "Who does what", .of = &row_template_role, .max = 20, .optional = true),
	FIELD(template, todo,      "What only a human can do", .of = &row_text_item, .max = 20, .optional = true),
	FIELD(template, signature, "By whom it was signed", .of = &row_template_signature, .optional = true));

/* ---- Rules ---------------------------------------------------------------------------------------- */

static bool has_group(const struct template *t, struct str name)
{
	const struct template_group *g = t->groups.at;
	for (size_t i = 0; i < t->groups.count; i++)
		if (str_equal(g[i].name, name))
			return true;
	return false;
}

/* What rows cannot say: each target leads to a group of the file or to an address, and no two groups share a name. */
static int check(const struct template *t, struct arena *arena, struct complaint *why)
{
	const struct template_group *g = t->groups.at;
	const struct template_code *c = t->codes.at;
	for (size_t i = 0; i < t->groups.count; i++)
		for (size_t k = 0; k < i; k++)
			if (str_equal(name_key(arena, g[i].name), name_key(arena, g[k].name))) {
				*why = (struct complaint){ E_NAME_TAKEN, S("text"), str_format(arena, "groups[%zu].name", i) };
				return E_NAME_TAKEN;
			}
	for (size_t i = 0; i < t->codes.count; i++) {
		const struct template_target *target = c[i].targets.at;
		for (size_t k = 0; k < c[i].targets.count; k++)
			if (target[k].group.len ? !has_group(t, target[k].group) : !target[k].url.len) {
				*why = (struct complaint){ E_TEMPLATE_FILE, S("text"),
					str_format(arena, "codes[%zu].targets[%zu].group", i, k) };
				return E_TEMPLATE_FILE;
			}
	}
	return 0;
}

/* ---- Reading -------------------------------------------------------------------------------------------- */

void template_seed(struct request *rq, struct key *ret)
{
	key_derive(ret, rq_key(rq), "template");
}

static const char *judge(const struct template *t, struct str canonical, const struct key *seed)
{
	const struct template_signature *s = t->signature.at;
	char own[SIGNER_TEXT + 1];
	if (!s || !s->value.len)
		return "unsigned";
	if (!signature_holds(s->by, canonical, s->value))
		return "changed";
	signer_name(seed, own);
	return str_is(s->by, own) ? "own" : "foreign";
}

int template_read(struct str text, const struct key *seed, struct arena *arena, struct template_file *ret, struct complaint *why)
{
	struct template_file f = { .verdict = "unsigned" };
	struct complaint inside = { 0 };
	struct str canonical;
	char digest[HASH_TEXT + 1];
	int r = row_read_json(&row_template, text, arena, &f.template, &inside);
	if (r < 0) {
		struct str at = inside.field.len ? inside.field : inside.detail;
		*why = (struct complaint){ r == E_MEMORY ? r : E_TEMPLATE_FILE, S("text"), at };
		return why->code;
	}
	if ((r = check(&f.template, arena, why)) < 0)
		return r;
	if ((r = json_canonical(text, "signature", arena, &canonical)) < 0 || (r = json_pretty(text, arena, &f.text)) < 0)
		return r;
	hash_text((struct blob){ canonical.at, canonical.len }, digest);
	f.digest = str_copy(arena, str_of(digest));
	f.verdict = judge(&f.template, canonical, seed);
	const struct template_signature *s = f.template.signature.at;
	f.signer = s && s->by.len >= SIGNER_SEEN ? (struct str){ s->by.at, SIGNER_SEEN } : S("");
	*ret = f;
	return arena_failed(arena) ? E_MEMORY : 0;
}

int template_built_in(struct str key, enum lang lang, const struct key *seed, struct arena *arena, struct template_file *ret,
                      struct complaint *why)
{
	const struct built_in *best = NULL;
	for (const struct built_in *b = built_in_templates; b->path; b++) {
		struct str rest = str_of(b->path), name = str_cut(&rest, '.');
		if (str_equal(name, key) && (!best || str_is(rest, lang == LANG_EN ? "en" : "zh")))
			best = b;
	}
	if (!best)
		return E_NOT_FOUND;
	int r = template_read(str_of(best->text), seed, arena, ret, why);
	if (r == 0)
		ret->verdict = "built_in";
	return r;
}

/* ---- Writing -------------------------------------------------------------------------------------------- */

int template_spell(const struct template *t, struct arena *arena, struct str *ret)
{
	BUF_SCOPED b;
	buf_init(&b, 4 << 20);
	row_write_json(&b, &row_template, t);
	*ret = buf_failed(&b) ? S("") : str_copy(arena, buf_view(&b));
	return ret->len ? 0 : E_MEMORY;
}

int template_write(const struct template *unsigned_one, const struct key *seed, struct arena *arena, struct str *ret)
{
	struct template t = *unsigned_one;
	char by[SIGNER_TEXT + 1], value[SIGNATURE_TEXT + 1];
	struct str text, canonical;
	int r = template_spell(&t, arena, &text);
	if (r < 0 || (r = json_canonical(text, "signature", arena, &canonical)) < 0)
		return r;
	signer_name(seed, by);
	sign_text(seed, canonical, value);
	t.signature.at = &(struct template_signature){ str_of(by), str_of(value) };
	r = template_spell(&t, arena, &text);
	return r < 0 ? r : json_pretty(text, arena, ret);
}
