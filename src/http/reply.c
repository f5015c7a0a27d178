/* reply.c: from a handler's output to what the browser gets.
 *
 * Story      `out` is written into the reply buffer while the transaction is still open, so that running out of memory
 *            undoes the action too; after the commit the network thread only hands bytes to MHD.
 * Holds      Bytes given to MHD stay where they are until the request is completed (life.c).
 * Test       server_test.c
 */
#include "base/log.h"
#include "http/inside.h"

#define CSP_OF(scripts) "default-src 'self'; script-src 'self'" scripts "; style-src 'self'; style-src-attr 'unsafe-inline'; " \
	"img-src 'self' data: blob:; connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; " \
	"frame-ancestors 'none'"

/* Inside WeChat a page may load the platform's own script, which shows its share card (channel/mp/card.c). */
#define PLATFORM_SCRIPTS " https://res.wx.qq.com"

#define NO_MEMORY "{\"error\":{\"code\":\"memory\",\"message\":\"\",\"field\":\"\",\"detail\":\"\"}}"

/* ---- In the action --------------------------------------------------------------------------- */

static void write_page(struct buf *b, const struct row *row, const struct page *page)
{
	buf_str(b, S("{\"items\":"));
	rows_write_json(b, row, page->rows);
	buf_str(b, S(",\"total\":"));
	if (page->total < 0)
		buf_str(b, S("null"));
	else
		buf_int(b, page->total);
	if (page->at_least)
		buf_str(b, S(",\"at_least\":true"));
	buf_str(b, S(",\"next\":"));
	buf_json(b, page->next);
	buf_byte(b, '}');
}

int reply_write(struct connection *c)
{
	buf_clear(&c->reply);
	if (c->route->output == OUT_PAGE)
		write_page(&c->reply, c->route->out, c->out);
	else if (c->route->output == OUT_JSON)
		row_write_json(&c->reply, c->route->out, c->out);
	return buf_failed(&c->reply) || arena_failed(&c->arena) ? E_MEMORY : 0;
}

/* ---- On the network thread ------------------------------------------------------------------- */

void header_add(struct MHD_Response *m, const char *name, const char *value)
{
	if (MHD_add_response_header(m, name, value) == MHD_NO)
		log_warn("header %s could not be sent", name);
}

static void add_cookie(struct connection *c, struct MHD_Response *m, const char *name, struct str value, int64_t life)
{
	char text[256];
	snprintf(text, sizeof text, "%s=%.*s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", name, STR(value),
	         (long long)(life / SECOND), c->https ? "; Secure" : "");
	header_add(m, "Set-Cookie", text);
}

static void add_cookies(struct connection *c, struct MHD_Response *m)
{
	if (c->set_visitor.len)
		add_cookie(c, m, "quntu_visitor", c->set_visitor, 365 * DAY);
	if (str_equal(c->set_session, S("-")))
		add_cookie(c, m, "quntu_session", S(""), 0);
	else if (c->set_session.len)
		add_cookie(c, m, "quntu_session", c->set_session, SESSION_LIFE);
}

static bool within_wechat(const struct connection *c)
{
	static const char mark[] = "MicroMessenger/";
	return memmem(c->rq.user_agent.at, c->rq.user_agent.len, mark, sizeof mark - 1) != NULL;
}

void reply_page_headers(struct connection *c, struct MHD_Response *m, bool html)
{
	header_add(m, "X-Content-Type-Options", "nosniff");
	header_add(m, "Referrer-Policy", "same-origin");
	if (html)
		header_add(m, "Content-Security-Policy", within_wechat(c) ? CSP_OF(PLATFORM_SCRIPTS) : CSP_OF(""));
	if (c->https)
		header_add(m, "Strict-Transport-Security", "max-age=31536000");
}

