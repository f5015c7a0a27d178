/* robot.c: a group's own robot (群机器人): what is said to that group leaves through it, at once and without anybody's yes.
 *
 * Story      王晓 adds a robot to the inner group 门店早会 and pastes its Webhook address here. That group has no other door: it becomes
 *            a group of ours that a robot speaks in. 车友 6 群 is a customer group with a robot: its texts, pictures, links and files
 *            leave by it, and no colleague confirms them. Without the robot they are mass-send tasks again (send.c).
 * How        The address holds a key and nothing else: whoever has it may speak. It is sealed, and shown by its last four characters.
 *            Text goes as text up to 2,048 bytes, beyond that or when wanted as markdown (4,096); a picture in base64 with its md5; a
 *            file is uploaded first.
 * Owns       wecom_robot; the remembered words "robot GROUP" of the channel. A group without a chat_id has the subject "robot:ID".
 * Holds      One robot a group, one group a robot. It counts for a group only while that group lives on the channel.
 *            Twenty messages a minute (wecom.c); should the platform count otherwise (45009), the rest waits a minute.
 * Test       wecom_robot_test.c, with the sheet's picture
 */
#include "channel/wecom/wecom.h"

#include <openssl/evp.h>

#include "base/mem.h"
#include "base/secret.h"
#include "base/time.h"
#include "channel/outbox/courier.h"
#include "engine/file/file.h"
#include "groups/group.h"
#include "groups/roster.h"
#include "media/picture.h"
#include "people/audit.h"
#include "people/member.h"
#include "people/staff.h"

#define TEXT_MOST     2048                        /* bytes */
#define MARKDOWN_MOST 4096
#define TITLE_MOST    128
#define DESC_MOST     512
#define TAIL          4
#define ROBOTS_MAX    500                         /* of one channel */
#define SUBJECT       "robot:"
#define NAMED_MOST    5
#define MENTIONED_MOST 20

/* ---- Rows ---- */

struct robot { struct id id, channel_id, group_id; struct str group, tail; bool inner; struct str trouble; struct instant made_at; };

ROW_AS(wecom_robot, robot,
	FIELD(robot, id,         "Robot"),
	FIELD(robot, channel_id, "Channel"),
	FIELD(robot, group_id,   "The group it speaks in"),
	FIELD(robot, group,      "… and its name"),
	FIELD(robot, tail,       "The last characters of its key; the rest is shown to nobody"),
	FIELD(robot, inner,      "The group has no other door: it is none of the platform's customer groups"),
	FIELD(robot, trouble,    "Why the platform refused what it was to say last, in its words"),
	FIELD(robot, made_at,    "When it was given to the group"));

struct robot_draft { struct id group_id; struct str name, key; };

ROW_AS(wecom_robot_draft, robot_draft,
	FIELD(robot_draft, group_id, "The group it speaks in; nothing: one is made", .optional = true),
	FIELD(robot_draft, name,     "… and called so", .max = 40, .optional = true),
	FIELD(robot_draft, key,      "Its Webhook address, or the key in it", .min = 8, .max = 300,
	      .pattern = "(https?://[^ ]+[?&]key=)?[A-Za-z0-9_-]{8,80}(&[^ ]*)?"));

struct robot_end { struct id group_id; };

ROW_AS(wecom_robot_end, robot_end, FIELD(robot_end, group_id, "The group that is to have no robot any more"));

/* ---- Queries ---- */

#define SELECT_ROBOT \
	"SELECT b.id, b.channel_id, b.group_id, g.name AS \"group\", b.tail, substr(l.subject, 1, 6) = 'robot:' AS \"inner\", b.trouble," \
	" b.made_at FROM wecom_robot b JOIN channel_group l ON l.community_id = b.community_id AND l.group_id = b.group_id" \
	" AND l.channel_id = b.channel_id JOIN chat_group g ON g.community_id = b.community_id AND g.id = b.group_id" \
	" WHERE b.community_id = ?1 AND b.channel_id = ?2"

