/* openapi.c: the API described from the same rows that run it.
 *
 * Story      Typed clients are generated from /api/openapi.json, people read docs/routes.md; both are written from the
 *            route rows, so neither can be out of date.
 *            The console's own page of the API (web/console/api) is made from the same document in the browser.
 * Programs   An operation that is open to API tokens names the scope it asks for: security bearer. `x-errors` lists every code
 *            with its words.
 * Holds      Components are named after their rows. A row that is read anywhere is described as an input: its optional
 *            fields may be missing.
 * Test       openapi_test.c
 */
#include "http/inside.h"

#define COMPONENTS_MOST 1000

struct component { const struct row *row; bool input; };
struct components { struct component at[COMPONENTS_MOST]; size_t count; };

/* ---- Words ----------------------------------------------------------------------------------- */

static void small(struct buf *b, char c)
{
	buf_byte(b, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c);
}

/* GET /tags/{id} → get_tags_id; GET /api/session → get_api_session. */
static void operation_id(struct buf *b, const struct route *r)
{
	for (const char *m = r->method; *m; m++)
		small(b, *m);
	for (const char *p = r->path; *p; p++) {
		if (*p == '/' || *p == '-' || *p == '.')
			buf_byte(b, '_');
		else if (*p != '{' && *p != '}')
			small(b, *p);
	}
}

static void reference(struct buf *b, const struct row *row)
{
	buf_format(b, "{\"$ref\":\"#/components/schemas/%s\"}", row->name);
}

static bool is_get(const struct route *r)
{
	return strcmp(r->method, "GET") == 0;
}

/* ---- Parameters ------------------------------------------------------------------------------ */

static void path_parameter(struct buf *b, const char *name, size_t len, bool number, bool *first)
{
	buf_format(b, "%s{\"name\":\"%.*s\",\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"%s}}",
		*first ? "" : ",", (int)len, name, number ? ",\"pattern\":\"^[1-9][0-9]*$\"" : "");
	*first = false;
}

static void query_parameter(struct buf *b, const struct row *row, const struct field *f, bool *first)
{
	buf_format(b, "%s{\"name\":\"%s\",\"in\":\"query\",\"required\":%s,\"description\":", *first ? "" : ",", f->name,
		f->limits.optional ? "false" : "true");
	buf_json(b, str_of(f->help));
	buf_format(b, ",\"schema\":{\"$ref\":\"#/components/schemas/%s/properties/%s\"}}", row->name, f->name);
	*first = false;
}

static void parameters(struct buf *b, const struct feature *f, const struct route *r)
{
	bool first = true;
	buf_str(b, S(",\"parameters\":["));
	if (route_in_community(r))
		path_parameter(b, "community", 9, true, &first);
	const char *hole = strchr(r->path, '{'), *end = hole ? strchr(hole, '}') : NULL;
	if (end)
		path_parameter(b, hole + 1, (size_t)(end - hole - 1), strncmp(hole, "{id}", 4) == 0, &first);
	for (size_t i = 0; is_get(r) && r->in && i < r->in->count; i++)
		query_parameter(b, r->in, &r->in->fields[i], &first);
	if (!is_get(r) && !r->no_csrf)
		buf_format(b, "%s{\"$ref\":\"#/components/parameters/csrf\"}", first ? "" : ",");
	if (strcmp(r->method, "POST") == 0 && route_open_to_tokens(f, r) && r->output != OUT_BODY)
		buf_str(b, S(",{\"$ref\":\"#/components/parameters/once\"}"));
	buf_byte(b, ']');
}

/* ---- Bodies and replies ---------------------------------------------------------------------- */

static bool has_blob(const struct row *row)
{
	for (size_t i = 0; i < row->count; i++)
		if (row->fields[i].kind == K_BLOB)
			return true;
	return false;
}

static void request_body(struct buf *b, const struct route *r)
{
	if (is_get(r) || !r->in)
		return;
	buf_format(b, ",\"requestBody\":{\"required\":true,\"content\":{\"%s\":{\"schema\":",
		has_blob(r->in) ? "multipart/form-data" : "application/json");
	reference(b, r->in);
	buf_str(b, S("}}}"));
}

static void page_schema(struct buf *b, const struct row *row)
{
	buf_str(b, S("{\"type\":\"object\",\"required\":[\"items\",\"total\",\"next\"],\"properties\":{\"items\":"
		"{\"type\":\"array\",\"items\":"));
	reference(b, row);
	buf_str(b, S("},\"total\":{\"type\":[\"integer\",\"null\"],\"description\":\"null: not counted\"},"
	            "\"at_least\":{\"type\":\"boolean\",\"description\":\"there are so many or more\"},"
		"\"next\":{\"type\":\"string\",\"description\":\"Pass back as ?after=; empty on the last page\"}}}"));
}

