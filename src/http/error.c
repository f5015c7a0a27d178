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
	bool public_page = c->path.len > 1 && str_among(str_cut(&rest, '/'), PEOPLES_PATHS);
	bool looking = c->method == GET || c->method == HEAD;
	struct str accept = c->heads.accept;
	bool data = c->route && (c->route->output == OUT_PAGE || c->route->output == OUT_JSON ||
	                         (c->route->makes && strcmp(c->route->makes, "application/json") == 0));
	return public_page && !data && (looking || (accept.len && memmem(accept.at, accept.len, "text/html", 9)));
}

/* A limit that was passed is part of the sentence: "at most 40 characters" (row.c) in the language of whoever asks. */
static void write_message(struct buf *b, int code, enum lang lang, struct str detail)
{
	static const struct { const char *en, *zh; } units[] = { { "characters", " 个字" }, { "items", " 项" }, { "bytes", " 字节" } };
	struct str rest = detail, at = str_cut(&rest, ' '), how = str_cut(&rest, ' '), number = str_cut(&rest, ' ');
	char text[300];
	int64_t n;
	if (!str_is(at, "at") || !str_to_int(number, &n)) {
		buf_json(b, str_of(err_text(code, lang)));
		return;
	}
	if (lang == LANG_ZH) {
		const char *unit = "";
		for (size_t i = 0; i < sizeof units / sizeof *units; i++)
			if (str_is(rest, units[i].en))
				unit = units[i].zh;
		snprintf(text, sizeof text, "%s%s %lld%s。", err_text(code, lang), str_is(how, "most") ? "最多" : "至少", (long long)n, unit);
	} else {
		snprintf(text, sizeof text, "%s At %.*s.", err_text(code, lang), (int)detail.len - 3, detail.at + 3);
	}
	buf_json(b, str_of(text));
}

void error_write_json(struct buf *b, int code, enum lang lang, const struct complaint *complaint)
{
	struct str field = complaint->code == code ? complaint->field : S("");
	struct str detail = complaint->code == code ? complaint->detail : S("");
	buf_str(b, S("{\"error\":{\"code\":"));
	buf_json(b, str_of(err_word(code)));
	buf_str(b, S(",\"message\":"));
	write_message(b, code, lang, detail);
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
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
		"<meta name=\"color-scheme\" content=\"light dark\"><title>%s</title>"
		"<body style=\"font:16px/1.7 system-ui,'PingFang SC',sans-serif;margin:20vh auto;max-width:22em;padding:0 24px;"
		"text-align:center\"><p style=\"font-size:20px\">",
		zh ? "zh-CN" : "en", zh ? "打不开这个页面" : "This page does not open");
	buf_html(b, str_of(err_text(code, lang)));
	buf_str(b, S("</p><p style=\"opacity:.65;font-size:14px\">"));
	buf_z(b, zh ? "如果是别人发给你的链接或二维码，请告诉对方。" : "If somebody sent you this link or code, let them know.");
	buf_str(b, S("</p></body></html>\n"));
}
