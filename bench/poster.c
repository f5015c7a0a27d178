/* poster.c: bench `poster`: a personal poster, from a name, a face and a link to the bytes of a JPEG.
 *
 * 750 × 1334: a background, a round avatar (decoded each time), two lines of Chinese, a QR code of 240 pixels; every
 * poster with another name, number, face and link. The unit is posters a second of processor time, so that programs with
 * threads of their own are not favoured. The floor is the same painting, encoded as a whole by libjpeg-turbo. The peers do
 * the same poster in node: bench/peers/poster.mjs, which `./dev bench` installs into build/bench-peers; each keeps what it
 * can of the background. Rounds alternate.
 */
#include "bench/benches.h"

#include <unistd.h>

#include "media/codec.h"
#include "media/poster.h"

#define WIDTH     750
#define HEIGHT    1334
#define FACES     16
#define FACE_SIDE 200
#define NAMES     10
#define WARM      50

static const char *const names[NAMES] = {
	"张小明", "李丽华", "王志强", "赵梓涵", "刘浩然", "陈雨桐", "杨子轩", "黄欣怡", "周建国", "吴晓峰",
};

static const struct poster_layer layers[] = {
	{ .kind = POSTER_AVATAR, .x = 64, .y = 224, .width = 120, .height = 120, .opacity = 100, .shape = POSTER_ROUND },
	{ .kind = POSTER_TEXT, .x = 208, .y = 228, .width = 480, .height = 47, .opacity = 100, .bold = true, .size = 36,
	  .text = S("{nickname} 邀请你一起加入"), .line_height = 130, .max_lines = 1, .colour = 0xffffff },
	{ .kind = POSTER_TEXT, .x = 208, .y = 288, .width = 480, .height = 37, .opacity = 100, .size = 28,
	  .text = S("{group} · 第 {days} 位成员"), .line_height = 130, .max_lines = 1, .colour = 0xffffff },
	{ .kind = POSTER_QR, .x = 256, .y = 1008, .width = 240, .height = 240, .opacity = 100, .light = 0xffffff,
	  .quiet = 4, .level = 'M' },
};

struct bench_poster {
	struct poster *poster;
	struct buf     faces[FACES], out;
};

/* ---- What is drawn ----------------------------------------------------------------------------- */

/* Something with edges, slopes and grain, as photographs have. */
static int make_face(unsigned seed, struct buf *ret)
{
	PIXELS_SCOPED p = { 0 };
	unsigned noise = seed * 2654435761u + 1;
	int r = pixels_make(FACE_SIDE, FACE_SIDE, 3, &p);
	for (int y = 0; r == 0 && y < FACE_SIDE; y++)
		for (int x = 0; x < FACE_SIDE; x++) {
			int dx = x - 100 + (int)(seed % 17), dy = y - 90, near = dx * dx + dy * dy < 3600;
			noise = noise * 1664525u + 1013904223u;
			for (unsigned c = 0; c < 3; c++)
				pixels_row(&p, y)[x * 3 + (int)c] = (uint8_t)((near ? 190 - 20 * c : (unsigned)(x + y) / 3 + 31 * c + seed * 9)
				                                              % 230 + (noise >> 29));
		}
	return r < 0 ? r : jpeg_encode(&p, 88, ret);
}

static int write_bytes(const struct bench_run *run, const char *name, const struct buf *bytes)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", run->folder, name);
	FILE *file = fopen(path, "w");
	if (!file)
		return E_STORE;
	bool good = fwrite(bytes->at, 1, bytes->len, file) == bytes->len;
	return fclose(file) == 0 && good ? 0 : E_STORE;
}

/* The background alone, as the file that all others begin with; and the faces. */
static int make_files(const struct bench_run *run, struct bench_poster *b, struct buf *background)
{
	struct poster *empty;
	char name[32];
	int r = poster_prepare(&(struct poster_design){ .width = WIDTH, .height = HEIGHT, .art = S("dawn") }, &empty, NULL);
	if (r < 0)
		return r;
	r = poster_draw(empty, &(struct poster_person){ 0 }, PICTURE_PNG, background);
	poster_drop(empty);
	if (r == 0)
		r = write_bytes(run, "background.png", background);
	for (unsigned i = 0; i < FACES && r == 0; i++) {
		snprintf(name, sizeof name, "face-%u.jpg", i);
		if ((r = make_face(i, &b->faces[i])) == 0)
			r = write_bytes(run, name, &b->faces[i]);
	}
	return r;
}

/* ---- Ours -------------------------------------------------------------------------------------- */

static double thread_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int draw_nth(struct bench_poster *b, unsigned n, bool whole)
{
	char link[80], days[20], name[64];
	const struct buf *face = &b->faces[n % FACES];
	snprintf(link, sizeof link, "https://go.example.com/j/%08x?c=poster", n * 2654435761u);
	snprintf(days, sizeof days, "%u", n);
	snprintf(name, sizeof name, "%s%u", names[n % NAMES], n % 97);
	struct poster_word words[] = { { S("group"), S("城市跑步打卡群") }, { S("days"), str_of(days) } };
	struct poster_person who = { str_of(name), str_of(link), { face->at, face->len }, words, 2 };
	buf_clear(&b->out);
	return whole ? poster_draw_whole(b->poster, &who, &b->out) : poster_draw(b->poster, &who, PICTURE_JPEG, &b->out);
}

