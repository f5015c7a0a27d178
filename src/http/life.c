/* life.c: one request, from its first line to the end of its reply.
 *
 * Story      MHD calls us with the request line, the headers, each piece of body, the end of the body, and then until a
 *            store thread has handed the connection back. What is wrong already at the headers is remembered
 *            and said after the body has gone by, so that the client hears it and the connection lives on; only a body
 *            far too large is refused at once.
 * Holds      No heap use of our own for a request like the one before it on the same object. The network thread never
 *            waits: the store's queue either takes the work or is full. `done` only notes the result, and the last of
 *            a batch wakes it.
 * Test       server_test.c, slow_test.c
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "http/inside.h"

#define SWALLOW     (32 * 1024 * 1024)            /* of a refused body, unread: a client that sends on does not hear us before it
                                                   * is done, and meets a broken connection if we close meanwhile */
#define HEADER_TEXT 400                           /* characters kept of User-Agent and Referer */
#define IN_PLACE_MAX 256                          /* connections that MHD asks again at each look; more are suspended */

/* ---- The object ------------------------------------------------------------------------------ */

static struct connection *connection_take(struct server *server)
{
	struct connection *c = server->free;
	if (c) {
		server->free = c->next;
		return c;
	}
	c = mem_take(sizeof *c);
	if (!c)
		return NULL;
	arena_init(&c->arena, ARENA_MOST);
	buf_init(&c->body, BODY_DEFAULT);
	buf_init(&c->reply, REPLY_MOST);
	return c;
}

static void buf_keep_small(struct buf *b)
{
	if (b->room > KEEP_BYTES)
		buf_free(b);
	buf_clear(b);
}

static void give_lent(struct connection *c)
{
	if (c->lent_back)
		c->lent_back(c->lent_bytes);
	c->lent_back = NULL;
}

bool rq_lend(struct request *rq, void (*back)(void *), void *lent)
{
	struct connection *c = rq->connection;
	if (!c)
		return false;
	give_lent(c);
	c->lent_back = back, c->lent_bytes = lent;
	return true;
}

/* Back to the free list: everything of the old request is forgotten, buffers of ordinary size stay. */
static void connection_give(struct server *server, struct connection *c)
{
	give_lent(c);
	arena_reset(&c->arena);
	buf_keep_small(&c->body);
	buf_keep_small(&c->reply);
	struct arena arena = c->arena;
	struct buf body = c->body, reply = c->reply;
	*c = (struct connection){ .arena = arena, .body = body, .reply = reply, .next = server->free };
	server->free = c;
}

void life_free_list(struct server *server)
{
	for (struct connection *c = server->free, *next; c; c = next) {
		next = c->next;
		arena_free(&c->arena);
		buf_free(&c->body);
		buf_free(&c->reply);
		mem_give(c);
	}
	server->free = NULL;
}

/* MHD will take the query string apart in place: keep our own copy. */
void *life_uri(void *ctx, const char *uri, struct MHD_Connection *mhd)
{
	struct server *server = ctx;
	struct connection *c = connection_take(server);
	if (!c)
		return NULL;
	c->server = server;
	c->mhd = mhd;
	const char *query = uri ? strchr(uri, '?') : NULL;
	if (query)
		c->query = str_copy(&c->arena, str_of(query + 1));
	atomic_fetch_add_explicit(&server->active, 1, memory_order_relaxed);
	return c;
}

void life_completed(void *ctx, struct MHD_Connection *mhd, void **con, enum MHD_RequestTerminationCode why)
{
	(void)mhd, (void)why;
	struct server *server = ctx;
	struct connection *c = *con;
	if (!c)
		return;
	*con = NULL;
	if (c->peer)
		c->peer->deadline = server->clock + server->idle_timeout_s * SECOND + server->head_deadline;
	live_leave(c);
	c->orphan = c->stage == AT_REPLY && c->in_place && !c->back;
	if (!c->orphan)
		connection_give(server, c);
	atomic_fetch_sub_explicit(&server->active, 1, memory_order_release);
}

/* ---- In the store ---------------------------------------------------------------------------- */

