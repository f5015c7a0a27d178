/* document_test.c: what a file may be, how it is kept and saved, and what becomes of it. */
#include "engine/file/document.h"

#include <sys/socket.h>
#include <unistd.h>

#include "engine/jobs/jobs.h"
#include "people/desk_test.h"
#include "test.h"

extern const struct feature *const features[];

#define PDF "%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n"

static struct reply upload(struct desk *d, struct browser *who, const char *name, struct str bytes)
{
	return post_multipart(who, at(d, "/documents"), (struct part[]){ { "name", str_of(name), NULL }, { "file", bytes, "x" }, { 0 } });
}

TEST(document_kinds, "a file is what its name says, or it is refused; whatever is none of the kinds is, too")
{
	static const struct { const char *name; struct str bytes; int want; } all[] = {
		{ "a.pdf", { PDF, sizeof PDF - 1 }, 0 }, { "A.PDF", { PDF, sizeof PDF - 1 }, 0 }, { "a.pdf", { "MZ\x90", 3 }, E_FILE_BROKEN },
		{ "a.docx", { "PK\3\4x", 5 }, 0 }, { "a.xlsx", { PDF, 9 }, E_FILE_BROKEN }, { "a.zip", { "PK\5\6", 4 }, 0 },
		{ "a.txt", { "你好\r\n", 8 }, 0 }, { "a.csv", { "a\0b", 3 }, E_FILE_BROKEN }, { "a.csv", { "\xff\xfe" "a\0", 4 }, 0 },
		{ "a.mp3", { "ID3\4", 4 }, 0 }, { "a.mp3", { "\xff\xfb\x90", 3 }, 0 }, { "a.mp4", { "\0\0\0\x20" "ftypisom", 12 }, 0 },
		{ "a.mp4", { "\0\0\0\x20" "ftyp", 8 }, E_FILE_BROKEN }, { "a.exe", { "MZ", 2 }, E_FILE_KIND }, { "a.html", { "<a>", 3 }, E_FILE_KIND },
		{ "a.svg", { "<svg>", 5 }, E_FILE_KIND }, { "a.pdf.exe", { PDF, 9 }, E_FILE_KIND }, { "pdf", { PDF, 9 }, E_FILE_KIND },
		{ ".pdf", { PDF, 9 }, E_FILE_KIND }, { "a.", { PDF, 9 }, E_FILE_KIND }, { "", { PDF, 9 }, E_FILE_KIND },
		{ "a.docm", { "PK\3\4", 4 }, E_FILE_KIND }, { "a.pdf", { "", 0 }, E_FILE_EMPTY },
	};
	const char *type;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		assert_int_equal(document_look((struct blob){ all[i].bytes.at, all[i].bytes.len }, str_of(all[i].name), &type), all[i].want);
	char *large = calloc(1, DOCUMENT_MOST + 1);
	memcpy(large, PDF, 9);
	assert_int_equal(document_look((struct blob){ large, DOCUMENT_MOST }, S("a.pdf"), &type), 0);
	assert_str(str_of(type), "application/pdf");
	assert_int_equal(document_look((struct blob){ large, DOCUMENT_MOST + 1 }, S("a.pdf"), &type), E_FILE_LARGE);
	free(large);
}

