/* poster_test.c: promises of posters. With QUNTU_TEST_PICTURES=FOLDER some are left there to be looked at. */
#include "media/poster.h"

#include <math.h>
#include <pthread.h>

#include "media/codec.h"
#include "media/poster_art.h"
#include "media/qr_read.h"
#include "media/sample_test.h"
#include "test.h"

#define LINK "https://go.example.com/j/7Kq2?c=poster"

static struct poster_layer text_layer(int x, int y, int width, int height, const char *text)
{
	return (struct poster_layer){
		.kind = POSTER_TEXT, .x = x, .y = y, .width = width, .height = height, .opacity = 100, .text = str_of(text), .size = 36,
		.line_height = 130, .max_lines = 1, .colour = 0x1d2524,
	};
}

static struct poster_layer code_layer(int x, int y, int side)
{
	return (struct poster_layer){
		.kind = POSTER_QR, .x = x, .y = y, .width = side, .height = side, .opacity = 100, .light = 0xffffff, .quiet = 4,
		.level = 'M',
	};
}

static struct poster_layer face_layer(int x, int y, int side)
{
	return (struct poster_layer){
		.kind = POSTER_AVATAR, .x = x, .y = y, .width = side, .height = side, .opacity = 100, .shape = POSTER_ROUND,
	};
}

static struct poster_design design_of(const char *art, const struct poster_layer *layers, size_t count)
{
	return (struct poster_design){ .width = 750, .height = 1334, .art = str_of(art), .layers = layers, .count = count };
}

static struct poster *prepared(const struct poster_design *d)
{
	struct poster *p = NULL;

	assert_int_equal(poster_prepare(d, &p, NULL), 0);
	return p;
}

static struct poster_person person_named(const char *nickname)
{
	return (struct poster_person){ .nickname = str_of(nickname), .link = S(LINK) };
}

/* Drawn, and decoded by the strict decoder. */
static struct pixels drawn(struct poster *p, const struct poster_person *who)
{
	struct pixels seen;
	struct buf out;

	buf_init(&out, 32 << 20);
	assert_int_equal(poster_draw(p, who, PICTURE_JPEG, &out), 0);
	assert_int_equal(jpeg_decode((struct blob){ out.at, out.len }, 3, 0, &seen), 0);
	buf_free(&out);
	return seen;
}

static void keep(const char *name, struct buf *file)
{
	char path[400];
	const char *folder = getenv("QUNTU_TEST_PICTURES");

	if (!folder)
		return;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fwrite(file->at, 1, file->len, f);
	fclose(f);
}

static int distance(const uint8_t *a, const uint8_t *b)
{
	int most = 0;

	for (int c = 0; c < 3; c++)
		most = abs(a[c] - b[c]) > most ? abs(a[c] - b[c]) : most;
	return most;
}

/* ---- Parts and the whole ------------------------------------------------------------------------------- */

/* Everything at once: turned, faint, over and under each other, hanging out at the edges. */
static size_t busy_layers(struct arena *arena, struct poster_layer *l)
{
	struct pixels photo = sample_photo(300, 200, 5);
	struct blob picture = sample_jpeg(arena, &photo, 80);
	size_t n = 0;

	pixels_free(&photo);
	l[n++] = (struct poster_layer){ .kind = POSTER_PICTURE, .x = 30, .y = 420, .width = 690, .height = 260, .opacity = 70,
		.rotation = -7, .shape = POSTER_SOFT, .picture = picture };
	l[n++] = face_layer(64, 224, 120);
	l[n++] = text_layer(208, 232, 480, 48, "{nickname} 邀请你一起加入");
	l[n] = text_layer(90, 500, 560, 200, "第 {days} 天，{group} 的朋友都在等你：一起读完这本书，一起早起");
	l[n].size = 52, l[n].max_lines = 3, l[n].rotation = 11, l[n].opacity = 60, l[n].bold = true, l[n].serif = true, n++;
	l[n++] = (struct poster_layer){ .kind = POSTER_PICTURE, .x = 500, .y = 460, .width = 200, .height = 200, .opacity = 55,
		.rotation = 30, .shape = POSTER_ROUND, .picture = picture };       /* over a personal layer: late */
	l[n] = face_layer(690, -40, 120), l[n].opacity = 80, n++;
	l[n++] = text_layer(-60, 1290, 500, 80, "{nickname}");
	l[n++] = code_layer(256, 1008, 240);
	l[n++] = text_layer(100, 900, 550, 50, "不变的一行");
	return n;
}