static void good_reply(struct buf *b, const struct route *r)
{
	if (r->output == OUT_NONE) {
		buf_str(b, S("\"204\":{\"description\":\"Done\"}"));
		return;
	}
	buf_format(b, "\"200\":{\"description\":\"Done\",\"content\":{\"%s\":{\"schema\":",
		r->output == OUT_BODY ? r->makes : "application/json");
	if (r->output == OUT_BODY && !r->out)
		buf_str(b, S("{\"type\":\"string\",\"format\":\"binary\"}"));
	else if (r->output == OUT_PAGE)
		page_schema(b, r->out);
	else
		reference(b, r->out);
	buf_str(b, S("}}}"));
}

/* "operator, reviewer": the least role, and who may besides. */
static void roles_write(struct buf *b, const struct route *r)
{
	buf_z(b, role_word(r->role));
	for (enum role role = ROLE_READER; role < r->role; role++)
		if (route_allows(r, role))
			buf_format(b, ", %s", role_word(role));
}

static void scope_write(struct buf *b, const struct feature *f, const struct route *r)
{
	buf_format(b, "%s:%s", f->api, is_get(r) ? "read" : "write");
}

static void security(struct buf *b, const struct feature *f, const struct route *r)
{
	buf_format(b, "\",\"security\":[%s", r->role >= ROLE_ACCOUNT ? "{\"session\":[]}" : "");
	if (route_open_to_tokens(f, r)) {
		buf_str(b, S(",{\"bearer\":[\""));
		scope_write(b, f, r);
		buf_str(b, S("\"]}"));
	}
	buf_byte(b, ']');
}

static void operation(struct buf *b, const struct feature *f, const struct route *r)
{
	buf_format(b, "\"%s\":{\"operationId\":\"", is_get(r) ? "get" : strcmp(r->method, "POST") == 0 ? "post"
		: strcmp(r->method, "PUT") == 0 ? "put" : strcmp(r->method, "PATCH") == 0 ? "patch" : "delete");
	operation_id(b, r);
	buf_format(b, "\",\"tags\":[\"%s\"],\"summary\":", f->name);
	buf_json(b, str_of(r->help));
	buf_str(b, S(",\"description\":\"Role: "));
	roles_write(b, r);
	security(b, f, r);
	parameters(b, f, r);
	request_body(b, r);
	buf_str(b, S(",\"responses\":{"));
	good_reply(b, r);
	buf_str(b, S(",\"default\":{\"$ref\":\"#/components/responses/error\"}}}"));
}

/* ---- Components ------------------------------------------------------------------------------ */

static void collect(struct components *all, const struct row *row, bool input)
{
	if (!row)
		return;
	size_t i = 0;
	while (i < all->count && strcmp(all->at[i].row->name, row->name) != 0)
		i++;
	if (i == COMPONENTS_MOST || (i < all->count && (all->at[i].input || !input)))
		return;
	all->at[i] = (struct component){ row, input };
	all->count += i == all->count;
	for (size_t f = 0; f < row->count; f++)
		if (row->fields[f].kind == K_ROWS || row->fields[f].kind == K_ONE)
			collect(all, row->fields[f].limits.of, input);
}

static void collect_features(struct components *all, const struct feature *const *features)
{
	for (; *features; features++)
		for (const struct route *r = (*features)->routes; r && r->method; r++) {
			collect(all, r->in, true);
			collect(all, r->out, false);
		}
}

static void components(struct buf *b, const struct components *all)
{
	buf_str(b, S("\"components\":{\"securitySchemes\":{\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\","
		"\"name\":\"quntu_session\"},\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"An API token (qt_), made in"
		" the console. Behind each operation stands the scope it asks for.\"}},"
		"\"parameters\":{\"csrf\":{\"name\":\"X-Quntu-CSRF\",\"in\":\"header\","
		"\"required\":false,\"description\":\"The word of this session or visitor; or a form's field csrf. API tokens need none\","
		"\"schema\":{\"type\":\"string\"}},\"once\":{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"description\":"
		"\"With an API token: the same key within a day is the same request, done once and answered alike\","
		"\"schema\":{\"type\":\"string\",\"maxLength\":200}}},\"responses\":{\"error\":{\"description\":\"What went wrong\",\"content\":"
		"{\"application/json\":{\"schema\":{\"$ref\":\"#/components/schemas/Error\"}}}}},"
		"\"requestBodies\":{\"event\":{\"required\":true,\"content\":"
		"{\"application/json\":{\"schema\":{\"type\":\"object\",\"required\":[\"type\",\"timestamp\",\"data\"],\"properties\":"
		"{\"type\":{\"type\":\"string\"},\"timestamp\":{\"type\":\"string\"},\"data\":{\"type\":\"object\"}}}}}}},\"schemas\":{\"Error\":"
		"{\"type\":\"object\",\"required\":[\"error\"],\"properties\":{\"error\":{\"type\":\"object\",\"required\":"
		"[\"code\",\"message\",\"field\",\"detail\"],\"properties\":{\"code\":{\"type\":\"string\"},\"message\":"
		"{\"type\":\"string\"},\"field\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}}}"));
	for (size_t i = 0; i < all->count; i++) {
		buf_format(b, ",\"%s\":", all->at[i].row->name);
		row_write_schema(b, all->at[i].row, all->at[i].input);
	}
	buf_str(b, S("}}"));
}

