/* heads.c: what a client says about itself, read in one pass over its headers.
 *
 * Story      A browser sends fifteen headers and we care for some of them; asking MHD for each by name would walk the
 *            list once a name. So one walk sorts them, and copies those we care for: MHD's own go when the client does,
 *            which may be while a store thread reads them.
 * Holds      A repeated header counts once (the first); two lengths, or a length beside chunks, are a smuggler's and
 *            mark the request.
 * Test       heads_test.c
 */
#include "http/inside.h"

struct known { struct str name; size_t offset; bool forwards; };

#define KNOWN(text, member) { { text, sizeof text - 1 }, offsetof(struct heads, member), false }
#define PROXYS(text, member) { { text, sizeof text - 1 }, offsetof(struct heads, member), true }
static const struct known known[] = {
	KNOWN("Host", host), KNOWN("Cookie", cookie), KNOWN("Accept", accept), KNOWN("Origin", origin),
	KNOWN("Referer", referer), KNOWN("User-Agent", user_agent), KNOWN("Content-Type", type),
	KNOWN("Accept-Language", language), KNOWN("Accept-Encoding", encoding), KNOWN("X-Quntu-CSRF", csrf),
	KNOWN("Sec-Fetch-Site", fetch_site), KNOWN("If-None-Match", none_match),
	KNOWN("Idempotency-Key", once), KNOWN("Authorization", authorization), KNOWN("X-Signature", signature), KNOWN("X-Self-ID", self_id),
	PROXYS("X-Forwarded-For", forwarded_for), PROXYS("X-Forwarded-Proto", forwarded_proto),
	PROXYS("X-Forwarded-Host", forwarded_host),
};
#undef KNOWN
#undef PROXYS

static void take_length(struct heads *h, struct str value)
{
	int64_t n;
	if (h->length >= 0 || !str_to_int(value, &n) || n < 0)
		h->odd_length = true;
	else
		h->length = n;
}

/* The names without a place of their own. */
static void take_other(struct heads *h, struct str name, struct str value)
{
	if (str_equal_fold(name, S("Content-Length")))
		take_length(h, value);
	else if (str_equal_fold(name, S("Transfer-Encoding")))
		h->chunked = true;
	else if (str_equal_fold(name, S("Expect")))
		h->expects = true;
	else if (str_equal_fold(name, S("Forwarded")) || str_equal_fold(name, S("Via")) ||
	         str_equal_fold(name, S("X-Real-IP")))
		h->forwarded = true;
}

static enum MHD_Result take(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len,
                            const char *value, size_t len)
{
	(void)kind;
	struct heads *h = ctx;
	struct str name = { key, key_len };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (known[i].name.len != key_len || !str_equal_fold(known[i].name, name))
			continue;
		struct str *place = (struct str *)(void *)((char *)h + known[i].offset);
		if (place->len == 0)
			*place = (struct str){ value, value ? len : 0 };
		h->forwarded |= known[i].forwards;
		return MHD_YES;
	}
	take_other(h, name, (struct str){ value, value ? len : 0 });
	return MHD_YES;
}

void heads_read(struct MHD_Connection *mhd, struct arena *arena, struct heads *ret)
{
	*ret = (struct heads){ .length = -1 };
	MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, take, ret);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct str *place = (struct str *)(void *)((char *)ret + known[i].offset);
		*place = str_copy(arena, *place);
	}
	if (ret->chunked && ret->length >= 0)
		ret->odd_length = true;
}

bool cookie_next(struct str header, struct str name, size_t *at, struct str *ret)
{
	while (*at < header.len) {
		struct str rest = { header.at + *at, header.len - *at };
		struct str pair = str_cut(&rest, ';');
		*at += pair.len + 1;
		struct str key = str_trim(str_cut(&pair, '='));
		if (str_equal(key, name)) {
			*ret = str_trim(pair);
			return true;
		}
	}
	return false;
}

enum lang lang_of(struct str cookie, struct str accept)
{
	size_t at = 0;
	struct str chosen;
	if (cookie_next(cookie, S("quntu_lang"), &at, &chosen) && chosen.len >= 2)
		return str_starts(chosen, S("en")) ? LANG_EN : LANG_ZH;
	while (accept.len > 0) {                        /* browsers list them by preference */
		struct str item = str_trim(str_cut(&accept, ','));
		struct str tag = { item.at, item.len < 2 ? item.len : 2 };
		if (str_equal_fold(tag, S("zh")))
			return LANG_ZH;
		if (str_equal_fold(tag, S("en")))
			return LANG_EN;
	}
	return LANG_ZH;
}

bool host_valid(struct str host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || memchr(".-:[]", c, 5)))
			return false;
	}
	return host.len > 0 && host.len <= 255;
}

/* A name on the network that was made to point at 127.0.0.1 must not pass for this machine. */
bool host_is_local(struct str host)
{
	struct str name = host;
	if (host.len > 0 && host.at[0] == '[') {
		name = str_cut(&host, ']');
		name.at++, name.len--;
	} else {
		name = str_cut(&host, ':');
	}
	struct network n;
	return str_equal_fold(name, S("localhost")) || network_parse(name, &n);
}
