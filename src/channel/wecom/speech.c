/* speech.c: what a welcome of 企业微信 is made of: text, and a link, a picture or a file.
 *
 * Holds      The platform counts bytes, people count characters: both limits are said before anything is sent. It wants pictures and
 *            files uploaded and forgets them after three days; until shortly before we send the number it gave.
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "channel/outbox/courier.h"
#include "engine/file/document.h"

#define TITLE_BYTES 128
#define TEXT_BYTES  512
#define MEDIA_LIVES (3 * DAY - HOUR)

static int check_link(struct request *rq, const struct wecom_speech *s)
{
	if (!s->link_title.len || !s->link_url.len)
		return rq_complain(rq, E_MISSING_FIELD, s->link_title.len ? S("link_url") : S("link_title"));
	if (s->link_title.len > TITLE_BYTES || s->link_text.len > TEXT_BYTES)
		return rq_complain(rq, E_TOO_LONG, s->link_title.len > TITLE_BYTES ? S("link_title") : S("link_text"));
	return 0;
}

/* What stands in a welcome may be said for years. */
static int check_file(struct request *rq, struct str key)
{
	struct document d;
	int r = document_get(rq->tx, rq->community, key, &d);
	if (r == 0)
		r = d.size < WECOM_FILE_LEAST ? E_FILE_EMPTY : document_stays(rq->tx, rq->community, key);
	return r == E_NOT_FOUND || r == E_FILE_EMPTY ? rq_complain(rq, r, S("file")) : r;
}

int wecom_speech_check(struct request *rq, const struct wecom_speech *s, size_t text_most)
{
	struct blob picture;
	bool link = str_is(s->attach, "link"), image = str_is(s->attach, "image"), file = str_is(s->attach, "file");
	int r = link ? check_link(rq, s) : 0;
	if (r < 0)
		return r;
	if (!link && !image && !file && !str_trim(s->text).len)
		return rq_complain(rq, E_TOO_SHORT, S("text"));
	if (s->text.len > text_most)
		return rq_complain(rq, E_TOO_LONG, S("text"));
	if (image && !s->picture.len)
		return rq_complain(rq, E_MISSING_FIELD, S("picture"));
	if (file && !s->file.len)
		return rq_complain(rq, E_MISSING_FIELD, S("file"));
	if (s->file.len && (r = check_file(rq, s->file)) < 0)
		return r;
	r = s->picture.len ? file_bytes(rq->tx, rq->community, s->picture, &picture) : 0;
	return r == E_NOT_FOUND ? rq_complain(rq, r, S("picture")) : r < 0 ? r : 0;
}

struct str wecom_speech_fill(struct arena *arena, struct str text, const char *name, struct str by, size_t most)
{
	const char *at;
	size_t len = strlen(name);
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	while (text.len && (at = memmem(text.at, text.len, name, len))) {
		struct str before = { text.at, (size_t)(at - text.at) };
		buf_str(&b, before);
		buf_str(&b, by);
		text = (struct str){ at + len, text.len - before.len - len };
	}
	buf_str(&b, text);
	struct str all = buf_view(&b);
	while (all.len > most || (all.len < b.len && ((unsigned char)all.at[all.len] & 0xc0) == 0x80))
		all.len--;
	return str_copy(arena, all);
}

/* ---- Pictures and files ---- */

struct uploading { struct wecom *wecom; bool file; struct str key, media; struct blob bytes; };

static const char *memo(struct tx *tx, struct str key) { return str_z(tx_arena(tx), str_format(tx_arena(tx), "media %.*s", STR(key))); }

static int find_media(struct tx *tx, void *arg)
{
	struct uploading *u = arg;
	int r = channel_recall(tx, u->wecom->community, u->wecom->channel.id, memo(tx, u->key), &u->media, NULL);
	return r != E_NOT_FOUND ? r : u->file ? 0 : file_bytes(tx, u->wecom->community, u->key, &u->bytes);
}

static int keep_media(struct tx *tx, void *arg)
{
	struct uploading *u = arg;
	return channel_remember(tx, u->wecom->community, u->wecom->channel.id, memo(tx, u->key), u->media,
	                        (struct instant){ tx_now(tx).ms + MEDIA_LIVES });
}

static int upload(struct uploading *u, int64_t *ret_code, struct str *ret_trouble)
{
	struct wecom_reply reply = { 0 };
	int r = u->file ? wecom_upload(u->wecom, u->key, S(""), S(""), &u->media, &reply)
	                : wechat_picture_upload(&u->wecom->account, u->bytes, &u->media, &reply);
	*ret_code = reply.code, *ret_trouble = reply.words;
	loose_free(&reply.json);
	return r < 0 || *ret_code ? r : store_write(u->wecom->store, u->wecom->community, u->wecom->arena, keep_media, u);
}

/* ---- Parts ---- */

static void write_link(struct buf *b, struct wecom *w, const struct wecom_speech *s)
{
	struct str home = settings_text(courier_settings(w->courier), "public_url");
	buf_z(b, "\"link\":{\"title\":");
	loose_write(b, s->link_title);
	if (s->picture.len && home.len) {
		home.len -= home.at[home.len - 1] == '/';
		buf_format(b, ",\"picurl\":\"%.*s/f/%.*s\"", STR(home), STR(s->picture));
	}
	if (s->link_text.len) {
		buf_z(b, ",\"desc\":");
		loose_write(b, s->link_text);
	}
	buf_z(b, ",\"url\":");
	loose_write(b, s->link_url);
	buf_z(b, "}");
}

int wecom_speech_part(struct wecom *w, const struct wecom_speech *s, struct str *ret_part, int64_t *ret_code, struct str *ret_trouble)
{
	bool file = str_is(s->attach, "file");
	struct uploading u = { .wecom = w, .file = file, .key = file ? s->file : s->picture };
	BUF_SCOPED b;
	buf_init(&b, 8192);
	if (str_is(s->attach, "link"))
		write_link(&b, w, s);
	if (file || str_is(s->attach, "image")) {
		int r = store_read(w->store, w->arena, find_media, &u);
		if (r < 0 || (!u.media.len && (r = upload(&u, ret_code, ret_trouble)) < 0))
			return r;
		if (*ret_code)
			return 0;
		buf_z(&b, file ? "\"file\":{\"media_id\":" : "\"image\":{\"media_id\":");
		loose_write(&b, u.media);
		buf_z(&b, "}");
	}
	*ret_part = str_copy(w->arena, buf_view(&b));
	return buf_failed(&b) || arena_failed(w->arena) ? E_MEMORY : 0;
}
