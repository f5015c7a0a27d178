/* community.h: the tenant (社群): its positioning card, time zone and rules. */
#pragma once
#include "http/http.h"

/* What pages and other rooms need of a community. */
struct community {
	struct id      id;
	struct str     name, slogan, logo, colour, rules, timezone, warn_email, warn_webhook;
	struct instant ends_at;
};

/* E_NOT_FOUND: there is none. */
int community_get(struct tx *, struct id id, struct community *ret);
/* Its zone; never NULL (Asia/Shanghai when the name has vanished from the system). */
const struct zone *community_zone(const struct community *);
/* A new, nearly empty one. E_BAD_PATTERN: no such time zone; E_TOO_SHORT: the name is nothing but spaces. */
int community_make(struct tx *, struct str name, struct str timezone, struct id *ret);
/* Every community's id, oldest first. Rows of struct id_item. */
int community_list(struct tx *, struct rows *ret);

extern const struct feature feature_community;
