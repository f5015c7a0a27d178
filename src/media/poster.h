/* poster.h: one design, a thousand posters: each person's name, face and code on the same picture.
 *
 * Story      A campaign has 3,000 participants, and each wants a poster at once. What they share is drawn and encoded
 *            once (`poster_prepare`); for each person only their own layers are drawn, and only the blocks these touch
 *            are encoded (jpeg_patch.h). That takes about 2 ms instead of 20.
 * Layers     From the back to the front: text (may hold {variables}), the person's avatar, their QR code, pictures.
 *            x, y, width, height in pixels of the poster, turned about their middle. Nothing leaves its layer's place
 *            but the descenders of a text's last line.
 * Holds      The same design and person give the same bytes. What a person brings never fails a poster: a name of 200
 *            characters ends in …, control and direction characters do nothing, an avatar that cannot be read becomes
 *            initials. Only a link that does not fit its code does (E_QR_TOO_LONG).
 *            Safe from any thread; a prepared poster may be drawn by many threads at once.
 * Not here   Who may have which avatar, storing, caching (campaign/poster); what is well designed (campaign/poster/check).
 * Test       poster_test.c reads every code back.
 */
#pragma once
#include "base/buf.h"
#include "media/picture.h"

#define POSTER_SIDE_MIN   640
#define POSTER_SIDE_MAX   2048
#define POSTER_LAYERS_MAX 40
#define POSTER_TEXT_MAX   300       /* characters of a layer; a variable brings at most POSTER_VALUE_MAX */
#define POSTER_VALUE_MAX  200
#define POSTER_SIZE_MIN   8         /* pixels of a text */
#define POSTER_SIZE_MAX   400
#define POSTER_CODE_MIN   120       /* pixels of a QR code's layer */

enum poster_kind  { POSTER_TEXT = 1, POSTER_AVATAR, POSTER_QR, POSTER_PICTURE };
enum poster_align { POSTER_LEFT, POSTER_CENTRE, POSTER_RIGHT };
enum poster_shape { POSTER_SQUARE, POSTER_ROUND, POSTER_SOFT };       /* SOFT: a square with round corners */

struct poster_layer {
	enum poster_kind  kind;
	int               x, y, width, height;
	int               opacity;              /* percent; a QR code is always whole */
	int               rotation;             /* degrees, clockwise */
	/* text */
	struct str        text;                 /* {name} stands for a variable; a line break for itself */
	bool              serif, bold;
	int               size, line_height;    /* pixels; percent of the size */
	int               max_lines;            /* 1: does not wrap */
	enum poster_align align;
	uint32_t          colour;               /* of a text, and of a code's dark modules */
	/* avatar, picture */
	enum poster_shape shape;
	/* QR */
	uint32_t          light;
	int               quiet;                /* modules */
	char              level;                /* L M Q H; a logo makes it H */
	struct blob       picture;              /* PNG or JPEG: the picture; a code's logo, which may be empty */
};

struct poster_design {
	int                        width, height;
	struct blob                background;  /* PNG or JPEG, fills the poster, what sticks out is cut; empty: `art` */
	struct str                 art;         /* one of poster_art.h; anything else: white */
	uint32_t                   accent;      /* the art's colour */
	const struct poster_layer *layers;
	size_t                     count;
};

struct poster_word { struct str name, value; };

struct poster_person {
	struct str                nickname;     /* {nickname}, and the initials */
	struct str                link;         /* what the code says */
	struct blob               avatar;       /* PNG or JPEG; empty: initials on a colour */
	const struct poster_word *words;
	size_t                    word_count;
};

struct poster;

/* Copies what it needs. 0; E_TOO_SMALL, E_TOO_LARGE (a size); E_TOO_MANY (layers); E_PICTURE_… (background, picture or
 * logo); E_QR_CONTRAST, E_NOT_ONE_OF (a code's colours, its level); E_UTF8; E_MEMORY. *ret_layer (may be NULL): which
 * layer is to blame, or -1. */
int  poster_prepare(const struct poster_design *, struct poster **ret, int *ret_layer);
void poster_hold(struct poster *);              /* one more owner */
void poster_drop(struct poster *);              /* NULL is fine; the last one frees it */
size_t poster_size(const struct poster *);      /* bytes of memory it holds: about 5 MB at 750 × 1334 */

/* Appends the picture. 0; E_QR_TOO_LONG, E_TOO_SHORT (no link, though there is a code); E_UTF8; E_MEMORY: the buffer is
 * then as it was. The first drawing of a thread loads the fonts (0.2 s). */
int  poster_draw(struct poster *, const struct poster_person *, enum picture_type, struct buf *ret);

/* The same JPEG as poster_draw, encoded as a whole: what the parts are measured against. */
int  poster_draw_whole(struct poster *, const struct poster_person *, struct buf *ret);

/* The next {variable} of a text at or after *at: its name; *at moves behind it. Empty: there is none. */
struct str poster_variable(struct str text, size_t *at);
