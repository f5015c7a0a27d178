/* sheet.h: labelled QR codes on A4, to print and cut: one for every desk, shop, member of staff or partner. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#define SHEET_CODES_MAX 500
#define SHEET_PER_PAGE  12          /* 3 × 4 */
#define SHEET_TEXT_MAX  200         /* characters of a line that are looked at; what does not fit its cell ends in … */

struct sheet_code {
	struct str text;                /* what the QR code holds */
	struct str label;               /* large: 3 号桌 */
	struct str second;              /* small: 一楼靠窗; may be empty */
	struct str link;                /* the short link, for those who type; may be empty */
};

struct sheet {
	struct str               title;         /* on top of each page, before "1 / 3" */
	const struct sheet_code *codes;
	size_t                   count;
};

/* Appends a PDF with embedded fonts. 0; E_TOO_SMALL (no codes), E_TOO_MANY; E_UTF8, E_TOO_SHORT, E_QR_TOO_LONG (one
 * of the texts; see qr_draw.h); E_MEMORY. On failure the buffer's content is as it was.
 * About 3 KB a code and 100 KB of fonts.
 * The first sheet of a thread loads the fonts (0.2 s). */
int sheet_pdf(const struct sheet *, struct buf *ret);
