/* flatxml_test.c: callbacks' XML is read; what no callback needs is refused. */
#include "test.h"

#include "channel/wire/flatxml.h"

static int read_xml(struct arena *a, const char *text, struct flatxml *ret) { return flatxml_read(str_of(text), a, ret); }

TEST(flatxml_message, "a message's fields are read, whether they are CDATA, text or character references")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	struct flatxml x;
	assert_int_equal(read_xml(&a, "<xml>\n<ToUserName><![CDATA[gh_1]]></ToUserName>\n<CreateTime>1767225600</CreateTime>"
		"<Content><![CDATA[a]]]]><![CDATA[>b]]> &lt;&#20320;</Content><Empty/></xml>", &x), 0);
	assert_str(flatxml_get(&x, "ToUserName"), "gh_1");
	assert_str(flatxml_get(&x, "CreateTime"), "1767225600");
	assert_str(flatxml_get(&x, "Content"), "a]]>b <你");
	assert_str(flatxml_get(&x, "Empty"), "");
	assert_str(flatxml_get(&x, "Nothing"), "");
	assert_int_equal(x.count, 4);
}

TEST(flatxml_nested, "nested elements have a path; repeated ones keep their order")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	struct flatxml x;
	assert_int_equal(read_xml(&a, "<xml><MemChangeCnt>2</MemChangeCnt><MemChangeList><Item>u1</Item><Item><![CDATA[u2]]></Item></MemChangeList>"
		"<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>1</ScanResult></ScanCodeInfo></xml>", &x), 0);
	assert_str(flatxml_nth(&x, "MemChangeList/Item", 0), "u1");
	assert_str(flatxml_nth(&x, "MemChangeList/Item", 1), "u2");
	assert_str(flatxml_nth(&x, "MemChangeList/Item", 2), "");
	assert_str(flatxml_get(&x, "ScanCodeInfo/ScanResult"), "1");
	assert_str(flatxml_get(&x, "MemChangeList"), "");
}

TEST(flatxml_refused, "declarations, entities, broken and foreign documents are refused")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	struct flatxml x;
	static const char *const bad[] = {
		"", "{}", "<xml>", "<xml></xm>", "<xml/><xml/>", "<xml><a>\xff</a></xml>", "<xml>&nbsp;</xml>", "<xml>&#0;</xml>",
		"<!DOCTYPE xml><xml/>", "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><c>&a;</c></xml>",
		"<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><xml><c>&a;</c></xml>",
		"<!DOCTYPE xml SYSTEM \"http://192.0.2.1/x.dtd\"><xml/>",
		"<?xml version=\"1.0\" encoding=\"UTF-16\"?><!DOCTYPE x><xml/>",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_xml(&a, bad[i], &x), E_INVALID);
}

TEST(flatxml_limits, "size, depth, names and number of fields have limits")
{
	ARENA_SCOPED a;
	arena_init(&a, 16 << 20);
	BUF_SCOPED b;
	struct flatxml x;
	buf_init(&b, 1 << 20);
	assert_int_equal(read_xml(&a, "<a><b><c><d><e><f><g><h>1</h></g></f></e></d></c></b></a>", &x), 0);
	assert_str(flatxml_get(&x, "b/c/d/e/f/g/h"), "1");
	assert_int_equal(read_xml(&a, "<a><b><c><d><e><f><g><h><i>1</i></h></g></f></e></d></c></b></a>", &x), E_TOO_LARGE);
	buf_z(&b, "<xml>");
	for (int i = 0; i < FLATXML_FIELDS; i++)
		buf_z(&b, "<i>1</i>");
	size_t fields = b.len;
	buf_z(&b, "</xml>");
	assert_int_equal(flatxml_read(buf_view(&b), &a, &x), 0);
	assert_int_equal(x.count, FLATXML_FIELDS);
	b.len = fields;
	buf_z(&b, "<i>1</i></xml>");
	assert_int_equal(flatxml_read(buf_view(&b), &a, &x), E_TOO_LARGE);
	buf_clear(&b);
	buf_z(&b, "<xml><");
	for (int i = 0; i < FLATXML_PATH; i++)
		buf_byte(&b, 'n');
	buf_z(&b, "/></xml>");
	assert_int_equal(flatxml_read(buf_view(&b), &a, &x), E_TOO_LARGE);
	buf_clear(&b);
	buf_z(&b, "<xml><a>");
	while (b.len < FLATXML_MOST)
		buf_byte(&b, 'x');
	buf_z(&b, "</a></xml>");
	assert_int_equal(flatxml_read(buf_view(&b), &a, &x), E_TOO_LARGE);
}

TEST(flatxml_written, "what is written is read as it was, end marks of CDATA and all")
{
	ARENA_SCOPED a;
	arena_init(&a, 1 << 20);
	BUF_SCOPED b;
	struct flatxml x;
	static const char *const texts[] = { "", "]]>", "]]]]>>", "]>", ">", "a]]>b]]>", "<x>&amp;", "你好 😀\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		buf_init(&b, 1 << 16);
		buf_z(&b, "<xml>");
		flatxml_cdata(&b, "Content", str_of(texts[i]));
		flatxml_int(&b, "CreateTime", 1767225600);
		buf_z(&b, "</xml>");
		assert_int_equal(flatxml_read(buf_view(&b), &a, &x), 0);
		assert_str(flatxml_get(&x, "Content"), texts[i]);
		assert_str(flatxml_get(&x, "CreateTime"), "1767225600");
		buf_free(&b);
	}
}