static QUERY(wecom_robot_of_group, READS, &row_wecom_robot, TAKES(K_ID, K_ID, K_ID), SELECT_ROBOT " AND b.group_id = ?3");

static QUERY(wecom_robots_all, READS, &row_wecom_robot, TAKES(K_ID, K_ID, K_ID, K_INT),
	SELECT_ROBOT " AND " SEES_GROUP("?3", "b.community_id", "b.group_id") " ORDER BY b.id DESC LIMIT ?4");

static QUERY(wecom_robots_in_trouble, READS, &row_wecom_robot, TAKES(K_ID, K_ID),
	SELECT_ROBOT " AND b.trouble <> '' ORDER BY b.id DESC LIMIT 500");

static QUERY(wecom_robot_put, WRITES, NULL, TAKES(K_ID, K_ID, K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO wecom_robot (community_id, id, channel_id, group_id, digest, tail, trouble, made_at)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7) ON CONFLICT (community_id, group_id) DO UPDATE SET"
	" channel_id = excluded.channel_id, digest = excluded.digest, tail = excluded.tail, trouble = '', made_at = excluded.made_at");

static QUERY(wecom_robot_elsewhere, READS, &row_id_item, TAKES(K_ID, K_STR, K_ID),
	"SELECT id AS item FROM wecom_robot WHERE community_id = ?1 AND digest = ?2 AND group_id <> ?3");

/* Of groups that went elsewhere, or are no more. */
static QUERY(wecom_robots_orphaned, WRITES, NULL, TAKES(K_ID),
	"DELETE FROM wecom_robot WHERE community_id = ?1 AND NOT EXISTS (SELECT 1 FROM channel_group l WHERE l.community_id ="
	" wecom_robot.community_id AND l.group_id = wecom_robot.group_id AND l.channel_id = wecom_robot.channel_id)");

static QUERY(wecom_robot_drop, WRITES, NULL, TAKES(K_ID, K_ID), "DELETE FROM wecom_robot WHERE community_id = ?1 AND id = ?2");

static QUERY(wecom_robot_complain, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"UPDATE wecom_robot SET trouble = ?3 WHERE community_id = ?1 AND id = ?2 AND trouble <> ?3");

/* ---- Which group has one ---- */

static const char *memo_of(struct arena *arena, struct id group)
{
	return str_z(arena, str_format(arena, "robot %lld", (long long)group.n));
}

int wecom_robot_holds(struct tx *tx, struct id community, const struct channel *c, struct id group)
{
	struct robot robot;
	int r = group.n ? tx_one(tx, &wecom_robot_of_group, &robot, V(community), V(c->id), V(group)) : E_NOT_FOUND;
	return r == 0 ? 1 : r == E_NOT_FOUND ? 0 : r;
}

int wecom_mass_holds(struct tx *tx, struct id community, const struct channel *c, struct id group)
{
	int r = wecom_robot_holds(tx, community, c, group);
	return r < 0 ? r : !r;
}

int wecom_robots_refused(struct tx *tx, struct id community, struct id channel, int64_t *ret, struct str *ret_names)
{
	struct rows rows;
	int r = tx_all(tx, &wecom_robots_in_trouble, &rows, V(community), V(channel));
	const struct robot *robot = rows.at;
	*ret = r < 0 ? 0 : (int64_t)rows.count;
	*ret_names = S("");
	for (size_t i = 0; r >= 0 && i < rows.count && i < NAMED_MOST; i++)
		*ret_names = str_format(tx_arena(tx), "%.*s%s%.*s", STR(*ret_names), i ? "、" : "", STR(robot[i].group));
	return r < 0 ? r : 0;
}

/* ---- Speaking ---- */

struct speaking {
	struct wecom       wecom;
	const struct send *send;
	const struct loose *body;
	struct robot       robot;
	struct str         key, media, trouble;
	struct rows        mentioned, phones;     /* rows of text_item: userid of staff; numbers of those whose userid is not known */
	struct blob        bytes;
	struct delivery    delivery;
};

