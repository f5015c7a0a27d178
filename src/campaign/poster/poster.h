/* poster.h: a community's poster templates, and the personal posters made of them. */
#pragma once
#include "http/http.h"
#include "media/poster.h"

/* Whose poster. Of the words, {nickname}, {community} and {date} are filled in by themselves. */
struct poster_for {
	struct id                 member;       /* whose avatar it is; 0: then it is not shown */
	struct str                nickname, link;
	struct str                avatar;       /* key of a file; shown only with the member's consent (guardrail G3) */
	const struct poster_word *words;
	size_t                    word_count;
};

#define POSTER_MARK HASH_TEXT

struct poster_made {
	struct str bytes;
	char       mark[POSTER_MARK + 1];       /* another one when anything of the picture would be different */
};

/* Of all below, poster 0 is the built-in one: a campaign's words ({campaign} {prize} {ends}) on a calm ground.
 *
 * The picture, from memory when the same one was made lately. E_NOT_FOUND: no such template; E_QR_TOO_LONG: the link does
 * not fit. About 1 ms; the first of a template 30 ms: call it where a GET is answered, or in `ready`. */
int poster_render(struct tx *, struct id community, struct id poster, const struct poster_for *, enum picture_type,
                  struct arena *, struct poster_made *ret);

/* Its mark without drawing: put it into the address (?v=MARK), then browsers may keep the picture for ever. */
int poster_mark(struct tx *, struct id community, struct id poster, const struct poster_for *, enum picture_type,
                char ret[POSTER_MARK + 1]);

/* The same as the answer of a GET, a JPEG with an ETag. `asked`: what the address says after ?v=; kept for ever when it is
 * right, asked for again otherwise. */
int poster_reply(struct request *, struct id poster, const struct poster_for *, struct str asked, struct body *ret);

/* A campaign shows this poster (0: none any more); while it does, the template is not deleted. E_NOT_FOUND: no such template. */
int poster_use(struct tx *, struct id community, struct id user, struct str title, struct id poster);

/* A template of the community from one that comes with the program ("dawn"): for presets and examples. */
int poster_begin(struct tx *, struct id community, struct str starter, enum lang, struct id account, struct id *ret);

extern const struct feature feature_poster, feature_poster_share;
