/* page.c: where the next page of a list begins. */
#include "http/http.h"

void page_end(struct request *rq, struct page *page, const struct row *row, int64_t limit)
{
	if (limit <= 0 || (int64_t)page->rows.count < limit)
		return;
	for (size_t i = 0; i < row->count; i++)
		if (row->fields[i].kind == K_ID && strcmp(row->fields[i].name, "id") == 0) {
			const char *last = (const char *)page->rows.at + (page->rows.count - 1) * row->size;
			const struct id *id = field_at(&row->fields[i], last);
			page->next = str_format(rq->arena, "%lld", (long long)id->n);
		}
}
