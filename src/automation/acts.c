/* acts.c: the triggers and acts that come with automations: to say, to tell, tags, level, points, links, warnings.
 *
 * Greeting   "say" may gather: who joins within so many seconds of the first is greeted together, by name up to a number. Those who are
 *            still to be greeted stand in automation_greet; one job a group and act says it and strikes them off, in one transaction.
 * Holds      Every word goes through the outbox, under the key of the act; points through the ledger, under the same.
 */
#include "automation/acts.h"

#include "automation/automation.h"
#include "base/utf8.h"
#include "engine/file/document.h"
#include "engine/ledger/ledger.h"
#include "groups/alert.h"
#include "groups/group.h"
#include "groups/livecode.h"
#include "groups/roster.h"
#include "http/personal.h"
#include "people/facts.h"
#include "people/level.h"
#include "people/member.h"
#include "people/merge.h"
#include "people/tag.h"
#include "channel/outbox/outbox.h"

#define TEXT_MOST    1000
#define TAGS_MOST    10
#define NAMES_MOST   20
#define GREET_MOST   200      /* greeted by one sentence; more come with the next */
#define POINTS_MOST  100000

const struct book book_strikes = { "strikes", "strikes", "Warnings a member got for breaking the rules" };

/* ---- Filling in ----------------------------------------------------------------- */

static int nickname(struct deed *d, struct id member, struct str *ret)
{
	int r = member.n ? member_nickname(d->tx, d->community, member, ret) : E_NOT_FOUND;
	if (r == E_NOT_FOUND)
		*ret = S("");
	return r == E_NOT_FOUND ? 0 : r;
}

static int group_name(struct deed *d, struct str *ret)
{
	struct group_brief group;
	int r = d->occasion->group.n ? group_get_brief(d->tx, d->community, d->occasion->group, &group) : E_NOT_FOUND;
	*ret = r == 0 ? group.name : S("");
	return r == E_NOT_FOUND ? 0 : r;
}

static int community_name(struct deed *d, struct str *ret)
{
	struct community card;
	int r = community_get(d->tx, d->community, &card);
	if (r == 0)
		*ret = card.name;
	return r;
}

static int number(struct deed *d, struct str word, int64_t people, struct str *ret)
{
	int64_t n = people ? people : 1;
	int r = 0;
	if (str_is(word, "count"))
		r = d->occasion->group.n ? roster_count(d->tx, d->community, d->occasion->group, &n) : 0;
	else if (str_is(word, "invited"))
		r = fact_invited(d->tx, d->community, d->occasion->inviter.n ? d->occasion->inviter : d->occasion->member, &n);
	if (r < 0 && r != E_NOT_FOUND)
		return r;
	*ret = str_format(tx_arena(d->tx), "%lld", (long long)n);
	return 0;
}

/* 1: the word is known. */
static int value_of(struct deed *d, struct str word, struct str who, int64_t people, struct str *ret)
{
	int r = 0;
	if (str_is(word, "nickname") && who.len)
		*ret = who;
	else if (str_is(word, "nickname"))
		r = nickname(d, d->occasion->member, ret);
	else if (str_is(word, "inviter"))
		r = nickname(d, d->occasion->inviter, ret);
	else if (str_is(word, "group"))
		r = group_name(d, ret);
	else if (str_is(word, "community"))
		r = community_name(d, ret);
	else if (str_among(word, "count people invited"))
		r = number(d, word, people, ret);
	else
		return 0;
	return r < 0 ? r : 1;
}

int deed_fill(struct deed *d, struct str text, struct str who, int64_t people, struct str *ret)
{
	BUF_SCOPED out;
	buf_init(&out, 64 * 1024);
	for (ptrdiff_t brace; (brace = str_find(text, '{')) >= 0; ) {
		struct str rest = { text.at + brace + 1, text.len - (size_t)brace - 1 }, value = S("");
		buf_add(&out, text.at, (size_t)brace);
		text = rest;
		int r = value_of(d, str_cut(&rest, '}'), who, people, &value);
		if (r < 0)
			return r;
		if (r == 0) {
			buf_byte(&out, '{');              /* no word of ours */
			continue;
		}
		buf_str(&out, value);
		text = rest;
		if (out.len > SEND_BODY_MAX)
			return E_TOO_LONG;
	}
	buf_str(&out, text);
	*ret = str_copy(tx_arena(d->tx), buf_view(&out));
	return buf_failed(&out) || arena_failed(tx_arena(d->tx)) ? E_MEMORY : 0;
}

