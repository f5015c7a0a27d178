/* form.h: what browsers send besides JSON: query strings, forms, multipart. Text must be UTF-8.
 *
 * Both readers are strict and bounded: at most FORM_PAIRS_MAX fields, the whole body already in memory (the route's
 * body_max bounds it). Names and texts are decoded copies in the arena; bytes of a multipart file point into the body.
 */
#pragma once
#include "base/row.h"

#define FORM_PAIRS_MAX 200

struct pairs { struct pair *at; size_t count; };

/* a=1&b=%E7%BE%A4+x. 0, E_FORM (bad escape, too many) or E_UTF8. */
int form_read(struct str text, struct arena *, struct pairs *ret);

/* multipart/form-data; `type` is the whole Content-Type header. 0, E_FORM or E_UTF8. A part with a filename has
 * `bytes` and `filename` (its last path component); one without has `text`. */
int multipart_read(struct str type, struct blob body, struct arena *, struct pairs *ret);