static void say(struct speaking *s, enum delivered outcome, struct str why)
{
	s->delivery = (struct delivery){ .outcome = outcome, .why = why };
}

/* A colleague in an inner group whose account nobody has told us: by their number, where the community allows that it leaves. The
 * platform knows Chinese numbers. */
static int find_phone(struct tx *tx, struct speaking *s, struct id member)
{
	struct member_profile who;
	int r = member_profile_get(tx, s->wecom.community, member, &who);
	if (r == 0 && who.phone.len == 11 && who.phone.at[0] == '1' && s->phones.count < MENTIONED_MOST)
		((struct text_item *)s->phones.at)[s->phones.count++].item = who.phone;
	return r == E_NOT_FOUND ? 0 : r;
}

/* Only staff can be mentioned; a member who is a customer is named in the words, if at all. */
static int find_mentioned(struct tx *tx, struct speaking *s)
{
	struct arena *arena = tx_arena(tx);
	size_t n = loose_count(s->body, "mention");
	struct text_item *found = arena_take_array(arena, n ? n : 1, sizeof *found);
	struct text_item *phones = arena_take_array(arena, MENTIONED_MOST, sizeof *phones);
	struct str subject, one, allowed;
	struct id member;
	char path[40];
	if (!found || !phones)
		return E_MEMORY;
	s->mentioned = (struct rows){ found, 0 }, s->phones = (struct rows){ phones, 0 };
	int asked = channel_setting(tx, s->wecom.community, &s->wecom.channel, "mention_phones", &allowed);
	if (asked < 0)
		return asked;
	if (str_is(loose_text(s->body, "mention", arena), "all"))
		found[s->mentioned.count++].item = S("@all");
	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof path, "mention.%zu", i);
		one = loose_text(s->body, path, arena);
		int r = str_to_int(one, &member.n) ? channel_subject(tx, s->wecom.community, &s->wecom.channel, member, &subject) : E_NOT_FOUND;
		if (r < 0 && r != E_NOT_FOUND)
			return r;
		if (r == 0 && str_starts(subject, S(WECOM_STAFF)))
			found[s->mentioned.count++].item = (struct str){ subject.at + sizeof WECOM_STAFF - 1, subject.len - (sizeof WECOM_STAFF - 1) };
		else if (member.n && s->robot.inner && str_is(allowed, "yes") && (r = find_phone(tx, s, member)) < 0)
			return r;
	}
	return 0;
}

static int look(struct tx *tx, void *arg)
{
	struct speaking *s = arg;
	int r = tx_one(tx, &wecom_robot_of_group, &s->robot, V(s->wecom.community), V(s->wecom.channel.id), V(s->send->group_id));
	if (r < 0)
		return r;
	r = channel_recall(tx, s->wecom.community, s->wecom.channel.id, memo_of(tx_arena(tx), s->send->group_id), &s->key, NULL);
	if (r == E_NOT_FOUND)
		s->key = S("");
	return r < 0 && r != E_NOT_FOUND ? r : find_mentioned(tx, s);
}

static int complain(struct tx *tx, void *arg)
{
	const struct speaking *s = arg;
	int r = tx_run(tx, &wecom_robot_complain, V(s->wecom.community), V(s->robot.id), V(s->trouble));
	return r < 0 ? r : 0;
}

static int meaning(struct speaking *s, const struct wecom_reply *reply)
{
	bool later = wecom_later(reply->code);
	say(s, !reply->code ? DELIVERED : later ? NOT_NOW : NEVER, reply->words);
	if (reply->code == 45009)
		s->delivery.again.ms = clock_now().ms + MINUTE;
	s->trouble = later ? s->robot.trouble : reply->words;
	return str_equal(s->trouble, s->robot.trouble) ? 0 : store_write(s->wecom.store, s->wecom.community, s->wecom.arena, complain, s);
}