/* ---- Into the outbox ----------------------------------------------------------------- */

int deed_send(struct deed *d, const char *what, struct id group, struct id member, struct str body, const char *suffix)
{
	struct outgoing out = {
		.group = group, .member = member, .what = what, .body = body, .key = str_format(tx_arena(d->tx), "%.*s%s", STR(d->key), suffix),
		.reason = S("automation"), .source = d->automation, .prompt = !d->late,
	};
	int r = outbox_put(d->tx, d->community, &out, NULL);
	return r < 0 ? r : 1;
}

struct text_body  { struct str text; struct rows mention; };
struct image_body { struct str file; };
struct file_body  { struct str file, name; };
struct link_body  { struct str title, text, url, picture; };

ROW(text_body,  FIELD(text_body, text, "Text"), FIELD(text_body, mention, "Whom it mentions", .of = &row_id_item));
ROW(image_body, FIELD(image_body, file, "Key of the picture"));
ROW(file_body,  FIELD(file_body, file, "Key of the file"), FIELD(file_body, name, "What it is called"));
ROW(link_body,  FIELD(link_body, title, "Title"), FIELD(link_body, text, "Text"), FIELD(link_body, url, "Address"),
    FIELD(link_body, picture, "Key of the picture"));

static int send_row(struct deed *d, const char *what, struct id group, struct id to, const struct row *row, const void *body,
                    const char *suffix)
{
	BUF_SCOPED json;
	buf_init(&json, 8 * SEND_BODY_MAX);
	row_write_json(&json, row, body);
	if (buf_failed(&json))
		return E_MEMORY;
	return deed_send(d, what, group, to, str_copy(tx_arena(d->tx), buf_view(&json)), suffix);
}

static int send_words(struct deed *d, struct id group, struct id to, struct str text, struct rows mention, const char *suffix)
{
	struct text_body body = { text, mention };
	return send_row(d, "text", group, to, &row_text_body, &body, suffix);
}

int deed_text(struct deed *d, struct id group, struct id to, struct str text, struct id member, const char *suffix)
{
	struct id_item *one = ARENA_NEW(tx_arena(d->tx), struct id_item);
	struct str filled;
	int r = one ? deed_fill(d, text, S(""), 1, &filled) : E_MEMORY;
	if (r < 0)
		return r;
	one->item = member;
	return send_words(d, group, to, filled, (struct rows){ one, member.n != 0 }, suffix);
}

int deed_whom(struct deed *d, struct str whom, struct id *ret)
{
	bool inviter = str_is(whom, "inviter");
	*ret = inviter ? d->occasion->inviter : d->occasion->member;
	return ret->n ? 1 : inviter ? 0 : E_NOT_FOUND;
}

#define WHOM "member inviter"

/* ---- Say, tell ----------------------------------------------------------------- */

struct say { struct str text; bool mention; struct str image, file, link_title, link_url; struct id group; int64_t gather, names; };

ROW(say,
	FIELD(say, text,       "What is said", .min = 1, .max = TEXT_MOST, .lines = true),
	FIELD(say, mention,    "Mention the member", .optional = true),
	FIELD(say, image,      "Key of an uploaded picture that follows", .max = 22, .optional = true),
	FIELD(say, file,       "Key of an uploaded file that follows (POST /documents)", .max = 22, .optional = true),
	FIELD(say, link_title, "Title of a link that follows", .max = 60, .optional = true),
	FIELD(say, link_url,   "Its address", .max = 500, .pattern = "https?://[^[:space:]]+", .optional = true),
	FIELD(say, group,      "In this group; the event's when missing", .optional = true),
	FIELD(say, gather,     "Whoever comes within so many seconds is greeted together; 0: each by themselves", .min = 0, .max = 600, .optional = true),
	FIELD(say, names,      "… and so many are named", .min = 0, .max = NAMES_MOST, .optional = true));

/* What follows the words. */
struct more { struct str image, file, title, url; };

