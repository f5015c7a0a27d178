/* verify_test.c: a file of draws that is right says so; whatever is changed in it, the line is named. */
#include "campaign/verify.h"

#include "campaign/fair.h"
#include "test.h"

#define LINES 40
#define RULES "{\"format\":\"quntu-draws-1\",\"link\":\"abcd2345\",\"name\":\"洗车季\",\"mode\":\"chance\",\"zone\":\"Asia/Shanghai\"," \
	"\"wins_day\":1,\"wins_most\":2,\"places\":[{\"title\":\"一等奖\",\"ppm\":100000,\"stock\":1},{\"title\":\"二等奖\",\"ppm\":400000,\"stock\":12}]}"

struct draws { struct arena arena; struct str line[LINES + 2]; size_t count; struct fair_seed seed; };

static struct str chained(struct draws *d, struct str json)
{
	char hash[FAIR_HEX + 1];
	struct str before = { d->line[d->count - 1].at, FAIR_HEX };
	fair_chain(before, json, hash);
	return str_format(&d->arena, "%s %.*s", hash, STR(json));
}

/* Thirty draws by many people, one each day: as the server writes them. */
static void draws_made(struct draws *d)
{
	char hex[FAIR_HEX + 1];
	int64_t left[2] = { 1, 12 };
	arena_init(&d->arena, 8 << 20);
	for (size_t i = 0; i < sizeof d->seed.bytes; i++)
		d->seed.bytes[i] = (unsigned char)(7 * i + 1);
	fair_commit(&d->seed, S(RULES), hex);
	d->line[0] = str_format(&d->arena, "%s %s", hex, RULES);
	d->count = 1;
	for (int64_t n = 1; n <= 30; n++) {
		struct fair_place places[2] = { { 100000, left[0] }, { 400000, left[1] } };
		if (!fair_any(places, 2))
			break;
		struct str token = str_format(&d->arena, "token-token-%04lld", (long long)n);
		int64_t place = fair_draw(&d->seed, n, token, places, 2);
		d->line[d->count] = chained(d, str_format(&d->arena, "{\"n\":%lld,\"at\":%lld,\"day\":\"2026-11-%02lld\",\"who\":\"person%lld\","
			"\"token\":\"%.*s\",\"left\":[%lld,%lld],\"place\":%lld}", (long long)n, (long long)n * 1000, (long long)(n % 28 + 1),
			(long long)n, STR(token), (long long)left[0], (long long)left[1], (long long)place));
		d->count++;
		if (place)
			left[place - 1]--;
	}
	fair_seed_hex(&d->seed, hex);
	d->line[d->count] = chained(d, str_format(&d->arena, "{\"draws\":%zu,\"seed\":\"%s\"}", d->count - 1, hex));
	d->count++;
}

/* A line is spelt otherwise, and every hash from there on made right again, as a clever cheat would. */
static void rewrite(struct draws *d, size_t at, const char *was, const char *is)
{
	BUF_SCOPED b;
	buf_init(&b, 4096);
	struct str line = { d->line[at].at + FAIR_HEX + 1, d->line[at].len - FAIR_HEX - 1 };
	const char *found = memmem(line.at, line.len, was, strlen(was));
	assert_non_null(found);
	size_t head = (size_t)(found - line.at);
	buf_add(&b, line.at, head);
	buf_z(&b, is);
	buf_add(&b, found + strlen(was), line.len - head - strlen(was));
	struct str json = str_copy(&d->arena, buf_view(&b));
	size_t count = d->count;
	d->count = at;
	d->line[at] = chained(d, json);
	for (size_t i = at + 1; i < count; i++) {
		d->count = i;
		d->line[i] = chained(d, (struct str){ d->line[i].at + FAIR_HEX + 1, d->line[i].len - FAIR_HEX - 1 });
	}
	d->count = count;
}

static struct verified check(struct draws *d)
{
	struct verified v;
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < d->count; i++) {
		buf_str(&b, d->line[i]);
		buf_byte(&b, '\n');
	}
	assert_int_equal(draws_verify(str_copy(&d->arena, buf_view(&b)), &d->arena, &v), 0);
	return v;
}