static void forget_outcome(struct connection *c, struct tx *tx)
{
	struct request *rq = &c->rq;
	rq->tx = tx;
	rq->account = rq->session = rq->visitor = rq->token = (struct id){ 0 };
	rq->visitor_is_new = false;
	rq->role = ROLE_PUBLIC;
	rq->lang = c->lang_asked;
	rq->csrf = (struct str){ 0 };
	rq->complaint = (struct complaint){ 0 };
	give_lent(c);
	c->set_session = c->set_visitor = (struct str){ 0 };
	c->touch = false;
}

static size_t out_size(const struct route *route)
{
	switch (route->output) {
	case OUT_JSON: return route->out->size;
	case OUT_PAGE: return sizeof(struct page);
	case OUT_BODY: return sizeof(struct body);
	default:       return 1;
	}
}

static int handle(struct connection *c)
{
	c->out = arena_take(&c->arena, out_size(c->route));
	if (!c->out)
		return E_MEMORY;
	int r = once_before(c);
	if (r != 0)
		return r < 0 ? r : 0;
	if ((r = c->route->handle(&c->rq, c->in, c->out)) < 0 || (r = reply_write(c)) < 0)
		return r;
	return once_after(c);
}

/* May run more than once. */
static int act(struct tx *tx, void *arg)
{
	struct connection *c = arg;
	forget_outcome(c, tx);
	if (!c->parsed)
		params_read(c);
	int r = admit(c);
	if (r < 0)
		return r;
	c->rq.complaint = c->parse_complaint;
	if (c->parse_result < 0)
		return c->parse_result;
	if (c->route->ready && (c->phase == PHASE_READY || !c->lane))
		r = c->route->ready(&c->rq, c->in, NULL);
	if (r < 0 || c->phase == PHASE_READY)
		return r < 0 ? r : arena_failed(&c->arena) ? E_MEMORY : 0;
	return handle(c);
}

void life_back(struct connection *c)
{
	if (!c->in_place) {
		MHD_resume_connection(c->mhd);
		return;
	}
	c->server->in_place--;
	c->back = true;
	if (c->orphan)
		connection_give(c->server, c);
}

static void done(struct work *, int result);

/* Will the one who is told next come back to the same server? Then it wakes the network thread for both. */
static bool another_follows(const struct connection *c)
{
	const struct work *next = c->work.next;
	const struct connection *other = next && next->done == done ? next->arg : NULL;
	return other && other->server == c->server && other->phase == PHASE_HANDLE;
}

static void done(struct work *work, int result)
{
	struct connection *c = work->arg;
	if (result >= 0 && c->phase == PHASE_READY) {
		c->phase = PHASE_HANDLE;
		if (store_submit_write(c->server->store, work))
			return;
		result = E_BUSY;
	}
	c->result = result;
	server_give_back(c->server, c, !another_follows(c));
}

/* Requests of one community share a lane, and so do those of one short link, whose community is not known yet. */
static struct id lane_of(const struct match *match)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < match->path_text.len; i++)
		sum = sum * 31 + (unsigned char)match->path_text.at[i];
	return match->community.n ? match->community : (struct id){ (int64_t)(sum >> 1) };
}

static void refuse(struct connection *c)
{
	c->result = E_BUSY;
	server_give_back(c->server, c, true);
}

static void gather(struct connection *c)
{
	struct server *s = c->server;
	*s->gathered_last = &c->work;
	s->gathered_last = &c->work.next;
}

void life_hand_over(struct server *s)
{
	struct work *refused = store_submit_writes(s->store, s->gathered);
	s->gathered = NULL;
	s->gathered_last = &s->gathered;
	for (struct work *next; refused; refused = next) {
		next = refused->next;
		refuse(refused->arg);
	}
}

static enum MHD_Result submit(struct connection *c)
{
	c->lane = (c->method != GET && c->method != HEAD) || c->route->writes;
	c->phase = c->lane && (c->route->ready || !c->parsed) ? PHASE_READY : PHASE_HANDLE;
	c->work = (struct work){ .community = lane_of(&c->match), .arena = &c->arena, .action = act, .arg = c,
		.done = done };
	c->stage = AT_REPLY;
	bool writes = c->lane && c->phase == PHASE_HANDLE;
	c->in_place = writes && c->server->in_place < IN_PLACE_MAX;
	if (c->in_place)
		c->server->in_place++;
	else
		MHD_suspend_connection(c->mhd);
	atomic_fetch_add_explicit(&c->server->lent, 1, memory_order_relaxed);
	/* A server that stops takes nothing more: what it has taken is answered, the rest tries again elsewhere. */
	if (!c->server->stopping && writes)
		gather(c);
	else if (c->server->stopping || !store_submit_read(c->server->store, &c->work))
		refuse(c);
	return MHD_YES;
}

