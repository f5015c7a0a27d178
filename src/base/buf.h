/* buf.h: bytes that grow, up to a stated maximum.
 *
 * Sticky: after a failed append (memory out, or past the maximum) appends are no-ops and
 * `buf_failed` is true; check once, before the bytes are used.
 */
#pragma once
#include "base/str.h"

struct buf {
	char  *at;
	size_t len, room, max;
	bool   failed;
};

void buf_init(struct buf *, size_t max);     /* takes no memory yet */
void buf_free(struct buf *);                 /* ready for use again */
void buf_clear(struct buf *);                /* keeps the memory, forgets content and failure */

/* Where the next `len` bytes go, for writers in a hurry: fill them, then move `len` on. NULL when failed. */
char *buf_space(struct buf *, size_t len);

void buf_add(struct buf *, const void *bytes, size_t len);
void buf_str(struct buf *, struct str);
void buf_z(struct buf *, const char *text);
void buf_byte(struct buf *, char);
void buf_int(struct buf *, int64_t);
void buf_format(struct buf *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Text between double quotes in JSON (quotes included). `<` is written \u003c, so the result may
 * stand inside a <script type="application/json"> block. */
void buf_json(struct buf *, struct str);
/* Text for HTML content or a quoted attribute. */
void buf_html(struct buf *, struct str);
/* Percent-encoded for one component of a URL. */
void buf_url(struct buf *, struct str);

static inline struct str buf_view(const struct buf *b) { return (struct str){ b->at, b->len }; }
static inline bool buf_failed(const struct buf *b) { return b->failed; }

#define BUF_SCOPED __attribute__((cleanup(buf_free))) struct buf