static double noise_of(const struct pixels *a, const struct pixels *b)
{
	double sum = 0;

	for (size_t i = 0; i < pixels_size(a); i++)
		sum += (a->at[i] - b->at[i]) * (a->at[i] - b->at[i]);
	return 10 * log10(255.0 * 255.0 / (sum / (double)pixels_size(a) + 1e-9));
}

TEST(poster_parts_whole, "a poster put together from parts looks as one encoded as a whole, for everything that layers can be")
{
	ARENA_SCOPED arena;
	PIXELS_SCOPED parts = { 0 };
	PIXELS_SCOPED whole = { 0 };
	PIXELS_SCOPED exact = { 0 };
	struct poster_layer layers[POSTER_LAYERS_MAX];
	struct buf jpeg, png;

	arena_init(&arena, 64 << 20);
	struct poster_design d = design_of("dawn", layers, busy_layers(&arena, layers));
	struct poster *p = prepared(&d);
	struct poster_word words[] = { { S("days"), S("128") }, { S("group"), S("晨读营") } };
	struct poster_person who = { S("林小满"), S(LINK), .words = words, .word_count = 2 };
	struct poster_person other = person_named("另一个名字很长的人");
	parts = drawn(p, &other);               /* the painter has another poster in its hands first */
	pixels_free(&parts);
	parts = drawn(p, &who);
	buf_init(&jpeg, 32 << 20);
	buf_init(&png, 32 << 20);
	assert_int_equal(poster_draw_whole(p, &who, &jpeg), 0);
	assert_int_equal(poster_draw(p, &who, PICTURE_PNG, &png), 0);
	assert_int_equal(jpeg_decode((struct blob){ jpeg.at, jpeg.len }, 3, 0, &whole), 0);
	assert_int_equal(png_decode((struct blob){ png.at, png.len }, 3, &exact), 0);
	/* Equal up to the last column and line of blocks, which the encoders pad differently; what is turned and lies over
	 * personal layers is painted within other edges and may round by one, which the encoder makes a few levels of. */
	for (int y = 0; y < 1328; y++)
		for (int x = 0; x < 736; x++)
			assert_true(distance(pixels_row(&parts, y) + 3 * x, pixels_row(&whole, y) + 3 * x) <= 6);
	for (int y = 0; y < 160; y++)           /* nobody's place */
		assert_memory_equal(pixels_row(&parts, y), pixels_row(&whole, y), 640 * 3);
	assert_true(noise_of(&parts, &whole) > 50);
	assert_true(noise_of(&parts, &exact) > 28);
	keep("busy.png", &png);
	buf_free(&jpeg);
	buf_free(&png);
	poster_drop(p);
}

TEST(poster_same_bytes, "the same design and person give the same bytes, from any thread, whatever was drawn in between")
{
	ARENA_SCOPED arena;
	struct poster_layer layers[POSTER_LAYERS_MAX];
	struct buf first, again;

	arena_init(&arena, 64 << 20);
	struct poster_design d = design_of("spark", layers, busy_layers(&arena, layers));
	struct poster *one = prepared(&d), *two = prepared(&d);
	struct poster_person who = person_named("🎉安安"), other = person_named("x");
	for (enum picture_type type = PICTURE_PNG; type <= PICTURE_JPEG; type++) {
		buf_init(&first, 32 << 20);
		buf_init(&again, 32 << 20);
		assert_int_equal(poster_draw(one, &who, type, &first), 0);
		assert_int_equal(poster_draw(two, &other, type, &again), 0);
		buf_clear(&again);
		assert_int_equal(poster_draw(two, &who, type, &again), 0);
		assert_int_equal(first.len, again.len);
		assert_memory_equal(first.at, again.at, first.len);
		buf_free(&first);
		buf_free(&again);
	}
	poster_drop(one);
	poster_drop(two);
}

struct drawing { struct poster *poster; char expected[HASH_TEXT + 1]; int failures; };