static int send_more(struct deed *d, struct id group, struct id to, struct more m)
{
	struct image_body picture = { m.image };
	struct file_body file = { m.file, S("") };
	struct link_body link = { m.title.len ? m.title : m.url, S(""), m.url, S("") };
	struct document document;
	int r = m.image.len ? send_row(d, "image", group, to, &row_image_body, &picture, ".i") : 1;
	if (r >= 0 && m.file.len && (r = document_get(d->tx, d->community, m.file, &document)) == 0) {
		file.name = document.name;
		r = send_row(d, "file", group, to, &row_file_body, &file, ".f");
	}
	return r < 0 || !m.url.len ? r : send_row(d, "link", group, to, &row_link_body, &link, ".l");
}

/* What an automation sends stays as long as it may be sent. */
static int check_file(struct tx *tx, struct id community, struct str file, struct str *ret_field)
{
	*ret_field = S("file");
	return file.len ? document_stays(tx, community, file) : 0;
}

static int check_group(struct deed *d, struct id group)
{
	struct group_brief brief;
	return group_get_brief(d->tx, d->community, group, &brief);
}

static QUERY(greet_insert, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_ID, K_ID),
	"INSERT INTO automation_greet (community_id, id, automation_id, action, group_id, member_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

static int run_greet(const struct job_context *, const struct job *, struct str *);

static const struct job_kind jobs[] = {
	{ "automation_greet", "Greet together who came together", run_greet },
	{ 0 },
};

static int gather(struct deed *d, struct id group, int64_t seconds)
{
	struct str key = str_format(tx_arena(d->tx), "%lld %lld %lld", (long long)d->automation.n, (long long)group.n, (long long)d->n);
	int r = tx_run(d->tx, &greet_insert, V(d->community), V(tx_new_id(d->tx)), V(d->automation), V(d->n), V(group), V(d->occasion->member));
	if (r >= 0)
		r = job_add(d->tx, d->community, &jobs[0], key, key, (struct instant){ tx_now(d->tx).ms + seconds * SECOND });
	return r < 0 ? r : 1;
}

static int run_say(struct deed *d, const void *settings)
{
	const struct say *s = settings;
	struct id group = s->group.n ? s->group : d->occasion->group, alone = group.n ? (struct id){ 0 } : d->occasion->member;
	int r = group.n ? check_group(d, group) : alone.n ? 0 : E_NOT_FOUND;
	if (r < 0)
		return r;
	if (alone.n) {                            /* said to the account itself, answered there */
		r = deed_text(d, group, alone, s->text, (struct id){ 0 }, "");
		return r < 0 ? r : send_more(d, group, alone, (struct more){ s->image, s->file, s->link_title, s->link_url });
	}
	if (s->gather && d->occasion->member.n)
		return gather(d, group, s->gather);
	r = deed_text(d, group, (struct id){ 0 }, s->text, s->mention ? d->occasion->member : (struct id){ 0 }, "");
	return r < 0 ? r : send_more(d, group, (struct id){ 0 }, (struct more){ s->image, s->file, s->link_title, s->link_url });
}

static int says_say(struct deed *d, const void *settings, struct str *ret)
{
	const struct say *s = settings;
	return deed_fill(d, s->text, S(""), 1, ret);
}

static int check_say(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	const struct say *s = settings;
	struct group_brief brief;
	*ret_field = S("group");
	int r = s->group.n ? group_get_brief(tx, community, s->group, &brief) : 0;
	if (r == 0 && s->image.len) {
		struct blob bytes;
		*ret_field = S("image");
		r = file_bytes(tx, community, s->image, &bytes);
	}
	return r < 0 ? r : check_file(tx, community, s->file, ret_field);
}

#define CHOICES_MOST 5
#define CHOICE_CHARS 20

struct tell { struct str whom, text, image, file, link_title, link_url; struct rows choices; };

ROW(tell,
	FIELD(tell, whom,       "Whom: member inviter; the member when missing", .one_of = WHOM, .optional = true),
	FIELD(tell, text,       "What they are told", .min = 1, .max = TEXT_MOST, .lines = true),
	FIELD(tell, image,      "Key of an uploaded picture that follows", .max = 22, .optional = true),
	FIELD(tell, file,       "Key of an uploaded file that follows (POST /documents)", .max = 22, .optional = true),
	FIELD(tell, link_title, "Title of a link that follows", .max = 60, .optional = true),
	FIELD(tell, link_url,   "Its address", .max = 500, .pattern = "https?://[^[:space:]]+", .optional = true),
	FIELD(tell, choices,    "Words they may answer with: tapped in a 公众号, named in the text elsewhere", .of = &row_text_item,
	      .max = CHOICES_MOST, .optional = true));

