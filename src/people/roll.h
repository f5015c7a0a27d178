/* roll.h: the roll of members (花名册): what segments ask of a community, held in memory by columns.
 *
 * Story      An operator builds a segment and sees after every word how many of a million members it means. The first
 *            question makes the roll: nicknames, cities, sources, groups, tags and what people did in the last 180
 *            days, some 150 bytes a member. Every question then first takes in what was written since and answers by
 *            running over the columns, a millisecond or two a sentence.
 * Fresh      An answer holds for the snapshot of the asking transaction: the roll reads the log of events up to it and
 *            reads again whoever an event speaks of. With PostgreSQL, what was written while an older transaction is
 *            still running is seen when that has ended. A change of members without an event is never seen.
 * Big        Up to ROLL_AT_ONCE members the roll is made inside the question. Of more, a thread makes it (seconds), in
 *            slices, so that readers are not held up; until then the answer is E_BUSY: ask again. Without that thread
 *            (command line, tests) it is always made at once. The thread keeps a roll that is used up to date and lets go
 *            of it after half an hour without a question.
 * Holds      Only transactions that cannot write may ask: what a writer sees may yet be undone. Nothing correct
 *            depends on a roll: it may be thrown away at any moment, and segment_has does without.
 *            One question at a time: whoever has a roll keeps others waiting until roll_put.
 * Cost       8 bytes an act of the last 180 days, 4 bytes a tag on a member, 16 bytes a visitor who came in that time.
 * Not here   What segments are (segment.h) and say (condition.h).
 * Test       segment_test.c: the roll, the store and plain SQL agree on random segments after random changes.
 */
#pragma once
#include "people/condition.h"
#include "store/store.h"

#define ROLL_AT_ONCE 20000

struct roll;

/* The roll as of this transaction; nobody else has it until roll_put. E_BUSY: it is being made. E_MEMORY. */
int  roll_get(struct tx *, struct id community, struct roll **ret);
void roll_put(struct roll *);

/* ---- Members by their place in the roll ---- */

size_t    roll_places(const struct roll *);              /* some of them empty: see roll_everybody */
struct id roll_member(const struct roll *, size_t place);
bool      roll_in_order(const struct roll *);            /* do ids rise with the places? */
int64_t   roll_place(const struct roll *, struct id member);       /* -1: not in it */

/* ---- Sets of places: a bit each ---- */

struct bits { uint64_t *words; size_t count; };          /* count: words */

int     bits_take(struct bits *, const struct roll *);   /* empty; E_MEMORY */
void    bits_give(struct bits *);
void    bits_and(struct bits *, const struct bits *);
void    bits_or(struct bits *, const struct bits *);
void    bits_turn(struct bits *);                         /* everybody else; places beyond the end too: and with roll_everybody */
int64_t bits_sum(const struct bits *);
static inline bool bits_has(const struct bits *b, size_t place) { return b->words[place / 64] >> place % 64 & 1; }
#define BITS_SCOPED __attribute__((cleanup(bits_give))) struct bits

/* *ret is taken already, and empty. */
void roll_everybody(const struct roll *, struct bits *ret);
/* Whom a sentence means; its `no` is not looked at. Not for groups and ASK_SEGMENT. E_MEMORY. */
int  roll_ask(const struct roll *, const struct line *, struct bits *ret);

/* The values of a column and how many of these members have each, most first: rows of struct roll_value, the texts in the
 * arena. Who has none is not counted. `place`: of one who has it. */
struct roll_value { struct str value; int64_t members; size_t place; };
int  roll_values(const struct roll *, enum column, const struct bits *among, size_t most, struct arena *, struct rows *ret);

/* ---- The thread ---- */

struct mirror_thread;                                    /* engine/event/mirror.h, which stops it */
int  rolls_start(struct store *, struct mirror_thread **ret);
