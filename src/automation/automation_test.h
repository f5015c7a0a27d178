/* automation_test.h: what tests of automations share: a group on a channel, people who speak and join in it, automations. */
#pragma once
#include "channel/channel.h"
#include "people/desk_test.h"

extern const struct feature *const features[];

struct town { struct desk d; struct id channel, group; int64_t n; };

void town_open(struct town *, struct house *);
void town_close(struct town *);
/* Person n says it; a member is made of who is new. The message's number is never the same. */
void town_say(struct town *, int person, struct str text);
void town_joins(struct town *, int person, int inviter);          /* inviter 0: nobody */
/* All followers have caught up. */
void town_follow(struct town *);
void town_jobs(struct town *);
/* Made and switched on. `more`: the rest of the draft, after the name, without braces. */
struct id town_automation(struct town *, const char *name, const char *more);
void town_switch(struct town *, struct id automation, bool on);
int64_t town_count(struct town *, struct id automation, const char *what);
/* How many rows a table has of this community. */
int64_t town_rows(struct town *, const char *table);

#define WHEN_JOINS "\"event\":\"member_joined_group\",\"how\":\"any\",\"from\":0,\"until\":0,"
#define WHEN_SAYS(how, words) "\"event\":\"message_heard\",\"how\":\"" how "\",\"words\":[" words "],\"from\":0,\"until\":0,"
#define AT_WILL "\"per\":\"none\",\"times\":0,\"days\":0,"
#define ONCE_A_DAY "\"per\":\"member\",\"times\":1,\"days\":1,"
#define SET(key, text) "{\"key\":\"" key "\",\"text\":\"" text "\"}"
#define DOES(what, settings) "{\"what\":\"" what "\",\"settings\":[" settings "]}"
#define SAYS(text) DOES("say", SET("text", text))
