/* erase.h: a person in all rooms: what is kept about them, and that it is no more. Through the lines of http/personal.h. */
#pragma once
#include "http/personal.h"

/* member 0: no member (any more); visitors: their browsers, rows of struct id_item. */
struct person { struct id community, member; struct rows visitors; };

/* By the member; E_NOT_FOUND: there is none. */
int person_of_member(struct tx *, struct id community, struct id member, struct person *ret);
/* By a browser: the member behind it with all their browsers, or the browser alone. */
int person_of_visitor(struct tx *, struct id community, struct id visitor, struct person *ret);

/* What is kept under one line: called for each line that has words, in the order of the features. */
typedef int kept_line(void *ctx, const struct personal *line, struct rows rows);
int person_show(struct tx *, const struct feature *const *, const struct person *, kept_line *, void *ctx);

/* Erases the person everywhere but in the event log, and adds the job that does that and takes what was deleted off the
 * disk. *ret_records: rows deleted or made nameless. Part of the caller's transaction. */
int person_erase(struct tx *, const struct feature *const *, const struct person *, int64_t *ret_records);
/* One line of one visitor: for the retention timer. */
int person_forget_line(struct tx *, struct id community, const struct personal *, struct id visitor, int64_t *ret_records);

#define ERASURE_NUMBER 12       /* characters of a receipt's number */

struct erasure {
	struct id      id;
	struct str     number;
	struct instant asked_at, due_at, done_at;
};
/* The pending erasure of this member, or of this browser when it is no member; E_NOT_FOUND. */
int erasure_pending(struct tx *, const struct person *, struct erasure *ret);
/* Erases at once (days 0) or in so many days. `reason`: self asked mistake duplicate law. */
int erasure_ask(struct tx *, const struct feature *const *, const struct person *, struct id account, struct str reason, int64_t days,
                struct erasure *ret);
/* Taken back in time. E_NOT_FOUND: nothing is pending. */
int erasure_drop(struct tx *, const struct person *);
/* E_NOT_FOUND: no such receipt, or not done. */
int erasure_receipt(struct tx *, struct str number, struct erasure *ret, struct id *ret_community);

extern const struct feature feature_erase;
