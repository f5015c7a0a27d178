/* group.h: what other rooms may ask of groups. */
#pragma once
#include "http/http.h"

struct group_brief {
	struct id      id;
	struct str     name, owner, stage, file, link;   /* file: key of the QR picture in use; empty: none */
	struct str     page;                      /* of channel web: its room's address on this server */
	int64_t        capacity, scan_limit, member_count;
	struct instant qr_expires_at, qr_uploaded_at;
};
extern const struct row row_group_brief;

/* E_NOT_FOUND: no such group in this community. */
int group_get_brief(struct tx *, struct id community, struct id group, struct group_brief *ret);
/* All of a community, by name: rows of struct group_brief. */
int group_list_brief(struct tx *, struct id community, struct rows *ret);

/* What a stage is proposed from. */
struct group_pulse {
	int64_t members, capacity;
	int64_t peak;                             /* most ever counted */
	int64_t week_change;                      /* joined less left in the last seven days; 0 when nobody counted before */
	int64_t age_days;
	int64_t days_left;                        /* until its end; negative: past it; INT64_MAX: permanent */
};
struct group_stage { const char *stage, *reason; };     /* reason: a stable word, its sentence is the console's */

/* few_members → seeding, filling → growing, nearly_full or steady → mature, losing_members or below_peak → declining,
 * mostly_left or ends_soon → closing, ended → closed. */
struct group_stage group_stage_proposed(const struct group_pulse *);

/* Called in the transaction in which a group's QR, count, name or stage changed (set by the live codes room:
 * declared here, defined in livecode.c, so that a scan never uses what was true before). */
int livecode_group_changed(struct tx *, struct id community, struct id group);
/* How many live codes of this community use the group. */
int livecode_uses_group(struct tx *, struct id community, struct id group, int64_t *ret);

/* A list that is kept says how many are in it; `noted`: a line of the group's history, too. */
int group_counted(struct tx *, struct id community, struct id group, int64_t count, bool noted);

/* A group that its platform told us of; the name is made free. E_TOO_MANY. */
int group_of_channel(struct tx *, struct id community, struct str name, struct str channel, struct id *ret);

/* What its platform or its room calls it from now on: E_NAME_TAKEN, E_TOO_SHORT (nothing but spaces), E_NOT_FOUND. */
int group_rename(struct tx *, struct id community, struct id group, struct str name);
/* The group has a page of its own on this server: live codes lead there instead of showing a picture. */
int group_set_page(struct tx *, struct id community, struct id group, struct str path);

/* For routes with a group in the hole. */
int group_sees(struct request *);

extern const struct feature feature_group;
