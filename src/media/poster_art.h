/* poster_art.h: backgrounds that are drawn, so that a first poster looks well before anybody has uploaded anything. */
#pragma once
#include <cairo.h>
#include "base/str.h"

struct poster_art {
	const char *name;
	uint32_t    accent;             /* the colour it was made for */
	/* Fills width × height. A card for the code stands at the bottom of each. */
	void      (*paint)(cairo_t *, double width, double height, uint32_t accent);
};

extern const struct poster_art poster_arts[];           /* ends with a NULL name */
const struct poster_art *poster_art_find(struct str name);      /* NULL: there is none */