struct choice_body { struct str text, head; struct rows choices; };

ROW(choice_body,
	FIELD(choice_body, text,    "The words, and what may be answered"),
	FIELD(choice_body, head,    "The words alone"),
	FIELD(choice_body, choices, "What may be answered", .of = &row_text_item));

/* 回复「进群」「活动」 */
static struct str with_choices(struct arena *arena, struct str text, struct rows choices)
{
	const struct text_item *c = choices.at;
	bool chinese = deed_is_chinese(text);
	struct str all = str_format(arena, chinese ? "%.*s\n回复" : "%.*s\nAnswer", STR(text));
	for (size_t i = 0; i < choices.count; i++)
		all = str_format(arena, chinese ? "%.*s「%.*s」" : "%.*s “%.*s”", STR(all), STR(c[i].item));
	return all;
}

static int tell_choices(struct deed *d, struct id to, const struct tell *s)
{
	struct choice_body body = { .choices = s->choices };
	int r = deed_fill(d, s->text, S(""), 1, &body.head);
	if (r < 0)
		return r;
	body.text = with_choices(tx_arena(d->tx), body.head, s->choices);
	return send_row(d, "text", (struct id){ 0 }, to, &row_choice_body, &body, "");
}

static int run_tell(struct deed *d, const void *settings)
{
	const struct tell *s = settings;
	struct id to;
	int r = deed_whom(d, s->whom, &to);
	if (r <= 0 || (r = s->choices.count ? tell_choices(d, to, s) : deed_text(d, (struct id){ 0 }, to, s->text, (struct id){ 0 }, "")) < 0)
		return r;
	return send_more(d, (struct id){ 0 }, to, (struct more){ s->image, s->file, s->link_title, s->link_url });
}

static int says_tell(struct deed *d, const void *settings, struct str *ret)
{
	const struct tell *s = settings;
	int r = deed_fill(d, s->text, S(""), 1, ret);
	if (r >= 0 && s->choices.count)
		*ret = with_choices(tx_arena(d->tx), *ret, s->choices);
	return r;
}

static int check_tell(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	const struct tell *s = settings;
	const struct text_item *choice = s->choices.at;
	struct blob bytes;
	*ret_field = S("choices");
	for (size_t i = 0; i < s->choices.count; i++)
		if (!str_trim(choice[i].item).len || utf8_count(choice[i].item) > CHOICE_CHARS)
			return str_trim(choice[i].item).len ? E_TOO_LONG : E_TOO_SHORT;
	*ret_field = S("image");
	int r = s->image.len ? file_bytes(tx, community, s->image, &bytes) : 0;
	return r < 0 ? r : check_file(tx, community, s->file, ret_field);
}

/* ---- Greeting together ----------------------------------------------------------------- */

struct greeted { struct id id, member_id; };

ROW(greeted,
	FIELD(greeted, id,        "Place in the row"),
	FIELD(greeted, member_id, "Who came"));

static QUERY(greet_waiting, READS, &row_greeted, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT id, member_id FROM automation_greet WHERE community_id = ?1 AND automation_id = ?2 AND group_id = ?3 AND action = ?4"
	" ORDER BY id LIMIT 200");

static QUERY(greet_done, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_INT, K_ID),
	"DELETE FROM automation_greet WHERE community_id = ?1 AND automation_id = ?2 AND group_id = ?3 AND action = ?4 AND id <= ?5");

struct greeting { const struct feature *const *features; struct id community, automation, group; int64_t n; bool more; };

bool deed_is_chinese(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.at[i] >= 0xE4 && (unsigned char)text.at[i] <= 0xE9)
			return true;
	return false;
}

/* "林晓、安安、老王 等 20 位" */
static int names_of(struct deed *d, const struct say *s, const struct greeted *who, size_t count, struct str *ret)
{
	int64_t most = s->names ? s->names : 5, named = 0;
	bool zh = deed_is_chinese(s->text);
	BUF_SCOPED out;
	buf_init(&out, 16 * 1024);
	for (size_t i = 0; i < count && named < most; i++) {
		struct str name;
		int r = nickname(d, who[i].member_id, &name);
		if (r < 0)
			return r;
		if (name.len) {
			buf_z(&out, named ? zh ? "、" : ", " : "");
			buf_str(&out, name);
			named++;
		}
	}
	if ((int64_t)count > named)
		buf_format(&out, zh ? named ? " 等 %zu 位朋友" : "%zu 位朋友" : named ? " and others (%zu in all)" : "%zu friends", count);
	*ret = str_copy(tx_arena(d->tx), buf_view(&out));
	return buf_failed(&out) ? E_MEMORY : 0;
}

