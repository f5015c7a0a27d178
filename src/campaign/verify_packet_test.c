/* verify_packet_test.c: a file of red packets that is right says so; whatever is changed in it, the line is named. */
#include "campaign/verify.h"

#include "campaign/fair.h"
#include "test.h"

#define LINES 16
#define RULES "{\"format\":\"quntu-packets-1\",\"link\":\"abcd2345\",\"name\":\"开红包\",\"total\":1000,\"shares\":3,\"least\":1," \
	"\"split\":\"lucky\",\"due\":\"full\"}"
#define TOKEN "token-token-0001"

struct file { struct arena arena; struct str json[LINES], line[LINES]; size_t count; struct fair_seed seed; };

static void add(struct file *f, struct str json) { f->json[f->count++] = json; }

/* Two packets: one full, with a share given back on the way; one lapsed. */
static void file_made(struct file *f)
{
	struct fair_seed own;
	char hex[FAIR_HEX + 1], commitment[FAIR_HEX + 1];
	int64_t fen[3];
	*f = (struct file){ 0 };
	arena_init(&f->arena, 4 << 20);
	for (size_t i = 0; i < sizeof f->seed.bytes; i++)
		f->seed.bytes[i] = (unsigned char)(3 * i + 5);
	add(f, S(RULES));
	for (int packet = 1; packet <= 2; packet++) {
		fair_packet_seed(&f->seed, packet, &own);
		fair_packet_commit(&own, commitment);
		fair_seed_hex(&own, hex);
		assert_true(fair_split(&own, S(TOKEN), 1000, 3, 1, false, fen));
		assert_int_equal(fen[0] + fen[1] + fen[2], 1000);
		add(f, str_format(&f->arena, "{\"n\":%zu,\"at\":1,\"packet\":%d,\"who\":\"lin\",\"token\":\"" TOKEN "\",\"commitment\":\"%s\"}", f->count,
		                  packet, commitment));
		add(f, str_format(&f->arena, "{\"n\":%zu,\"at\":2,\"packet\":%d,\"turn\":2,\"who\":\"bo\"}", f->count, packet));
		if (packet == 1) {
			add(f, str_format(&f->arena, "{\"n\":%zu,\"at\":3,\"packet\":1,\"turn\":2,\"back\":true}", f->count));
			add(f, str_format(&f->arena, "{\"n\":%zu,\"at\":4,\"packet\":1,\"turn\":2,\"who\":\"an\"}", f->count));
			add(f, str_format(&f->arena, "{\"n\":%zu,\"at\":5,\"packet\":1,\"turn\":3,\"who\":\"cai\"}", f->count));
		}
		add(f, packet == 1 ? str_format(&f->arena, "{\"n\":%zu,\"at\":6,\"packet\":1,\"end\":\"full\",\"seed\":\"%s\",\"fen\":[%lld,%lld,%lld]}",
		                                f->count, hex, (long long)fen[0], (long long)fen[1], (long long)fen[2])
		                   : str_format(&f->arena, "{\"n\":%zu,\"at\":7,\"packet\":2,\"end\":\"lapsed\",\"seed\":\"%s\",\"fen\":[0,0,0]}", f->count, hex));
	}
	fair_seed_hex(&f->seed, hex);
	add(f, str_format(&f->arena, "{\"lines\":%zu,\"seed\":\"%s\"}", f->count - 1, hex));
}

/* With all hashes right, as a clever cheat would make them. */
static struct verified check(struct file *f, bool chained)
{
	static char last[FAIR_HEX + 1];
	struct verified v;
	BUF_SCOPED b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < f->count; i++) {
		char hash[FAIR_HEX + 1];
		if (i == 0 || !chained)
			fair_commit(&f->seed, f->json[0], hash);
		else
			fair_chain(str_of(last), f->json[i], hash);
		memcpy(last, hash, sizeof last);
		buf_format(&b, "%s %.*s\n", hash, STR(f->json[i]));
	}
	assert_int_equal(file_verify(str_copy(&f->arena, buf_view(&b)), &f->arena, &v), 0);
	return v;
}

static void change(struct file *f, size_t line, const char *was, const char *is)
{
	struct str s = f->json[line];
	const char *found = memmem(s.at, s.len, was, strlen(was));
	assert_non_null(found);
	size_t head = (size_t)(found - s.at);
	f->json[line] = str_format(&f->arena, "%.*s%s%.*s", (int)head, s.at, is, (int)(s.len - head - strlen(was)), found + strlen(was));
}

TEST(packets_right, "a file as the server writes it holds, whole or before the end")
{
	struct file f;
	file_made(&f);
	struct verified v = check(&f, true);
	assert_true(v.packets && v.revealed && v.wrong == 0 && v.draws == 2 && v.wins == 5);
	f.count--;
	v = check(&f, true);
	assert_true(!v.revealed && v.wrong == 0);
	arena_free(&f.arena);
}

TEST(packets_tampered, "whoever makes all hashes right again still cannot change an amount, an order, a person, a seed or an end")
{
	static const struct { size_t line; const char *was, *is, *says; } tries[] = {
		{ 2, "\"turn\":2", "\"turn\":3", "could not be taken" }, { 5, "\"who\":\"cai\"", "\"who\":\"an\"", "One person has two" },
		{ 6, "\"fen\":[", "\"fen\":[1", "The seed gives share" }, { 6, "\"end\":\"full\"", "\"end\":\"lapsed\"", "does not agree" },
		{ 1, "token-token-0001", "token-token-0002", "The seed gives share" }, { 7, "\"packet\":2", "\"packet\":3", "Packet 2 is due" },
		{ 9, "[0,0,0]", "[0,1,0]", "The seed gives share 2" }, { 9, "[0,0,0]", "[0,0]", "not as many shares" },
		{ 3, "\"turn\":2", "\"turn\":3", "was nobody's" }, { 0, "\"total\":1000", "\"total\":2000", "The seed gives share" },
		{ 4, "{\"n\":4", "{\"n\":5", "lines are missing" }, { 4, "\"packet\":1", "\"packet\":2", "was not opened" },
	};
	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
		struct file f;
		bool named = false;
		file_made(&f);
		change(&f, tries[i].line, tries[i].was, tries[i].is);
		struct verified v = check(&f, true);
		for (int64_t k = 0; k < v.wrong && k < VERIFY_FINDINGS; k++)
			named |= memmem(v.findings[k].en.at, v.findings[k].en.len, tries[i].says, strlen(tries[i].says)) != NULL;
		if (!named)
			fail_msg("%zu: %lld findings, none says \"%s\"", i, (long long)v.wrong, tries[i].says);
		arena_free(&f.arena);
	}
	struct file f;
	file_made(&f);
	assert_true(check(&f, false).wrong > 0);
	arena_free(&f.arena);
}
