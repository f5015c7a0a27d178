/* send.c: what leaves: customer-service messages within their windows, template messages, pictures.
 *
 * Story      "谢谢关注" is due for a fan who followed ten seconds ago: one of the three messages of that minute is taken, the text
 *            leaves. A picture is uploaded first; the platform keeps it for three days, so the next fan gets the same one at once.
 *            A fan who was silent for three days cannot be written to: the send goes to people's hands.
 * Holds      Counted before it leaves (fan.c). Refused pictures are forgotten and uploaded anew. What the platform's words mean
 *            stands in `meaning`, once.
 */
#include "channel/mp/mp.h"

#include "channel/outbox/courier.h"
#include "base/time.h"
#include "base/utf8.h"
#include "engine/file/file.h"

#define MEDIA_LIVES (3 * DAY - HOUR)
#define CHOICES_MOST 10
#define ONCE_TITLE  15                            /* characters, as the platform has it */
#define ONCE_TEXT   200
#define BEIJING     (8 * HOUR)                    /* its days end there */

struct sending {
	struct mp           mp;
	const struct send  *send;
	struct loose        body;
	enum mp_deed        window;
	int                 taken;
	struct str          file, media, template;
	struct mp_once      once;
	struct blob         bytes;
	struct delivery     delivery;
};

/* ---- What the platform's words mean ---- */

static struct instant next_day(struct instant now)
{
	return (struct instant){ (now.ms + BEIJING) / DAY * DAY + DAY - BEIJING };
}

static void meaning(struct sending *s, const struct mp_reply *reply)
{
	struct instant now = clock_now();
	struct delivery *d = &s->delivery;
	*d = (struct delivery){ .outcome = NEVER, .why = reply->words };
	switch (reply->code) {
	case 0:
		d->outcome = DELIVERED;
		d->number = loose_text(&reply->json, "msgid", s->mp.arena);
		break;
	case 45009:                               /* of the day */
		d->outcome = QUOTA_USED, d->again = next_day(now);
		break;
	case 45011:                               /* of the minute */
		d->outcome = QUOTA_USED, d->again.ms = now.ms + MINUTE;
		break;
	case 45015: case 45047:                   /* their window is over, or used up */
	case 48001: case 50002: case 48002:       /* this account may not do it at all */
		d->outcome = BY_HAND;
		break;
	case 40164: case 40001: case 40014: case 42001: case 40125: case 40013: case 41002: case 41004:
		d->outcome = NOT_NOW, d->again.ms = now.ms + 5 * MINUTE;      /* until the account's staff has mended it */
		break;
	case 40007:                               /* they no longer have the picture */
	case MP_BUSY: case MP_NOBODY: case MP_NONSENSE:
		d->outcome = NOT_NOW;
		break;
	default:                                  /* not a follower, refused, malformed: it will not get better */
		break;
	}
}

static void never(struct sending *s, enum delivered outcome, const char *why)
{
	s->delivery = (struct delivery){ .outcome = outcome, .why = str_of(why) };
}

/* ---- Windows ---- */

static int take_window(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	s->taken = mp_window_take(tx, s->mp.community, s->mp.channel.id, s->send->person, &s->window);
	return s->taken < 0 ? s->taken : 0;
}

static int give_window(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	return mp_window_give(tx, s->mp.community, s->mp.channel.id, s->send->person, s->window);
}

/* ---- Pictures ---- */

struct media { struct str media_id; };

ROW(media, FIELD(media, media_id, "What the platform calls it"));

static QUERY(mp_media_get, READS, &row_media, TAKES(K_ID, K_ID, K_STR, K_INSTANT),
	"SELECT media_id FROM mp_media WHERE community_id = ?1 AND channel_id = ?2 AND file = ?3 AND until > ?4");

static QUERY(mp_media_keep, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INSTANT),
	"INSERT INTO mp_media (community_id, channel_id, file, media_id, until) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (community_id, channel_id, file) DO UPDATE SET media_id = excluded.media_id, until = excluded.until");

static QUERY(mp_media_old, WRITES, NULL, TAKES(K_ID, K_ID, K_INSTANT),
	"DELETE FROM mp_media WHERE community_id = ?1 AND channel_id = ?2 AND until <= ?3");

static QUERY(mp_media_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_STR),
	"DELETE FROM mp_media WHERE community_id = ?1 AND channel_id = ?2 AND file = ?3");

static int find_media(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	struct media m = { 0 };
	int r = tx_one(tx, &mp_media_get, &m, V(s->mp.community), V(s->mp.channel.id), V(s->file), V(tx_now(tx)));
	s->media = m.media_id;
	return r == E_NOT_FOUND ? file_bytes(tx, s->mp.community, s->file, &s->bytes) : r;
}

