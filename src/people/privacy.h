/* privacy.h: what a community has set about keeping, asking and sending. */
#pragma once
#include "http/http.h"

struct privacy {
	int64_t    visitor_months, audit_months, event_months;     /* 0: never */
	int64_t    grace_days;
	struct str sender, sender_url;
	int64_t    codes_a_day;
};
extern const struct row row_privacy;

/* What was saved, or the defaults. */
int privacy_get(struct tx *, struct id community, struct privacy *ret);

extern const struct feature feature_privacy;