/* ---- A session used after an hour, a token after a minute: one small write, which nobody waits for ---- */

struct touch { struct work work; struct arena arena; const struct identity *identity; struct id session, token; struct str address; };

static int touch_act(struct tx *tx, void *arg)
{
	struct touch *t = arg;
	return t->token.n ? t->identity->bearer_used(tx, t->token, t->address) : session_touch(tx, t->session);
}

static void touch_done(struct work *work, int result)
{
	struct touch *t = work->arg;
	if (result < 0)
		log_warn("a last use was not written: %s", err_word(result));
	arena_free(&t->arena);
	mem_give(t);
}

static void touch_submit(struct connection *c)
{
	struct touch *t = mem_take(sizeof *t);
	if (!t)
		return;                                 /* the next request tries again */
	arena_init(&t->arena, 64 * 1024);
	t->identity = c->server->identity;
	t->session = c->rq.session;
	t->token = c->rq.token;
	t->address = str_copy(&t->arena, c->rq.address);
	t->work = (struct work){ .arena = &t->arena, .action = touch_act, .arg = t, .done = touch_done };
	if (store_submit_write(c->server->store, &t->work))
		return;
	arena_free(&t->arena);
	mem_give(t);
}

/* ---- At the headers -------------------------------------------------------------------------- */

static struct str header_text(struct str s)
{
	return s.len == 0 || !utf8_valid(s) ? S("") : s.len <= HEADER_TEXT ? s : utf8_cut(s, HEADER_TEXT);
}

/* "https://host" from what the client or a believed proxy says; false for a Host that is none. */
static bool find_origin(struct connection *c)
{
	struct server *server = c->server;
	bool proxied = c->peer && c->peer->trusted;
	struct str host = proxied && c->heads.forwarded_host.len ? c->heads.forwarded_host : c->heads.host;
	if (host.len > 0 && !host_valid(host))
		return false;
	c->https = proxied && str_equal_fold(c->heads.forwarded_proto, S("https"));
	if (server->public_origin.len) {
		c->https = str_starts(server->public_origin, S("https:"));
		c->rq.origin = server->public_origin;
		return true;
	}
	size_t scheme = c->https ? 8 : 7;
	char *text = host.len ? arena_take(&c->arena, scheme + host.len) : NULL;
	if (!text)
		return host.len == 0;
	memcpy(text, c->https ? "https://" : "http://", scheme);
	memcpy(text + scheme, host.at, host.len);
	c->rq.origin = (struct str){ text, scheme + host.len };
	return true;
}

static void find_client(struct connection *c)
{
	struct request *rq = &c->rq;
	rq->arena = &c->arena;
	rq->connection = c;
	rq->head = c->method == HEAD;
	rq->lang = c->lang_asked = lang_of(c->heads.cookie, c->heads.language);
	rq->user_agent = header_text(c->heads.user_agent);
	rq->referer = header_text(c->heads.referer);
	if (!c->peer)
		return;
	rq->address = str_copy(&c->arena, str_of(c->peer->address));
	if (c->peer->trusted && c->heads.forwarded_for.len)
		rq->address = client_address(&c->server->trusted, rq->address, c->heads.forwarded_for);
	rq->proxy_ignored = c->heads.forwarded && !c->peer->trusted;
	rq->local = c->peer->loopback && !c->heads.forwarded && host_is_local(c->heads.host);
}

/* No route: perhaps a file. */
static int find_file(struct connection *c, int code)
{
	bool app = path_is_app(c->path);
	if (code != E_NOT_FOUND || !(app || str_starts(c->path, S("/assets/"))))
		return code;
	if (c->method != GET && c->method != HEAD) {
		snprintf(c->match.allow, sizeof c->match.allow, "GET, HEAD");
		return E_METHOD;
	}
	c->file = files_find(c->server->files, c->path);
	return c->file || app ? 0 : E_NOT_FOUND;
}