static void add(struct buf *b, const char *before, struct str text)
{
	buf_z(b, before);
	loose_write(b, text);
}

static void write_text(struct buf *b, const struct speaking *s, struct str text)
{
	const struct text_item *who = s->mentioned.at;
	add(b, "{\"msgtype\":\"text\",\"text\":{\"content\":", text);
	buf_z(b, ",\"mentioned_list\":[");
	for (size_t i = 0; i < s->mentioned.count; i++)
		add(b, i ? "," : "", who[i].item);
	buf_z(b, "]");
	const struct text_item *phone = s->phones.at;
	for (size_t i = 0; i < s->phones.count; i++)
		add(b, i ? "," : ",\"mentioned_mobile_list\":[", phone[i].item);
	buf_z(b, s->phones.count ? "]}}" : "}}");
}

/* Here whom it mentions stands in the words. */
static int write_markdown(struct buf *b, struct speaking *s, struct str text)
{
	const struct text_item *who = s->mentioned.at;
	BUF_SCOPED words;
	buf_init(&words, 2 * SEND_BODY_MAX);
	for (size_t i = 0; i < s->mentioned.count; i++)
		buf_format(&words, "<@%.*s> ", STR(str_is(who[i].item, "@all") ? S("all") : who[i].item));
	buf_str(&words, text);
	if (buf_failed(&words))
		return E_MEMORY;
	if (words.len > MARKDOWN_MOST)
		say(s, NEVER, S("the text is longer than 4,096 bytes"));
	add(b, "{\"msgtype\":\"markdown\",\"markdown\":{\"content\":", buf_view(&words));
	buf_z(b, "}}");
	return 0;
}

int wecom_robot_image(struct buf *b, struct blob bytes)
{
	unsigned char md5[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *text = mem_take(4 * (bytes.len / 3 + 1) + 1);
	int r = text && EVP_Digest(bytes.at, bytes.len, md5, &n, EVP_md5(), NULL) ? 0 : E_MEMORY;
	if (r == 0) {
		EVP_EncodeBlock((unsigned char *)text, bytes.at, (int)bytes.len);
		buf_z(b, "{\"msgtype\":\"image\",\"image\":{\"base64\":\"");
		buf_z(b, text);
		buf_z(b, "\",\"md5\":\"");
		for (unsigned i = 0; i < n; i++)
			buf_format(b, "%02x", md5[i]);
		buf_z(b, "\"}}");
	}
	mem_give(text);
	return r;
}

static void write_link(struct buf *b, struct speaking *s)
{
	struct arena *a = s->wecom.arena;
	struct str picture = loose_text(s->body, "picture", a);
	add(b, "{\"msgtype\":\"news\",\"news\":{\"articles\":[{\"title\":", wecom_cut(loose_text(s->body, "title", a), TITLE_MOST));
	add(b, ",\"description\":", wecom_cut(loose_text(s->body, "text", a), DESC_MOST));
	add(b, ",\"url\":", loose_text(s->body, "url", a));
	if (str_starts(picture, S("http")))
		add(b, ",\"picurl\":", picture);
	buf_z(b, "}]}}");
}

/* Uploaded first, by the same key. */
static int write_file(struct buf *b, struct speaking *s)
{
	struct arena *a = s->wecom.arena;
	struct wecom_reply reply = { 0 };
	int r = wecom_upload(&s->wecom, loose_text(s->body, "file", a), loose_text(s->body, "name", a), s->key, &s->media, &reply);
	loose_free(&reply.json);
	if (r < 0)
		return r;
	if (reply.code == WECHAT_UNFIT)
		return say(s, NEVER, reply.words), 0;
	if (reply.code)
		return meaning(s, &reply);
	add(b, "{\"msgtype\":\"file\",\"file\":{\"media_id\":", s->media);
	buf_z(b, "}}");
	return 0;
}

/* What is posted. Where the delivery is said already, nothing is. */
static int write_whole(struct buf *b, struct speaking *s)
{
	enum picture_type type;
	struct str text = loose_text(s->body, "text", s->wecom.arena);
	if (str_is(s->send->what, "link"))
		return write_link(b, s), 0;
	if (str_is(s->send->what, "file"))
		return write_file(b, s);
	if (str_is(s->send->what, "text") && (text.len > TEXT_MOST || str_is(loose_text(s->body, "markdown", s->wecom.arena), "1")))
		return write_markdown(b, s, text);
	if (str_is(s->send->what, "text"))
		return write_text(b, s, text), 0;
	int r = wecom_picture(&s->wecom, s->body, &s->bytes, &type, &s->delivery);
	return r < 0 || !s->bytes.len ? r : wecom_robot_image(b, s->bytes);
}

static int speak(struct speaking *s)
{
	struct wecom_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 8 << 20);
	if (!str_among(s->send->what, "text image link file"))
		return say(s, BY_HAND, S("a robot cannot do this")), 0;
	if (!s->key.len)
		return say(s, NEVER, S("the robot's key cannot be read; give it to the group again")), 0;
	s->delivery.outcome = DELIVERED;
	int r = write_whole(&body, s);
	if (r < 0 || s->delivery.outcome != DELIVERED)
		return r;
	struct letter letter = { .body = buf_view(&body) };
	if (buf_failed(&body) || (r = wecom_ask_robot(&s->wecom, "/cgi-bin/webhook/send?key=", s->key, &letter, &reply)) < 0)
		return r < 0 ? r : E_MEMORY;
	r = meaning(s, &reply);
	loose_free(&reply.json);
	return r;
}

