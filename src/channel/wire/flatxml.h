/* flatxml.h: the XML of Tencent's callbacks: one element full of small ones, rarely deeper.
 *
 *   <xml><FromUserName><![CDATA[oAb1]]></FromUserName><MemChangeList><Item>u1</Item><Item>u2</Item></MemChangeList></xml>
 *   becomes FromUserName = oAb1, MemChangeList/Item = u1, MemChangeList/Item = u2, in the order they came.
 *
 * Holds      The outermost name does not matter. Only innermost elements have a text; attributes are passed over. Documents that
 *            declare anything (a DTD, entities) are refused, as are those beyond the limits: what we are sent needs none of it.
 *            Text is UTF-8, without NUL, and lives in the arena.
 * Test       flatxml_test.c; fuzz harness test/fuzz/flatxml.c
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#define FLATXML_MOST   (256 * 1024)               /* bytes of a document */
#define FLATXML_DEPTH  8
#define FLATXML_FIELDS 4000                       /* a change of a group may name all who came */
#define FLATXML_PATH   120

struct flatxml_field { struct str path, text; };
struct flatxml { struct flatxml_field *fields; size_t count; };

/* E_INVALID: not such a document; E_TOO_LARGE: beyond a limit; E_MEMORY. */
int flatxml_read(struct str text, struct arena *, struct flatxml *ret);
/* The first of this path, or the `nth` (from 0); empty when there is none. */
struct str flatxml_get(const struct flatxml *, const char *path);
struct str flatxml_nth(const struct flatxml *, const char *path, size_t nth);

/* <name><![CDATA[text]]></name>, whatever stands in the text. */
void flatxml_cdata(struct buf *, const char *name, struct str text);
void flatxml_int(struct buf *, const char *name, int64_t);
