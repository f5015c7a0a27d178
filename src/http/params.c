/* params.c: the input of a request, by its Content-Type, into the route's struct.
 *
 * Story      A GET speaks through its query string, where unknown names are other people's tracking and are passed
 *            over. Everything else has a body: JSON, a form, or multipart; there every name must be known. No body is
 *            an empty object. A form may carry the CSRF word as a field.
 * Holds      What is wrong is remembered, not said: identity.c speaks first.
 * Test       server_test.c
 */
#include "http/inside.h"

static int read_pairs(struct connection *c, struct pairs pairs, bool loose)
{
	return row_read_pairs(c->route->in, pairs.at, pairs.count, loose, &c->arena, c->in, &c->parse_complaint);
}

static int read_query(struct connection *c)
{
	struct pairs pairs = { .count = 0 };
	int r = form_read(c->query, &c->arena, &pairs);
	return r < 0 ? r : read_pairs(c, pairs, true);
}

/* The field `csrf` is ours, not the route's. */
static void take_csrf(struct connection *c, struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		if (!str_equal(pairs->at[i].name, S("csrf")))
			continue;
		if (c->csrf_sent.len == 0)
			c->csrf_sent = pairs->at[i].text;
		memmove(&pairs->at[i], &pairs->at[i + 1], (pairs->count - i - 1) * sizeof *pairs->at);
		pairs->count--;
		return;
	}
}

static int read_form(struct connection *c, bool multipart)
{
	struct pairs pairs = { .count = 0 };
	struct str body = buf_view(&c->body);
	int r = multipart ? multipart_read(c->heads.type, (struct blob){ body.at, body.len }, &c->arena, &pairs)
	                  : form_read(body, &c->arena, &pairs);
	if (r < 0)
		return r;
	take_csrf(c, &pairs);
	return c->route->in ? read_pairs(c, pairs, false) : 0;
}

static int read_body(struct connection *c)
{
	struct str rest = c->heads.type, type = str_trim(str_cut(&rest, ';'));
	if (c->body.len > 0 && str_equal_fold(type, S("application/x-www-form-urlencoded")))
		return read_form(c, false);
	if (c->body.len > 0 && str_equal_fold(type, S("multipart/form-data")))
		return read_form(c, true);
	if (!c->route->in)
		return 0;
	if (c->body.len > 0 && !str_equal_fold(type, S("application/json")))
		return E_MEDIA_TYPE;
	struct str json = c->body.len ? buf_view(&c->body) : S("{}");
	return row_read_json(c->route->in, json, &c->arena, c->in, &c->parse_complaint);
}

static int read_input(struct connection *c)
{
	c->csrf_sent = c->heads.csrf;
	if (c->route->raw)
		return 0;
	if (c->route->in && !(c->in = arena_take(&c->arena, c->route->in->size)))
		return E_MEMORY;
	if (c->method != GET && c->method != HEAD)
		return read_body(c);
	return c->route->in ? read_query(c) : 0;
}

void rq_raw(struct request *rq, struct raw *ret)
{
	struct connection *c = connection_of(rq);
	struct str body = c ? buf_view(&c->body) : S("");
	*ret = (struct raw){ .body = { body.at, body.len } };
	if (!c)
		return;
	ret->query = c->query;
	ret->type = c->heads.type;
	ret->authorization = c->heads.authorization;
	ret->signature = c->heads.signature;
	ret->self_id = c->heads.self_id;
}

void params_read(struct connection *c)
{
	c->parse_result = read_input(c);
	c->parsed = true;
}
