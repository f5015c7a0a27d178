/* xlsx.c: see xlsx.h. libxlsxwriter in its constant memory: one row is held, the rest lies in a file.
 *
 * Test       xlsx_test.c
 */
#include "media/xlsx.h"

#include <unistd.h>
#include <xlsxwriter.h>

#include "base/buf.h"
#include "base/mem.h"

#define CELL_MAX  32767                       /* characters of a cell; bytes here, to be sure */
#define WIDE      18                          /* of a column, in characters */

struct xlsx {
	lxw_workbook  *book;
	lxw_worksheet *sheet;
	struct buf     text;                  /* a cell, ended by a NUL */
	uint32_t       row;
	char           path[256];
};

static int write_cell(struct xlsx *x, uint16_t column, struct str cell, lxw_format *format)
{
	size_t len = cell.len < CELL_MAX ? cell.len : CELL_MAX;
	while (len && len < cell.len && ((unsigned char)cell.at[len] & 0xc0) == 0x80)
		len--;
	if (len == 0)
		return 0;
	buf_clear(&x->text);
	buf_add(&x->text, cell.at, len);
	buf_byte(&x->text, '\0');
	if (buf_failed(&x->text))
		return E_MEMORY;
	lxw_error e = worksheet_write_string(x->sheet, x->row, column, x->text.at, format);
	return e == LXW_NO_ERROR ? 0 : e == LXW_ERROR_MEMORY_MALLOC_FAILED ? E_MEMORY : E_STORE;
}

static int write_row(struct xlsx *x, const struct str *cells, size_t count, lxw_format *format)
{
	for (size_t i = 0; i < count; i++) {
		int r = write_cell(x, (uint16_t)i, cells[i], format);
		if (r < 0)
			return r;
	}
	x->row++;
	return 0;
}

static bool name_file(char path[256])
{
	const char *folder = getenv("TMPDIR");
	snprintf(path, 256, "%s/quntu-XXXXXX.xlsx", folder && *folder && strlen(folder) < 200 ? folder : "/tmp");
	int fd = mkstemps(path, 5);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int xlsx_open(const struct str *headings, size_t count, struct xlsx **ret)
{
	struct xlsx *x = mem_take(sizeof *x);
	if (!x)
		return E_MEMORY;
	buf_init(&x->text, CELL_MAX + 1);
	if (!name_file(x->path)) {
		mem_give(x);
		return E_STORE;
	}
	lxw_workbook_options options = { .constant_memory = LXW_TRUE };
	x->book = workbook_new_opt(x->path, &options);
	x->sheet = x->book ? workbook_add_worksheet(x->book, NULL) : NULL;
	lxw_format *bold = x->sheet ? workbook_add_format(x->book) : NULL;
	if (!bold) {
		xlsx_drop(x);
		return E_MEMORY;
	}
	format_set_bold(bold);
	worksheet_set_column(x->sheet, 0, count ? (uint16_t)(count - 1) : 0, WIDE, NULL);
	worksheet_freeze_panes(x->sheet, 1, 0);
	int r = write_row(x, headings, count, bold);
	if (r < 0) {
		xlsx_drop(x);
		return r;
	}
	*ret = x;
	return 0;
}

int xlsx_row(struct xlsx *x, const struct str *cells, size_t count)
{
	return x->row > XLSX_ROWS_MAX ? E_TOO_MANY : write_row(x, cells, count, NULL);
}

static void leave(struct xlsx *x)
{
	unlink(x->path);
	buf_free(&x->text);
	mem_give(x);
}

int xlsx_close(struct xlsx *x, FILE **ret)
{
	lxw_error e = workbook_close(x->book);
	FILE *file = e == LXW_NO_ERROR ? fopen(x->path, "re") : NULL;
	leave(x);
	if (!file)
		return e == LXW_ERROR_MEMORY_MALLOC_FAILED ? E_MEMORY : E_STORE;
	*ret = file;
	return 0;
}

void xlsx_drop(struct xlsx *x)
{
	if (x->book)
		workbook_close(x->book);
	leave(x);
}
