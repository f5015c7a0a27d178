/* segment.h: saved filters over members (人群), for everybody who sends, invites, counts or reacts.
 *
 * Story      An operator saves "车主群来的、30 天没扫码的" once. A send goes to its members, a campaign admits only them, an
 *            automation asks whether somebody is one of them. All of it passes here.
 * Snapshot   A segment is a question, not a list: each call answers for the moment of its transaction. Whoever needs the
 *            same people twice keeps their ids. Days are the community's; "the last 30 days" ends now.
 * Counting   segment_count and segment_page are for transactions that cannot write (GET, `ready`, store_read): they ask
 *            the roll in memory (roll.h), about 1–5 ms a sentence for a million members, once it is there. E_BUSY: it is
 *            being made (seconds, once, of large communities); a job tries again, a page says so.
 * One        segment_has asks the store alone and may be called anywhere, inside a write too: a handful of point reads,
 *            but a sentence of what somebody did reads the community's log of those days.
 * Lost       A sentence about a tag or segment that is gone means nobody, also when it is turned round.
 * Deleting   Who uses a segment says so by segment_use, in the transaction that begins to; it cannot be deleted until
 *            segment_release.
 * Only       `only`: rq->only of the console; {0}: everybody.
 * Test       segment_test.c
 */
#pragma once
#include "http/http.h"

/* How many members. E_NOT_FOUND, E_BUSY. */
int segment_count(struct tx *, struct id community, struct id segment, struct id only, int64_t *ret);
/* Up to `limit` members above `after`, ids rising: rows of struct id_item. */
int segment_page(struct tx *, struct id community, struct id segment, struct id only, struct id after, int64_t limit,
                 struct rows *ret);
/* The same with ids falling, below `before`: as the console lists members. */
int segment_page_back(struct tx *, struct id community, struct id segment, struct id only, struct id before, int64_t limit,
                      struct rows *ret);
/* Which of these members are in it: ret[i] for ids[i]. Like segment_count. */
int segment_sift(struct tx *, struct id community, struct id segment, const struct id *ids, size_t count, bool *ret);
/* Is this member in it? Nobody who does not exist is. */
int segment_has(struct tx *, struct id community, struct id segment, struct id member, bool *ret);

/* The same of an outline that is saved elsewhere (condition.h): prepared for this moment, what is gone marked as lost; then
 * asked of one member after the other. */
struct outline;
int segment_prepare(struct tx *, struct id community, struct rows where, struct outline *ret);
int segment_judge(struct tx *, struct id community, const struct outline *, struct id member, bool *ret);

int segment_name(struct tx *, struct id community, struct id segment, struct str *ret);

/* `kind` and `user` say who uses it ("campaign", its id), `label` what that is called. Twice is once. E_NOT_FOUND. */
int segment_use(struct tx *, struct id community, struct id segment, struct str kind, struct id user, struct str label);
int segment_release(struct tx *, struct id community, struct str kind, struct id user);

extern const struct feature feature_segment;
