/* verify.h: a file of draws, or of red packets, checked by itself: nothing of the store is asked, nothing is believed.
 *
 * Story      A member who doubts takes the file from the lottery's page and runs `quntu verify FILE`. Every line is numbered and
 *            chained, the commitment is that of seed and rules, each result follows from the seed, no prize was given that was
 *            not there, and nobody won more often than the rules allow. If somebody has changed a letter, the line is named.
 * Holds      Any bytes: a finding, never more. Lines are read one by one; memory is that of the wins and the tickets.
 * Packets    The same for red packets: every share follows from the packet's seed, and that from what was said when it was opened.
 * Test       verify_test.c, verify_packet_test.c: files that are right, and tampered with in every way; fuzzed.
 */
#pragma once
#include "base/row.h"

#define VERIFY_FINDINGS 20                        /* further ones are counted only */
#define VERIFY_TICKETS  1000000

struct verify_finding { int64_t line; struct str zh, en; };

struct verified {
	struct str name;                              /* of the campaign */
	int64_t    draws, wins, restocked, wrong;     /* of packets: packets, and shares somebody has */
	bool       packets;                           /* it is a file of red packets */
	bool       revealed;                          /* the seed is there */
	struct verify_finding findings[VERIFY_FINDINGS];
};

/* 0, also when lines are wrong (`wrong` > 0); E_MEMORY. Texts lie in the arena or in the file. */
int draws_verify(struct str file, struct arena *, struct verified *ret);
int packets_verify(struct str file, struct arena *, struct verified *ret);
/* Whichever it is. */
int file_verify(struct str file, struct arena *, struct verified *ret);