PROMISE(document_saved, "what was uploaded is saved byte for byte under its name, never shown; what is wrong with a file is said in words")
{
	struct desk d;
	desk_open(&d, house, features);
	struct reply r = upload(&d, d.operator, "../价目/表\".pdf", S(PDF));
	assert_int_equal(r.status, 200);
	assert_str(json_at(&r, "name"), "_价目_表_.pdf");
	assert_int_equal(number_at(&r, "size"), sizeof PDF - 1);
	const char *url = str_z(&house->arena, json_at(&r, "url"));
	r = get(d.nobody, url);                       /* as a picture: who knows the address may have it */
	assert_int_equal(r.status, 200);
	assert_str(r.body, PDF);
	assert_str(header_of(&r, "Content-Disposition"), "attachment; filename*=UTF-8''_%E4%BB%B7%E7%9B%AE_%E8%A1%A8_.pdf");
	assert_str(header_of(&r, "X-Content-Type-Options"), "nosniff");
	assert_str(header_of(&r, "Content-Type"), "application/pdf");
	assert_str(header_of(&r, "Cache-Control"), "no-store");
	assert_true(comes(document_traffic().bytes == 0));
	assert_reply(upload(&d, d.reader, "a.pdf", S(PDF)), 403, "forbidden");
	assert_reply(upload(&d, d.stranger, "a.pdf", S(PDF)), 404, "not_found");
	r = upload(&d, d.operator, "a.pdf", S(""));
	assert_str(json_at(&r, "error.code"), "file_empty");
	assert_str(json_at(&r, "error.field"), "file");
	r = upload(&d, d.operator, "a.exe", S("MZ"));
	assert_str(json_at(&r, "error.code"), "file_kind");
	assert_str(json_at(&r, "error.field"), "name");
	assert_reply(upload(&d, d.operator, "a.zip", S(PDF)), 400, "file_broken");
	assert_reply(upload(&d, d.operator, "", S(PDF)), 400, "too_short");
	desk_close(&d);
}

PROMISE(document_large, "twenty megabytes go in and come out; one byte more is too large, and so is what is far more")
{
	struct desk d;
	desk_open(&d, house, features);
	char *bytes = malloc(DOCUMENT_MOST + (3 << 20));
	for (size_t i = 0; i < DOCUMENT_MOST + (3 << 20); i++)
		bytes[i] = (char)(i * 2654435761u >> 13);
	memcpy(bytes, "PK\3\4", 4);
	struct reply r = upload(&d, d.operator, "大.zip", (struct str){ bytes, DOCUMENT_MOST });
	assert_int_equal(r.status, 200);
	int64_t before = document_traffic().readings;
	r = get(d.nobody, str_z(&house->arena, json_at(&r, "url")));
	assert_int_equal(r.body.len, DOCUMENT_MOST);
	assert_memory_equal(r.body.at, bytes, DOCUMENT_MOST);
	assert_int_equal(document_traffic().readings, before + 1);
	assert_reply(upload(&d, d.operator, "大.zip", (struct str){ bytes, DOCUMENT_MOST + 1 }), 413, "file_large");
	assert_reply(upload(&d, d.operator, "大.zip", (struct str){ bytes, DOCUMENT_MOST + (3 << 20) }), 413, "body_too_large");
	free(bytes);
	desk_close(&d);
}

struct kept { struct desk *d; struct str key, name; struct instant due; int result; int64_t stays; struct document got; };

static int take(struct tx *tx, void *arg)
{
	struct kept *k = arg;
	k->result = k->stays ? document_stays(tx, k->d->community, k->key) : document_take(tx, k->d->community, k->key, k->name, k->due, &k->got);
	return 0;
}

static int taken(struct desk *d, struct str key, const char *name, bool stays)
{
	struct kept k = { .d = d, .key = key, .name = str_of(name), .stays = stays };
	assert_true(store_write(d->house->store, d->community, &d->house->arena, take, &k) >= 0);
	return k.result;
}

/* The sweep of a day that is `ahead` of us. */
static void swept(struct desk *d, int64_t ahead)
{
	struct job job = { 0 };
	struct str why = S("");
	struct job_context context = { .store = d->house->store, .features = features, .arena = &d->house->arena };
	clock_set((struct instant){ clock_now().ms + ahead });
	assert_int_equal(feature_document.jobs[0].run(&context, &job, &why), 0);
	clock_set((struct instant){ 0 });
}

static struct str key_of(struct desk *d, const char *name)
{
	struct reply r = upload(d, d->operator, name, S(PDF));
	assert_int_equal(r.status, 200);
	return str_copy(&d->house->arena, json_at(&r, "key"));
}

static int saved(struct desk *d, struct str key) { return get(d->nobody, text(d, "/f/%.*s", STR(key))).status; }

