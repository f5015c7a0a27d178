/* design.h: what a poster looks like, as rows: read from JSON, kept in the store, judged, turned into what media/ draws.
 * For the files of campaign/poster/ only; others use poster.h.
 */
#pragma once
#include "http/http.h"
#include "media/poster.h"

struct piece {                                  /* a layer */
	struct str kind, name, element;
	int64_t    x, y, width, height, opacity, rotation;
	bool       hidden, locked;
	struct str text, font;
	bool       bold;
	int64_t    size, line_height, max_lines;
	struct str align, colour, light, shape, level;
	int64_t    quiet;
	struct str picture;
};
extern const struct row row_piece;

struct design {
	struct id      id;
	struct str     name;
	int64_t        width, height;
	struct str     background, art, accent;
	struct rows    layers;                  /* of struct piece */
	int64_t        version;
	struct id      member_id;               /* of a preview: as whom */
	struct instant created_at, updated_at;
};
extern const struct row row_poster;             /* as it is kept */
extern const struct row row_poster_draft;       /* as it is sent */
extern const struct row row_poster_preview;     /* … to be looked at */

/* The six elements of a poster that works, and none. */
#define ELEMENTS "who headline outline endorsement urgency value"

/* What a text may say of a person or their campaign: {nickname}. Whoever draws says the others too. */
#define VARIABLES "nickname group community days number campaign prize left date ends until asks gain how also act"

/* Missing values become what a designer would expect. */
void design_fill(struct arena *, struct design *);
/* Can it be drawn? Else the code, and in *ret_field which layer and field ("layers[2].picture"). Files are looked up, not
 * decoded: what is stored has been. */
int  design_check(struct tx *, struct id community, const struct design *, struct str *ret_field);
/* Ready to draw for anybody. E_NOT_FOUND: a file is gone. */
int  design_prepare(struct tx *, struct id community, const struct design *, struct poster **ret);

/* 0xRRGGBB of "#rrggbb"; `other` of anything else. */
uint32_t colour_of(struct str text, uint32_t other);

/* ---- Designs that come with the program ---- */

#define POSTER_BUILT_IN "invite"        /* of poster 0: it needs a campaign's words and nothing else */

struct starter { struct str key; struct design design; };
size_t starter_count(void);
/* In the language asked for, in the arena. */
int    starter_get(struct arena *, size_t n, enum lang, struct starter *ret);

/* ---- What is missing, and what is wrong ---- */

struct poster_element { struct str element; bool present; };
struct poster_finding { struct str code; int64_t layer; struct str word; };      /* layer -1: the poster */
struct check { struct rows elements, findings; struct str words_as_of; };
extern const struct row row_poster_check;
int design_judge(struct arena *, const struct design *, struct check *ret);
