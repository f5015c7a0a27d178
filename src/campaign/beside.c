/* beside.c: what stands beside a campaign's page: its QR picture, its news, a code to show at the counter, reports.
 *
 * Story      Lin's page stays open on the tram. A friend taps at home: her page hears that something happened to her, asks
 *            again, and the bar moves. At the counter she shows a QR; the clerk's phone opens the redemption page with the
 *            code filled in. A passer-by who finds the prize dishonest says so.
 * Holds      News of one participant and of the campaign itself (paused, ended, changed) only,
 *            and never what happened: the page asks. Whoever finds no place for a stream is told
 *            so and asks now and then. A ticket is part of its holder's page, and only while it can be redeemed.
 * Not here   The page itself (visit.c), posters (poster/share.c).
 * Test       campaign_test.c.
 */
#include "campaign/campaign.h"

#include "groups/livecode.h"
#include "media/qr_draw.h"

#define QR_BYTES  (256 << 10)
#define QR_AGE    3600            /* seconds; a link's picture does not change, a host's name may */
#define REPORTS   10              /* of one address … */
#define REPORTS_TIME HOUR

struct task_report { struct str text; };

ROW(task_report, FIELD(task_report, text, "What is wrong", .min = 2, .max = 500, .lines = true));

static int draw(struct request *rq, struct str text, int64_t max_age, struct body *ret)
{
	BUF_SCOPED png;
	buf_init(&png, QR_BYTES);
	int r = qr_png(text, &QR_STYLE_PLAIN, &png);
	if (r < 0)
		return r;
	*ret = (struct body){ .bytes = str_copy(rq->arena, buf_view(&png)), .type = "image/png", .max_age = max_age };
	return ret->bytes.len ? 0 : E_MEMORY;
}

static int get_qr(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	struct participant owner;
	struct id community;
	(void)in;
	int r = campaign_by_slug(rq->tx, rq->path_text, &community, &c, &owner);
	return r < 0 ? r : draw(rq, str_format(rq->arena, "%.*s/t/%.*s", STR(rq->origin), STR(rq->path_text)), QR_AGE, out);
}

/* Whose link it is; on the campaign's own, the visitor who takes part. Sets the request's community. */
static int whose(struct request *rq, struct campaign *c, struct participant *ret)
{
	int r = campaign_by_slug(rq->tx, rq->path_text, &rq->community, c, ret);
	return r == 0 && !ret->id.n ? participant_of(rq->tx, rq->community, c->id, rq->visitor, ret) : r;
}

struct str ticket_picture(struct request *rq, const struct prize_order *o)
{
	static const struct str head = { "data:image/svg+xml,", 19 };
	BUF_SCOPED svg;
	BUF_SCOPED address;
	buf_init(&svg, QR_BYTES);
	buf_init(&address, QR_BYTES);
	if (!str_is(o->state, "to_redeem"))
		return S("");
	struct str page = str_format(rq->arena, "%.*s/c/%lld/redeem?code=%.*s", STR(rq->origin), (long long)rq->community.n, STR(o->code));
	if (qr_svg(page, &QR_STYLE_PLAIN, &svg) < 0)
		return S("");             /* the code stands below it in letters */
	buf_str(&address, head);
	buf_url(&address, buf_view(&svg));
	return buf_failed(&address) ? S("") : str_copy(rq->arena, buf_view(&address));
}

/* On a friend's page one waits for what happens to the friend, on one's own for what happens to oneself; a newcomer on the
 * campaign's own for what happens to the campaign. */
static int get_live(struct request *rq, const void *in, void *out)
{
	struct campaign c = { 0 };
	struct participant who;
	(void)in;
	int r = whose(rq, &c, &who);
	if (r == E_NOT_FOUND && c.id.n)           /* a newcomer on the campaign's own page: paused, ended, changed */
		who.id = rq->visitor, r = 0;
	*(struct body *)out = (struct body){ .live = true, .watch = who.id, .within = c.id };
	return r;
}

static int post_report(struct request *rq, const void *in, void *out)
{
	struct campaign c;
	struct participant owner;
	struct id community, report;
	(void)out;
	if (!rq_allow(rq, str_format(rq->arena, "report %.*s", STR(rq->address)), REPORTS, REPORTS_TIME))
		return E_SLOW_DOWN;
	int r = campaign_by_slug(rq->tx, rq->path_text, &community, &c, &owner);
	if (r < 0)
		return r;
	r = report_write(rq, community, &(struct reported){ S("report_task"), c.id, c.name }, ((const struct task_report *)in)->text, &report);
	return r < 0 ? r : 0;
}

static const struct route routes[] = {
	{ "GET",  "/t/{slug}/qr.png",     ROLE_PUBLIC,  get_qr,      NULL, NULL, "The link as a QR picture", OUT_BODY, .makes = "image/png" },
	{ "GET",  "/t/{slug}/live",       ROLE_VISITOR, get_live,    NULL, NULL, "A stream that says when something happened to the one whose page it is", OUT_BODY, .makes = "text/event-stream" },
	{ "POST", "/t/{slug}/report",     ROLE_VISITOR, post_report, &row_task_report, NULL, "Something is wrong with this campaign", OUT_NONE },
	{ 0 },
};

const struct feature feature_campaign_beside = { .name = "campaign_beside", .routes = routes };
