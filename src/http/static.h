/* static.h: the web pages that live inside the program (made by tools/embed.sh from web/dist). */
#pragma once
#include "base/str.h"

struct embedded { const char *path, *hash, *at, *end, *gz, *gz_end; };     /* gz NULL: not worth it */

extern const struct embedded embedded_files[];                             /* sorted by path, ends with NULL */

/* The text of one of them ("h5/join.html"), for templates; empty when there is none. */
struct str static_text(const char *path);