/* What can be known without the store; 0 or why the request is refused. */
static int inspect(struct connection *c)
{
	if (c->heads.odd_length)
		return E_FORM;
	if (!find_origin(c))
		return E_INVALID;
	find_client(c);
	int r = router_match(&c->server->router, c->method, c->path, &c->arena, &c->match);
	if (r < 0)
		return find_file(c, r);
	const struct route *route = c->route = c->match.compiled->route;
	c->rq.community = c->match.community;
	c->rq.path_id = c->match.path_id;
	c->rq.path_text = c->match.path_text;
	if (route->body_max)
		c->body.max = (size_t)route->body_max;
	if (c->heads.length > (int64_t)c->body.max)
		return E_BODY_TOO_LARGE;
	if (c->heads.cookie.len) {
		session_token(&c->server->keys, c->heads.cookie, &c->token);
		visitor_read(&c->server->keys, c->heads.cookie, &c->visitor_known);
	}
	if ((r = bearer_read(c)) < 0)
		return r;
	if (route->role >= ROLE_ACCOUNT && c->token.len == 0 && !c->by_program)
		return E_SIGN_IN;
	bool looking = c->method == GET || c->method == HEAD || c->by_program;
	return looking || csrf_same_site(c->heads.origin, c->rq.origin, c->heads.fetch_site) ? 0 : E_CSRF;
}

static enum MHD_Result at_headers(struct connection *c, const char *url, const char *method)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	c->peer = info ? info->socket_context : NULL;
	c->method = method_of(str_of(method));
	c->path = str_copy(&c->arena, str_of(url));
	c->body.max = BODY_DEFAULT;
	heads_read(c->mhd, &c->arena, &c->heads);
	bool body = c->heads.length > 0 || c->heads.chunked;
	if (c->peer)
		c->peer->deadline = body ? c->server->clock + c->server->body_deadline : 0;
	c->refused = inspect(c);
	c->stage = AT_BODY;
	bool at_once = c->heads.odd_length || c->heads.expects || c->heads.length > (int64_t)c->body.max + SWALLOW;
	return c->refused && at_once ? reply_error(c, c->refused) : MHD_YES;
}

/* ---- The body -------------------------------------------------------------------------------- */

static enum MHD_Result take_body(struct connection *c, const char *bytes, size_t len)
{
	bool wanted = !c->refused && c->route && c->method != GET && c->method != HEAD;
	c->swallowed += len;
	if (wanted && c->body.len + len > c->body.max)
		c->refused = E_BODY_TOO_LARGE;
	else if (wanted)
		buf_add(&c->body, bytes, len);
	if (wanted && buf_failed(&c->body))
		c->refused = E_MEMORY;
	return c->swallowed > c->body.max + SWALLOW ? MHD_NO : MHD_YES;
}

static enum MHD_Result begin(struct connection *c)
{
	if (c->peer)
		c->peer->deadline = 0;
	if (arena_failed(&c->arena))
		c->refused = E_MEMORY;
	if (c->refused)
		return reply_error(c, c->refused);
	if (!c->route)
		return files_send(c);
	if (c->body.len <= BODY_DEFAULT)
		params_read(c);
	return submit(c);
}

enum MHD_Result life_step(void *ctx, struct MHD_Connection *mhd, const char *url, const char *method,
                          const char *version, const char *upload, size_t *upload_size, void **con)
{
	(void)ctx, (void)mhd, (void)version;
	struct connection *c = *con;
	if (!c)
		return MHD_NO;                          /* out of memory at the request line */
	if (c->stage == AT_HEADERS)
		return at_headers(c, url, method);
	if (c->stage == AT_BODY && *upload_size > 0) {
		size_t len = *upload_size;
		*upload_size = 0;
		return take_body(c, upload, len);
	}
	if (c->stage == AT_BODY)
		return begin(c);
	if (c->in_place && !c->back)
		return MHD_YES;                         /* no reply yet: MHD asks again */
	c->server->answered |= c->in_place;
	if (c->touch && c->result >= 0)
		touch_submit(c);
	return reply_send(c);
}
