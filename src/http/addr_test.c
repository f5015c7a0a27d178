/* addr_test.c: who may say where a client is. */
#include "http/inside.h"
#include "test.h"

TEST(networks, "a network holds its addresses and no others")
{
	static const struct { const char *network, *address; bool holds; } table[] = {
		{ "10.0.0.0/8", "10.255.0.1", true }, { "10.0.0.0/8", "11.0.0.1", false },
		{ "127.0.0.1", "127.0.0.1", true }, { "127.0.0.1", "127.0.0.2", false },
		{ "192.168.4.0/22", "192.168.7.255", true }, { "192.168.4.0/22", "192.168.8.0", false },
		{ "::1", "::1", true }, { "fd00::/8", "fd12::1", true }, { "fd00::/8", "fe80::1", false },
		{ "0.0.0.0/0", "8.8.8.8", true }, { "0.0.0.0/0", "2001:db8::1", false },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct trusted t;
		assert_true(trusted_parse(str_of(table[i].network), &t));
		assert_int_equal(trusted_holds(&t, str_of(table[i].address)), table[i].holds);
	}
}

TEST(network_lists, "a list that is not understood is refused whole")
{
	struct trusted t;
	assert_true(trusted_parse(S(" 10.0.0.0/8, ::1 192.168.0.1 ,"), &t));
	assert_int_equal(t.count, 3);
	assert_true(trusted_parse(S(""), &t));
	assert_int_equal(t.count, 0);
	static const char *const bad[] = { "10.0.0.0/33", "10.0.0/8", "proxy", "::1/129", "10.0.0.1/", "10.0.0.1/-1",
		"10.0.0.1;::1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(trusted_parse(str_of(bad[i]), &t));
}

TEST(client_behind_proxies, "the right-most address that is no proxy is the client's; claims to its left are ignored")
{
	static const struct { const char *forwarded, *client; } table[] = {
		{ "", "10.0.0.1" }, { "1.2.3.4", "1.2.3.4" }, { "6.6.6.6, 1.2.3.4", "1.2.3.4" },
		{ "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4" }, { "1.2.3.4:5678", "1.2.3.4" },
		{ "[2001:db8::1]:99", "2001:db8::1" },
		{ "6.6.6.6, rubbish", "10.0.0.1" }, { "rubbish, 1.2.3.4", "1.2.3.4" }, { "10.0.0.3", "10.0.0.3" },
		{ "6.6.6.6, rubbish, 10.0.0.2", "10.0.0.2" }, { ",,", "10.0.0.1" },
	};
	struct trusted t;
	assert_true(trusted_parse(S("10.0.0.0/8"), &t));
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_str(client_address(&t, S("10.0.0.1"), str_of(table[i].forwarded)), table[i].client);
}
