/* addr.c: which machine is asking, also behind proxies.
 *
 * Story      A proxy in front of Quntu appends the address it saw to X-Forwarded-For. Anybody can send that header,
 *            so it is believed only from the peers in `trusted_proxies`, and read from the right: the first entry that
 *            is not itself a trusted proxy is the client. What stands left of it is the client's own claim.
 * Holds      A peer that is not trusted cannot choose its address.
 * Test       addr_test.c
 */
#include <arpa/inet.h>
#include "http/inside.h"

static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };

/* "1.2.3.4" or "::1" as 16 bytes; false when it is neither. */
static bool address_parse(struct str text, unsigned char ret[16])
{
	char z[ADDRESS_TEXT];
	if (text.len == 0 || text.len >= sizeof z)
		return false;
	memcpy(z, text.at, text.len);
	z[text.len] = '\0';
	if (inet_pton(AF_INET6, z, ret) == 1)
		return true;
	memcpy(ret, mapped, sizeof mapped);
	return inet_pton(AF_INET, z, ret + sizeof mapped) == 1;
}

bool network_parse(struct str text, struct network *ret)
{
	struct str rest = text, address = str_cut(&rest, '/');
	struct network n;
	if (!address_parse(address, n.bytes))
		return false;
	bool v4 = memcmp(n.bytes, mapped, sizeof mapped) == 0;
	int64_t bits = v4 ? 32 : 128;
	if (address.len != text.len && (!str_to_int(rest, &bits) || bits < 0 || bits > (v4 ? 32 : 128)))
		return false;
	n.bits = (int)bits + (v4 ? 96 : 0);
	*ret = n;
	return true;
}

bool network_holds(const struct network *n, const unsigned char address[16])
{
	size_t whole = (size_t)n->bits / 8;
	int rest = n->bits % 8;
	return memcmp(n->bytes, address, whole) == 0 &&
	       (rest == 0 || ((n->bytes[whole] ^ address[whole]) >> (8 - rest)) == 0);
}

bool trusted_parse(struct str list, struct trusted *ret)
{
	struct trusted t = { .count = 0 };
	while (list.len > 0) {
		struct str words = str_cut(&list, ',');
		while (words.len > 0) {
			struct str word = str_trim(str_cut(&words, ' '));
			if (word.len == 0)
				continue;
			if (t.count == TRUSTED_MAX || !network_parse(word, &t.at[t.count++]))
				return false;
		}
	}
	*ret = t;
	return true;
}

bool trusted_holds(const struct trusted *t, struct str address)
{
	unsigned char bytes[16];
	if (t->count == 0 || !address_parse(address, bytes))
		return false;
	for (size_t i = 0; i < t->count; i++)
		if (network_holds(&t->at[i], bytes))
			return true;
	return false;
}

/* "1.2.3.4", "1.2.3.4:567", "[::1]:567" → without port and brackets. */
static struct str bare(struct str entry)
{
	struct str s = str_trim(entry);
	if (s.len > 0 && s.at[0] == '[') {
		s.at++, s.len--;
		return str_cut(&s, ']');
	}
	ptrdiff_t colon = str_find(s, ':');
	bool one_colon = colon >= 0 && str_find((struct str){ s.at + colon + 1, s.len - (size_t)colon - 1 }, ':') < 0;
	return one_colon ? str_cut(&s, ':') : s;
}

struct str client_address(const struct trusted *t, struct str peer, struct str forwarded_for)
{
	struct str left = forwarded_for, client = peer;
	while (left.len > 0) {
		size_t from = left.len;
		while (from > 0 && left.at[from - 1] != ',')
			from--;
		struct str entry = bare((struct str){ left.at + from, left.len - from });
		unsigned char bytes[16];
		if (!address_parse(entry, bytes))
			return client;                  /* what a trusted proxy would not write: stop believing */
		client = entry;
		if (!trusted_holds(t, entry))
			return client;
		left.len = from > 0 ? from - 1 : 0;
	}
	return client;
}

bool peer_name(struct peer *p, const struct sockaddr *address, const struct trusted *trusted)
{
	unsigned char bytes[16];
	if (address->sa_family == AF_INET6) {
		memcpy(bytes, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, 16);
	} else if (address->sa_family == AF_INET) {
		memcpy(bytes, mapped, sizeof mapped);
		memcpy(bytes + sizeof mapped, &((const struct sockaddr_in *)(const void *)address)->sin_addr, 4);
	} else {
		return false;
	}
	bool v4 = memcmp(bytes, mapped, sizeof mapped) == 0;
	if (!inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? bytes + sizeof mapped : bytes, p->address, sizeof p->address))
		return false;
	p->loopback = v4 ? bytes[12] == 127 : IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)bytes);
	p->trusted = trusted_holds(trusted, str_of(p->address));
	return true;
}
