/* import_read.c: from a file in pieces to chunks of rows.
 *
 * Story      The last piece has come. A first look tells the encoding; the second decodes, finds the rows and keeps them
 *            fifty together, as one transaction will take them in later. Then the pieces go.
 * Owns       import_chunk.
 * Chunk      Each row: line (4 bytes, little end first), number of cells (2; the top bit: a bad row, as it stood), and for
 *            each cell its length (4) and its bytes, UTF-8.
 * Holds      Reading may be cut off anywhere and begins again; the pieces go last. Memory: a piece and a chunk.
 * Test       import_test.c
 */
#include "people/import_inside.h"

#include "base/utf8.h"

#define CHUNK_BYTES (256 << 10)         /* a chunk is full at so many, too */
#define AT_ONCE     16                  /* chunks that are written together */
#define BAD         0x8000

/* ---- Rows ------------------------------------------------------------------------------------- */

struct import_bytes { int64_t records; struct blob bytes; };

ROW(import_bytes,
	FIELD(import_bytes, records, "Rows in it"),
	FIELD(import_bytes, bytes,   "The bytes"));

/* ---- The form of a chunk ------------------------------------------------------------------------ */

static void put_number(struct buf *b, uint32_t n, int bytes)
{
	for (int i = 0; i < bytes; i++, n >>= 8)
		buf_byte(b, (char)(n & 255));
}

static bool take_number(struct blob *from, int bytes, uint32_t *ret)
{
	const unsigned char *at = from->at;
	uint32_t n = 0;
	if (from->len < (size_t)bytes)
		return false;
	for (int i = bytes; i-- > 0;)
		n = n << 8 | at[i];
	*from = (struct blob){ at + bytes, from->len - (size_t)bytes };
	*ret = n;
	return true;
}

static void put_row(struct buf *b, const struct csv_row *row, bool bad)
{
	put_number(b, (uint32_t)row->line, 4);
	put_number(b, (uint32_t)row->count | (bad ? BAD : 0), 2);
	for (size_t i = 0; i < row->count; i++) {
		put_number(b, (uint32_t)row->cells[i].len, 4);
		buf_str(b, row->cells[i]);
	}
}

static bool take_row(struct blob *from, struct arena *arena, struct import_line *ret)
{
	uint32_t line, count, len;
	if (!take_number(from, 4, &line) || !take_number(from, 2, &count))
		return false;
	*ret = (struct import_line){ line, count & BAD, NULL, count & ~(uint32_t)BAD };
	if (!(ret->cells = arena_take_array(arena, ret->count + 1, sizeof *ret->cells)))
		return false;
	for (size_t i = 0; i < ret->count; i++) {
		if (!take_number(from, 4, &len) || from->len < len)
			return false;
		ret->cells[i] = (struct str){ from->at, len };
		*from = (struct blob){ (const char *)from->at + len, from->len - len };
	}
	return true;
}

static QUERY(import_chunk_bytes, READS, &row_import_bytes, TAKES(K_ID, K_ID, K_INT),
	"SELECT records, bytes FROM import_chunk WHERE community_id = ?1 AND import_id = ?2 AND n = ?3");

