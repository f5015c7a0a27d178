/* share.c: a participant's own poster: /t/SLUG/poster.
 *
 * Story      Lin has just taken part; her poster is there at once: her name, the campaign's, the next prize, and a code that
 *            leads to her own page. Whoever has her link may see it: it is made to be passed on.
 * Holds      What stands on it is what her page says to everybody. The picture follows the campaign; its ETag says when.
 * Not here   The page that shows it (campaign/visit.c), what a poster looks like (poster.c).
 * Test       poster_test.c.
 */
#include "campaign/draw/draw.h"
#include "campaign/packet/packet.h"
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

#define WORDS_MOST 10

/* What the built-in poster says, by play; `how` by what a friend does. The poster's language is the community's. */
static const struct { const char *kind, *asks, *gain, *also, *act; } sayings[] = {
	{ "treasure", "邀请你来助力", "一起拿到", "你也可以参加，有自己的一份", "为我助力" },
	{ "likes",    "请你点个赞", "集满就能拿到", "你也可以来集自己的一份", "给我点个赞" },
	{ "resource", "邀请你来助力", "助力后就能看", "你也可以参加，自己领一份", "为我助力" },
	{ "build",    "邀你一起进群", "人齐了，全群每人一份", "人齐了，每个人都有", "和我一起进群" },
	{ "refer",    "邀你来看看", "你来了，两边都有礼", "第一次来，我们俩都有", "从我这里来" },
	{ "funnel",   "邀你进群", "进群就送", "到时间，自动送到手上", "进群领取" },
	{ "lottery",  "请你来抽奖", "奖品有", "概率公开，开奖记录人人可查", "和我一起抽" },
	{ "contest",  "请你投一票", "我的作品也在这里", "你也可以交一幅", "给我投一票" },
	{ "packet",   "请你来分红包", "一起分", "你也可以开一个", "来我这里领一份" },
};

static struct str how_of(struct arena *arena, const struct campaign *c)
{
	bool likes = str_is(c->kind, "likes");
	const char *first = str_is(c->kind, "lottery") ? "打开就能抽" : str_is(c->kind, "contest") ? "看看作品，投一票"
		: c->packet ? "领走一份"
		: str_is(c->act, "join") ? "从这里进群" : str_is(c->act, "follow") ? "关注就算数" : str_is(c->act, "sign_up") ? "登记一下就算数"
		: str_is(c->act, "visit") ? "登记后到店就算数" : likes ? "点一下就是一个赞" : "点一下就是助力";
	return str_format(arena, "长按识别二维码，%s", first);
}

static struct str prize_words(struct arena *arena, const struct campaign *c, const struct stage *stage)
{
	if (c->packet)
		return str_format(arena, "%lld.%02lld 元红包，%lld 人分", (long long)(c->packet->total.fen / 100),
		                  (long long)(c->packet->total.fen % 100), (long long)c->packet->shares);
	const struct prize *prize = stage && stage->prizes.count ? stage->prizes.at : NULL;
	const struct draw_place *place = c->draw && c->draw->places.count ? c->draw->places.at : NULL;
	return prize ? prize->title : stage ? stage->title : place ? place->title : str_is(c->kind, "contest") ? S("欢迎来看") : S("");
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
	int64_t left = stage && stage->goal > helps ? stage->goal - helps : 0;
	size_t play = 0;
	for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++)
		play = str_is(c->kind, sayings[i].kind) ? i : play;
	bool endless = c->ends_at.ms >= ENDLESS;
	struct str ends = endless ? S("长期有效") : date_text(arena, &whose, c->ends_at);
	const struct poster_word known[] = {
		{ S("campaign"), c->name }, { S("prize"), prize_words(arena, c, stage) }, { S("left"), str_format(arena, "%lld", (long long)left) },
		{ S("ends"), ends }, { S("until"), endless ? ends : str_format(arena, "%.*s 截止", STR(ends)) },
		{ S("asks"), str_of(sayings[play].asks) }, { S("gain"), str_of(sayings[play].gain) },
		{ S("how"), how_of(arena, c) }, { S("also"), str_of(sayings[play].also) }, { S("act"), str_of(sayings[play].act) },
	};
	_Static_assert(sizeof known / sizeof *known <= WORDS_MOST, "room for all words");
	memcpy(words, known, sizeof known);
	*ret = sizeof known / sizeof *known;
	return 0;
}

int participant_poster(struct tx *tx, struct id community, const struct campaign *c, const struct participant *p, struct str link,
                       struct arena *arena, struct poster_made *ret)
{
	struct poster_word words[WORDS_MOST];
	struct poster_for who = { .member = p->member_id, .nickname = p->nickname, .words = words, .link = link };
	int r = words_of(tx, community, c, p, words, &who.word_count);
	return r < 0 ? r : poster_render(tx, community, c->poster_id, &who, PICTURE_JPEG, arena, ret);
}

static int get_poster(struct request *rq, const void *in, void *out)
{
	struct poster_word words[WORDS_MOST];
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
