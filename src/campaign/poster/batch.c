/* batch.c: many posters from one table (CSV → zip).
 *
 * Story      A school prints 300 certificates of the same poster: a table with a column for each variable, one row a person.
 *            Nobody has to be a member, and nothing is kept.
 * Holds      All or nothing: a row that cannot be drawn is named with its line. One table at a time in a process, and
 *            at most BATCH_BYTES of pictures: memory is bounded, whoever asks.
 * Test       poster_test.c.
 */
#include "campaign/poster/batch.h"

#include <pthread.h>

#include "base/csv.h"
#include "base/mem.h"
#include "campaign/poster/design.h"
#include "media/archive.h"

#define ROWS_MAX    1000
#define BATCH_BYTES (80u << 20)
#define COLUMNS_MAX 20

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

struct column { const char *zh; const char *name; };

/* Headings that people write. */
static const struct column columns[] = {
	{ "昵称", "nickname" }, { "姓名", "nickname" }, { "链接", "link" }, { "二维码", "link" }, { "群", "group" }, { "天数", "days" },
	{ "编号", "number" }, { "活动", "campaign" }, { "奖品", "prize" }, { "剩余", "left" }, { "日期", "date" },
};

static struct str column_name(struct str heading)
{
	heading = str_trim(heading);
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
		if (str_is(heading, columns[i].zh))
			return str_of(columns[i].name);
	return heading;
}

struct batch {
	struct poster     *poster;
	struct csv         csv;
	struct str         names[COLUMNS_MAX];
	struct poster_word own[2];              /* {community}, {date}, unless the table has them */
	struct buf        *pictures;
	size_t             drawn, bytes;
};

/* Row `n` as a person. words: room for a column each and our own. */
static struct poster_person person_of(const struct batch *b, const struct csv_row *row, struct poster_word *words)
{
	struct poster_person who = { .words = words };
	for (size_t i = 0; i < 2; i++)
		words[who.word_count++] = b->own[i];
	for (size_t i = 0; i < row->count && i < COLUMNS_MAX; i++) {
		struct str cell = str_trim(row->cells[i]);
		if (str_is(b->names[i], "nickname"))
			who.nickname = cell;
		else if (str_is(b->names[i], "link"))
			who.link = cell;
		else
			words[who.word_count++] = (struct poster_word){ b->names[i], cell };
	}
	return who;
}

static int draw_row(struct batch *b, size_t n)
{
	struct poster_word words[COLUMNS_MAX + 2];
	struct poster_person who = person_of(b, &b->csv.rows[n + 1], words);
	struct buf *out = &b->pictures[n];
	buf_init(out, 8 << 20);
	int r = poster_draw(b->poster, &who, PICTURE_JPEG, out);
	b->bytes += out->len;
	b->drawn++;
	return r < 0 ? r : b->bytes > BATCH_BYTES ? E_CSV_TOO_MANY : 0;
}

/* 001-林小满.jpg: the table's order, and who it is for. */
static int zip(struct batch *b, struct arena *arena, struct buf *ret)
{
	struct archive_file *files = arena_take_array(arena, b->drawn, sizeof *files);
	struct poster_word words[COLUMNS_MAX + 2];
	for (size_t i = 0; files && i < b->drawn; i++) {
		struct poster_person who = person_of(b, &b->csv.rows[i + 1], words);
		files[i] = (struct archive_file){
			str_format(arena, "%03zu-%.*s.jpg", i + 1, STR(who.nickname)), { b->pictures[i].at, b->pictures[i].len },
		};
	}
	return !files || arena_failed(arena) ? E_MEMORY : archive_zip(files, b->drawn, ret);
}

static void batch_end(struct batch *b)
{
	for (size_t i = 0; i < b->drawn; i++)
		buf_free(&b->pictures[i]);
	mem_give(b->pictures);
	b->pictures = NULL;
	b->drawn = 0;
}

static int read_table(struct batch *b, struct blob file, struct arena *arena, size_t *ret_line)
{
	*ret_line = 0;
	int r = csv_read(file, ROWS_MAX + 1, arena, &b->csv, ret_line);
	if (r < 0)
		return r;
	if (b->csv.count < 2)
		return E_CSV_EMPTY;
	for (size_t i = 0; i < b->csv.rows[0].count && i < COLUMNS_MAX; i++)
		b->names[i] = column_name(b->csv.rows[0].cells[i]);
	return 0;
}

static int draw_table(struct batch *b, struct arena *arena, struct buf *ret, size_t *ret_line)
{
	int r = 0;
	if (!(b->pictures = mem_take((b->csv.count - 1) * sizeof *b->pictures)))
		return E_MEMORY;
	for (size_t i = 0; i + 1 < b->csv.count && r == 0; i++) {
		*ret_line = b->csv.rows[i + 1].line;
		r = draw_row(b, i);
	}
	return r < 0 ? r : zip(b, arena, ret);
}

int poster_batch(struct poster *poster, struct blob file, const struct poster_word own[2], struct arena *arena, struct str *ret,
                 size_t *ret_line)
{
	struct batch b = { .poster = poster, .own = { own[0], own[1] } };
	BUF_SCOPED out;
	buf_init(&out, 2 * (size_t)BATCH_BYTES);
	int r = read_table(&b, file, arena, ret_line);
	if (r < 0)
		return r;
	if (pthread_mutex_trylock(&one_at_a_time) != 0)
		return E_BUSY;
	r = draw_table(&b, arena, &out, ret_line);
	batch_end(&b);
	if (r == 0)
		*ret = str_copy(arena, buf_view(&out));
	pthread_mutex_unlock(&one_at_a_time);
	return r < 0 ? r : arena_failed(arena) ? E_MEMORY : 0;
}
