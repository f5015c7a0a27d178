/* template.h: a web page that lives inside the program, with its {{marks}} filled in for one visitor. */
#pragma once
#include "base/buf.h"

/* `mark` with its braces, "{{title}}"; raw: the text is HTML or JSON already, otherwise it is escaped. */
struct mark { const char *mark; struct str text; bool raw; };

/* Braces that are none of the marks are just text. */
void template_fill(struct buf *, struct str html, const struct mark *, size_t count);
/* The same with one of the program's own files ("h5/join.html"). */
void template_file(struct buf *, const char *path, const struct mark *, size_t count);
