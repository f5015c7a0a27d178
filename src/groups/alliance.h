/* alliance.h: partner shops (异业联盟) and vouchers; what the live code asks of them. */
#pragma once
#include "http/http.h"

struct voucher_brief { struct str code, title, partner; struct instant expires_at, used_at; };
extern const struct row row_voucher_brief;

/* Is it a partner of this community? 0 or E_NOT_FOUND. */
int partner_known(struct tx *, struct id community, struct id partner);
/* The visitor came through a partner's link and joined: one voucher per partner and visitor, while the partner's stock lasts.
 * E_NOT_FOUND: no voucher to give (stopped, out of stock). Giving twice returns the first. */
int voucher_give(struct tx *, struct id community, struct id partner, struct id visitor, struct id livecode, struct voucher_brief *ret);
/* Whoever holds the code may see it, wherever it came from. E_VOUCHER_UNKNOWN. */
int voucher_show(struct tx *, struct str code, struct voucher_brief *ret, struct id *ret_community);
/* Vouchers of partners that this visitor was given, newest first: rows of struct voucher_brief. */
int vouchers_of_visitor(struct tx *, struct id community, struct id visitor, struct rows *ret);
/* A member vouches for this visitor with a gate voucher: used now, once. *ret_member: who vouched.
 * E_VOUCHER_UNKNOWN, E_VOUCHER_USED, E_VOUCHER_EXPIRED. */
int voucher_vouch(struct tx *, struct id community, struct str code, struct id visitor, struct id livecode, struct id *ret_member);

extern const struct feature feature_alliance;
