/* visitor.c: the same person again, without an account.
 *
 * Story      Whoever opens a public page gets a number in a sealed cookie for a year. It says only "the same browser":
 *            sticky targets and repeated scans need no more.
 * Holds      Nobody can make up a number: one without our seal is as good as none.
 * Test       session_test.c
 */
#include "http/inside.h"

bool visitor_read(const struct keys *keys, struct str header, struct id *ret)
{
	size_t at = 0;
	for (struct str cookie; cookie_next(header, S("quntu_visitor"), &at, &cookie);) {
		struct str mac = cookie, number = str_cut(&mac, '.');
		int64_t n;
		if (mac.len == MAC_TEXT && str_to_int(number, &n) && n > 0 && mac_matches(&keys->visitor, number, mac)) {
			ret->n = n;
			return true;
		}
	}
	return false;
}

struct str visitor_cookie(const struct keys *keys, struct id id, struct arena *arena)
{
	char number[24], *text = arena_take(arena, sizeof number + MAC_TEXT + 2);
	if (!text)
		return S("");
	size_t len = (size_t)snprintf(number, sizeof number, "%lld", (long long)id.n);
	memcpy(text, number, len);
	text[len] = '.';
	mac_text(&keys->visitor, (struct str){ number, len }, text + len + 1);
	return (struct str){ text, len + 1 + MAC_TEXT };
}
