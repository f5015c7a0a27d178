/* within.c: see within.h. */
#include "http/within.h"

#include "base/log.h"

static const struct route *route_of(const struct feature *const *features, const char *method, const char *path)
{
	for (; *features; features++)
		for (const struct route *r = (*features)->routes; r && r->method; r++)
			if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
				return r;
	return NULL;
}

static int read_input(const struct route *route, const struct within_call *call, struct arena *arena, void **ret,
                      struct complaint *why)
{
	*ret = NULL;
	if (!route->in)
		return 0;
	*ret = arena_take(arena, route->in->size);
	if (!*ret)
		return E_MEMORY;
	return call->pairs ? row_read_pairs(route->in, call->pairs, call->pair_count, false, arena, *ret, why)
	                   : row_read_json(route->in, call->json.len ? call->json : S("{}"), arena, *ret, why);
}

static struct id id_of(const struct route *route, const void *out)
{
	for (size_t i = 0; route->output == OUT_JSON && i < route->out->count; i++)
		if (route->out->fields[i].kind == K_ID && strcmp(route->out->fields[i].name, "id") == 0)
			return *(const struct id *)field_at(&route->out->fields[i], out);
	return (struct id){ 0 };
}

int within_do(struct tx *tx, const struct within *who, const struct within_call *call, struct id *ret_id)
{
	const struct route *route = route_of(who->features, call->method, call->path);
	struct request rq = {
		.tx = tx, .arena = tx_arena(tx), .community = who->community, .account = who->account, .role = ROLE_OWNER,
		.visitor = who->visitor, .path_id = call->id, .path_text = call->text, .lang = LANG_ZH,
		.user_agent = who->agent,
		.address = call->address.len ? call->address : S("127.0.0.1"), .origin = S("http://localhost:8300"), .local = true,
		.csrf = S(""), .kept = call->kept, .features = who->features,
	};
	if (!route)
		return E_NOT_FOUND;
	size_t room = sizeof(struct body) > sizeof(struct page) ? sizeof(struct body) : sizeof(struct page);
	void *in, *out = arena_take(rq.arena, route->output == OUT_JSON ? route->out->size : room);
	int r = out ? read_input(route, call, rq.arena, &in, &rq.complaint) : E_MEMORY;
	if (r == 0 && call->pairs && route->ready)
		r = route->ready(&rq, in, out);
	if (r >= 0)
		r = route->handle(&rq, in, out);
	if (r < 0) {
		if (call->why)
			*call->why = rq.complaint;
		else if (r != E_GATE_CLOSED && r != E_FULL)
			log_error("within: %s %s: %s %.*s", route->method, route->path, err_word(r), STR(rq.complaint.field));
		return r;
	}
	if (ret_id)
		*ret_id = id_of(route, out);
	return 0;
}