int wecom_robot_deliver(const struct wecom *w, const struct send *send, const struct loose *body, struct delivery *ret)
{
	struct speaking s = { .wecom = *w, .send = send, .body = body };
	int r = send->group_id.n ? store_read(w->store, w->arena, look, &s) : E_NOT_FOUND;
	if (r < 0)
		return r == E_NOT_FOUND ? 0 : r;
	if ((r = speak(&s)) < 0)
		return r;
	*ret = s.delivery;
	return 1;
}

/* ---- API ---- */

static int get_robots(struct request *rq, const void *in, void *out)
{
	struct page *page = out;
	struct channel c;
	(void)in;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_all(rq->tx, &wecom_robots_all, &page->rows, V(rq->community), V(c.id), V(rq->only), V((int64_t)ROBOTS_MAX))) < 0)
		return r;
	page->total = (int64_t)page->rows.count;
	return 0;
}

/* Of "…/webhook/send?key=693a91f6-7xxx&debug=1" the key; of a key itself all of it. */
static struct str key_in(struct str address)
{
	struct str key = str_trim(address), before = S("");
	for (size_t i = 0; i + 4 < key.len && !before.len; i++)
		if (i && memcmp(key.at + i, "key=", 4) == 0 && strchr("?&", key.at[i - 1]))
			before = (struct str){ key.at, i + 4 };
	key = (struct str){ key.at + before.len, key.len - before.len };
	return str_cut(&key, '&');
}

/* The group comes to live on the channel, if it does not; one that lives elsewhere stays there. */
static int settle(struct request *rq, const struct channel *c, const struct robot_draft *d, struct id robot, struct id *ret)
{
	struct channel lives;
	struct str subject;
	int r = d->group_id.n ? channel_of_group(rq->tx, rq->community, d->group_id, &lives, &subject) : E_NOT_FOUND;
	if (r == 0 && lives.id.n == c->id.n)
		return *ret = d->group_id, 0;
	if (r == 0)
		return rq_complain(rq, E_GROUP_ELSEWHERE, S("group_id"));
	if (r != E_NOT_FOUND)
		return r;
	if (!d->group_id.n && !str_trim(d->name).len)
		return rq_complain(rq, E_TOO_SHORT, S("name"));
	subject = str_format(rq->arena, SUBJECT "%lld", (long long)robot.n);
	if ((r = channel_bind(rq->tx, rq->community, c, subject, str_trim(d->name), d->group_id, ret)) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("group_id")) : r;
	return roster_keep(rq->tx, rq->community, *ret, false);
}

