/* loop.c: would automations set each other off without end? A walk over who may set off whom; see automation.h.
 *
 * Holds      Errs on the side of refusing: conditions and limits are not looked at. Tags are: whoever puts on 甲 does not set off
 *            what waits for 乙.
 */
#include "automation/automation.h"

static bool is_among(struct rows tags, struct str key)
{
	const struct text_item *tag = tags.at;
	for (size_t i = 0; i < tags.count; i++)
		if (str_equal(tag[i].item, key))
			return true;
	return false;
}

/* No tag named: any tag. */
static bool share_a_tag(struct rows a, struct rows b)
{
	const struct text_item *tag = a.at;
	if (!a.count || !b.count)
		return true;
	for (size_t i = 0; i < a.count; i++)
		if (is_among(b, tag[i].item))
			return true;
	return false;
}

static bool sets_off(const struct chained *from, const struct chained *to)
{
	for (size_t i = 0; i < from->act_count; i++) {
		const char *causes = from->acts[i].act->causes;
		if (causes && str_among(to->event, causes) &&
		    (!str_among(to->event, "tag_put tag_taken") || share_a_tag(from->acts[i].tags, to->tags)))
			return true;
	}
	return false;
}

struct walk { const struct chained *all; size_t count, first; bool been[AUTOMATIONS_MOST + 1]; size_t *path, room; };

static size_t go(struct walk *w, size_t at, size_t length)
{
	w->path[length++] = at;
	for (size_t next = 0; next < w->count && length < w->room; next++) {
		if (!sets_off(&w->all[at], &w->all[next]))
			continue;
		if (next == w->first) {
			w->path[length] = next;
			return length + 1;
		}
		if (w->been[next])
			continue;
		w->been[next] = true;
		size_t found = go(w, next, length);
		if (found)
			return found;
	}
	return 0;
}

size_t chain_loops(const struct chained *all, size_t count, size_t first, size_t *path, size_t path_room)
{
	struct walk w = { .all = all, .count = count, .first = first, .path = path, .room = path_room - 1 };
	return count <= AUTOMATIONS_MOST + 1 ? go(&w, first, 0) : 0;
}
