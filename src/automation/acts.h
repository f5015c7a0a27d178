/* acts.h: what acts.c and acts_group.c share. Private to this room. */
#pragma once
#include "automation/act.h"

/* Whom it is about: the member, or (`whom` is "inviter") who invited them. 1; 0: nobody invited them; E_NOT_FOUND. */
int deed_whom(struct deed *, struct str whom, struct id *ret);
/* {"text", "mention"} into the outbox, with the words filled in; `member` is mentioned unless 0. */
int deed_text(struct deed *, struct id group, struct id to, struct str text, struct id member, const char *suffix);

/* Words of our own follow the language of the operator's. */
bool deed_is_chinese(struct str text);

extern const struct book book_strikes;
extern const struct feature feature_automation_group_acts;
