/* alert.h: what an operator must know in time. */
#pragma once
#include "http/http.h"

struct alert {
	struct str     key;
	struct str     kind;                      /* child_fills qr_expires child_expires code_dry report report_task report_room send_overdue
	                                           * automation_stopped automation_notice stock_low campaign_ended doctor doctor_well */
	struct str     level;                     /* due, or late: at once */
	struct id      subject, object;
	struct str     title, more;
	int64_t        n, per_day;
	struct instant due;
};

/* Make it unless its key exists; a new one also adds the jobs that carry it to e-mail and webhook, if the community has
 * set them. Part of the caller's transaction. */
int alert_raise(struct tx *, struct id community, const struct alert *);
/* The reason has gone away: close every open alert whose key begins with this. The keys are free again, also those of
 * alerts that a person closed: should the reason come back, it is raised anew. */
int alert_settle(struct tx *, struct id community, struct str key_prefix);

/* In a query over the table alert: does this account (0: one that sees all) see the warning? Of a group, or of a code and
 * one of its targets. Uses livecode.h and staff.h. */
#define SEES_ALERT(only) "(" only " = 0 OR (kind IN ('qr_expires', 'send_overdue', 'report_room') AND " \
	SEES_GROUP(only, "alert.community_id", "alert.subject_id") ")" \
	" OR (kind NOT IN ('qr_expires', 'send_overdue', 'report_room')" \
	" AND " SEES_CODE(only, "alert.community_id", "alert.subject_id") " AND " \
	SEES_CHILD(only, "alert.community_id", "alert.object_id") "))"

extern const struct feature feature_alert;
