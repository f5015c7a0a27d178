/* template.c: see template.h. */
#include "http/template.h"

#include "http/static.h"

struct mark { const char *mark; struct str text; bool raw; };     /* raw: HTML or JSON already, otherwise it is escaped */

/* The mark that `at` begins with, or NULL: then the braces are just text. */
static const struct mark *mark_at(struct str at, const struct mark *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_starts(at, str_of(marks[i].mark)))
			return &marks[i];
	return NULL;
}

static void fill(struct buf *b, struct str html, const struct mark *marks, size_t count)
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

/* "https://host/path", as others must be told it. */
static struct str whole_address(struct request *rq, struct str path)
{
	return path.len ? str_format(rq->arena, "%.*s%.*s", STR(rq->origin), STR(path)) : path;
}

int template_page(struct request *rq, const struct shown_page *shown, struct body *ret)
{
	BUF_SCOPED json;
	BUF_SCOPED html;
	buf_init(&json, PAGE_MOST);
	buf_init(&html, PAGE_MOST);
	row_write_json(&json, shown->row, shown->page);
	const struct mark marks[] = {
		{ "{{lang}}",        rq->lang == LANG_EN ? S("en") : S("zh-CN"), false },
		{ "{{title}}",       shown->title, false },
		{ "{{description}}", shown->description, false },
		{ "{{url}}",         whole_address(rq, shown->path), false },
		{ "{{image}}",       whole_address(rq, shown->image), false },
		{ "{{page}}",        buf_view(&json), true },
		{ "{{body}}",        shown->body, true },
	};
	fill(&html, static_text(shown->file), marks, sizeof marks / sizeof *marks);
	if (buf_failed(&json) || buf_failed(&html))
		return E_MEMORY;
	*ret = (struct body){ .bytes = str_copy(rq->arena, buf_view(&html)), .type = "text/html; charset=utf-8" };
	return 0;
}
