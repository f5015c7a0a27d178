/* segment.h: what a OneBot message is made of, in both of its spellings.
 *
 *   "看图 [CQ:image,file=a.jpg,url=http://x/?a=1&amp;b=2]"  or  [{"type":"text","data":{"text":"看图 "}},{"type":"image",…}]
 *   become the same two segments.
 *
 * Source     OneBot 11, "message"; which quotes what: in text & [ ], in a parameter's value also the comma. & is quoted first and
 *            read last.
 * Holds      Whatever is no well-formed code is text, as it came. At most SEGMENTS_MOST segments, SEGMENT_DATA parameters each;
 *            what is more is passed over.
 * Test       onebot_test.c; fuzz harness test/fuzz/onebot.c
 */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct json_t;

#define SEGMENTS_MOST 200
#define SEGMENT_DATA  12

struct parameter { struct str name, text; };
struct segment { struct str type; struct parameter data[SEGMENT_DATA]; size_t count; };      /* type "text": data text */
struct segments { struct segment *at; size_t count; };

/* A parameter's value; empty when there is none. */
struct str segment_get(const struct segment *, const char *name);

/* The text form. E_MEMORY. */
int segments_of_text(struct str text, struct arena *, struct segments *ret);
/* Any form: a string, one segment, or a list of them. E_INVALID: none of these; E_MEMORY. */
int segments_of_json(const struct json_t *, struct arena *, struct segments *ret);

/* Quoted: as text between codes, or as a parameter's value. */
void cq_text(struct buf *, struct str);
void cq_value(struct buf *, struct str);

/* For people and for keywords: the text alone, "[图片]" and the like left out, trimmed. */
struct str segments_words(const struct segments *, struct arena *);
