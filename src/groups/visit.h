/* visit.h: one visitor before one landing: what scan.c and gate.c share. */
#pragma once
#include "groups/livecode.h"

struct visit {                                    /* livecode_visitor, as it is in this transaction */
	struct id      link_id, child_id;
	struct str     city;
	int64_t        latitude_e6, longitude_e6;
	struct instant first_at;
	int64_t        scans;
	struct instant passed_at, joined_at;
	struct id      member_id;
};

/* The last application of this visitor at this gate; E_NOT_FOUND. */
struct application_brief { struct id id; struct str state, reason; };
int application_last(struct tx *, struct id community, struct id code, struct id visitor, struct application_brief *ret);

/* The visitor passed the gate now: recorded, tagged later when they join. */
int visit_pass(struct tx *, struct id community, struct id code, struct id visitor);

/* Hand in an application; *ret_passed: a rule approved it at once. `in` is the route's input (gate.c). */
struct gate_input { struct rows answers; struct str password, voucher, link; struct blob picture; };
extern const struct row row_gate_input;
struct proof { struct blob picture; const char *type; struct str hash; int64_t look; };     /* of `ready` */
int gate_ready(struct request *, const struct gate_input *, struct proof **ret);
int gate_try(struct request *, const struct landing *, const struct gate_input *, const struct proof *, bool *ret_passed,
             struct id *ret_voucher_of);

struct waiting_brief { struct instant since; struct instant served_at; int64_t place; };
int waiting_find(struct tx *, struct id community, struct id code, struct id visitor, struct waiting_brief *ret);
/* How many wait at this code now. */
int waiting_length(struct tx *, struct id community, struct id code, int64_t *ret);
int waiting_join(struct request *, const struct landing *, struct str nickname, struct str contact);
int waiting_serve(struct tx *, struct id community, struct id code, struct id visitor);

/* The kind of device, coarse enough to say nothing about the person: wechat-ios wechat-android wechat-desktop wecom ios
 * android desktop; "bot" for previews and monitors, who are not counted. */
struct str device_of_request(const struct request *);
