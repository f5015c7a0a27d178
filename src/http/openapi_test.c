/* openapi_test.c: the description can be read by machines. */
#include <jansson.h>
#include "http/inside.h"
#include "test.h"

struct leaf { struct id id; struct str name; };
ROW(leaf, FIELD(leaf, id, "Leaf"), FIELD(leaf, name, "As read", .max = 20));
struct tree { struct str title; struct rows leaves; };
ROW(tree,
	FIELD(tree, title, "Title \"quoted\"", .max = 20),
	FIELD(tree, leaves, "Its leaves", .of = &row_leaf, .max = 10));
struct upload { struct blob file; struct str name; };
ROW(upload, FIELD(upload, file, "Picture", .max = 1000), FIELD(upload, name, "Name", .max = 10, .optional = true));
struct asked { struct str after; };
ROW(asked, FIELD(asked, after, "Where to go on", .max = 40, .optional = true));

static int nothing(struct request *rq, const void *in, void *out)
{
	(void)rq, (void)in, (void)out;
	return 0;
}

static const struct route routes[] = {
	{ "GET", "/trees", ROLE_READER, nothing, &row_asked, &row_tree, "Trees", OUT_PAGE },
	{ "POST", "/trees", ROLE_OPERATOR, nothing, &row_tree, &row_tree, "Plant" },
	{ "POST", "/trees/{id}/picture", ROLE_OPERATOR, nothing, &row_upload, NULL, "Picture", OUT_NONE },
	{ "GET", "/trees/{id}/picture", ROLE_READER, nothing, NULL, NULL, "Picture", OUT_BODY, .makes = "image/png" },
	{ "POST", "/api/session", ROLE_PUBLIC, nothing, &row_leaf, NULL, "Sign in", OUT_NONE, .no_csrf = true }, { 0 },
};
static const struct feature feature = { .name = "forest", .api = "trees", .routes = routes };
static const struct feature *const features[] = { &feature_http, &feature, NULL };

/* Every "$ref" points to something that is there. */
static void check_refs(const json_t *root, const json_t *at)
{
	const char *key;
	json_t *value;
	size_t i;
	json_array_foreach((json_t *)(uintptr_t)at, i, value)
		check_refs(root, value);
	json_object_foreach((json_t *)(uintptr_t)at, key, value) {
		check_refs(root, value);
		if (strcmp(key, "$ref") != 0)
			continue;
		const json_t *found = root;
		struct str rest = str_of(json_string_value(value));
		assert_str(str_cut(&rest, '/'), "#");
		while (rest.len > 0) {
			char name[100];
			struct str step = str_cut(&rest, '/');
			snprintf(name, sizeof name, "%.*s", STR(step));
			found = json_object_get(found, name);
		}
		if (!found)
			fail_msg("dangling %s", json_string_value(value));
	}
}

TEST(openapi_is_sound, "the document is JSON, every operation has its own name, and no reference dangles")
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	openapi_write(&b, features);
	assert_false(buf_failed(&b));
	json_error_t why;
	json_t *root = json_loadb(b.at, b.len, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		fail_msg("%s near %d", why.text, why.position);
	json_t *names = json_object(), *path, *operation;
	const char *key, *method;
	json_object_foreach(json_object_get(root, "paths"), key, path)
		json_object_foreach(path, method, operation) {
			const char *name = json_string_value(json_object_get(operation, "operationId"));
			assert_non_null(name);
			assert_null(json_object_get(names, name));
			json_object_set_new(names, name, json_true());
		}
	assert_int_equal(json_object_size(names), 7);
	assert_non_null(json_object_get(names, "post_trees_id_picture"));
	check_refs(root, root);
	const json_t *plant = json_object_get(json_object_get(json_object_get(root, "paths"), "/api/c/{community}/trees"), "post");
	const json_t *bearer = json_object_get(json_array_get(json_object_get(plant, "security"), 1), "bearer");
	assert_string_equal(json_string_value(json_array_get(bearer, 0)), "trees:write");
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(root, "x-errors"), 0), "code")), "not_found");
	json_decref(names);
	json_decref(root);
}

TEST(routes_document, "docs/routes.md has a line for each route")
{
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	routes_write(&b, features);
	buf_byte(&b, '\0');
	assert_non_null(strstr(b.at,
		"| POST | `/api/c/{community}/trees/{id}/picture` | operator | trees:write | upload | nothing | Picture |"));
	assert_non_null(strstr(b.at, "| GET | `/api/c/{community}/trees` | reader | trees:read | asked | page of tree | Trees |"));
	assert_non_null(strstr(b.at, "| POST | `/api/session` | public, no word |  | leaf | nothing | Sign in |"));
}
