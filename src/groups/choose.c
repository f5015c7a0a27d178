/* choose.c: see choose.h. */
#include "groups/choose.h"

#include <math.h>

#define MINUTES_A_DAY 1440
#define EARTH_M       6371000.0

ROW_PUBLIC(window,
	FIELD(window, weekday, "0 Sunday … 6 Saturday", .min = 0, .max = 6),
	FIELD(window, from,    "Opens, minutes after midnight", .min = 0, .max = MINUTES_A_DAY),
	FIELD(window, until,   "Closes, minutes after midnight", .min = 1, .max = MINUTES_A_DAY));

ROW_PUBLIC(special,
	FIELD(special, day,   "The date", .min = 10, .max = 10, .pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
	FIELD(special, from,  "Opens, minutes after midnight", .min = 0, .max = MINUTES_A_DAY),
	FIELD(special, until, "Closes, minutes after midnight; equal to `from`: closed all day", .min = 0, .max = MINUTES_A_DAY));

/* ---- Hours: special dates > weekly windows > always ------------------------------------------- */

enum hours { HOURS_NONE, HOURS_SHUT, HOURS_WEEKLY, HOURS_SPECIAL };   /* NONE: the child has no hours, so it is open */

static enum hours hours_at(const struct child *c, const struct zone *zone, struct instant at)
{
	struct local now = zone_local(zone, at);
	int64_t today = day_of(zone, at), minute = now.hour * 60 + now.minute;
	bool special_today = false;

	for (size_t i = 0; i < c->date_count; i++) {
		int64_t day;
		if (!day_parse(c->dates[i].day, &day) || day != today)
			continue;
		special_today = true;
		if (minute >= c->dates[i].from && minute < c->dates[i].until)
			return HOURS_SPECIAL;
	}
	if (special_today)
		return HOURS_SHUT;
	for (size_t i = 0; i < c->window_count; i++)
		if (c->windows[i].weekday == now.weekday && minute >= c->windows[i].from && minute < c->windows[i].until)
			return HOURS_WEEKLY;
	return c->window_count ? HOURS_SHUT : HOURS_NONE;
}

/* When the clock on the wall of this zone shows `minute` on `day`; on a day of 23 or 25 hours, too. */
static struct instant at_minute(const struct zone *zone, int64_t day, int64_t minute)
{
	struct instant at = { day_start(zone, day).ms + minute * MINUTE };
	struct local wall = zone_local(zone, at);
	if (day_of(zone, at) == day)
		at.ms += (minute - wall.hour * 60 - wall.minute) * MINUTE;
	return at;
}

static void earlier_opening(const struct child *c, const struct zone *zone, struct instant at, struct instant now,
                            struct instant *best)
{
	if (at.ms > now.ms && (!best->ms || at.ms < best->ms) && hours_at(c, zone, at) != HOURS_SHUT)
		*best = at;
}

/* Hours open where a window or a date begins, or at midnight when a special day is over. */
struct instant child_opens_at(const struct child *c, const struct plan *plan, struct instant now)
{
	struct instant best = { 0 };
	int64_t today = day_of(plan->zone, now);
	if (hours_at(c, plan->zone, now) != HOURS_SHUT)
		return best;
	for (int64_t day = today; day < today + 15 && !best.ms; day++) {
		earlier_opening(c, plan->zone, day_start(plan->zone, day), now, &best);
		for (size_t i = 0; i < c->window_count; i++)
			earlier_opening(c, plan->zone, at_minute(plan->zone, day, c->windows[i].from), now, &best);
		for (size_t i = 0; i < c->date_count; i++)
			earlier_opening(c, plan->zone, at_minute(plan->zone, day, c->dates[i].from), now, &best);
	}
	return best;
}

/* ---- Is a child open? ------------------------------------------------------------------------------ */

static bool shows_something(const struct child *c)
{
	return c->kind == CHILD_URL ? c->url.len > 0
	     : c->kind == CHILD_WECOM || c->kind == CHILD_GROUP ? c->url.len > 0 || c->picture.len > 0
	     : c->picture.len > 0;
}

static bool has_passed(struct instant end, struct instant now)
{
	return end.ms && end.ms <= now.ms;
}

enum child_state child_state(const struct child *c, const struct plan *plan, struct instant now)
{
	if (c->stopped)
		return CHILD_STOPPED;
	if (!shows_something(c))
		return CHILD_EMPTY;
	if (has_passed(c->expires_at, now) || has_passed(c->picture_expires_at, now))
		return CHILD_EXPIRED;
	if ((c->cap && c->shown >= c->cap) || (c->member_limit && c->members >= c->member_limit))
		return CHILD_FULL;
	return hours_at(c, plan->zone, now) == HOURS_SHUT ? CHILD_WAITING : CHILD_FILLING;
}

const char *child_state_word(enum child_state state)
{
	static const char *const words[] = { "waiting", "filling", "full", "expired", "stopped", "empty" };
	return words[state];
}

static bool suits(const struct child *c, const struct chooser *v)
{
	return c->visitors == VISITORS_ALL || (c->visitors == VISITORS_RETURNING) == v->returning;
}

/* Whoever was shown a target may still finish joining it when its cap is reached: their place was counted. */
static bool open_but_for_cap(const struct child *c, const struct plan *plan, struct instant now)
{
	struct child uncapped = *c;
	uncapped.cap = 0;
	return child_state(&uncapped, plan, now) == CHILD_FILLING;
}

/* ---- Strategies: each picks among the open ones --------------------------------------------------------- */

struct open_children { int index[CHILDREN_MAX]; int count; };

/* Only the most particular hours count: one open by special date hides those open by week, and these hide the rest. */
static void keep_most_particular(const struct plan *plan, const struct chooser *v, struct open_children *open)
{
	enum hours best = HOURS_NONE;
	int kept = 0;
	for (int i = 0; i < open->count; i++) {
		enum hours h = hours_at(&plan->children[open->index[i]], plan->zone, v->now);
		if (h > best)
			best = h;
	}
	for (int i = 0; i < open->count; i++)
		if (hours_at(&plan->children[open->index[i]], plan->zone, v->now) == best)
			open->index[kept++] = open->index[i];
	open->count = kept;
}

/* Least full first, in shares of the cap so that a small group does not fill before a large one; children without a
 * cap compare by count. */
static int pick_balanced(const struct plan *plan, const struct open_children *open)
{
	int best = -1;
	double least = 0;
	for (int i = 0; i < open->count; i++) {
		const struct child *c = &plan->children[open->index[i]];
		double share = c->cap ? (double)c->shown / (double)c->cap : (double)c->shown / 200.0;
		if (best < 0 || share < least)
			best = open->index[i], least = share;
	}
	return best;
}

static int pick_weighted(const struct plan *plan, const struct open_children *open, uint64_t chance)
{
	uint64_t total = 0;
	for (int i = 0; i < open->count; i++)
		total += (uint64_t)plan->children[open->index[i]].weight;
	if (total == 0)
		return open->count ? open->index[0] : -1;
	uint64_t at = chance % total;
	for (int i = 0; i < open->count; i++) {
		uint64_t weight = (uint64_t)plan->children[open->index[i]].weight;
		if (at < weight)
			return open->index[i];
		at -= weight;
	}
	return -1;
}

/* Their city first; then children for everywhere; never another city's. */
static int pick_city(const struct plan *plan, const struct open_children *open, struct str city)
{
	for (int i = 0; i < open->count; i++)
		if (city.len && str_equal(plan->children[open->index[i]].region, city))
			return open->index[i];
	for (int i = 0; i < open->count; i++)
		if (plan->children[open->index[i]].region.len == 0)
			return open->index[i];
	return -1;
}

static bool has_place(const struct child *c)
{
	return c->radius_m > 0;
}

int64_t distance_m(int64_t lat1_e6, int64_t lon1_e6, int64_t lat2_e6, int64_t lon2_e6)
{
	double radian = M_PI / 180e6;
	double lat1 = (double)lat1_e6 * radian, lat2 = (double)lat2_e6 * radian;
	double north = sin((lat2 - lat1) / 2), east = sin((double)(lon2_e6 - lon1_e6) * radian / 2);
	double h = north * north + cos(lat1) * cos(lat2) * east * east;
	return (int64_t)llround(2 * EARTH_M * asin(sqrt(h < 1 ? h : 1)));
}

/* The nearest shop whose radius reaches the visitor; the one they named, if they would not tell where they are; else
 * children without a place. */
static int pick_nearest(const struct plan *plan, const struct open_children *open, const struct chooser *v)
{
	int best = -1;
	int64_t least = 0;
	if (!v->placed)
		return pick_city(plan, open, v->city);
	for (int i = 0; i < open->count; i++) {
		const struct child *c = &plan->children[open->index[i]];
		if (!has_place(c))
			continue;
		int64_t d = distance_m(v->latitude_e6, v->longitude_e6, c->latitude_e6, c->longitude_e6);
		if (d <= c->radius_m && (best < 0 || d < least))
			best = open->index[i], least = d;
	}
	for (int i = 0; i < open->count && best < 0; i++)
		if (!has_place(&plan->children[open->index[i]]))
			best = open->index[i];
	return best;
}

bool choose_needs_place(const struct plan *plan, const struct chooser *v)
{
	bool any = false;
	if (plan->strategy == BY_CITY)
		for (size_t i = 0; i < plan->count; i++)
			any |= plan->children[i].region.len > 0;
	if (plan->strategy == NEAREST)
		for (size_t i = 0; i < plan->count; i++)
			any |= has_place(&plan->children[i]);
	return any && !v->placed && v->city.len == 0;
}

int choose_child(const struct plan *plan, const struct chooser *v)
{
	struct open_children open = { .count = 0 };
	for (size_t i = 0; i < plan->count && i < CHILDREN_MAX; i++) {
		const struct child *c = &plan->children[i];
		if (v->tried >> i & 1 || !suits(c, v))
			continue;
		bool mine = plan->sticky && v->shown_before.n && c->id.n == v->shown_before.n;
		if (mine && open_but_for_cap(c, plan, v->now))
			return (int)i;
		if (v->doubts ? open_but_for_cap(c, plan, v->now) : child_state(c, plan, v->now) == CHILD_FILLING)
			open.index[open.count++] = (int)i;
	}
	if (open.count == 0)
		return -1;
	if (plan->strategy == ROTA)
		keep_most_particular(plan, v, &open);
	switch (plan->strategy) {
	case BALANCED: return pick_balanced(plan, &open);
	case WEIGHTED: return pick_weighted(plan, &open, v->chance);
	case BY_CITY:  return pick_city(plan, &open, v->city);
	case NEAREST:  return pick_nearest(plan, &open, v);
	default:       return open.index[0];
	}
}

/* ---- The death clock --------------------------------------------------------------------------------------- */

static double mean_of_last(const int64_t *hours, size_t n, size_t last)
{
	double sum = 0;
	size_t from = n > last ? n - last : 0;
	for (size_t i = from; i < n; i++)
		sum += (double)hours[i];
	return n > from ? sum / (double)(n - from) : 0;
}

struct instant fill_predicted(const int64_t *hours, size_t n, int64_t left, struct instant now, int64_t *ret_per_day)
{
	double an_hour = (mean_of_last(hours, n, 24) + mean_of_last(hours, n, 6)) / 2;
	*ret_per_day = llround(an_hour * 24);
	if (left <= 0)
		return now;
	if (an_hour <= 0 || (double)left / an_hour > 60 * 24)
		return (struct instant){ 0 };
	return (struct instant){ now.ms + (int64_t)((double)left / an_hour * (double)HOUR) };
}