static int greet_with(struct tx *tx, struct greeting *g, const struct automation *a, const struct say *s, struct rows rows)
{
	const struct greeted *who = rows.at;
	struct id_item *mention = arena_take_array(tx_arena(tx), rows.count, sizeof *mention);
	struct occasion o = { .group = g->group, .member = who[0].member_id, .event = { .at = tx_now(tx) } };
	struct deed d = {
		.tx = tx, .community = g->community, .automation = g->automation, .name = a->name, .site = a->site, .occasion = &o, .n = g->n,
		.key = str_format(tx_arena(tx), "au.%lld.g%lld.%lld", (long long)g->automation.n, (long long)who[0].id.n, (long long)g->n),
	};
	struct str names, text;
	size_t mentioned = 0;
	if (!mention)
		return E_MEMORY;
	for (; s->mention && mentioned < rows.count && mentioned < NAMES_MOST; mentioned++)
		mention[mentioned].item = who[mentioned].member_id;
	int r = names_of(&d, s, who, rows.count, &names);
	if (r < 0 || (r = deed_fill(&d, s->text, names, (int64_t)rows.count, &text)) < 0 ||
	    (r = send_words(&d, g->group, (struct id){ 0 }, text, (struct rows){ mention, mentioned }, "")) < 0)
		return r;
	return send_more(&d, g->group, (struct id){ 0 }, (struct more){ s->image, s->file, s->link_title, s->link_url });
}

static int greet(struct tx *tx, void *arg)
{
	struct greeting *g = arg;
	struct automation a;
	struct rows rows;
	int r = tx_all(tx, &greet_waiting, &rows, V(g->community), V(g->automation), V(g->group), V(g->n));
	const struct greeted *who = rows.at;
	if (r < 0 || rows.count == 0)
		return r;
	g->more = rows.count == GREET_MOST;
	r = tx_run(tx, &greet_done, V(g->community), V(g->automation), V(g->group), V(g->n), V(who[rows.count - 1].id));
	if (r < 0 || (r = automation_get(tx, g->community, g->automation, &a)) < 0)
		return r == E_NOT_FOUND ? 0 : r;
	const struct act_kind *act = NULL;
	void *settings = NULL;
	struct complaint why;
	if (!a.enabled || (size_t)g->n >= a.actions.count)
		return 0;
	if ((r = community_changeable(tx, g->community)) < 0)
		return r == E_COMMUNITY_CLOSED ? 0 : r;
	r = action_read(g->features, (const struct action *)a.actions.at + g->n, tx_arena(tx), &act, &settings, &why);
	if (r < 0 || act->run != run_say)
		return r == E_MEMORY ? r : 0;
	r = greet_with(tx, g, &a, settings, rows);
	return r == E_NOT_FOUND ? 0 : r;              /* the group is gone */
}

static int run_greet(const struct job_context *context, const struct job *job, struct str *ret_why)
{
	struct greeting g = { .features = context->features, .community = job->community };
	struct str rest = job->payload;
	(void)ret_why;
	if (!str_to_int(str_cut(&rest, ' '), &g.automation.n) || !str_to_int(str_cut(&rest, ' '), &g.group.n) || !str_to_int(rest, &g.n))
		return E_INVALID;
	int r;
	do {
		g.more = false;
		r = store_write(context->store, job->community, context->arena, greet, &g);
	} while (r >= 0 && g.more);
	return r < 0 ? r : 0;
}

/* ---- Tags, level, points ----------------------------------------------------------------- */

struct tagging { struct str whom; struct rows tags; };

ROW(tagging,
	FIELD(tagging, whom, "Whom: member inviter; the member when missing", .one_of = WHOM, .optional = true),
	FIELD(tagging, tags, "Names of tags", .of = &row_text_item, .max = TAGS_MOST));

static struct rows tags_named(const void *settings) { return ((const struct tagging *)settings)->tags; }

