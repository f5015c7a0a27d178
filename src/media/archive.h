/* archive.h: many files as one zip, in memory: 1,000 posters or 500 codes for one download. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#define ARCHIVE_FILES_MAX 1000
#define ARCHIVE_BYTES_MAX (256 << 20)       /* of all files together */

struct archive_file {
	struct str  name;                       /* as a person would write it, with extension; UTF-8 */
	struct blob bytes;
};

/* Appends a zip of the files, in their order. Names are made safe for every system (see archive_name) and unique:
 * the second 海报.png becomes 海报 (2).png; names that differ only in ASCII case are the same.
 * 0; E_TOO_SMALL (no files); E_TOO_MANY; E_TOO_LARGE; E_UTF8 (a name); E_MEMORY. On failure the buffer's content is
 * as it was. */
int archive_zip(const struct archive_file *, size_t count, struct buf *ret);

struct arena;
/* One safe file name: no path, no control or reserved characters, no leading dots, nothing a shell or spreadsheet
 * trips over, at most 80 characters with its extension kept; "file" when nothing is left. The name is valid UTF-8.
 * Empty when memory is out. */
struct str archive_name(struct arena *, struct str name);