/* What webhooks tell, one entry for each kind of event. */
static void events(struct buf *b, const struct feature *const *features)
{
	bool first = true;
	buf_str(b, S("\"webhooks\":{"));
	for (; *features; features++)
		for (const struct event_kind *k = (*features)->events; k && k->name; k++) {
			buf_format(b, "%s\"%s\":{\"post\":{\"operationId\":\"event_%s\",\"tags\":[\"%s\"],\"summary\":", first ? "" : ",",
				k->name, k->name, (*features)->name);
			buf_json(b, str_of(k->help));
			buf_str(b, S(",\"requestBody\":{\"$ref\":\"#/components/requestBodies/event\"},\"responses\":{\"2XX\":"
				"{\"description\":\"Taken\"}}}}"));
			first = false;
		}
	buf_byte(b, '}');
}

/* Every code that a program may meet. */
static void errors(struct buf *b)
{
	buf_str(b, S("\"x-errors\":["));
	for (int i = 1; i < ERR_COUNT; i++) {
		buf_format(b, "%s{\"code\":\"%s\",\"status\":%d,\"zh\":", i > 1 ? "," : "", err_word(-i), err_status(-i));
		buf_json(b, str_of(err_text(-i, LANG_ZH)));
		buf_str(b, S(",\"en\":"));
		buf_json(b, str_of(err_text(-i, LANG_EN)));
		buf_byte(b, '}');
	}
	buf_byte(b, ']');
}

/* ---- The two documents ----------------------------------------------------------------------- */

static const struct route *next_route(const struct feature *const **f, const struct route *r)
{
	r = r ? r + 1 : **f ? (**f)->routes : NULL;
	while (**f && (!r || !r->method)) {
		++*f;
		r = **f ? (**f)->routes : NULL;
	}
	return r;
}

/* Is this the first route with its path, counting from the first feature? */
static bool first_of_path(const struct feature *const *features, const struct route *route)
{
	for (const struct route *r = next_route(&features, NULL); r && r != route; r = next_route(&features, r))
		if (strcmp(r->path, route->path) == 0)
			return false;
	return true;
}

static void path_item(struct buf *b, const struct feature *const *features, const struct route *route)
{
	bool first = true;
	buf_byte(b, '"');
	route_path(b, route);
	buf_str(b, S("\":{"));
	for (const struct route *r = next_route(&features, NULL); r; r = next_route(&features, r)) {
		if (strcmp(r->path, route->path) != 0)
			continue;
		if (!first)
			buf_byte(b, ',');
		first = false;
		operation(b, *features, r);
	}
	buf_byte(b, '}');
}

void openapi_write(struct buf *b, const struct feature *const *features)
{
	struct components all = { .count = 0 };
	const struct feature *const *f = features;
	bool first = true;
	buf_str(b, S("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Quntu\",\"version\":\"1\"},\"paths\":{"));
	for (const struct route *r = next_route(&f, NULL); r; r = next_route(&f, r)) {
		if (!first_of_path(features, r))
			continue;
		if (!first)
			buf_byte(b, ',');
		first = false;
		path_item(b, features, r);
	}
	buf_str(b, S("},"));
	collect_features(&all, features);
	components(b, &all);
	buf_byte(b, ',');
	events(b, features);
	buf_byte(b, ',');
	errors(b);
	buf_byte(b, '}');
}

void routes_write(struct buf *b, const struct feature *const *features)
{
	buf_str(b, S("# Routes\n\nWritten from the route rows; do not edit. Every write but those marked `no word` needs"
		" the header `X-Quntu-CSRF`; a program with an API token needs none, but the scope (docs/api.md).\n"));
	for (; *features; features++) {
		const struct route *r = (*features)->routes;
		if (!r || !r->method)
			continue;
		buf_format(b, "\n## %s\n\n| method | path | role | scope | takes | gives | what |\n|---|---|---|---|---|---|---|\n",
			(*features)->name);
		for (; r->method; r++) {
			buf_format(b, "| %s | `", r->method);
			route_path(b, r);
			buf_str(b, S("` | "));
			roles_write(b, r);
			buf_z(b, r->no_csrf ? ", no word | " : " | ");
			if (route_open_to_tokens(*features, r))
				scope_write(b, *features, r);
			buf_format(b, " | %s | ", r->in ? r->in->name : "");
			buf_format(b, "%s%s | %s |\n", r->output == OUT_PAGE ? "page of " : "",
				r->out ? r->out->name : r->output == OUT_BODY ? r->makes : "nothing", r->help);
		}
	}
}