static int post_robot(struct request *rq, const void *in, void *out)
{
	const struct robot_draft *d = in;
	struct channel c;
	struct id_item other;
	struct id group, id = tx_new_id(rq->tx);
	struct str key = key_in(d->key), tail = { key.at + key.len - TAIL, TAIL };
	char digest[HASH_TEXT + 1];
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_run(rq->tx, &wecom_robots_orphaned, V(rq->community))) < 0)
		return r;
	hash_text((struct blob){ key.at, key.len }, digest);
	r = tx_one(rq->tx, &wecom_robot_elsewhere, &other, V(rq->community), V(str_of(digest)), V(d->group_id));
	if (r != E_NOT_FOUND)
		return r < 0 ? r : rq_complain(rq, E_ROBOT_TAKEN, S("key"));
	if ((r = settle(rq, &c, d, id, &group)) < 0 ||
	    (r = tx_run(rq->tx, &wecom_robot_put, V(rq->community), V(id), V(c.id), V(group), V(str_of(digest)),
	                V(tail), V(tx_now(rq->tx)))) < 0 ||
	    (r = channel_remember(rq->tx, rq->community, c.id, memo_of(rq->arena, group), key, (struct instant){ 0 })) < 0 ||
	    (r = tx_one(rq->tx, &wecom_robot_of_group, out, V(rq->community), V(c.id), V(group))) < 0)
		return r;
	return audit_note(rq, "wecom_robot_set", group, ((const struct robot *)out)->group);
}

static int post_end(struct request *rq, const void *in, void *out)
{
	const struct robot_end *d = in;
	struct robot robot;
	struct channel c;
	(void)out;
	int r = wecom_of(rq, &c);
	if (r < 0 || (r = tx_one(rq->tx, &wecom_robot_of_group, &robot, V(rq->community), V(c.id), V(d->group_id))) < 0)
		return r == E_NOT_FOUND ? rq_complain(rq, r, S("group_id")) : r;
	if ((r = tx_run(rq->tx, &wecom_robot_drop, V(rq->community), V(robot.id))) < 0 ||
	    (r = channel_forget(rq->tx, rq->community, c.id, memo_of(rq->arena, d->group_id))) < 0 ||
	    (robot.inner && (r = channel_unbind(rq->tx, rq->community, d->group_id)) < 0))
		return r;
	return audit_note(rq, "wecom_robot_ended", d->group_id, robot.group);
}

static const struct route routes[] = {
	{ "GET",  "/channels/{id}/wecom-robots",     ROLE_READER, get_robots, NULL, &row_wecom_robot, "Groups that have a robot, newest first", OUT_PAGE },
	{ "POST", "/channels/{id}/wecom-robots",     ROLE_ADMIN,  post_robot, &row_wecom_robot_draft, &row_wecom_robot,
	  "Give a group its robot, or another one; without a group one is made that only the robot speaks in" },
	{ "POST", "/channels/{id}/wecom-robots/end", ROLE_ADMIN,  post_end,   &row_wecom_robot_end, NULL,
	  "The group has no robot any more: what is said there is confirmed by its owner again, or done by hand", OUT_NONE },
	{ 0 },
};

static const struct query *const queries[] = {
	&wecom_robot_of_group, &wecom_robots_all, &wecom_robots_in_trouble, &wecom_robot_put, &wecom_robot_elsewhere,
	&wecom_robots_orphaned, &wecom_robot_drop,
	&wecom_robot_complain, NULL,
};

const struct feature feature_wecom_robot = { .name = "wecom_robot", .api = "channels", .routes = routes, .queries = queries };