static int check_tags(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	const struct tagging *s = settings;
	const struct text_item *tag = s->tags.at;
	(void)community;
	*ret_field = S("tags");
	if (!s->tags.count)
		return E_MISSING_FIELD;
	for (size_t i = 0; i < s->tags.count; i++)
		if (utf8_count(tag[i].item) > TAG_NAME_MAX || !name_key(tx_arena(tx), tag[i].item).len)
			return utf8_count(tag[i].item) > TAG_NAME_MAX ? E_TOO_LONG : E_TOO_SHORT;
	return 0;
}

static int run_tag_add(struct deed *d, const void *settings)
{
	const struct tagging *s = settings;
	struct id member;
	int r = deed_whom(d, s->whom, &member);
	if (r <= 0)
		return r;
	for (size_t i = 0; r >= 0 && i < s->tags.count; i++)
		r = tag_put_named(d->tx, d->community, ((const struct text_item *)s->tags.at)[i].item, member);
	return r < 0 ? r : 1;
}

static bool names_tag(struct arena *arena, struct rows tags, struct str name)
{
	struct str key = name_key(arena, name);
	for (size_t i = 0; i < tags.count; i++)
		if (str_equal(name_key(arena, ((const struct text_item *)tags.at)[i].item), key))
			return true;
	return false;
}

static int run_tag_remove(struct deed *d, const void *settings)
{
	const struct tagging *s = settings;
	struct id member;
	struct rows worn;
	int r = deed_whom(d, s->whom, &member);
	if (r <= 0 || (r = tag_names(d->tx, d->community, member, &worn)) < 0)
		return r;
	struct text_item *left = arena_take_array(tx_arena(d->tx), worn.count + 1, sizeof *left);
	size_t n = 0;
	if (!left)
		return E_MEMORY;
	for (size_t i = 0; i < worn.count; i++)
		if (!names_tag(tx_arena(d->tx), s->tags, ((const struct text_item *)worn.at)[i].item))
			left[n++] = ((const struct text_item *)worn.at)[i];
	return n == worn.count ? 0 : tag_set_named(d->tx, d->community, (struct rows){ left, n }, member, (struct id){ 0 });
}

struct levelling { struct str whom; struct id level; };

ROW(levelling,
	FIELD(levelling, whom,  "Whom: member inviter; the member when missing", .one_of = WHOM, .optional = true),
	FIELD(levelling, level, "Level"));

static int check_level(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	struct rows rows;
	*ret_field = S("level");
	int r = level_list(tx, community, &rows);
	for (size_t i = 0; r >= 0 && i < rows.count; i++)
		if (((const struct level_brief *)rows.at)[i].id.n == ((const struct levelling *)settings)->level.n)
			return 0;
	return r < 0 ? r : E_NOT_FOUND;
}

static int run_level(struct deed *d, const void *settings)
{
	const struct levelling *s = settings;
	struct member_profile profile = { .level_id = s->level };
	struct complaint why;
	struct str field;
	struct id member;
	int r = deed_whom(d, s->whom, &member);
	if (r <= 0 || (r = check_level(d->tx, d->community, s, &field)) < 0)
		return r;
	return member_change(d->tx, d->community, member, MEMBER_GIVEN, &profile, (struct id){ 0 }, &why);
}

struct pointing { struct str whom; int64_t points; };

ROW(pointing,
	FIELD(pointing, whom,   "Whom: member inviter; the member when missing", .one_of = WHOM, .optional = true),
	FIELD(pointing, points, "How many; below zero: taken", .min = -POINTS_MOST, .max = POINTS_MOST));

static int check_points(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	(void)tx, (void)community;
	*ret_field = S("points");
	return ((const struct pointing *)settings)->points ? 0 : E_TOO_SMALL;
}

static int run_points(struct deed *d, const void *settings)
{
	const struct pointing *s = settings;
	struct posting posting = { .amount = s->points, .key = d->key, .reason = S("automation"), .source = d->automation };
	int r = deed_whom(d, s->whom, &posting.to.holder);
	if (r <= 0)
		return r;
	posting.to.book = &book_points;
	return ledger_post(d->tx, d->community, &posting, NULL);
}

/* ---- A link into a group ----------------------------------------------------------------- */

struct inviting { struct str where, text; struct id code; };

ROW(inviting,
	FIELD(inviting, where, "group: said there; member: told them. The group when missing", .one_of = "group member", .optional = true),
	FIELD(inviting, text,  "What stands before the link", .min = 1, .max = TEXT_MOST, .lines = true),
	FIELD(inviting, code,  "Live code whose link it is"));

