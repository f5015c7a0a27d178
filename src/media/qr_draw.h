/* qr_draw.h: QR codes as PNG, as SVG, and on anybody's cairo page.
 *
 * Text is UTF-8, not empty. Modules are whole pixels, the quiet zone is at least 4 modules wide (ISO 18004).
 *
 * All return 0 or
 *   E_TOO_SHORT, E_UTF8   no text; no UTF-8
 *   E_QR_TOO_LONG         for the level, or for the size: a module would be under 2 pixels
 *   E_NOT_ONE_OF          no such level
 *   E_TOO_SMALL, E_TOO_LARGE   the size
 *   E_QR_CONTRAST         scanners would not tell dark from light
 *   E_PICTURE_…           the logo; see picture.h
 *   E_MEMORY
 */
#pragma once
#include <cairo.h>
#include "base/buf.h"
#include "base/err.h"

#define QR_SIDE_MAX  177            /* modules of version 40 */
#define QR_BYTES_MAX 2953           /* it takes so many at level L, fewer at the others */
#define QR_SIZE_MIN  128            /* pixels */
#define QR_SIZE_MAX  2048

struct qr_style {
	char        level;              /* L M Q H: 7, 15, 25, 30 % may be lost; a logo makes it H */
	int         size;               /* of the whole square picture, in pixels */
	uint32_t    dark, light;        /* 0xRRGGBB; dark on light, at least 3 : 1 */
	struct blob logo;               /* PNG or JPEG for the middle; empty: none */
};

#define QR_STYLE_PLAIN ((struct qr_style){ .level = 'M', .size = 512, .dark = 0x000000, .light = 0xffffff })

/* One bit a pixel without a logo (about 1 KB), RGB with one. Appends; on failure the buffer's content is as it was. */
int qr_png(struct str text, const struct qr_style *, struct buf *ret);

/* One path, the logo as a data URL; scales to any size, `size` is its natural one. Nothing in it runs or is fetched. */
int qr_svg(struct str text, const struct qr_style *, struct buf *ret);

/* ---- The code itself, for posters and sheets ---- */

struct qr {
	int     side;                                   /* modules, without the quiet zone */
	uint8_t dark[QR_SIDE_MAX * QR_SIDE_MAX];        /* row by row */
};

int qr_make(struct str text, char level, struct qr *ret);

/* Modules that a logo may hide, across the middle. */
int qr_logo_modules(int side);

/* Dark on light, far enough apart for scanners? 0 or E_QR_CONTRAST. */
int qr_colours_check(uint32_t dark, uint32_t light);

/* Fills the dark modules with cairo's current source; the upper left one begins at x, y. The quiet zone is the
 * caller's. */
void qr_paint(const struct qr *, cairo_t *, double x, double y, double module);
