/* copy.h: a person's copy of what is kept about them: data.json for programs, data.html for people, and the pictures they
 * handed in, in one zip. */
#pragma once
#include "people/community.h"
#include "people/erase.h"

int copy_zip(struct tx *, const struct feature *const *, const struct community *, const struct person *, enum lang, struct buf *ret);
