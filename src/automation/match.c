/* match.c: a tree of bytes whose branches stand in one open table; see match.h. */
#include "automation/match.h"

#include "base/err.h"

struct branch { uint64_t key; int32_t child; };   /* key: (node << 8 | byte) + 1; 0: free */
struct end    { int32_t node, whose, next; enum match_how how; };

struct matcher {
	struct arena  *arena;
	struct branch *branches;
	size_t         room;                      /* a power of two, twice the bytes */
	int32_t       *ends_of;                   /* of a node: its first end + 1; 0: no word ends here */
	struct end    *ends;
	int32_t        nodes, end_count, end_room;
	bool           first[256];                /* bytes that some word begins with */
};

struct matcher *matcher_make(struct arena *arena, size_t bytes)
{
	struct matcher *m = ARENA_NEW(arena, struct matcher);
	if (!m)
		return NULL;
	m->room = 64;
	while (m->room < 2 * (bytes + 1))
		m->room *= 2;
	m->arena = arena;
	m->branches = arena_take_array(arena, m->room, sizeof *m->branches);
	m->ends_of = arena_take_array(arena, bytes + 1, sizeof *m->ends_of);
	m->end_room = (int32_t)bytes + 1;                 /* a word has at least one byte */
	m->ends = arena_take_array(arena, bytes + 1, sizeof *m->ends);
	m->nodes = 1;
	return m->branches && m->ends_of && m->ends ? m : NULL;
}

static struct branch *branch_at(const struct matcher *m, int32_t node, unsigned char byte)
{
	uint64_t key = ((uint64_t)node << 8 | byte) + 1, at = key * UINT64_C(0x9E3779B97F4A7C15) >> 20;
	for (;; at++) {
		struct branch *b = &m->branches[at & (m->room - 1)];
		if (b->key == key || b->key == 0)
			return b;
	}
}

int matcher_add(struct matcher *m, struct str word, enum match_how how, int whose)
{
	int32_t node = 0;
	if (!word.len || (size_t)m->nodes + word.len > m->room / 2 || m->end_count == m->end_room)
		return E_TOO_MANY;
	m->first[(unsigned char)word.at[0]] = true;
	for (size_t i = 0; i < word.len; i++) {
		struct branch *b = branch_at(m, node, (unsigned char)word.at[i]);
		if (b->key == 0) {
			b->key = ((uint64_t)node << 8 | (unsigned char)word.at[i]) + 1;
			b->child = m->nodes++;
		}
		node = b->child;
	}
	m->ends[m->end_count++] = (struct end){ node, whose, m->ends_of[node], how };
	m->ends_of[node] = m->end_count;
	return 0;
}

static void walk(const struct matcher *m, struct str text, size_t from, void (*found)(void *, int), void *ctx)
{
	int32_t node = 0;
	for (size_t i = from; i < text.len; i++) {
		const struct branch *b = branch_at(m, node, (unsigned char)text.at[i]);
		if (b->key == 0)
			return;
		node = b->child;
		for (int32_t e = m->ends_of[node]; e; e = m->ends[e - 1].next) {
			const struct end *end = &m->ends[e - 1];
			if (end->how == MATCH_CONTAINS || (from == 0 && (end->how == MATCH_PREFIX || i + 1 == text.len)))
				found(ctx, end->whose);
		}
	}
}

void matcher_run(const struct matcher *m, struct str text, void (*found)(void *ctx, int whose), void *ctx)
{
	if (text.len > MATCH_TEXT)
		text.len = MATCH_TEXT;
	for (size_t i = 0; i < text.len; i++)
		if (m->first[(unsigned char)text.at[i]])
			walk(m, text, i, found, ctx);
}