static int check_invite(struct tx *tx, struct id community, const void *settings, struct str *ret_field)
{
	struct str slug;
	*ret_field = S("code");
	return link_slug(tx, community, ((const struct inviting *)settings)->code, &slug);
}

static int says_invite(struct deed *d, const void *settings, struct str *ret)
{
	const struct inviting *s = settings;
	struct str slug, text;
	int r = link_slug(d->tx, d->community, s->code, &slug);
	if (r < 0 || (r = deed_fill(d, s->text, S(""), 1, &text)) < 0)
		return r;
	*ret = str_format(tx_arena(d->tx), "%.*s\n%.*s/g/%.*s", STR(text), STR(d->site), STR(slug));
	return 0;
}

static int run_invite(struct deed *d, const void *settings)
{
	const struct inviting *s = settings;
	bool alone = str_is(s->where, "member") || !d->occasion->group.n;
	struct id to = { 0 };
	struct str text;
	struct id_item *one = ARENA_NEW(tx_arena(d->tx), struct id_item);
	int r = one ? says_invite(d, settings, &text) : E_MEMORY;
	if (r < 0 || (alone && (r = deed_whom(d, S("member"), &to)) < 0))
		return r;
	one->item = d->occasion->member;
	return send_words(d, alone ? (struct id){ 0 } : d->occasion->group, to, text, (struct rows){ one, !alone && one->item.n }, "");
}

/* ---- Staff ----------------------------------------------------------------- */

struct notifying { struct str text; };

ROW(notifying, FIELD(notifying, text, "What staff are told", .min = 1, .max = 200));

static int says_notify(struct deed *d, const void *settings, struct str *ret)
{
	return deed_fill(d, ((const struct notifying *)settings)->text, S(""), 1, ret);
}

static int run_notify(struct deed *d, const void *settings)
{
	struct str text;
	int r = says_notify(d, settings, &text);
	struct alert alert = { .key = d->key, .kind = S("automation_notice"), .level = S("due"), .subject = d->automation, .title = d->name,
	                       .more = text, .due = tx_now(d->tx) };
	return r < 0 || (r = alert_raise(d->tx, d->community, &alert)) < 0 ? r : 1;
}

struct todo { struct str text; };

ROW(todo, FIELD(todo, text, "What a person shall do", .min = 1, .max = 300, .lines = true));

static int says_todo(struct deed *d, const void *settings, struct str *ret)
{
	return deed_fill(d, ((const struct todo *)settings)->text, S(""), 1, ret);
}

/* Into the run-sheet, whatever the channel could do. */
static int run_todo(struct deed *d, const void *settings)
{
	struct text_body body = { .mention = { 0 } };
	BUF_SCOPED json;
	int r = says_todo(d, settings, &body.text);
	buf_init(&json, 8 * SEND_BODY_MAX);
	row_write_json(&json, &row_text_body, &body);
	if (r < 0 || buf_failed(&json))
		return r < 0 ? r : E_MEMORY;
	struct outgoing out = {
		.group = d->occasion->group, .member = d->occasion->group.n ? (struct id){ 0 } : d->occasion->member, .what = "text",
		.body = buf_view(&json), .key = d->key, .reason = S("automation_todo"), .source = d->automation, .prompt = true, .by_hand = true,
	};
	return (r = outbox_put(d->tx, d->community, &out, NULL)) < 0 ? r : 1;
}

/* ---- Triggers ----------------------------------------------------------------- */

static void read_message(const struct event *e, struct occasion *o)
{
	o->group = e->subject, o->member = e->actor, o->message = e->object, o->channel = e->via;
}

static void read_seat(const struct event *e, struct occasion *o)
{
	o->group = e->subject, o->member = e->actor, o->inviter = e->object, o->channel = e->via;
}

static void read_asked(const struct event *e, struct occasion *o) { o->group = e->subject, o->member = e->actor, o->channel = e->via; }

static void read_follower(const struct event *e, struct occasion *o) { o->channel = e->subject, o->member = e->actor; }

static void read_code(const struct event *e, struct occasion *o) { o->code = e->subject, o->visitor = e->actor; }

static void read_member(const struct event *e, struct occasion *o) { o->member = e->subject; }

static void read_tag(const struct event *e, struct occasion *o) { o->member = e->subject, o->tag = e->object; }

#define IN_GROUP (OF_MEMBER | OF_GROUP | OF_CHANNEL)

