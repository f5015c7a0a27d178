/* share.c: a participant's own poster: /t/SLUG/poster.
 *
 * Story      Lin has just taken part; her poster is there at once: her name, the campaign's, the next prize, and a code that
 *            leads to her own page. Whoever has her link may see it: it is made to be passed on.
 * Holds      What stands on it is what her page says to everybody. The picture follows the campaign; its ETag says when.
 * Not here   The page that shows it (campaign/visit.c), what a poster looks like (poster.c).
 * Test       poster_test.c.
 */
#include "campaign/campaign.h"
#include "campaign/poster/poster.h"
#include "engine/ledger/ledger.h"
#include "people/community.h"

/* The first stage that is not reached, or the last one. */
static const struct stage *next_stage(const struct campaign *c, int64_t helps)
{
	const struct stage *stages = c->stages.at;
	for (size_t i = 0; i < c->stages.count; i++)
		if (stages[i].goal > helps || i + 1 == c->stages.count)
			return &stages[i];
	return NULL;
}

static struct str date_text(struct arena *arena, const struct community *community, struct instant at)
{
	if (!at.ms)
		return S("");
	struct local day = zone_local(community_zone(community), at);
	return str_format(arena, "%d-%02d-%02d", day.year, day.month, day.day);
}

static int words_of(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p,
                    struct poster_word *words, size_t *ret)
{
	struct arena *arena = tx_arena(tx);
	struct community whose;
	int64_t helps;
	int r = community_get(tx, community, &whose);
	if (r < 0 || (r = ledger_balance(tx, community, &book_help, p->id, &helps)) < 0)
		return r;
	const struct stage *stage = next_stage(c, helps);
	const struct prize *prize = stage && stage->prizes.count ? stage->prizes.at : NULL;
	int64_t left = stage && stage->goal > helps ? stage->goal - helps : 0;
	const struct poster_word known[] = {
		{ S("campaign"), c->name }, { S("prize"), prize ? prize->title : stage ? stage->title : S("") },
		{ S("left"), str_format(arena, "%lld", (long long)left) }, { S("ends"), date_text(arena, &whose, c->ends_at) },
	};
	memcpy(words, known, sizeof known);
	*ret = sizeof known / sizeof *known;
	return 0;
}

int participant_poster(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p, struct str link,
                       struct arena *arena, struct poster_made *ret)
{
	struct poster_word words[4];
	struct poster_for who = { .member = p->member_id, .nickname = p->nickname, .words = words, .link = link };
	int r = words_of(tx, community, c, p, words, &who.word_count);
	return r < 0 ? r : poster_render(tx, community, c->poster_id, &who, PICTURE_JPEG, arena, ret);
}

static int get_poster(struct request *rq, const void *in, void *out)
{
	struct poster_word words[4];
	struct participant p;
	struct campaign c;
	struct str link;
	(void)in;
	int r = participant_by_slug(rq->tx, rq->path_text, &rq->community, &p);
	if (r < 0 || (r = campaign_get(rq->tx, rq->community, p.campaign_id, &c)) < 0)
		return r;
	if (campaign_phase(&c, tx_now(rq->tx)) == CAMPAIGN_HIDDEN)
		return E_NOT_FOUND;
	if ((r = follow_link(rq->tx, rq->community, &c, &p, &link)) < 0)
		return r;
	struct poster_for who = {
		.member = p.member_id, .nickname = p.nickname, .words = words,
		.link = link.len ? link : str_format(rq->arena, "%.*s/t/%.*s", STR(rq->origin), STR(p.slug)),
	};
	if ((r = words_of(rq->tx, rq->community, &c, &p, words, &who.word_count)) < 0)
		return r;
	return poster_reply(rq, c.poster_id, &who, S(""), out);
}

static const struct route routes[] = {
	{ "GET", "/t/{slug}/poster", ROLE_PUBLIC, get_poster, NULL, NULL, "A participant's personal poster", OUT_BODY, .makes = "image/jpeg" },
	{ 0 },
};

const struct feature feature_poster_share = { .name = "poster_share", .routes = routes };
