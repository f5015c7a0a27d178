/* check.c: what a poster lacks, and what may bring trouble.
 *
 * Story   An operator is about to publish. The six elements of posters that work (who, headline, outline, endorsement,
 *         urgency, extra value) are ticked off; words that the law or the platform forbids are named, with the reason; and
 *         what a phone will not be able to read is found before a thousand people have it.
 * Holds   Nothing here blocks a save: a poster without urgency is a poster. What cannot be drawn is design_check's.
 *         Codes of findings are stable; their sentences are the console's.
 * Test    poster_test.c, campaign/lint/words_test.c.
 */
#include "campaign/lint/words.h"
#include "campaign/poster/design.h"

#define FINDINGS_MAX  60
#define HEADLINE_SIZE 44        /* a text of so many pixels at a width of 750 is a headline, whoever calls it what */
#define TEXT_SMALL    20        /* at 750: smaller ones are unreadable on a phone */
#define CODE_SMALL    160       /* at 750: pressed at arm's length, or from a picture that was sent on */

ROW(poster_element,
	FIELD(poster_element, element, "Which of the six", .one_of = ELEMENTS),
	FIELD(poster_element, present, "It is there"));

#define FINDING_CODES "absolute promise health inducing pyramid urgency no_code many_codes code_small code_covered code_outside " \
	"text_small text_empty outside unknown_variable"

ROW(poster_finding,
	FIELD(poster_finding, code,  "What is wrong; the first six are kinds of words", .one_of = FINDING_CODES),
	FIELD(poster_finding, layer, "Of which layer, from 0; -1: of the poster"),
	FIELD(poster_finding, word,  "The word, or the variable"));

#define CHECK_FIELDS \
	FIELD(check, elements,    "The six elements", .of = &row_poster_element), \
	FIELD(check, findings,    "What may bring trouble", .of = &row_poster_finding), \
	FIELD(check, words_as_of, "When the list of words was last gone through")

static const struct field check_fields[] = { CHECK_FIELDS };
const struct row row_poster_check = { "poster_check", sizeof(struct check), check_fields, sizeof check_fields / sizeof *check_fields };

struct judge {
	struct arena        *arena;
	const struct design *design;
	const struct piece  *pieces;
	struct poster_finding  *findings;
	size_t               count;
};

static void find(struct judge *j, const char *code, int64_t layer, struct str word)
{
	if (j->count < FINDINGS_MAX)
		j->findings[j->count++] = (struct poster_finding){ str_of(code), layer, word };
}

static bool is_seen(const struct piece *p) { return !p->hidden && p->opacity > 0; }

static int64_t at_750(const struct judge *j, int64_t pixels) { return pixels * 750 / j->design->width; }

/* ---- Elements ------------------------------------------------------------------------------------------- */

static bool says(const struct piece *p, const char *what)
{
	return str_is(p->kind, "text") && p->text.len && memmem(p->text.at, p->text.len, what, strlen(what));
}

/* A face and a name: one without the other is a stranger. */
static bool has_who(const struct judge *j)
{
	bool face = false, name = false;
	for (size_t i = 0; i < j->design->layers.count; i++) {
		face |= is_seen(&j->pieces[i]) && str_is(j->pieces[i].kind, "avatar");
		name |= is_seen(&j->pieces[i]) && says(&j->pieces[i], "{nickname}");
	}
	return face && name;
}

static bool has_element(const struct judge *j, struct str element)
{
	if (str_is(element, "who"))
		return has_who(j);
	for (size_t i = 0; i < j->design->layers.count; i++) {
		const struct piece *p = &j->pieces[i];
		bool large = str_is(element, "headline") && str_is(p->kind, "text") && at_750(j, p->size) >= HEADLINE_SIZE;
		if (is_seen(p) && (str_equal(p->element, element) || large))
			return true;
	}
	return false;
}

static void tick_elements(const struct judge *j, struct rows *ret)
{
	struct poster_element *list = arena_take_array(j->arena, 6, sizeof *list);
	struct str rest = S(ELEMENTS);
	size_t n = 0;
	while (list && rest.len) {
		struct str element = str_cut(&rest, ' ');
		list[n++] = (struct poster_element){ element, has_element(j, element) };
	}
	*ret = (struct rows){ list, n };
}

/* ---- Texts ------------------------------------------------------------------------------------------------ */

static void judge_text(struct judge *j, size_t i)
{
	const struct piece *p = &j->pieces[i];
	struct word_hit hits[WORD_HITS_MAX];
	size_t n = words_find(j->arena, p->text, hits), at = 0;
	struct str name;
	for (size_t k = 0; k < n; k++)
		find(j, str_z(j->arena, hits[k].kind), (int64_t)i, hits[k].word);
	while ((name = poster_variable(p->text, &at)).len)
		if (!str_among(name, VARIABLES))
			find(j, "unknown_variable", (int64_t)i, name);
	if (!str_trim(p->text).len)
		find(j, "text_empty", (int64_t)i, S(""));
	else if (at_750(j, p->size) < TEXT_SMALL)
		find(j, "text_small", (int64_t)i, S(""));
}

/* ---- Places ------------------------------------------------------------------------------------------------- */

static bool overlap(const struct piece *a, const struct piece *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height;
}

static bool within(const struct piece *p, const struct design *d)
{
	return p->x >= 0 && p->y >= 0 && p->x + p->width <= d->width && p->y + p->height <= d->height;
}

static bool away(const struct piece *p, const struct design *d)
{
	return p->x >= d->width || p->y >= d->height || p->x + p->width <= 0 || p->y + p->height <= 0;
}

static void judge_code(struct judge *j, size_t i)
{
	const struct piece *p = &j->pieces[i];
	if (at_750(j, p->width < p->height ? p->width : p->height) < CODE_SMALL)
		find(j, "code_small", (int64_t)i, S(""));
	if (!within(p, j->design))
		find(j, "code_outside", (int64_t)i, S(""));
	for (size_t k = i + 1; k < j->design->layers.count; k++)
		if (is_seen(&j->pieces[k]) && overlap(p, &j->pieces[k])) {
			find(j, "code_covered", (int64_t)i, S(""));
			break;
		}
}

int design_judge(struct arena *arena, const struct design *d, struct check *ret)
{
	struct judge j = { .arena = arena, .design = d, .pieces = d->layers.at };
	int codes = 0;
	if (!(j.findings = arena_take_array(arena, FINDINGS_MAX, sizeof *j.findings)))
		return E_MEMORY;
	for (size_t i = 0; i < d->layers.count; i++) {
		if (!is_seen(&j.pieces[i]))
			continue;
		if (str_is(j.pieces[i].kind, "text"))
			judge_text(&j, i);
		if (str_is(j.pieces[i].kind, "qr") && ++codes > 1)
			find(&j, "many_codes", (int64_t)i, S(""));
		if (str_is(j.pieces[i].kind, "qr"))
			judge_code(&j, i);
		else if (away(&j.pieces[i], d))
			find(&j, "outside", (int64_t)i, S(""));
	}
	if (codes == 0)
		find(&j, "no_code", -1, S(""));
	*ret = (struct check){ .findings = { j.findings, j.count }, .words_as_of = S(WORDS_AS_OF) };
	tick_elements(&j, &ret->elements);
	return arena_failed(arena) ? E_MEMORY : 0;
}