int import_chunk(struct tx *tx, struct id community, struct id import, int64_t n, struct import_line **ret, size_t *ret_count)
{
	struct import_bytes chunk;
	int r = tx_one(tx, &import_chunk_bytes, &chunk, V(community), V(import), V(n));
	if (r < 0)
		return r;
	struct import_line *lines = arena_take_array(tx_arena(tx), (size_t)chunk.records, sizeof *lines);
	for (int64_t i = 0; lines && i < chunk.records; i++)
		if (!take_row(&chunk.bytes, tx_arena(tx), &lines[i]))
			return arena_failed(tx_arena(tx)) ? E_MEMORY : E_STORE;
	*ret = lines, *ret_count = (size_t)chunk.records;
	return lines ? 0 : E_MEMORY;
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

struct reading {
	const struct job_context *context;
	struct id                 community, import;
	int64_t                   pieces, records;
	int64_t                   chunks;         /* that are written */
	struct buf                chunk;          /* those that are not, one behind the other */
	struct { int64_t records; size_t end; } waiting[AT_ONCE];
	int                       wait_count;
	int64_t                   in_chunk;       /* rows of the one being filled, behind them */
	struct arena              first;          /* the first chunk's rows, for guessing */
	struct csv_row            seen[IMPORT_CHUNK_ROWS];
	size_t                    seen_count;
	enum csv_encoding         encoding;
};

struct step { struct reading *rd; int64_t n; struct blob bytes; int code; };

static QUERY(import_piece_bytes, READS, &row_import_bytes, TAKES(K_ID, K_ID, K_INT),
	"SELECT n AS records, bytes FROM import_piece WHERE community_id = ?1 AND import_id = ?2 AND n = ?3");

static int piece_action(struct tx *tx, void *arg)
{
	struct step *s = arg;
	struct import_bytes piece;
	int r = tx_one(tx, &import_piece_bytes, &piece, V(s->rd->community), V(s->rd->import), V(s->n));
	s->bytes = piece.bytes;
	return r;
}

static QUERY(import_chunk_put, WRITES, NULL, TAKES(K_ID, K_ID, K_INT, K_INT, K_BLOB),
	"INSERT INTO import_chunk (community_id, import_id, n, records, bytes) VALUES (?1, ?2, ?3, ?4, ?5)"
	" ON CONFLICT (community_id, import_id, n) DO UPDATE SET records = excluded.records, bytes = excluded.bytes");

static int chunks_action(struct tx *tx, void *arg)
{
	const struct reading *rd = arg;
	size_t from = 0;
	for (int i = 0; i < rd->wait_count; i++) {
		struct blob bytes = { rd->chunk.at + from, rd->waiting[i].end - from };
		int r = tx_run(tx, &import_chunk_put, V(rd->community), V(rd->import), V(rd->chunks + i), V(rd->waiting[i].records), V(bytes));
		if (r < 0)
			return r;
		from = rd->waiting[i].end;
	}
	return 0;
}

static int write(const struct reading *rd, tx_action *action, void *arg)
{
	ARENA_SCOPED arena;
	arena_init(&arena, 32 << 20);
	return store_write(rd->context->store, rd->community, &arena, action, arg);
}

static int write_chunks(struct reading *rd)
{
	int r = rd->wait_count ? write(rd, chunks_action, rd) : 0;
	if (r < 0)
		return r;
	rd->chunks += rd->wait_count, rd->wait_count = 0;
	buf_clear(&rd->chunk);
	return 0;
}

static int chunk_end(struct reading *rd)
{
	if (rd->in_chunk == 0)
		return 0;
	rd->waiting[rd->wait_count].records = rd->in_chunk;
	rd->waiting[rd->wait_count++].end = rd->chunk.len;
	rd->in_chunk = 0;
	return rd->wait_count == AT_ONCE ? write_chunks(rd) : 0;
}

static size_t chunk_size(const struct reading *rd)
{
	return rd->chunk.len - (rd->wait_count ? rd->waiting[rd->wait_count - 1].end : 0);
}

static void remember(struct reading *rd, const struct csv_row *row)
{
	struct str *cells = arena_take_array(&rd->first, row->count, sizeof *cells);
	for (size_t i = 0; cells && i < row->count; i++)
		cells[i] = str_copy(&rd->first, row->cells[i]);
	if (cells)
		rd->seen[rd->seen_count++] = (struct csv_row){ cells, row->count, row->line };
}

static int take_rows(struct reading *rd, struct csv_stream *stream)
{
	for (;;) {
		ARENA_SCOPED arena;
		struct csv_row row;
		arena_init(&arena, 8 << 20);
		int r = csv_stream_next(stream, &arena, &row);
		if (r == 0 || r == E_MEMORY)
			return r;
		if (rd->records++ == IMPORT_ROWS_MAX + 1)       /* the one more is for headings */
			return E_CSV_TOO_MANY;
		put_row(&rd->chunk, &row, r == E_CSV);
		if (r == 1 && rd->seen_count < IMPORT_CHUNK_ROWS)
			remember(rd, &row);
		rd->in_chunk++;
		if (buf_failed(&rd->chunk))
			return E_MEMORY;
		if ((rd->in_chunk == IMPORT_CHUNK_ROWS || chunk_size(rd) > CHUNK_BYTES) && (r = chunk_end(rd)) < 0)
			return r;
	}
}

/* Once for the encoding, once for the rows. */
static int each_piece(struct reading *rd, struct csv_sniff *sniff, struct csv_stream *stream)
{
	int r = 0;
	for (int64_t n = 0; r >= 0 && n < rd->pieces; n++) {
		ARENA_SCOPED arena;
		struct step step = { rd, n, { 0 }, 0 };
		arena_init(&arena, 8 << 20);
		if ((r = store_read(rd->context->store, &arena, piece_action, &step)) < 0)
			return r;
		if (sniff)
			csv_sniff(sniff, step.bytes);
		else if ((r = csv_stream_feed(stream, step.bytes, n + 1 == rd->pieces)) >= 0)
			r = take_rows(rd, stream);
	}
	return r;
}

/* ---- The end: what it seems to be -------------------------------------------------------------------- */

static QUERY(import_is_read, WRITES, NULL, TAKES(K_ID, K_ID, K_STR, K_STR, K_INT, K_INT, K_STR),
	"UPDATE import SET encoding = ?3, headings = ?4, records = ?5, chunks = ?6, plan = ?7, position = 0"
	" WHERE community_id = ?1 AND id = ?2 AND state = 'reading'");

static struct str as_json(struct arena *arena, const struct row *row, const void *record, struct rows rows)
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	if (record)
		row_write_json(&b, row, record);
	else
		rows_write_json(&b, row, rows);
	return str_copy(arena, buf_view(&b));
}

