/* file_send_test.c: "send a file", from the desk to where it is read: people's hands, a room, a 公众号 that takes none. */
#include "channel/outbox/outbox_test.h"
#include "channel/web/room_test.h"
#include "engine/file/document.h"
#include "fake_mp.h"
#include "people/member.h"

#define PDF "%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n"

static const char *uploaded(struct desk *d, const char *name)
{
	struct reply r = post_multipart(d->operator, at(d, "/documents"), (struct part[]){ { "name", str_of(name), NULL }, { "file", S(PDF), "x" }, { 0 } });
	assert_int_equal(r.status, 200);
	return text(d, "%.*s", STR(json_at(&r, "key")));
}

/* `more` with its comma in front. */
static struct reply put_file(struct desk *d, struct id group, const char *key, const char *file, const char *more)
{
	return post(d->operator, at(d, "/sends"), text(d, "{\"group_id\":\"%lld\",\"what\":\"file\",\"file\":\"%s\",\"key\":\"%s\"%s}",
		(long long)group.n, file, key, more));
}

static void carry(struct desk *d)
{
	struct outbox_options options = { .store = d->house->store, .settings = site_options(d->site)->settings, .threads = 1 };
	struct outbox *outbox;
	assert_int_equal(outbox_start(&options, &outbox), 0);
	assert_true(comes(({ struct reply r = get(d->reader, at(d, "/sends?state=waiting")); json_length(&r, "items") == 0; })));
	outbox_stop(outbox);
}

static struct str send_field(struct desk *d, const char *field)
{
	struct reply r = get(d->reader, at(d, "/sends?limit=1"));
	return str_copy(&d->house->arena, json_at(&r, text(d, "items.0.%s", field)));
}

PROMISE(file_by_hand, "where people must send it, the run-sheet has the file to save and its name; what cannot be sent is refused in words")
{
	struct desk d;
	desk_open(&d, house, features);
	struct id group = made(d.operator, at(&d, "/groups"), "{\"name\":\"线下群\",\"channel\":\"manual\"}");
	const char *file = uploaded(&d, "价目表.pdf");
	struct reply r = put_file(&d, group, "a", file, ",\"text\":\" 周六价目.pdf \"");
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "state"), "hand");
	assert_str(json_at(&r, "text"), "周六价目.pdf");
	r = get(d.reader, at(&d, "/run-sheet"));
	assert_str(json_at(&r, "items.0.what"), "file");
	assert_str(json_at(&r, "items.0.name"), "周六价目.pdf");
	assert_str(json_at(&r, "items.0.picture"), "");
	r = get(d.nobody, str_z(&house->arena, json_at(&r, "items.0.file")));
	assert_str(r.body, PDF);
	assert_true(memmem(header_of(&r, "Content-Disposition").at, header_of(&r, "Content-Disposition").len, "%E5%91%A8%E5%85%AD", 18) != NULL);
	r = put_file(&d, group, "b", "", "");
	assert_str(json_at(&r, "error.field"), "file");
	assert_reply(put_file(&d, group, "b", "aaaaaaaaaaaaaaaaaaaaaa", ""), 404, "not_found");
	assert_reply(put_file(&d, group, "b", file, ",\"text\":\"价目.exe\""), 400, "file_kind");
	assert_reply(put_file(&d, group, "b", file, ",\"text\":\"价目.zip\""), 400, "file_kind");
	assert_reply(post(d.operator, at(&d, "/sends"), text(&d, "{\"group_id\":\"%lld\",\"what\":\"image\",\"picture\":\"%s\",\"key\":\"b\"}",
		(long long)group.n, file)), 400, "picture_format");
	assert_reply(post(d.stranger, there(&d, "/sends"), text(&d, "{\"group_id\":\"%lld\",\"what\":\"file\",\"file\":\"%s\",\"key\":\"b\"}",
		(long long)group.n, file)), 404, "not_found");
	desk_close(&d);
}