static bool finds(const struct verified *v, int64_t line, const char *what)
{
	for (int64_t i = 0; i < v->wrong && i < VERIFY_FINDINGS; i++)
		if (v->findings[i].line == line && memmem(v->findings[i].en.at, v->findings[i].en.len, what, strlen(what)))
			return true;
	for (int64_t i = 0; i < v->wrong && i < VERIFY_FINDINGS; i++)
		print_message("line %lld: %.*s\n", (long long)v->findings[i].line, STR(v->findings[i].en));
	return false;
}

TEST(verify_right, "a file that nobody touched holds; without its seed nothing is wrong, but nothing is shown either")
{
	struct draws d;
	draws_made(&d);
	struct verified v = check(&d);
	assert_true(v.revealed && v.wrong == 0 && v.draws == (int64_t)d.count - 2 && v.wins > 0);
	d.count--;
	v = check(&d);
	assert_true(!v.revealed && v.wrong == 0);
	arena_free(&d.arena);
}

TEST(verify_tampered, "a changed result, a removed line, two that changed places, another seed: each is named by its line")
{
	struct draws d;
	struct verified v;

	draws_made(&d);                           /* a letter changed, hashes left alone */
	d.line[5] = str_copy(&d.arena, d.line[5]);
	((char *)(uintptr_t)d.line[5].at)[d.line[5].len - 2] ^= 1;
	v = check(&d);
	assert_true(finds(&v, 6, "hash does not follow"));
	assert_true(finds(&v, 6, "the file says"));
	assert_int_equal(v.findings[0].line, 6);
	arena_free(&d.arena);

	draws_made(&d);                           /* removed */
	memmove(&d.line[4], &d.line[5], (d.count - 5) * sizeof d.line[0]);
	d.count--;
	v = check(&d);
	assert_true(finds(&v, 5, "lines are missing"));
	arena_free(&d.arena);

	draws_made(&d);                           /* changed places */
	struct str third = d.line[3];
	d.line[3] = d.line[4], d.line[4] = third;
	v = check(&d);
	assert_true(finds(&v, 4, "lines are missing") && finds(&v, 5, "repeated or moved"));
	arena_free(&d.arena);

	draws_made(&d);                           /* another seed than was promised */
	rewrite(&d, d.count - 1, "\"seed\":\"01", "\"seed\":\"02");
	v = check(&d);
	assert_true(finds(&v, 1, "commitment"));
	arena_free(&d.arena);
}

TEST(verify_clever, "whoever makes all hashes right again still cannot change a result, stock, order or limits")
{
	struct draws d;
	struct verified v;
	size_t lost = 0;
	draws_made(&d);
	for (size_t i = 1; !lost && i + 1 < d.count; i++)
		if (memmem(d.line[i].at, d.line[i].len, "\"place\":0", 9))
			lost = i;
	assert_true(lost > 0);
	rewrite(&d, lost, "\"place\":0", "\"place\":1");
	v = check(&d);
	assert_true(finds(&v, (int64_t)lost + 1, "The seed gives result 0, the file says 1"));
	arena_free(&d.arena);

	draws_made(&d);                           /* a piece vanishes without a winner */
	rewrite(&d, 1, "\"left\":[1,12]", "\"left\":[1,3]");
	v = check(&d);
	assert_true(finds(&v, 2, "fell by 9"));
	arena_free(&d.arena);

	draws_made(&d);                           /* everybody is the same person */
	for (size_t i = 1; i + 1 < d.count; i++)
		rewrite(&d, i, str_z(&d.arena, str_format(&d.arena, "person%zu\"", i)), "person\"");
	v = check(&d);
	assert_true(v.wrong > 0 && memmem(v.findings[0].en.at, v.findings[0].en.len, "more often", 10));
	arena_free(&d.arena);

	draws_made(&d);                           /* the end says another number */
	rewrite(&d, d.count - 1, "{\"draws\":", "{\"draws\":1");
	v = check(&d);
	assert_true(finds(&v, (int64_t)d.count, "There should be"));
	arena_free(&d.arena);
}

TEST(verify_rubbish, "what is no file of draws is told, line by line, and does no harm")
{
	ARENA_SCOPED a;
	struct verified v;
	static const char *const files[] = { "", "\n", "hello", "hello\nworld\n", "{}", "0 {}\n", "\xff\xfe\x00", "\r\n\r\n" };
	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		assert_int_equal(draws_verify(str_of(files[i]), &a, &v), 0);
		assert_true(v.wrong > 0 && !v.revealed);
	}
}
