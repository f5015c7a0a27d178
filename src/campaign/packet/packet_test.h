/* packet_test.h: packet campaigns to take part in, in tests. */
#pragma once
#include "campaign/campaign_test.h"
#include "campaign/packet/packet.h"
#include "campaign/verify.h"

struct packets { struct id id; const char *slug, *path; };

/* Fields that differ: "\"total\":500,\"shares\":3". Ten yuan in five shares by luck, all or nothing, a day, 100 yuan of budget. */
const char *packet_rule_json(struct desk *, const char *more);
struct packets packets_drafted(struct desk *, const char *rule, const char *campaign);
struct packets packets_running(struct desk *, const char *rule, const char *campaign);
/* Opens one: the slug of their page, or the error's word. */
const char *packet_opened(struct desk *, struct browser *, const char *slug, const char *name);
/* A number of the page's: "packet.packet.taken", "money.balance". */
int64_t packet_number(struct desk *, struct browser *, const char *slug, const char *what);
struct reply packet_ask(struct desk *, struct browser *, const char *slug, int64_t fen, const char *token);
/* The job that writes down what has lapsed; then what happened is told. */
void packets_lapse(struct desk *);
struct verified packets_checked(struct desk *, struct browser *, const char *slug);
/* Every fen of the campaign's budget is somewhere: budget, packets, members, orders. */
void assert_conserved(struct desk *, const struct packets *, int64_t budget);
