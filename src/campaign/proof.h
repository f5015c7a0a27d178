/* proof.h: the file by which anybody works out again what chance decided: of a lottery its draws, of a campaign of packets their acts.
 *
 * File       A line is a hash, a space and JSON. The first has the commitment and the rules; then each act in order; when all is
 *            over, the seed, chained as the others. Of a long log the file holds PROOF_LINES, and the route for more the next:
 *            put together they are one file. What is hashed, and how: fair.h; reading it: verify.h.
 * Test       draw_test.c, packet_test.c: what is written here `quntu verify` derives again.
 */
#pragma once
#include "campaign/campaign.h"

#define PROOF_LINES 50000

struct proof_line { struct str hash, line; };
extern const struct row row_proof_line;

struct proof {
	const char *name, *counted;               /* of the file; what the seed's line calls `total` */
	struct str  slug, commitment, rules, seed, last;
	int64_t     after, total;                 /* lines before these; lines there are */
	struct rows lines;                        /* struct proof_line, at most PROOF_LINES */
	bool        over;                         /* the seed may be told */
};

/* `line_most`: bytes. The text is in the request's arena. */
int proof_write(struct request *, const struct proof *, size_t line_most, struct body *ret);
