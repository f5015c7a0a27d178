/* news.c: what happened to a participant, as a list on their page; see message.h. Nothing of it is kept. */
#include "campaign/message/message.h"

#include "people/member.h"

#define ENTRIES  60
#define CHILDREN 20
#define SHOWN    30

struct task_news { struct str what, text; struct instant at; };

ROW_PUBLIC(task_news,
	FIELD(task_news, what, "What it tells", .one_of = TIDING_WORDS),
	FIELD(task_news, text, "In words"),
	FIELD(task_news, at,   "When; nothing: now", .optional = true));

struct list {
	struct request        *rq;
	const struct campaign *campaign;
	const struct participant *who;
	struct tidings         set;
	struct telling         words;
	struct rows            helps, orders;         /* orders: of stages */
	struct task_news      *at;
	size_t                 count, room;
};

static void add(struct list *l, enum tiding kind, struct instant at)
{
	if (!l->set.of[kind].page || !tiding_applies(kind, l->campaign->kind) || l->count == l->room)
		return;
	l->at[l->count++] = (struct task_news){
		str_of(tiding_word(kind)), tiding_text(l->rq->arena, &l->set, kind, &l->words, l->rq->lang), at,
	};
}

static struct str friend_name(const struct list *l, struct id visitor)
{
	const struct help *h = l->helps.at;
	for (size_t i = 0; i < l->helps.count; i++)
		if (h[i].helper_id.n == visitor.n)
			return h[i].nickname;
	return S("");
}

/* The ledger tells who counted, who no longer does, and how many there were each time. */
static int add_entries(struct list *l)
{
	struct rows rows;
	int r = ledger_entries(l->rq->tx, l->rq->community, &book_help, l->who->id, (struct id){ 0 }, ENTRIES, &rows);
	const struct ledger_entry *e = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		const struct stage *stage = NULL;
		enum tiding kind = e[i].amount > 0 ? tiding_of(l->campaign, e[i].balance, &stage) : TIDING_DEDUCTED;
		l->words.n = e[i].balance, l->words.friend = friend_name(l, e[i].source_id);
		l->words.prize = kind == TIDING_STAGE ? stage_prize(stage) : S("");
		l->words.why = e[i].amount > 0 ? S("") : tiding_why(e[i].reason, l->rq->lang);
		add(l, kind, e[i].at);
	}
	return r < 0 ? r : 0;
}

static void add_refused(struct list *l)
{
	const struct help *h = l->helps.at;
	for (size_t i = 0; i < l->helps.count; i++) {
		if (!str_among(h[i].state, "refused rejected"))
			continue;
		l->words.friend = h[i].nickname, l->words.why = tiding_why(h[i].reason.len ? h[i].reason : h[i].state, l->rq->lang);
		add(l, str_is(h[i].reason, "same_person") ? TIDING_AGAIN : TIDING_UNCOUNTED, h[i].acted_at);
	}
}

static int add_shipped(struct list *l)
{
	struct rows won;
	int r = prize_orders_of(l->rq->tx, l->rq->community, l->who->id, &l->orders);
	if (r < 0 || (r = prize_orders_won(l->rq->tx, l->rq->community, l->who->id, &won)) < 0)
		return r;
	const struct rows *both[] = { &l->orders, &won };
	for (size_t k = 0; k < 2; k++) {
		const struct prize_order *o = both[k]->at;
		for (size_t i = 0; i < both[k]->count; i++)
			if (str_is(o[i].state, "shipped")) {
				l->words.prize = o[i].title, l->words.shipping = o[i].shipping;
				add(l, TIDING_SHIPPED, o[i].handled_at);
			}
	}
	return 0;
}

/* Who opened their page and takes part through it; made members by it: since the very same moment. */
struct child { struct str nickname; struct id member_id; struct instant joined_at; };

ROW(child,
	FIELD(child, nickname,  "Name"),
	FIELD(child, member_id, "Member"),
	FIELD(child, joined_at, "Since"));