static int keep_media(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	struct instant now = tx_now(tx);
	int r = tx_run(tx, &mp_media_old, V(s->mp.community), V(s->mp.channel.id), V(now));
	if (r >= 0)
		r = tx_run(tx, &mp_media_keep, V(s->mp.community), V(s->mp.channel.id), V(s->file), V(s->media),
		           V((struct instant){ now.ms + MEDIA_LIVES }));
	return r < 0 ? r : 0;
}

static int drop_media(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	int r = tx_run(tx, &mp_media_drop, V(s->mp.community), V(s->mp.channel.id), V(s->file));
	return r < 0 ? r : 0;
}

/* s->media, or a delivery that says why not. */
static int upload(struct sending *s)
{
	struct mp_reply reply = { 0 };
	int r = wechat_picture_upload(&s->mp.account, s->bytes, &s->media, &reply);
	if (r >= 0)
		meaning(s, &reply);
	if (r >= 0 && s->media.len && s->file.len)
		r = store_write(s->mp.store, s->mp.community, s->mp.arena, keep_media, s);
	loose_free(&reply.json);
	return r;
}

static int find_picture(struct sending *s)
{
	struct str why = S("");
	s->file = wechat_picture_key(&s->body, s->mp.arena);
	int r = s->file.len ? store_read(s->mp.store, s->mp.arena, find_media, s)
	      : wechat_picture_fetch(&s->mp.account, loose_text(&s->body, "url", s->mp.arena), &s->bytes, &why);
	if (r == E_NOT_FOUND) {
		never(s, NEVER, "the picture is gone");
		return 0;
	}
	if (r == 0 && !s->media.len && !s->bytes.len)
		s->delivery = (struct delivery){ .outcome = NOT_NOW, .why = why };
	return r < 0 || s->media.len || !s->bytes.len ? r : upload(s);
}

/* ---- Messages ---- */

static void add_text(struct buf *b, const char *name, struct sending *s, const char *path)
{
	buf_format(b, "\"%s\":", name);
	loose_write(b, loose_text(&s->body, path, s->mp.arena));
}

static void write_template(struct buf *b, struct sending *s)
{
	struct str key, text;
	buf_z(b, "{\"touser\":");
	loose_write(b, s->send->person);
	buf_z(b, ",");
	add_text(b, "template_id", s, "template");
	buf_z(b, ",");
	add_text(b, "url", s, "url");
	buf_z(b, ",\"client_msg_id\":");
	loose_write(b, str_format(s->mp.arena, "%lld", (long long)s->send->id.n));
	buf_z(b, ",\"data\":{");
	for (size_t i = 0; loose_pair(&s->body, "values", i, s->mp.arena, &key, &text); i++) {
		buf_z(b, i ? "," : "");
		loose_write(b, key);
		buf_z(b, ":{\"value\":");
		loose_write(b, text);
		buf_z(b, "}");
	}
	buf_z(b, "}}");
}

/* One that she allowed: its scene, and one sentence. */
static void write_once(struct buf *b, struct sending *s)
{
	buf_z(b, "{\"touser\":");
	loose_write(b, s->send->person);
	buf_z(b, ",\"template_id\":");
	loose_write(b, s->template);
	buf_format(b, ",\"scene\":\"%lld\",", (long long)s->once.scene);
	if (loose_text(&s->body, "url", s->mp.arena).len) {
		add_text(b, "url", s, "url");
		buf_z(b, ",");
	}
	buf_z(b, "\"title\":");
	loose_write(b, utf8_cut(loose_text(&s->body, "once", s->mp.arena), ONCE_TITLE));
	buf_z(b, ",\"data\":{\"content\":{\"value\":");
	loose_write(b, utf8_cut(loose_text(&s->body, "text", s->mp.arena), ONCE_TEXT));
	buf_z(b, "}}}");
}

/* A tap is heard as that word, as if it had been typed. */
static void write_menu(struct buf *b, struct sending *s)
{
	buf_z(b, ",\"msgtype\":\"msgmenu\",\"msgmenu\":{");
	add_text(b, "head_content", s, "head");
	buf_z(b, ",\"list\":[");
	for (size_t i = 0; i < loose_count(&s->body, "choices") && i < CHOICES_MOST; i++) {
		char path[32];
		snprintf(path, sizeof path, "choices.%zu", i);
		buf_format(b, "%s{\"id\":\"%zu\",", i ? "," : "", i + 1);
		add_text(b, "content", s, path);
		buf_z(b, "}");
	}
	buf_z(b, "],\"tail_content\":\"\"}}");
}

static void write_message(struct buf *b, struct sending *s)
{
	buf_z(b, "{\"touser\":");
	loose_write(b, s->send->person);
	if (str_is(s->send->what, "text") && loose_count(&s->body, "choices"))
		return write_menu(b, s);
	if (str_is(s->send->what, "text")) {
		buf_z(b, ",\"msgtype\":\"text\",\"text\":{");
		add_text(b, "content", s, "text");
		buf_z(b, "}}");
	} else if (str_is(s->send->what, "image")) {
		buf_z(b, ",\"msgtype\":\"image\",\"image\":{\"media_id\":");
		loose_write(b, s->media);
		buf_z(b, "}}");
	} else {
		buf_z(b, ",\"msgtype\":\"news\",\"news\":{\"articles\":[{");
		add_text(b, "title", s, "title");
		buf_z(b, ",");
		add_text(b, "description", s, "text");
		buf_z(b, ",");
		add_text(b, "url", s, "url");
		buf_z(b, ",");
		add_text(b, "picurl", s, "picture");
		buf_z(b, "}]}}");
	}
}

