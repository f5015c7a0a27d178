/* file.c: a file of ours goes into a group's files, or to a friend: upload_group_file, upload_private_file.
 *
 * Story      价目表.pdf is for 车友 6 群. The QQ client may stand on another machine, so the file travels in the call, as base64://;
 *            NapCat, LLOneBot and Lagrange take it so. go-cqhttp takes nothing but a path on its own machine: refused, we have it
 *            fetch the file from our public address first (download_file), and name the path it tells.
 * Holds      A big file takes longer than an answer is usually waited for. One whose answer was lost is looked for among the group's
 *            files before it is given once more: a file is not to stand there twice. A client that does not know the question
 *            is believed to have nothing.
 * Test       onebot_file_test.c, against test/fakes/fake_onebot.c
 */
#include "channel/onebot/onebot.h"

#include <jansson.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "channel/outbox/courier.h"
#include "channel/outbox/outbox.h"
#include "engine/doctor/doctor.h"
#include "engine/file/document.h"

#define UPLOAD_MS MINUTE

struct posting {
	struct courier          *courier;
	const struct onebot_api *api;
	const struct send       *send;
	struct document          document;
	struct str               key;
	struct blob              bytes;
};

static int look_up(struct tx *tx, void *arg)
{
	struct posting *p = arg;
	int r = document_get(tx, p->send->community, p->key, &p->document);
	return r < 0 ? r : file_bytes(tx, p->send->community, p->key, &p->bytes);
}

static struct str text_at(const struct posting *p, const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	struct arena *arena = courier_arena(p->courier);
	return json_is_string(v) ? str_copy(arena, str_of(json_string_value(v)))
	     : json_is_integer(v) ? str_format(arena, "%lld", (long long)json_integer_value(v)) : S("");
}

static int ask(const struct posting *p, const char *action, json_t *parameters, enum said *ret, json_t **ret_data, struct str *ret_why)
{
	struct onebot_api api = *p->api;
	api.wait_ms = UPLOAD_MS;
	int r = parameters ? onebot_do(p->courier, &api, action, parameters, ret, ret_data, ret_why) : E_MEMORY;
	json_decref(parameters);
	return r;
}

/* Taken over. */
static int upload(const struct posting *p, json_t *file, enum said *ret, struct str *ret_number, struct str *ret_why)
{
	bool group = p->send->group.len;
	struct str name = p->document.name;
	json_t *data = NULL, *parameters = json_pack("{s:o,s:o,s:s%}", group ? "group_id" : "user_id",
		onebot_number(group ? p->send->group : p->send->person), "file", file, "name", name.at, name.len);
	int r = ask(p, group ? "upload_group_file" : "upload_private_file", parameters, ret, &data, ret_why);
	*ret_number = r < 0 ? S("") : text_at(p, data, "file_id");
	json_decref(data);
	return r;
}

static json_t *in_base64(struct blob bytes)
{
	size_t room = 9 + 4 * ((bytes.len + 2) / 3);
	char *text = mem_take(room + 1);
	json_t *ret = NULL;
	if (text) {
		memcpy(text, "base64://", 9);
		EVP_EncodeBlock((unsigned char *)text + 9, bytes.at, (int)bytes.len);
		ret = json_stringn_nocheck(text, room);
	}
	mem_give(text);
	return ret;
}

/* Was it taken the time before, when no answer came? */
static int find_again(const struct posting *p, bool *ret_there)
{
	enum said said;
	struct str why;
	json_t *data = NULL, *one;
	size_t i;
	int r = ask(p, "get_group_root_files", json_pack("{s:o}", "group_id", onebot_number(p->send->group)), &said, &data, &why);
	*ret_there = false;
	json_array_foreach(json_object_get(data, "files"), i, one) {
		int64_t at = 0, size = 0;
		str_to_int(text_at(p, one, "upload_time"), &at);
		str_to_int(text_at(p, one, "file_size"), &size);
		*ret_there = *ret_there || (str_equal(text_at(p, one, "file_name"), p->document.name) && size == p->document.size &&
		                            at * SECOND >= p->send->put_at.ms - MINUTE);
	}
	json_decref(data);
	return r;
}

/* Where the client fetched it to, on its own machine; empty: it did not. */
static int have_it_fetched(const struct posting *p, struct str *ret_path)
{
	struct str home = settings_text(courier_settings(p->courier), "public_url"), why;
	enum said said;
	json_t *data = NULL;
	*ret_path = S("");
	if (!home.len)
		return 0;
	home.len -= home.at[home.len - 1] == '/';
	struct str url = str_format(courier_arena(p->courier), "%.*s/f/%.*s", STR(home), STR(p->key));
	int r = ask(p, "download_file", json_pack("{s:s%}", "url", url.at, url.len), &said, &data, &why);
	if (r >= 0 && said == SAID_YES)
		*ret_path = text_at(p, data, "file");
	json_decref(data);
	return r;
}

int onebot_send_file(struct courier *c, const struct onebot_api *api, const struct send *send, const json_t *body, enum said *ret,
                     struct str *ret_number, struct str *ret_why)
{
	struct posting p = { .courier = c, .api = api, .send = send };
	struct str path, number, why;
	bool there = false;
	enum said said;
	p.key = text_at(&p, body, "file");
	*ret_number = S("");
	int r = store_read(courier_store(c), courier_arena(c), look_up, &p);
	if (r == E_NOT_FOUND) {
		*ret = SAID_NEVER, *ret_why = S("the file is gone");
		return 0;
	}
	if (r >= 0 && send->tries && send->group.len)
		r = find_again(&p, &there);
	if (r < 0 || there) {
		*ret = SAID_YES;
		return r;
	}
	json_t *file = in_base64(p.bytes);
	r = file ? upload(&p, file, ret, ret_number, ret_why) : E_MEMORY;
	if (r < 0 || *ret != SAID_REFUSED || (r = have_it_fetched(&p, &path)) < 0 || !path.len)
		return r;
	r = upload(&p, json_stringn(path.at, path.len), &said, &number, &why);
	if (r >= 0 && said == SAID_YES)
		*ret = SAID_YES, *ret_number = number;
	return r;
}
