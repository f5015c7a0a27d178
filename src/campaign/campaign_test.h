/* campaign_test.h: campaigns to take part in, in tests: one that runs, people with browsers of their own, what they do and what
 * became of it.
 */
#pragma once
#include "campaign/campaign.h"
#include "groups/codes_test.h"

#define BEGINS "1795000000000"          /* 2026-11-18 */
#define ENDS   "1795600000000"          /* a week later */
#define DURING INT64_C(1795300000000)
#define CLAIMS "1795700000000"

/* One stage; `more`: fields that differ, ",\"new_only\":true". */
struct plan_draft { const char *more, *act, *prizes; int goal; const char *kind; };
const char *campaign_json(struct desk *, struct plan_draft);

struct running { struct id id; const char *slug; struct str stage, prize; };
/* Made and published. */
struct running campaign_running(struct desk *, struct plan_draft);

/* A browser with this visitor's number. */
struct browser *person(struct desk *, int64_t number);
struct reply task(struct desk *, struct browser *, const char *slug);
/* As a phone does: the page first, with its word. From `network`, or each time from another. */
struct reply act_from(struct desk *, struct browser *, const char *network, const char *slug, const char *what, const char *json);
struct reply act(struct desk *, struct browser *, const char *slug, const char *what, const char *json);
/* Takes part and answers the slug of the person's own page. */
const char *take_part(struct desk *, struct browser *, const char *slug, const char *name);
/* Helps: "counted", "refused self" …: what came of it. */
const char *verdict(struct desk *, struct browser *, const char *slug);
int64_t     helps_of(struct desk *, struct browser *, const char *slug);
const char *claim_json(struct desk *, const struct running *);
/* A stream of this visitor's browser; *ret: what came until its first comment, or the refusal. */
int         listen_as(struct desk *, struct browser *, const char *slug, struct str *ret, char *room, size_t size);
