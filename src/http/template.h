/* template.h: a web page that lives inside the program, with its {{marks}} filled in for one visitor. Braces that are none of
 * the marks are just text. */
#pragma once
#include "http/http.h"

/* A page of the program's own files, as people meet it from a link: its {{marks}} are lang, title, description, url, image,
 * page (the data its script begins with) and body (what is readable without any script). */
struct shown_page {
	const char       *file;                   /* "h5/join.html" */
	const struct row *row;                    /* … and the page's data */
	const void       *page;
	struct str        title, description;
	struct str        path, image;            /* addresses on this server: "/g/SLUG"; empty: no image */
	struct str        body;                   /* HTML */
};
/* The answer, in the request's arena. E_MEMORY: also when the page would pass PAGE_MOST bytes. */
int template_page(struct request *, const struct shown_page *, struct body *ret);

#define PAGE_MOST (512 << 10)