PROMISE(document_goes, "one that was never sent goes after a week, a sent one after half a year, one of an automation stays; a picture is no document")
{
	struct desk d;
	desk_open(&d, house, features);
	struct str idle = key_of(&d, "a.pdf"), sent = key_of(&d, "b.pdf"), stays = key_of(&d, "c.pdf");
	assert_int_equal(taken(&d, sent, "改名.pdf", false), 0);
	assert_int_equal(taken(&d, sent, "改名.zip", false), E_FILE_KIND);
	assert_int_equal(taken(&d, stays, "", true), 0);
	assert_int_equal(taken(&d, S("aaaaaaaaaaaaaaaaaaaaaa"), "", false), E_NOT_FOUND);
	assert_int_equal(taken(&d, S("aaaaaaaaaaaaaaaaaaaaaa"), "", true), E_NOT_FOUND);
	struct reply r = get(d.nobody, text(&d, "/f/%.*s", STR(sent)));
	assert_str(header_of(&r, "Content-Disposition"), "attachment; filename*=UTF-8''%E6%94%B9%E5%90%8D.pdf");
	swept(&d, 6 * DAY);
	assert_int_equal(saved(&d, idle), 200);
	swept(&d, 8 * DAY);
	assert_int_equal(saved(&d, idle), 404);
	assert_int_equal(saved(&d, sent), 200);
	swept(&d, 200 * DAY);
	assert_int_equal(saved(&d, sent), 404);
	assert_int_equal(saved(&d, stays), 200);
	assert_int_equal(get(d.nobody, "/f/aaaaaaaaaaaaaaaaaaaaaa").status, 404);
	desk_close(&d);
}

/* Somebody who has begun to save it, and reads no further: their connection holds little, so most of it is still to leave. */
static int begun(struct desk *d, const char *url)
{
	char room[2048];
	int fd = raw_open(d->site), small = 64 << 10;
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	raw_send(fd, text(d, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", url));
	raw_read(fd, room, sizeof room, "\r\n\r\n");
	return fd;
}

PROMISE(document_shared, "many who save it at the same time share one reading and one copy, which goes with the last of them")
{
	struct desk d;
	desk_open(&d, house, features);
	char *bytes = calloc(1, DOCUMENT_MOST);
	memcpy(bytes, "PK\3\4", 4);
	struct reply r = upload(&d, d.operator, "大.zip", (struct str){ bytes, DOCUMENT_MOST });
	free(bytes);
	const char *url = str_z(&house->arena, json_at(&r, "url"));
	int64_t before = document_traffic().readings;
	int fds[8];
	for (size_t i = 0; i < 8; i++)
		fds[i] = begun(&d, url);
	assert_int_equal(document_traffic().readings, before + 1);
	assert_int_equal(document_traffic().bytes, DOCUMENT_MOST);
	for (size_t i = 0; i < 7; i++)
		close(fds[i]);
	usleep(A_WHILE * 1000);
	assert_int_equal(document_traffic().bytes, DOCUMENT_MOST);
	close(fds[7]);
	assert_true(comes(document_traffic().bytes == 0));
	desk_close(&d);
}

PROMISE(document_broken_off, "an upload that breaks off keeps nothing, and a reader who leaves in the middle leaves nothing on the shelf")
{
	struct desk d;
	desk_open(&d, house, features);
	char *bytes = calloc(1, 8 << 20);
	memcpy(bytes, "PK\3\4", 4);
	struct reply r = upload(&d, d.operator, "大.zip", (struct str){ bytes, 8 << 20 });
	free(bytes);
	const char *url = str_z(&house->arena, json_at(&r, "url"));
	int fd = raw_open(d.site);
	char room[2048];
	raw_send(fd, text(&d, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", url));
	raw_read(fd, room, sizeof room, "\r\n\r\n");
	close(fd);
	assert_true(comes(document_traffic().bytes == 0));
	fd = raw_open(d.site);
	raw_send(fd, text(&d, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 90000\r\n\r\n"
		"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n%%PDF-1.7 half", at(&d, "/documents")));
	close(fd);
	desk_check_queries(&d);
	desk_close(&d);
}