/* Headings are shown in lists: cut to what a list can show. */
static struct rows headings_of(struct arena *arena, const struct csv_row *first)
{
	struct import_word *items = arena_take_array(arena, first->count, sizeof *items);
	for (size_t i = 0; items && i < first->count; i++)
		items[i].item = utf8_cut(str_trim(first->cells[i]), 40);
	return (struct rows){ items, items ? first->count : 0 };
}

static int read_action(struct tx *tx, void *arg)
{
	static const char *const encodings[] = { "utf8", "gbk", "utf16", "utf16" };
	struct step *step = arg;
	struct reading *rd = step->rd;
	struct arena *arena = tx_arena(tx);
	struct import_plan plan = { 0 };
	struct rows customs = { 0 };
	int r = step->code;
	if (r == 0 && rd->seen_count == 0)
		r = E_CSV_EMPTY;
	if (r < 0)
		return import_state(tx, rd->community, rd->import, "failed", str_of(err_word(r)));
	if ((r = import_customs(tx, rd->community, &customs)) < 0 ||
	    (r = import_guess(rd->seen, rd->seen_count, customs.at, customs.count, arena, &plan)) < 0)
		return r;
	r = tx_run(tx, &import_is_read, V(rd->community), V(rd->import), V(str_of(encodings[rd->encoding])),
	           V(as_json(arena, &row_import_word, NULL, headings_of(arena, &rd->seen[0]))), V(rd->records), V(rd->chunks),
	           V(as_json(arena, &row_import_plan, &plan, (struct rows){ 0 })));
	return r <= 0 ? r : import_state(tx, rd->community, rd->import, "planning", S(""));
}

static QUERY(import_pieces_drop, WRITES, NULL, TAKES(K_ID, K_ID, K_INT),
	"DELETE FROM import_piece WHERE community_id = ?1 AND import_id = ?2 AND n < ?3");

static int drop_action(struct tx *tx, void *arg)
{
	struct step *s = arg;
	int r = tx_run(tx, &import_pieces_drop, V(s->rd->community), V(s->rd->import), V(s->n));
	return r < 0 ? r : 0;
}

static int begin_action(struct tx *tx, void *arg)
{
	struct reading *rd = arg;
	struct import import;
	int r = import_get(tx, rd->community, rd->import, &import);
	rd->pieces = r < 0 || !str_is(import.state, "reading") ? 0 : import.pieces;
	return r;
}

static int read_all(struct reading *rd)
{
	struct csv_sniff sniff = { 0 };
	struct csv_stream stream;
	int r = each_piece(rd, &sniff, NULL);
	if (r < 0)
		return r;
	csv_stream_open(&stream, rd->encoding = csv_encoding_of(&sniff));
	if ((r = each_piece(rd, NULL, &stream)) >= 0 && (r = chunk_end(rd)) >= 0)
		r = write_chunks(rd);
	csv_stream_close(&stream);
	struct step step = { rd, 0, { 0 }, r == E_CSV_TOO_MANY ? r : 0 };
	if (r < 0 && !step.code)
		return r;
	if ((r = write(rd, read_action, &step)) < 0)
		return r;
	for (step.n = 8; r >= 0 && step.n < rd->pieces + 8; step.n += 8)        /* a few at a time: scans wait for this lane */
		r = write(rd, drop_action, &step);
	return r < 0 ? r : 0;
}

int import_read(const struct job_context *context, struct id community, struct id import)
{
	struct reading *rd = ARENA_NEW(context->arena, struct reading);
	if (!rd)
		return E_MEMORY;
	*rd = (struct reading){ .context = context, .community = community, .import = import };
	buf_init(&rd->chunk, (AT_ONCE + 1) * (CHUNK_BYTES + 2 * CSV_ROW_MAX));
	arena_init(&rd->first, 32 << 20);
	int r = store_read(context->store, context->arena, begin_action, rd);
	if (r >= 0 && rd->pieces)
		r = read_all(rd);
	buf_free(&rd->chunk);
	arena_release(&rd->first);
	return r;
}

/* ---- Declaration --------------------------------------------------------------------------------------- */

static const struct query *const queries[] = {
	&import_chunk_bytes, &import_piece_bytes, &import_chunk_put, &import_is_read, &import_pieces_drop, NULL,
};

const struct feature feature_import_read = { .name = "import_read", .queries = queries };
