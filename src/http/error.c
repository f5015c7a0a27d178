/* error.c: how a failure is said: as JSON to programs, as a small page to people.
 *
 * Holds      The words come from errors.def in the language of whoever asks; nothing of the inside leaks.
 * Test       server_test.c
 */
#include "http/inside.h"

/* Public pages are met by people without any script of ours around them; what such a script asks for is data. */
bool error_wants_page(const struct connection *c)
{
	struct str rest = { c->path.at + 1, c->path.len ? c->path.len - 1 : 0 };
	bool public_page = c->path.len > 1 && str_among(str_cut(&rest, '/'), PEOPLES_PATHS) && rest.len;
	bool looking = c->method == GET || c->method == HEAD;
	struct str accept = c->heads.accept;
	bool data = c->route && (c->route->output == OUT_PAGE || c->route->output == OUT_JSON ||
	                         (c->route->makes && strcmp(c->route->makes, "application/json") == 0));
	return public_page && !data && (looking || (accept.len && memmem(accept.at, accept.len, "text/html", 9)));
}

void error_write_json(struct buf *b, int code, enum lang lang, const struct complaint *complaint)
{
	struct str field = complaint->code == code ? complaint->field : S("");
	struct str detail = complaint->code == code ? complaint->detail : S("");
	buf_str(b, S("{\"error\":{\"code\":"));
	buf_json(b, str_of(err_word(code)));
	buf_str(b, S(",\"message\":"));
	buf_json(b, str_of(err_text(code, lang)));
	buf_str(b, S(",\"field\":"));
	buf_json(b, field);
	buf_str(b, S(",\"detail\":"));
	buf_json(b, detail);
	buf_str(b, S("}}"));
}

void error_write_page(struct buf *b, int code, enum lang lang)
{
	bool zh = lang == LANG_ZH;
	buf_format(b, "<!doctype html><html lang=\"%s\"><meta charset=\"utf-8\">"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>%s</title>"
		"<body style=\"font:16px/1.7 system-ui,'PingFang SC',sans-serif;margin:20vh auto;max-width:22em;padding:0 24px;"
		"text-align:center;color:#1f2a2e\"><p style=\"font-size:20px\">",
		zh ? "zh-CN" : "en", zh ? "打不开这个页面" : "This page does not open");
	buf_html(b, str_of(err_text(code, lang)));
	buf_str(b, S("</p><p style=\"color:#6b7a80;font-size:14px\">"));
	buf_z(b, zh ? "如果是别人发给你的链接或二维码，请告诉对方。" : "If somebody sent you this link or code, let them know.");
	buf_str(b, S("</p></body></html>\n"));
}
