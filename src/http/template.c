/* template.c: see template.h. */
#include "http/template.h"

#include "http/static.h"

/* The mark that `at` begins with, or NULL: then the braces are just text. */
static const struct mark *mark_at(struct str at, const struct mark *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_starts(at, str_of(marks[i].mark)))
			return &marks[i];
	return NULL;
}

void template_fill(struct buf *b, struct str html, const struct mark *marks, size_t count)
{
	while (html.len) {
		const char *open = memmem(html.at, html.len, "{{", 2);
		size_t before = open ? (size_t)(open - html.at) : html.len;
		buf_add(b, html.at, before);
		html.at += before, html.len -= before;
		const struct mark *mark = mark_at(html, marks, count);
		size_t taken = mark ? strlen(mark->mark) : html.len ? 2 : 0;
		if (!mark)
			buf_add(b, html.at, taken);
		else if (mark->raw)
			buf_str(b, mark->text);
		else
			buf_html(b, mark->text);
		html.at += taken, html.len -= taken;
	}
}

void template_file(struct buf *b, const char *path, const struct mark *marks, size_t count)
{
	template_fill(b, static_text(path), marks, count);
}
