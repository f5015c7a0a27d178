/* poster_inside.h: what the files poster*.c share; nobody else includes it. */
#pragma once
#include <pango/pangocairo.h>
#include "media/jpeg_patch.h"
#include "media/poster.h"

/* What one thread draws with. Fonts and their glyphs live as long as it does. */
struct painter {
	PangoFontMap    *fonts;
	PangoContext    *context;
	PangoLayout     *layout;
	uint32_t        *words;                 /* the poster at work */
	size_t           room;                  /* … of so many words */
	cairo_surface_t *surface;
	cairo_t         *cr;
	int              width;
	struct painter  *next;
};

struct layer {
	struct poster_layer   is;
	struct area           area;             /* what it may touch */
	bool                  personal;         /* drawn for each person … */
	bool                  late;             /* … and this again, because it lies over such a one */
	cairo_surface_t      *picture;          /* a picture, or a logo */
	uint32_t             *words;            /* its pixels */
	PangoFontDescription *font;
};

/* poster_text.c. A text with its variables filled in, fit to be laid out. */
void poster_fill(struct buf *, struct str text, const struct poster_person *);
void poster_text(struct painter *, const struct layer *, struct str text);
/* The first character of a name as people see one (an emoji of five code points is one), in the middle of x, y. 0 or E_MEMORY. */
int  poster_initial(struct painter *, struct str nickname, double x, double y, double size);
PangoFontDescription *poster_font(bool serif, bool bold, double size);

/* poster_layers.c: each draws where the painter's context stands; 0 or a code of poster_draw. */
int poster_avatar(struct painter *, const struct layer *, const struct poster_person *);
int poster_code(struct painter *, const struct layer *, struct str link);
void poster_picture(struct painter *, const struct layer *);
/* Decoded to fill the layer (a picture) or its middle (a logo). */
int  layer_load(struct layer *);
/* A file of any proportions as a surface that covers width × height; its words are the caller's. */
int  cover_load(struct blob file, int width, int height, cairo_surface_t **ret, uint32_t **ret_words);