PROMISE(file_in_room, "in a room it is a card with name and size, saved byte for byte; taken back it is gone, card and file")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	assert_int_equal(hall_join(&h, 0, "林晓").status, 200);
	const char *file = uploaded(&h.desk, "价目表.pdf");
	assert_int_equal(put_file(&h.desk, h.group, "a", file, "").status, 200);
	carry(&h.desk);
	assert_str(send_field(&h.desk, "state"), "sent");
	struct reply r = hall_page(&h, 0);
	size_t last = 0;                              /* newest first */
	assert_str(json_at(&r, text(&h.desk, "lines.%zu.kind", last)), "file");
	assert_str(json_at(&r, text(&h.desk, "lines.%zu.text", last)), "价目表.pdf");
	assert_int_equal(number_at(&r, text(&h.desk, "lines.%zu.size", last)), sizeof PDF - 1);
	const char *url = str_z(&house->arena, json_at(&r, text(&h.desk, "lines.%zu.picture", last)));
	long long n = number_at(&r, text(&h.desk, "lines.%zu.n", last));
	r = get(h.phones[0], url);
	assert_str(r.body, PDF);
	r = hall_page(&h, 1);                         /* outside: neither name nor address */
	assert_null(memmem(r.body.at, r.body.len, "价目表", strlen("价目表")));
	r = get(h.desk.reader, at(&h.desk, "/groups/%lld/messages", (long long)h.group.n));
	assert_str(json_at(&r, "items.0.text"), "价目表.pdf");
	assert_str(json_at(&r, "items.0.media"), file);
	r = post(h.desk.operator, at(&h.desk, "/groups/%lld/room", (long long)h.group.n),
		text(&h.desk, "{\"what\":\"recall\",\"member_id\":null,\"n\":%lld,\"minutes\":0,\"text\":\"\"}", n));
	assert_int_equal(r.status / 100, 2);
	assert_int_equal(get(h.phones[0], url).status, 404);
	r = hall_page(&h, 0);
	assert_null(memmem(r.body.at, r.body.len, file, strlen(file)));
	hall_close(&h);
}

struct dropping { struct id community; const char *key; };

static int drop(struct tx *tx, void *arg)
{
	const struct dropping *d = arg;
	return file_drop(tx, d->community, str_of(d->key));
}

PROMISE(file_gone, "a file that went before it was sent is a dead letter that says so")
{
	struct hall h;
	hall_open(&h, house, GROUP("茶友群", ""));
	const char *file = uploaded(&h.desk, "价目表.pdf");
	assert_int_equal(put_file(&h.desk, h.group, "a", file, "").status, 200);
	assert_int_equal(store_write(house->store, h.desk.community, &house->arena, drop, &(struct dropping){ h.desk.community, file }), 0);
	carry(&h.desk);
	assert_str(send_field(&h.desk, "state"), "dead");
	assert_str(send_field(&h.desk, "why"), "the file is gone");
	hall_close(&h);
}

struct knowing { struct id community, channel, member; };

/* A fan of the 公众号, reached there. */
static int know(struct tx *tx, void *arg)
{
	struct knowing *k = arg;
	struct channel c;
	int r = channel_get(tx, k->community, k->channel, &c);
	return r < 0 ? r : hear_person(tx, k->community, &c, S("oAlice"), S(""), S("林晓"), &k->member);
}

PROMISE(file_no_way, "to who is reached by a 公众号 no file is promised: it is said before, with what to do instead")
{
	struct desk d;
	desk_open(&d, house, features);
	struct id channel = made(d.owner, at(&d, "/channels"), "{\"kind\":\"mp\",\"name\":\"友信\",\"values\":[{\"key\":\"appid\",\"text\":\"wx1\"},"
		"{\"key\":\"secret\",\"text\":\"s\"},{\"key\":\"token\",\"text\":\"t\"}]}");
	struct knowing k = { d.community, channel, { 0 } };
	assert_true(store_write(house->store, d.community, &house->arena, know, &k) >= 0);
	const char *file = uploaded(&d, "价目表.pdf");
	struct reply r = post(d.operator, at(&d, "/sends"), text(&d, "{\"member_id\":\"%lld\",\"what\":\"file\",\"file\":\"%s\",\"key\":\"a\"}",
		(long long)k.member.n, file));
	assert_str(json_at(&r, "error.code"), "file_no_way");
	assert_str(json_at(&r, "error.field"), "what");
	assert_int_equal(post(d.operator, at(&d, "/sends"), text(&d, "{\"member_id\":\"%lld\",\"what\":\"link\",\"text\":\"价目表.pdf\","
		"\"url\":\"https://q.example.com/f/%s\",\"key\":\"a\"}", (long long)k.member.n, file)).status, 200);
	desk_close(&d);
}
