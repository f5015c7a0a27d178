/* qr_read.h: the QR code in an uploaded picture. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

#define QR_READ_MAX 2000        /* bytes of text */

/* The text of the one QR code in a PNG or JPEG (within picture.h's limits). The same text twice counts once. Tries
 * several sizes, and light on dark, before it gives up. Text is UTF-8; GBK, as older generators write it, is converted.
 *
 * 0; E_PICTURE_NO_QR; E_PICTURE_MANY_QR (different texts); E_TOO_LONG (past QR_READ_MAX); E_UTF8 (bytes that are no
 * text); E_PICTURE_FORMAT, E_PICTURE_TOO_LARGE, E_PICTURE_BROKEN; E_MEMORY. *ret_text lives in the arena.
 * A second code that is too small or blurred to be read is not noticed. A phone screenshot takes 40 to 90 ms; 24
 * megapixels without a code, the worst seen, take 1.5 s: call it where waiting is allowed. */
int qr_find(struct blob picture, struct arena *, struct str *ret_text);