static int post(struct sending *s, const char *path, void (*write)(struct buf *, struct sending *))
{
	struct mp_reply reply = { 0 };
	BUF_SCOPED body;
	buf_init(&body, 64 << 10);
	write(&body, s);
	int r = buf_failed(&body) ? E_MEMORY : mp_ask(&s->mp, &(struct letter){ .url = str_of(path), .body = buf_view(&body) }, &reply);
	if (r >= 0)
		meaning(s, &reply);
	if (r >= 0 && reply.code == 40007 && s->file.len)
		r = store_write(s->mp.store, s->mp.community, s->mp.arena, drop_media, s);
	loose_free(&reply.json);
	return r;
}

/* A message of a window: taken before it leaves; given back when the platform surely did not send it. */
static int post_within(struct sending *s)
{
	int r = store_write(s->mp.store, s->mp.community, s->mp.arena, take_window, s);
	if (r < 0)
		return r;
	if (!s->taken) {
		never(s, BY_HAND, "45015 the fan has not written within 48 hours, or was answered five times");
		return 0;
	}
	r = post(s, "/cgi-bin/message/custom/send", write_message);
	enum delivered outcome = s->delivery.outcome;
	bool used = r < 0 || outcome == DELIVERED || (outcome == BY_HAND && !str_starts(s->delivery.why, S("48")));
	return used ? r : store_write(s->mp.store, s->mp.community, s->mp.arena, give_window, s);
}

static int keep_number(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	return mp_receipt_of(tx, s->mp.community, s->mp.channel.id, s->delivery.number, s->send->id);
}

/* Whether it arrived is said later (receipt.c). */
static int post_template(struct sending *s)
{
	int r = post(s, "/cgi-bin/message/template/send", write_template);
	return r < 0 || s->delivery.outcome != DELIVERED || !s->delivery.number.len
		? r : store_write(s->mp.store, s->mp.community, s->mp.arena, keep_number, s);
}

static int find_once(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	int r = mp_once_kept(tx, s->mp.community, s->mp.channel.id, s->send->person, s->send->id, &s->once);
	return r < 0 ? r : channel_setting(tx, s->mp.community, &s->mp.channel, "once_template", &s->template);
}

static int drop_once(struct tx *tx, void *arg)
{
	struct sending *s = arg;
	return mp_once_used(tx, s->mp.community, s->once.id);
}

/* Used up when it was sent, and when the platform knows of no agreement (any more). After a lost answer it is tried with the same
 * scene, which sends it once. */
static int post_once(struct sending *s)
{
	int r = store_read(s->mp.store, s->mp.arena, find_once, s);
	if (r == E_NOT_FOUND) {
		never(s, NEVER, "the fan has allowed no such message, or it was used");
		return 0;
	}
	if (r < 0)
		return r;
	r = post(s, "/cgi-bin/message/template/subscribe", write_once);
	bool used = r >= 0 && (s->delivery.outcome == DELIVERED || str_starts(s->delivery.why, S("43101")));
	return used ? store_write(s->mp.store, s->mp.community, s->mp.arena, drop_once, s) : r;
}

static int deliver(struct sending *s)
{
	int r = 0;
	if (str_is(s->send->what, "template") && loose_has(&s->body, "once"))
		return post_once(s);
	if (str_is(s->send->what, "template"))
		return post_template(s);
	if (!str_among(s->send->what, "text image link")) {
		never(s, BY_HAND, "an official account cannot do this");
		return 0;
	}
	if (str_is(s->send->what, "image") && ((r = find_picture(s)) < 0 || !s->media.len))
		return r;
	return post_within(s);
}

int mp_deliver(struct courier *courier, const struct channel *channel, const struct send *send, struct delivery *ret)
{
	struct sending s = { .send = send };
	int r = mp_open(courier, send->community, channel, &s.mp);
	if (r < 0)
		return r;
	if ((r = loose_read(send->body, &s.body)) == E_JSON) {
		never(&s, NEVER, "the body is no JSON");
		r = 0;
	} else if (r == 0) {
		r = deliver(&s);
	}
	loose_free(&s.body);
	if (r < 0)
		return r;
	*ret = s.delivery;
	return 0;
}

static const struct query *const queries[] = { &mp_media_get, &mp_media_keep, &mp_media_old, &mp_media_drop, NULL };

const struct feature feature_mp_send = { .name = "mp_send", .queries = queries };
