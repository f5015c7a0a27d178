/* document.h: documents that staff send: a price list, a table, a recording.
 *
 * Story      An operator chooses 价目表.pdf to say something with it in a group. It is looked at, kept as it came, and has an address like
 *            a picture's: unguessable, and whoever has it may save the file. Sent, it is kept as long as what is said; chosen for an
 *            automation, for good; chosen and never sent, it goes after a week.
 * Safe       A name says what it is (DOCUMENT_KINDS), and the first bytes must agree. It is always offered to be saved, under its name,
 *            never shown in a page of ours: its type is none that a browser runs, and browsers are told not to guess another.
 * Memory     A file of 20 MB that five hundred members save at once is read once: what leaves is shared while it does (rq_lend).
 * Not here   What each platform can carry (channel/channel.h, CAN_FILE).
 * Holds      At most DOCUMENT_MOST bytes each, and DOCUMENTS_A_DAY of a community.
 * Test       people/document_test.c
 */
#pragma once
#include "engine/file/file.h"

#define DOCUMENT_MOST   (20 << 20)
#define DOCUMENTS_A_DAY (1 << 30)
#define DOCUMENT_KINDS  "pdf docx xlsx pptx txt csv zip mp3 mp4"
#define DOCUMENT_NAME   120                       /* bytes that may be sent as its name; 80 characters are kept */

struct document { struct str key, name, type; int64_t size; };

/* What a browser is told it is, by the name. E_FILE_EMPTY, E_FILE_LARGE, E_FILE_KIND, E_FILE_BROKEN. */
int document_look(struct blob bytes, struct str name, const char **ret_type);
/* E_NOT_FOUND unless it is a document of this community. */
int document_get(struct tx *, struct id community, struct str key, struct document *ret);
/* Somebody wants to send it, not before `due` (0: now), called `name` from now on (empty: as it is). E_NOT_FOUND; E_FILE_KIND: the name
 * says it is something else. */
int document_take(struct tx *, struct id community, struct str key, struct str name, struct instant due, struct document *ret);
/* It stays for good. E_NOT_FOUND. */
int document_stays(struct tx *, struct id community, struct str key);

/* GET /f/{key}, for what is no picture. */
int document_show(struct request *, struct body *);

/* For tests: how often bytes were read from the store for a reply, and how many bytes are on their way. */
struct document_traffic { int64_t readings, bytes; };
struct document_traffic document_traffic(void);

extern const struct feature feature_document;