static int measure(struct bench_poster *b, bool whole, double seconds, double *ret)
{
	unsigned n = 0;
	int r = 0;
	for (; n < WARM && r == 0; n++)
		r = draw_nth(b, n, whole);
	double began = thread_seconds(), now = began;
	for (n = 0; r == 0 && now - began < seconds; n++) {
		r = draw_nth(b, n + WARM, whole);
		now = thread_seconds();
	}
	*ret = n / (now - began);
	return r;
}

/* ---- The peers ------------------------------------------------------------------------------------ */

struct peer { const char *name, *word; double rate[BENCH_ROUNDS]; const char *why; };

/* Where ./dev bench has put it: beside the program. */
static const char *peers_script(const struct bench_run *run)
{
	const char *slash = strrchr(run->program, '/');
	struct str folder = { run->program, slash ? (size_t)(slash - run->program) : 0 };
	const char *path = str_z(run->arena, str_format(run->arena, "%.*s/bench-peers/poster.mjs", STR(folder)));
	return path && access(path, R_OK) == 0 ? path : NULL;
}

static void measure_peer(const struct bench_run *run, struct peer *peer, size_t round)
{
	const char *script = peers_script(run), *seconds = str_z(run->arena, str_format(run->arena, "%d", run->seconds));
	const char *const argv[] = { "node", script, peer->word, run->folder, seconds, NULL };
	BUF_SCOPED said;
	buf_init(&said, 64 * 1024);
	if (!script || peer->why) {
		peer->why = peer->why ? peer->why : "not installed: ./dev bench does it";
		return;
	}
	int r = child_run(argv, &said, run->arena);
	buf_byte(&said, '\0');
	const char *line = buf_failed(&said) ? NULL : strstr(said.at, "POSTERS ");
	if (r == E_NOT_FOUND)
		peer->why = "node is not installed";
	else if (r != 0 || !line || sscanf(line, "POSTERS %lf", &peer->rate[round]) != 1)
		peer->why = "it failed; run node build/bench-peers/poster.mjs by hand";
}

static struct figure figure_of(struct peer *peer)
{
	return (struct figure){ peer->name, peer->why ? 0 : bench_median(peer->rate, BENCH_ROUNDS), peer->why };
}

/* ---- The bench -------------------------------------------------------------------------------------- */

static int rounds(const struct bench_run *run, struct bench_poster *b)
{
	struct peer sharp = { "sharp", "sharp" }, canvas = { "@napi-rs/canvas", "canvas" };
	double ours[BENCH_ROUNDS], whole[BENCH_ROUNDS];
	int r = 0;
	for (size_t i = 0; i < BENCH_ROUNDS && r == 0; i++) {
		r = measure(b, false, run->seconds, &ours[i]);
		if (r == 0)
			r = measure(b, true, run->seconds, &whole[i]);
		measure_peer(run, &sharp, i);
		measure_peer(run, &canvas, i);
	}
	if (r < 0)
		return r;
	struct measure m = {
		.bench = "poster", .metric = "posters_per_s_core", .unit = "1/s", .ours = bench_median(ours, BENCH_ROUNDS),
		.floor = { "our own painting, encoded as a whole", bench_median(whole, BENCH_ROUNDS), NULL },
		.peers = { figure_of(&sharp), figure_of(&canvas) },
		.note = "750x1334 JPEG 85: avatar decoded, two Chinese lines, QR; per second of processor time; target 350",
	};
	bench_print(run, &m);
	m = (struct measure){
		.bench = "poster", .metric = "prepared_mb", .unit = "MB", .ours = (double)poster_size(b->poster) / (1 << 20),
		.less_is_better = true, .note = "memory that one prepared design holds",
	};
	bench_print(run, &m);
	return 0;
}

static int run_poster(const struct bench_run *run)
{
	struct bench_poster b = { 0 };
	BUF_SCOPED background;
	buf_init(&background, 16 << 20);
	buf_init(&b.out, 16 << 20);
	for (size_t i = 0; i < FACES; i++)
		buf_init(&b.faces[i], 1 << 20);
	int r = make_files(run, &b, &background);
	if (r == 0)
		r = poster_prepare(&(struct poster_design){
			.width = WIDTH, .height = HEIGHT, .background = { background.at, background.len }, .layers = layers,
			.count = sizeof layers / sizeof *layers }, &b.poster, NULL);
	if (r == 0)
		r = rounds(run, &b);
	poster_drop(b.poster);
	for (size_t i = 0; i < FACES; i++)
		buf_free(&b.faces[i]);
	buf_free(&b.out);
	return r;
}

const struct bench bench_poster = { "poster", "a personal poster, beside a whole encode, sharp and @napi-rs/canvas", run_poster };