static const struct trigger_kind triggers[] = {
	{ "message_heard",       "有人发言",           "somebody writes",                 IN_GROUP | OF_TEXT,     read_message },
	{ "member_joined_group", "有人进群",           "somebody joins a group",          IN_GROUP | OF_INVITER,  read_seat },
	{ "member_left_group",   "有人退群",           "somebody leaves a group",         IN_GROUP | OF_INVITER,  read_seat },
	{ "member_asked_in",     "有人申请进群",       "somebody asks to come in",        IN_GROUP | OF_TEXT | OF_ASK, read_asked },
	{ "channel_followed",    "有人关注公众号",     "somebody follows the account",    OF_MEMBER | OF_CHANNEL, read_follower },
	{ "channel_scanned",     "粉丝扫了公众号的码", "a follower scans a code of it",   OF_MEMBER | OF_CHANNEL, read_follower },
	{ "channel_unfollowed",  "有人取消关注",       "somebody unfollows the account",  OF_MEMBER | OF_CHANNEL, read_follower },
	{ "livecode_joined",     "有人从活码进来",     "somebody comes by a live code",   OF_MEMBER | OF_CODE,    read_code },
	{ "member_joined",       "新成员",             "somebody becomes a member",       OF_MEMBER,              read_member },
	{ "tag_put",             "成员被贴上标签",     "a member gets a tag",             OF_MEMBER | OF_TAG,     read_tag },
	{ "tag_taken",           "成员被去掉标签",     "a member loses a tag",            OF_MEMBER | OF_TAG,     read_tag },
	{ 0 },
};

/* ---- What is kept about people ----------------------------------------------------------------- */

static QUERY(greet_forget, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM automation_greet WHERE community_id = ?1 AND member_id = ?2");

static const struct personal personal[] = { { "automation_greet", .by = BY_MEMBER, .erases = { &greet_forget } }, { 0 } };

MEMBER_PLACE(automation_greets, "automation_greet", "member_id", "CAST(id AS TEXT)", "");

static const struct member_place places[] = { { "automation_greets", &automation_greets_note, &automation_greets_move, NULL }, { 0 } };

/* ---- Declaration ----------------------------------------------------------------- */

static const struct act_kind acts[] = {
	{ "say",        "在群里说",       "say in the group",     &row_say,       "文字 提到本人 图片 文件 链接标题 链接 哪个群 合并秒数 点名人数",
	  "text mention picture file link_title link group gather_seconds names", OF_GROUP, NULL, check_say, run_say, says_say },
	{ "tell",       "私下告诉",       "tell privately",       &row_tell,      "告诉谁 文字 图片 文件 链接标题 链接 可点的回复", "whom text picture file link_title link answers",
	  OF_MEMBER, NULL, check_tell, run_tell, says_tell },
	{ "tag_add",    "贴标签",         "put a tag on",         &row_tagging,   "给谁 标签", "whom tags", OF_MEMBER, "tag_put", check_tags, run_tag_add, NULL, tags_named },
	{ "tag_remove", "去掉标签",       "take a tag off",       &row_tagging,   "给谁 标签", "whom tags", OF_MEMBER, "tag_taken", check_tags, run_tag_remove, NULL, tags_named },
	{ "level",      "设为等级",       "set the level",        &row_levelling, "给谁 等级", "whom level", OF_MEMBER, NULL, check_level, run_level },
	{ "points",     "加积分",         "give points",          &row_pointing,  "给谁 积分", "whom points", OF_MEMBER, NULL, check_points, run_points },
	{ "invite",     "发入群链接",     "send a link into a group", &row_inviting, "发到哪 文字 活码", "where text code", OF_MEMBER, NULL, check_invite, run_invite, says_invite },
	{ "todo",       "放进今日待办",    "put on the run-sheet", &row_todo, "要人做什么", "what", OF_MEMBER, NULL, NULL, run_todo, says_todo },
	{ "notify",     "通知管理员",     "notify staff",         &row_notifying, "内容", "text", 0, NULL, NULL, run_notify, says_notify },
	{ 0 },
};

static const struct query *const queries[] = {
	&greet_insert, &greet_waiting, &greet_done, &greet_forget, &automation_greets_note, &automation_greets_move, NULL,
};

const struct feature feature_automation_acts = {
	.name = "automation_acts", .queries = queries, .jobs = jobs, .personal = personal, .places = places, .triggers = triggers, .acts = acts,
};
