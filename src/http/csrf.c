/* csrf.c: did our own page send this?
 *
 * Story      A browser sends our cookies along with what other sites make it send. So a write must also carry a word
 *            that only our pages know: a seal over the session (or visitor) it belongs to. Beside it the browser's own
 *            statements are heard: an Origin that is not ours, or Sec-Fetch-Site: cross-site, is refused.
 * Holds      The word of one session is of no use in another, nor a visitor's in a session.
 * Test       session_test.c
 */
#include "http/inside.h"

struct str csrf_word(const struct keys *keys, char kind, struct id who, struct arena *arena)
{
	char text[24], *word = arena_take(arena, MAC_TEXT + 1);
	if (!word)
		return S("");
	int len = snprintf(text, sizeof text, "%c%lld", kind, (long long)who.n);
	mac_text(&keys->csrf, (struct str){ text, (size_t)len }, word);
	return (struct str){ word, MAC_TEXT };
}

bool csrf_same_site(struct str origin, struct str own_origin, struct str fetch_site)
{
	return !str_equal(fetch_site, S("cross-site")) && (origin.len == 0 || str_equal_fold(origin, own_origin));
}