static void *draw_often(void *arg)
{
	struct drawing *d = arg;
	char hash[HASH_TEXT + 1];
	struct buf out;

	buf_init(&out, 32 << 20);
	for (int i = 0; i < 12; i++) {
		struct poster_person who = person_named(i % 2 ? "安安" : "Bo");
		buf_clear(&out);
		int r = poster_draw(d->poster, &who, PICTURE_JPEG, &out);
		hash_text((struct blob){ out.at, out.len }, hash);
		if (r < 0 || (i % 2 && strcmp(hash, d->expected) != 0))
			__atomic_fetch_add(&d->failures, 1, __ATOMIC_RELAXED);
	}
	buf_free(&out);
	return NULL;
}

TEST(poster_many_threads, "eight threads draw one design at once")
{
	const struct poster_layer layers[] = {
		face_layer(64, 224, 120), text_layer(208, 232, 480, 48, "{nickname} 邀请你"), code_layer(256, 1008, 240),
	};
	struct poster_design design = design_of("night", layers, 3);
	struct drawing d = { .poster = prepared(&design) };
	struct poster_person who = person_named("安安");
	pthread_t threads[8];
	struct buf out;

	buf_init(&out, 32 << 20);
	assert_int_equal(poster_draw(d.poster, &who, PICTURE_JPEG, &out), 0);
	hash_text((struct blob){ out.at, out.len }, d.expected);
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, draw_often, &d), 0);
	for (int i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(d.failures, 0);
	buf_free(&out);
	poster_drop(d.poster);
}

/* ---- Codes ------------------------------------------------------------------------------------------------ */

static unsigned below(unsigned *state, unsigned n)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % n;
}

static void random_link(unsigned *state, char *ret, size_t most)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_?=&%";
	size_t len = 20 + below(state, (unsigned)most - 21), at = (size_t)snprintf(ret, most, "https://q.cn/");

	while (at < len)
		ret[at++] = letters[below(state, sizeof letters - 1)];
	ret[at] = 0;
}

static void expect_read(struct arena *arena, struct poster *p, const char *link, const char *what)
{
	struct poster_person who = { .nickname = S("安"), .link = str_of(link) };
	struct str text;
	struct buf out;

	buf_init(&out, 32 << 20);
	int r = poster_draw(p, &who, PICTURE_JPEG, &out);
	if (r == 0)
		r = qr_find((struct blob){ out.at, out.len }, arena, &text);
	if (r < 0 || !str_is(text, link)) {
		keep("unread.jpg", &out);
		fail_msg("%s: %s, of %s", what, err_word(r), link);
	}
	buf_free(&out);
}

TEST(poster_codes_read, "every code of 240 pixels is read back: any link, place, level, turn and background")
{
	static const char levels[] = "LMQH";
	static const uint32_t darks[] = { 0x000000, 0x0b4f46, 0x1a2352, 0x7a1020 };
	unsigned state = 20261121;
	char link[160], what[200];

	for (int round = 0; round < 48; round++) {
		ARENA_SCOPED arena;
		struct poster_layer l = code_layer((int)below(&state, 510), (int)below(&state, 1094), 240);
		arena_init(&arena, 64 << 20);
		l.level = levels[below(&state, 4)];
		l.colour = darks[below(&state, 4)];
		l.quiet = 2 + (int)below(&state, 3);
		l.rotation = round % 4 == 3 ? (int)below(&state, 360) : 0;
		if (l.rotation)
			l.x = 255, l.y = 200 + (int)below(&state, 700);
		struct poster_design d = design_of(poster_arts[round % 5].name, &l, 1);
		struct poster *p = prepared(&d);
		random_link(&state, link, l.level == 'H' ? 60 : 110);
		snprintf(what, sizeof what, "%s x=%d y=%d level=%c turn=%d quiet=%d", poster_arts[round % 5].name, l.x, l.y, l.level,
		         l.rotation, l.quiet);
		expect_read(&arena, p, link, what);
		poster_drop(p);
	}
}

