/* flatxml.c: expat, told to be narrow; see flatxml.h. */
#include "channel/wire/flatxml.h"

#include <expat.h>

#include "base/arena.h"

struct reading {
	XML_Parser      parser;
	struct arena   *arena;
	struct flatxml *xml;
	size_t          room;
	char            path[FLATXML_PATH];
	size_t          ends[FLATXML_DEPTH + 1];   /* of the path, at each depth */
	int             depth;
	bool            leaf;                     /* nothing was opened since the last opening */
	struct buf      text;
	int             wrong;
};

static void refuse(struct reading *r, int code)
{
	if (!r->wrong)
		r->wrong = code;
	XML_StopParser(r->parser, XML_FALSE);
}

static void opened(void *ctx, const char *name, const char **attributes)
{
	struct reading *r = ctx;
	size_t len = strlen(name), at;
	(void)attributes;
	if (r->wrong)
		return;
	if (r->depth >= FLATXML_DEPTH) {
		refuse(r, E_TOO_LARGE);
		return;
	}
	at = r->ends[r->depth++];
	if (r->depth > 1) {                       /* the outermost has no name */
		if (at + len + 2 > sizeof r->path) {
			refuse(r, E_TOO_LARGE);
			return;
		}
		if (at)
			r->path[at++] = '/';
		memcpy(r->path + at, name, len);
		at += len;
	}
	r->ends[r->depth] = at;
	r->leaf = true;
	buf_clear(&r->text);
}

static bool make_room(struct reading *r)
{
	struct flatxml *xml = r->xml;
	if (xml->count < r->room)
		return true;
	size_t room = r->room ? r->room * 2 : 16;
	struct flatxml_field *wider = arena_take_array(r->arena, room, sizeof *wider);
	if (!wider)
		return false;
	if (xml->count)
		memcpy(wider, xml->fields, xml->count * sizeof *wider);
	xml->fields = wider, r->room = room;
	return true;
}

static void closed(void *ctx, const char *name)
{
	struct reading *r = ctx;
	(void)name;
	if (r->wrong)
		return;
	if (r->leaf && r->depth > 1) {
		if (r->xml->count >= FLATXML_FIELDS || buf_failed(&r->text)) {
			refuse(r, E_TOO_LARGE);
			return;
		}
		if (!make_room(r)) {
			refuse(r, E_MEMORY);
			return;
		}
		r->xml->fields[r->xml->count++] = (struct flatxml_field){
			str_copy(r->arena, (struct str){ r->path, r->ends[r->depth] }), str_copy(r->arena, buf_view(&r->text)),
		};
	}
	r->leaf = false;
	r->depth--;
}

static void said(void *ctx, const char *text, int len)
{
	struct reading *r = ctx;
	if (r->leaf && !r->wrong)
		buf_add(&r->text, text, (size_t)len);
}

static void declared(void *ctx, const char *name, const char *system, const char *public, int inside)
{
	(void)name, (void)system, (void)public, (void)inside;
	refuse(ctx, E_INVALID);
}

int flatxml_read(struct str text, struct arena *arena, struct flatxml *ret)
{
	struct flatxml xml = { 0 };
	struct reading r = { .arena = arena, .xml = &xml };
	if (text.len > FLATXML_MOST)
		return E_TOO_LARGE;
	if (!(r.parser = XML_ParserCreate("UTF-8")))
		return E_MEMORY;
	buf_init(&r.text, FLATXML_MOST);
	XML_SetUserData(r.parser, &r);
	XML_SetElementHandler(r.parser, opened, closed);
	XML_SetCharacterDataHandler(r.parser, said);
	XML_SetStartDoctypeDeclHandler(r.parser, declared);
	enum XML_Status status = XML_Parse(r.parser, text.len ? text.at : "", (int)text.len, XML_TRUE);
	enum XML_Error why = status == XML_STATUS_OK ? XML_ERROR_NONE : XML_GetErrorCode(r.parser);
	XML_ParserFree(r.parser);
	buf_free(&r.text);
	if (r.wrong)
		return r.wrong;
	if (status != XML_STATUS_OK)
		return why == XML_ERROR_NO_MEMORY ? E_MEMORY : E_INVALID;
	if (arena_failed(arena))
		return E_MEMORY;
	*ret = xml;
	return 0;
}

struct str flatxml_nth(const struct flatxml *xml, const char *path, size_t nth)
{
	for (size_t i = 0; i < xml->count; i++)
		if (str_is(xml->fields[i].path, path) && nth-- == 0)
			return xml->fields[i].text;
	return (struct str){ 0 };
}

struct str flatxml_get(const struct flatxml *xml, const char *path) { return flatxml_nth(xml, path, 0); }

void flatxml_cdata(struct buf *b, const char *name, struct str text)
{
	buf_format(b, "<%s><![CDATA[", name);
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '>' && i >= 2 && text.at[i - 1] == ']' && text.at[i - 2] == ']')
			buf_z(b, "]]><![CDATA[");  /* the end mark, cut in two */
		buf_byte(b, text.at[i]);
	}
	buf_format(b, "]]></%s>", name);
}

void flatxml_int(struct buf *b, const char *name, int64_t n) { buf_format(b, "<%s>%lld</%s>", name, (long long)n, name); }
