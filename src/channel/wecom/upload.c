/* upload.c: a file of ours on its way to 企业微信, for whatever sends it: a mass send, a robot, a welcome.
 *
 * Holds      The platform forgets it after three days; whoever sends it later gives it once more.
 * Test       wecom_mass_test.c, wecom_robot_test.c, wecom_template_test.c
 */
#include "channel/wecom/wecom.h"

#include "base/time.h"
#include "channel/outbox/courier.h"
#include "engine/file/document.h"

struct reading { struct id community; struct str file, name; struct blob bytes; };

static int read_file(struct tx *tx, void *arg)
{
	struct reading *rd = arg;
	struct document d = { 0 };
	int r = rd->name.len ? 0 : document_get(tx, rd->community, rd->file, &d);
	rd->name = rd->name.len ? rd->name : d.name;
	return r < 0 ? r : file_bytes(tx, rd->community, rd->file, &rd->bytes);
}

static int unfit(const char *why, struct wecom_reply *ret)
{
	*ret = (struct wecom_reply){ .code = WECHAT_UNFIT, .words = str_of(why) };
	return 0;
}

int wecom_upload(struct wecom *w, struct str file, struct str name, struct str key, struct str *ret_media, struct wecom_reply *ret)
{
	struct reading rd = { w->community, file, name, { 0 } };
	int r = store_read(w->store, w->arena, read_file, &rd);
	*ret_media = S("");
	if (r == E_NOT_FOUND)
		return unfit("the file is gone", ret);
	if (r == 0 && rd.bytes.len < WECOM_FILE_LEAST)
		return unfit("WeCom takes files of 5 bytes to 20 MB", ret);
	if (r < 0)
		return r;
	struct letter_part part = { "media", str_z(w->arena, rd.name), "application/octet-stream", rd.bytes };
	struct letter letter = { .url = S("/cgi-bin/media/upload?type=file"), .parts = &part, .part_count = 1, .timeout_ms = MINUTE };
	r = key.len ? wecom_ask_robot(w, "/cgi-bin/webhook/upload_media?type=file&key=", key, &letter, ret) : wecom_ask(w, &letter, ret);
	if (r < 0 || ret->code)
		return r;
	*ret_media = loose_text(&ret->json, "media_id", w->arena);
	if (!ret_media->len)
		ret->code = WECOM_NONSENSE, ret->words = S("no media_id");
	return 0;
}