TEST(poster_codes_scale, "a code is read at every size from 160 to 600 pixels, with a logo from 240")
{
	struct pixels photo = sample_photo(200, 200, 9);
	char what[60];

	for (int side = 160; side <= 600; side += side < 320 ? 16 : 56) {
		ARENA_SCOPED arena;
		struct poster_layer l = code_layer(70, 300, side);
		arena_init(&arena, 64 << 20);
		if (side >= 240 && side % 32 == 16)
			l.picture = sample_jpeg(&arena, &photo, 85);
		struct poster_design d = design_of("gold", &l, 1);
		struct poster *p = prepared(&d);
		snprintf(what, sizeof what, "side %d, logo %zu", side, l.picture.len);
		expect_read(&arena, p, "https://go.example.com/j/k2Qz81", what);
		poster_drop(p);
	}
	pixels_free(&photo);
}

static int try_link(struct poster *p, struct str link)
{
	struct poster_person who = { .link = link };
	struct buf out;

	buf_init(&out, 32 << 20);
	int r = poster_draw(p, &who, PICTURE_JPEG, &out);
	assert_true(r == 0 || out.len == 0);
	buf_free(&out);
	return r;
}

TEST(poster_codes_refused, "a link that does not fit, no link, colours that scanners cannot tell apart: each is told")
{
	struct poster_layer l = code_layer(100, 100, 240);
	struct poster_design d = design_of("", &l, 1);
	struct poster *p = prepared(&d), *none = NULL;
	char longest[2000];
	int layer;

	memset(longest, 'x', sizeof longest);
	assert_int_equal(try_link(p, (struct str){ longest, 1900 }), E_QR_TOO_LONG);
	assert_int_equal(try_link(p, (struct str){ longest, 1000 }), E_QR_TOO_LONG);        /* modules of a pixel */
	assert_int_equal(try_link(p, S("")), E_TOO_SHORT);
	assert_int_equal(try_link(p, S("\xff")), E_UTF8);
	poster_drop(p);
	l.colour = 0xbbbbbb;
	assert_int_equal(poster_prepare(&d, &none, &layer), E_QR_CONTRAST);
	assert_int_equal(layer, 0);
	l.colour = 0, l.level = 'X';
	assert_int_equal(poster_prepare(&d, &none, &layer), E_NOT_ONE_OF);
}

/* ---- What people are called ---------------------------------------------------------------------------------- */

/* Has anything been drawn outside of the layer? The poster is white. */
static void expect_inside(const struct pixels *p, int x, int y, int width, int height, const char *what)
{
	static const uint8_t white[] = { 255, 255, 255 };

	for (int row = 0; row < p->height; row++)
		for (int column = 0; column < p->width; column++) {
			bool inside = column >= x && column < x + width && row >= y && row < y + height;
			if (!inside && distance(pixels_row(p, row) + column * 3, white) > 40)
				fail_msg("%s: drawn at %d, %d", what, column, row);
		}
}

static bool any_ink(const struct pixels *p, int x, int y, int width, int height)
{
	static const uint8_t white[] = { 255, 255, 255 };

	for (int row = y; row < y + height; row++)
		for (int column = x; column < x + width; column++)
			if (distance(pixels_row(p, row) + column * 3, white) > 90)
				return true;
	return false;
}

static const char *const strange_names[] = {
	"", " ", "\n\r\t", "\x01\x02\x1b[31m红", "محمد علي العربي", "שלום", "\xe2\x80\xae" "esrever", "👨‍👩‍👧‍👦🇨🇳🏳️‍🌈", "<b>&amp;\"'%s%n{nickname}",
	"Z̸̢͛a̴͙̅l̵̜͝g̷̨̈́ö̶́", "𠮷野家", "ﷺ", "a", "🎉", "｛nickname｝", "很长的名字很长的名字很长的名字很长的名字很长的名字很长的名字",
};

TEST(poster_names, "whatever a person is called stays in its place: RTL, emoji, marks, controls, nothing at all, 200 characters")
{
	const struct poster_layer layers[] = { face_layer(64, 224, 120), text_layer(208, 240, 480, 48, "我是{nickname}，来自{nowhere}你好") };
	struct poster_design d = design_of("", layers, 2);
	struct poster *p = prepared(&d);
	char longest[4 * 201];

	for (size_t i = 0; i < 200; i++)
		memcpy(longest + 3 * i, "群", 4);
	for (size_t i = 0; i <= sizeof strange_names / sizeof *strange_names; i++) {
		const char *name = i < sizeof strange_names / sizeof *strange_names ? strange_names[i] : longest;
		struct poster_person who = person_named(name);
		PIXELS_SCOPED seen = drawn(p, &who);
		expect_inside(&seen, 64, 224, 624, 128, name);
		assert_true(any_ink(&seen, 208, 240, 480, 48));
		assert_true(any_ink(&seen, 64, 224, 120, 120));
	}
	assert_int_equal(try_link(p, S("")), 0);                /* no code, no link needed */
	poster_drop(p);
}