static QUERY(children_of, READS, &row_child, TAKES(K_ID, K_ID, K_ID, K_INT),
	"SELECT p.nickname, p.member_id, p.joined_at FROM help h JOIN participant p ON p.community_id = h.community_id"
	" AND p.campaign_id = ?3 AND p.visitor_id = h.helper_id WHERE h.community_id = ?1 AND h.participant_id = ?2 AND p.parent_id = ?2"
	" ORDER BY p.joined_at DESC LIMIT ?4");

static int add_children(struct list *l)
{
	struct rows rows;
	int r = tx_all(l->rq->tx, &children_of, &rows, V(l->rq->community), V(l->who->id), V(l->campaign->id), V((int64_t)CHILDREN));
	const struct child *c = rows.at;
	for (size_t i = 0; r >= 0 && i < rows.count; i++) {
		struct instant since = { 0 };
		r = c[i].member_id.n ? member_since(l->rq->tx, l->rq->community, c[i].member_id, &since) : 0;
		r = r == E_NOT_FOUND ? 0 : r;
		l->words.friend = c[i].nickname;
		if (since.ms == c[i].joined_at.ms)
			add(l, TIDING_MEMBER, c[i].joined_at);
	}
	return r < 0 ? r : 0;
}

static bool has_claimed(const struct list *l, struct id stage)
{
	const struct prize_order *o = l->orders.at;
	for (size_t i = 0; i < l->orders.count; i++)
		if (o[i].stage_id.n == stage.n)
			return true;
	return false;
}

static void add_stock(struct list *l)
{
	const struct stage *stages = l->campaign->stages.at;
	if (!str_is(l->campaign->state, "running"))
		return;
	for (size_t i = 0; i < l->campaign->stages.count; i++) {
		if (has_claimed(l, stages[i].id))
			continue;
		const struct prize *p = stages[i].prizes.at;
		for (size_t k = 0; k < stages[i].prizes.count; k++)
			if (p[k].remaining > 0 && stock_is_low(p[k].stock, p[k].remaining)) {
				l->words.prize = p[k].title, l->words.n = p[k].remaining;
				add(l, TIDING_STOCK, (struct instant){ 0 });
			}
	}
}

/* Newest first, what holds now before all; of the same moment as they were added. They come nearly sorted. */
static void sort(struct task_news *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct task_news one = list[i];
		size_t k = i;
		for (; k > 0 && list[k - 1].at.ms && (!one.at.ms || list[k - 1].at.ms < one.at.ms); k--)
			list[k] = list[k - 1];
		list[k] = one;
	}
}

int news_of(struct request *rq, const struct campaign *c, const struct participant *who, struct rows helps, struct rows *ret)
{
	struct community whose;
	struct list l = { .rq = rq, .campaign = c, .who = who, .helps = helps, .room = ENTRIES + helps.count + CHILDREN + 120 };
	int r = tidings_get(rq->tx, rq->community, c->id, &l.set);
	if (r < 0 || (r = community_get(rq->tx, rq->community, &whose)) < 0)
		return r;
	if (!(l.at = arena_take_array(rq->arena, l.room, sizeof *l.at)))
		return E_MEMORY;
	l.words = (struct telling){               /* no link: they are there */
		.campaign = c, .name = who->nickname, .community = whose.name,
		.until = table_time(rq->arena, community_zone(&whose), c->claim_until),
	};
	if ((r = add_entries(&l)) < 0 || (r = add_shipped(&l)) < 0 || (r = add_children(&l)) < 0)
		return r;
	add_refused(&l);
	add_stock(&l);
	l.words.n = 0;
	if (str_is(c->state, "ended"))
		add(&l, TIDING_ENDED, c->ended_at);
	add(&l, TIDING_ENROLLED, who->joined_at);
	sort(l.at, l.count);
	*ret = (struct rows){ l.at, l.count < SHOWN ? l.count : SHOWN };
	return 0;
}

static const struct query *const queries[] = { &children_of, NULL };

const struct feature feature_campaign_news = { .name = "campaign_news", .queries = queries };