/* The bytes outlive the reply; a response that cannot be made closes the connection. */
static struct MHD_Response *response_of(struct str bytes)
{
	const char *at = bytes.len ? bytes.at : "";
	return MHD_create_response_from_buffer(bytes.len, (void *)(uintptr_t)at, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result queue(struct connection *c, int status, struct MHD_Response *m)
{
	enum MHD_Result r = MHD_queue_response(c->mhd, (unsigned)status, m);
	MHD_destroy_response(m);
	return r;
}

/* To a program that was refused: with what to come, or when to come again. */
static void add_programs_headers(const struct connection *c, struct MHD_Response *m, int status)
{
	char seconds[24];
	if (status == 401)
		header_add(m, "WWW-Authenticate", "Bearer realm=\"quntu\"");
	snprintf(seconds, sizeof seconds, "%lld", (long long)c->retry_after_s);
	if (status == 429 && c->retry_after_s > 0)
		header_add(m, "Retry-After", seconds);
}

static enum MHD_Result send_json(struct connection *c, int status, struct str bytes)
{
	struct MHD_Response *m = response_of(bytes);
	if (!m)
		return MHD_NO;
	header_add(m, "Content-Type", "application/json");
	header_add(m, "Cache-Control", "no-store");
	reply_page_headers(c, m, false);
	if (c->result >= 0 && !c->refused)
		add_cookies(c, m);
	else if (c->match.allow[0])
		header_add(m, "Allow", c->match.allow);
	if (c->by_program)
		add_programs_headers(c, m, status);
	return queue(c, status, m);
}

enum MHD_Result reply_error(struct connection *c, int code)
{
	bool page = error_wants_page(c);
	c->result = code;
	buf_clear(&c->reply);
	if (page)
		error_write_page(&c->reply, code, c->rq.lang);
	else
		error_write_json(&c->reply, code, c->rq.lang, &c->rq.complaint);
	if (buf_failed(&c->reply))
		return send_json(c, 503, S(NO_MEMORY));
	if (!page)
		return send_json(c, err_status(code), buf_view(&c->reply));
	struct MHD_Response *m = response_of(buf_view(&c->reply));
	if (!m)
		return MHD_NO;
	header_add(m, "Content-Type", "text/html; charset=utf-8");
	header_add(m, "Cache-Control", "no-store");
	reply_page_headers(c, m, true);
	return queue(c, err_status(code), m);
}

static void add_cache(struct connection *c, struct MHD_Response *m, int64_t max_age)
{
	const char *who = c->route->role >= ROLE_ACCOUNT ? "private" : "public";
	char text[64];
	if (max_age < 0)
		snprintf(text, sizeof text, "%s, max-age=31536000, immutable", who);
	else
		snprintf(text, sizeof text, "%s, max-age=%lld", who, (long long)max_age);
	header_add(m, "Cache-Control", max_age ? text : "no-store");
}

/* filename*= alone: every browser since 2012 reads it, and no quoting can go wrong. */
static void add_filename(struct MHD_Response *m, struct str filename)
{
	BUF_SCOPED b;
	buf_init(&b, 4096);
	buf_str(&b, S("attachment; filename*=UTF-8''"));
	buf_url(&b, filename);
	buf_byte(&b, '\0');
	if (!buf_failed(&b))
		header_add(m, "Content-Disposition", b.at);
}

/* Where most scans end: three headers, no more. */
static enum MHD_Result send_redirect(struct connection *c, const struct body *body, struct MHD_Response *m)
{
	char *location = str_z(&c->arena, body->location);
	if (!location || MHD_add_response_header(m, "Location", location) == MHD_NO) {
		MHD_destroy_response(m);
		return reply_error(c, location ? E_INVALID : E_MEMORY);
	}
	add_cache(c, m, body->max_age);
	add_cookies(c, m);
	return queue(c, body->status ? body->status : 302, m);
}

static void add_etag(struct MHD_Response *m, struct str etag)
{
	char text[80];
	snprintf(text, sizeof text, "\"%.*s\"", STR(etag));
	header_add(m, "ETag", text);
}

static bool has_already(struct connection *c, struct str etag)
{
	return etag.len && c->heads.none_match.len && memmem(c->heads.none_match.at, c->heads.none_match.len, etag.at, etag.len);
}

static enum MHD_Result send_nothing(struct connection *c)
{
	struct MHD_Response *m = response_of(S(""));
	if (!m)
		return MHD_NO;
	header_add(m, "Cache-Control", "no-store");
	add_cookies(c, m);
	return queue(c, 204, m);
}

static enum MHD_Result send_live(struct connection *c, const struct body *body)
{
	struct MHD_Response *m;
	int r = live_reply(c, body->watch, body->within, &m);
	if (r < 0)
		return reply_error(c, r);
	header_add(m, "Content-Type", "text/event-stream");
	header_add(m, "Cache-Control", "no-store");
	header_add(m, "X-Accel-Buffering", "no");       /* nginx in front would hold events back */
	reply_page_headers(c, m, false);
	return queue(c, 200, m);
}

static enum MHD_Result send_body(struct connection *c, const struct body *body)
{
	if (body->live)
		return c->method == HEAD ? send_nothing(c) : send_live(c, body);
	bool unchanged = has_already(c, body->etag);
	struct MHD_Response *m = response_of(unchanged ? S("") : body->bytes);
	if (!m)
		return MHD_NO;
	if (body->location.len)
		return send_redirect(c, body, m);
	if (body->etag.len)
		add_etag(m, body->etag);
	const char *type = body->type ? body->type : "application/octet-stream";
	header_add(m, "Content-Type", type);
	add_cache(c, m, body->max_age);
	reply_page_headers(c, m, strncmp(type, "text/html", 9) == 0 || strncmp(type, "image/svg", 9) == 0);
	if (body->filename.len)
		add_filename(m, body->filename);
	add_cookies(c, m);
	return queue(c, unchanged ? 304 : body->status ? body->status : 200, m);
}

enum MHD_Result reply_send(struct connection *c)
{
	if (c->result < 0)
		return reply_error(c, c->result);
	switch (c->route->output) {
	case OUT_NONE: return send_nothing(c);
	case OUT_BODY: return send_body(c, c->out);
	default:       return send_json(c, 200, buf_view(&c->reply));
	}
}