TEST(poster_lines, "a long text wraps, keeps to its lines and ends in an ellipsis; a break in the design is a break")
{
	struct poster_layer l = text_layer(100, 200, 400, 160, "{nickname}");
	struct poster_design d = design_of("", &l, 1);

	l.size = 40, l.max_lines = 3, l.line_height = 130;
	struct poster *p = prepared(&d);
	struct poster_person who = person_named("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十");
	PIXELS_SCOPED three = drawn(p, &who);
	assert_true(any_ink(&three, 100, 200, 400, 44) && any_ink(&three, 100, 252, 400, 44) && any_ink(&three, 100, 304, 400, 44));
	expect_inside(&three, 92, 192, 416, 176, "three lines");
	poster_drop(p);
	l.text = S("上\n下"), l.align = POSTER_RIGHT;
	p = prepared(&d);
	PIXELS_SCOPED two = drawn(p, &who);
	assert_true(any_ink(&two, 456, 200, 44, 44) && any_ink(&two, 456, 252, 44, 44));
	assert_false(any_ink(&two, 100, 200, 300, 160) || any_ink(&two, 100, 304, 400, 50));
	poster_drop(p);
}

/* ---- What people bring ------------------------------------------------------------------------------------------ */

TEST(poster_broken_avatar, "an avatar that cannot be read becomes initials; one that can is shown, whatever its proportions")
{
	ARENA_SCOPED arena;
	const struct poster_layer l = face_layer(100, 100, 200);
	struct poster_design d = design_of("", &l, 1);
	struct poster *p = prepared(&d);
	struct poster_person who = person_named("安安");
	PIXELS_SCOPED initials = drawn(p, &who);
	struct pixels photo = sample_photo(600, 90, 3);

	arena_init(&arena, 64 << 20);
	struct blob wide = sample_jpeg(&arena, &photo, 90);
	pixels_free(&photo);
	who.avatar = (struct blob){ wide.at, wide.len / 2 };
	PIXELS_SCOPED broken = drawn(p, &who);
	assert_memory_equal(broken.at, initials.at, pixels_size(&initials));
	who.avatar = wide;
	PIXELS_SCOPED shown = drawn(p, &who);
	assert_true(distance(pixels_row(&shown, 200) + 250 * 3, pixels_row(&initials, 200) + 250 * 3) > 8);
	expect_inside(&shown, 96, 96, 208, 208, "wide avatar");
	poster_drop(p);
}

static int try_background(struct blob file)
{
	struct poster *p = NULL;
	struct poster_design d = { .width = 750, .height = 1334, .background = file };
	int r = poster_prepare(&d, &p, NULL);

	poster_drop(p);
	return r;
}

static struct blob animated(struct arena *arena, struct blob png)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	buf_add(&out, png.at, 33);
	sample_chunk(&out, "acTL", (struct blob){ "\0\0\0\2\0\0\0\0", 8 });
	buf_add(&out, (const char *)png.at + 33, png.len - 33);
	struct str kept = str_copy(arena, buf_view(&out));
	buf_free(&out);
	return (struct blob){ kept.at, kept.len };
}

TEST(poster_backgrounds, "oversize, animated, corrupt and foreign backgrounds are refused, each by its own code; small ones grow")
{
	ARENA_SCOPED arena;
	struct pixels photo = sample_photo(90, 40, 3);

	arena_init(&arena, 64 << 20);
	struct blob png = sample_png(&arena, &photo), jpeg = sample_jpeg(&arena, &photo, 85);
	pixels_free(&photo);
	assert_int_equal(try_background(png), 0);
	assert_int_equal(try_background(jpeg), 0);
	assert_int_equal(try_background(animated(&arena, png)), E_PICTURE_ANIMATED);
	assert_int_equal(try_background((struct blob){ "GIF89a\1\0\1\0", 10 }), E_PICTURE_ANIMATED);
	assert_int_equal(try_background((struct blob){ "RIFF\0\0\0\0WEBP", 12 }), E_PICTURE_FORMAT);
	assert_int_equal(try_background((struct blob){ png.at, png.len - 20 }), E_PICTURE_BROKEN);
	assert_int_equal(try_background((struct blob){ png.at, PICTURE_BYTES_MAX + 1 }), E_PICTURE_TOO_LARGE);
	struct buf huge;
	buf_init(&huge, 1 << 10);
	buf_add(&huge, png.at, png.len < 1000 ? png.len : 1000);
	memcpy(huge.at + 16, "\0\0\xff\xff\0\0\xff\xff", 8);
	assert_int_equal(try_background((struct blob){ huge.at, huge.len }), E_PICTURE_TOO_LARGE);
	buf_free(&huge);
}

