/* engine.c: what SQLite and PostgreSQL do alike: remember prepared statements, and put columns into records. */
#include "store/engine.h"
#include "base/log.h"
#include "base/mem.h"

/* ---- Prepared statements: open addressing by the query's address, never more than half full ---- */

static struct statement *slot_for(struct statement *slots, size_t room, const struct query *query)
{
	size_t i = ((uintptr_t)query >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 32 & (room - 1);
	while (slots[i].query && slots[i].query != query)
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static bool statements_grow(struct statements *all)
{
	size_t room = all->room ? all->room * 2 : 64;
	struct statement *slots = mem_take(room * sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < all->room; i++)
		if (all->slots[i].query)
			*slot_for(slots, room, all->slots[i].query) = all->slots[i];
	mem_give(all->slots);
	all->slots = slots;
	all->room = room;
	return true;
}

struct statement *statements_find(struct statements *all, const struct query *query)
{
	if (all->room) {
		struct statement *slot = slot_for(all->slots, all->room, query);
		if (slot->query)
			return slot;
	}
	if (all->count * 2 >= all->room && !statements_grow(all))
		return NULL;
	struct statement *slot = slot_for(all->slots, all->room, query);
	slot->query = query;
	all->count++;
	return slot;
}

/* ---- Columns ---- */

bool column_named(const struct query *query, size_t i, const char *name)
{
	const char *want = query->row->fields[i].name;
	if (name && strcmp(name, want) == 0)
		return true;
	log_error("query %s: column %zu is \"%s\", its row says \"%s\"", query->name, i + 1, name ? name : "", want);
	return false;
}

int column_null(const struct query *query, const struct field *field)
{
	log_error("query %s: column \"%s\" is NULL", query->name, field->name);
	return E_STORE;
}

int column_mistyped(const struct query *query, const struct field *field)
{
	log_error("query %s: column \"%s\" is of another type than its field", query->name, field->name);
	return E_STORE;
}

static int column_list(const struct query *query, const struct field *field, struct str json, struct arena *arena,
                       struct rows *ret)
{
	struct complaint why = { 0 };
	int64_t max = field->limits.max > 0 ? field->limits.max : TX_ROWS_MAX;
	int r = rows_read_json(field->limits.of, json, max, arena, ret, &why);
	if (r == 0 || r == E_MEMORY)
		return r;
	log_error("query %s: column \"%s\" is no list of %s: %s at %.*s", query->name, field->name,
	          field->limits.of->name, err_word(r), STR(why.field));
	return E_STORE;
}

int column_bytes(const struct query *query, const struct field *field, const void *at, size_t len,
                 struct arena *arena, void *record)
{
	if (field->kind == K_ONE)
		return column_mistyped(query, field);     /* only for the way out */
	if (field->kind == K_ROWS)
		return column_list(query, field, (struct str){ at, len }, arena, field_at(field, record));
	char *copy = NULL;
	if (len > 0) {
		copy = arena_take(arena, len + 1);        /* a NUL behind it costs nothing and helps libraries */
		if (!copy)
			return E_MEMORY;
		memcpy(copy, at, len);
	}
	if (field->kind == K_BLOB)
		*(struct blob *)field_at(field, record) = (struct blob){ copy, len };
	else
		*(struct str *)field_at(field, record) = (struct str){ copy ? copy : "", len };
	return 0;
}

void column_number(const struct field *field, int64_t n, void *record)
{
	if (field->kind == K_BOOL)
		*(bool *)field_at(field, record) = n != 0;
	else
		*(int64_t *)field_at(field, record) = n;  /* id, instant and money are one int64_t each */
}
