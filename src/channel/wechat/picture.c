/* picture.c: a picture made fit for 公众号 and 企业微信, and uploaded; see wechat.h.
 *
 * Holds      The platforms' pages say both 2 and 10 MB: 2 it is. They forget a picture after three days; who keeps its number until
 *            then keeps it where it is sent.
 */
#include "channel/wechat/wechat.h"

#include "channel/outbox/courier.h"

#define MEDIA_BYTES (2 << 20)
#define MEDIA_SIDE  1600

struct str wechat_picture_key(const struct loose *body, struct arena *arena)
{
	struct str key = loose_text(body, "file", arena), url = loose_text(body, "url", arena);
	return !key.len && str_starts(url, S("/f/")) ? (struct str){ url.at + 3, url.len - 3 } : key;
}

int wechat_picture_fetch(struct wechat *w, struct str url, struct blob *ret, struct str *ret_why)
{
	struct answer answer = { 0 };
	int r = courier_ask(w->courier, &(struct letter){ .url = url, .checked = true }, &answer, ret_why);
	*ret = (struct blob){ 0 };
	if (r == E_NOT_SENT)
		return 0;
	if (r == 0 && answer.status == 200)
		*ret = (struct blob){ answer.body.at, answer.body.len };
	else
		*ret_why = S("the picture's address did not answer");
	return r;
}

int wechat_picture_fit(struct arena *arena, struct blob *bytes, enum picture_type *ret_type, struct str *ret_why)
{
	struct picture_info info;
	int r = picture_probe(*bytes, &info);
	*ret_type = r < 0 ? PICTURE_JPEG : info.type;
	*ret_why = S("");
	if (r == 0 && bytes->len > MEDIA_BYTES)
		r = picture_reduce(*bytes, MEDIA_SIDE, arena, bytes, ret_type);
	if (r < 0 || bytes->len > MEDIA_BYTES)
		*ret_why = S("the picture cannot be read, or is larger than 2 MB");
	return r == E_MEMORY ? r : 0;
}

int wechat_picture_upload(struct wechat *w, struct blob bytes, struct str *ret_media, struct wechat_reply *ret)
{
	enum picture_type type;
	struct str why;
	int r = wechat_picture_fit(w->arena, &bytes, &type, &why);
	*ret_media = S("");
	if (r < 0)
		return r;
	if (why.len) {
		*ret = (struct wechat_reply){ .code = WECHAT_UNFIT, .words = why };
		return 0;
	}
	struct letter_part part = { "media", type == PICTURE_PNG ? "picture.png" : "picture.jpg", picture_media_type(type), bytes };
	r = wechat_ask(w, &(struct letter){ .url = S("/cgi-bin/media/upload?type=image"), .parts = &part, .part_count = 1 }, ret);
	if (r < 0 || ret->code)
		return r;
	*ret_media = loose_text(&ret->json, "media_id", w->arena);
	if (!ret_media->len)
		ret->code = WECHAT_NONSENSE, ret->words = S("no media_id");
	return 0;
}