TEST(poster_clear_pictures, "what is transparent in a picture shows what lies below, and stays so when it is stored")
{
	ARENA_SCOPED arena;
	struct pixels clear;
	enum picture_type type;
	struct blob stored;

	arena_init(&arena, 64 << 20);
	assert_int_equal(pixels_make(80, 80, 4, &clear), 0);
	for (int i = 0; i < 80 * 40; i++)
		memcpy(clear.at + 4 * i, "\xff\0\0\xff", 4);            /* red above, nothing below */
	struct blob png = sample_png(&arena, &clear);
	pixels_free(&clear);
	assert_int_equal(picture_reduce_clear(png, 60, &arena, &stored, &type), 0);
	assert_int_equal(type, PICTURE_PNG);
	struct poster_layer l = { .kind = POSTER_PICTURE, .x = 160, .y = 160, .width = 320, .height = 320, .opacity = 50, .picture = stored };
	struct poster_design d = design_of("", &l, 1);
	struct poster *p = prepared(&d);
	struct poster_person who = person_named("");
	PIXELS_SCOPED seen = drawn(p, &who);
	const uint8_t pink[] = { 255, 127, 127 }, white[] = { 255, 255, 255 };
	assert_true(distance(pixels_row(&seen, 220) + 320 * 3, pink) < 12);
	assert_true(distance(pixels_row(&seen, 420) + 320 * 3, white) < 12);
	poster_drop(p);
}

TEST(poster_sizes, "a poster is 640 to 2048 a side; too many layers are told")
{
	static struct poster_layer layers[POSTER_LAYERS_MAX + 1];
	struct poster *p = NULL;
	struct poster_design d = { .width = 639, .height = 640 };

	assert_int_equal(poster_prepare(&d, &p, NULL), E_TOO_SMALL);
	d.width = 640, d.height = 2049;
	assert_int_equal(poster_prepare(&d, &p, NULL), E_TOO_LARGE);
	d.height = 2048, d.width = 2048, d.art = S("paper");
	assert_int_equal(poster_prepare(&d, &p, NULL), 0);
	poster_drop(p);
	for (size_t i = 0; i <= POSTER_LAYERS_MAX; i++)
		layers[i] = text_layer(0, 0, 100, 20, "x");
	d = design_of("", layers, POSTER_LAYERS_MAX + 1);
	assert_int_equal(poster_prepare(&d, &p, NULL), E_TOO_MANY);
}

TEST(poster_without_memory, "without memory a poster says so, and nothing is lost")
{
	const struct poster_layer layers[] = { face_layer(64, 224, 120), text_layer(208, 232, 480, 48, "{nickname}"), code_layer(256, 400, 200) };
	struct poster_design d = { .width = 640, .height = 640, .layers = layers, .count = 3 };
	struct poster *p = NULL;
	struct poster_person who = person_named("安");
	struct buf out;

	for (long n = 0;; n++) {
		mem_fail_after(n);
		int r = poster_prepare(&d, &p, NULL);
		if (!mem_failed())
			break;
		assert_int_equal(r, E_MEMORY);
	}
	buf_init(&out, 8 << 20);
	for (long n = 0;; n++) {
		mem_fail_after(n);
		buf_free(&out);
		int r = poster_draw(p, &who, PICTURE_JPEG, &out);
		if (!mem_failed())
			break;
		assert_int_equal(r, E_MEMORY);
		assert_int_equal(out.len, 0);
	}
	mem_fail_after(-1);
	buf_free(&out);
	poster_drop(p);
}
