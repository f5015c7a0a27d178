/* fair.h: draws that a stranger can check: what is promised before, how a result follows, what is shown after.
 *
 * Story      At publishing the server makes a secret seed and shows its commitment beside the rules. Each draw takes the next
 *            number and a token that the member's own browser made up; the result follows from seed, number and token. After
 *            the end the seed is shown, and whoever has the file of draws finds every result again: `quntu verify FILE`, or
 *            any tool that knows SHA-256.
 * Bytes      seed        32 random bytes, shown as 64 hexadecimal digits
 *            rules       one line of JSON, UTF-8: prizes in order with stock and parts per million, limits of wins
 *            commitment  SHA-256 of the 32 bytes of the seed, then the bytes of the rules
 *            roll        fair_roll(label, range): HMAC-SHA256 keyed with the seed of the text "LABEL COUNTER", COUNTER = 0, 1, …
 *                        Its first 8 bytes are a number x, the highest byte first. If x ≥ 2^64 − (2^64 mod range) the next
 *                        COUNTER; else the roll is x mod range: each result is equally likely.
 *            draw N      roll of "draw N TOKEN" below 1,000,000. The prizes' parts per million lie one after another from 0
 *                        on; what lies above them is no prize. A prize that has no stock left is not lost: roll of "again N
 *                        TOKEN" below the sum of the parts of those that have, laid one after another in the same order.
 *                        When no prize has stock, nothing is drawn and the chance stays.
 *            lot K       roll of "lot K LAST" below the number of tickets still in, in their order; LAST is the last ticket's
 *                        hash, so nobody knew it before the last ticket was in.
 *            chain       hash of a line: SHA-256 of the hash before in hexadecimal, a line feed, and the line. Before the first
 *                        stands the commitment. So no line can go, come or change places unseen.
 *            packet N   its own seed, so that it can be shown as soon as packet N is done: HMAC-SHA256 keyed with the seed of the
 *                        text "packet N". Its commitment is SHA-256 of those 32 bytes, and stands in the log when it is opened.
 *            split      lucky: each of the K shares is at least LEAST. Of what is above that (REST, at first total − K × LEAST),
 *                        share I gets the roll of "share I TOKEN" with the packet's seed, below 2 × REST ÷ P + 1 (rounded down;
 *                        P: shares not split yet, this one too), and REST falls by it; the last share gets all of REST.
 *                        even: total ÷ K each, rounded down; the first (total mod K) shares one fen more.
 * Not here   Who may draw, stock, orders (draw/); reading a file of draws (verify.h).
 * Test       fair_test.c: vectors that were made with other tools.
 */
#pragma once
#include "base/str.h"

#define FAIR_HEX     64
#define FAIR_WHOLE   INT64_C(1000000)             /* parts per million */
#define FAIR_PLACES  12
#define FAIR_LABEL   120                          /* bytes of a label */

struct fair_seed { unsigned char bytes[32]; };

void fair_seed_make(struct fair_seed *ret);
/* Lower-case digits, nothing else. */
bool fair_seed_read(struct str hex, struct fair_seed *ret);
void fair_seed_hex(const struct fair_seed *, char ret[FAIR_HEX + 1]);
void fair_commit(const struct fair_seed *, struct str rules, char ret[FAIR_HEX + 1]);
void fair_chain(struct str before, struct str line, char ret[FAIR_HEX + 1]);
/* 0 ≤ roll < range; range ≥ 1. A label longer than FAIR_LABEL is cut. */
int64_t fair_roll(const struct fair_seed *, struct str label, int64_t range);

struct fair_place { int64_t ppm, left; };         /* left: pieces before this draw */
/* Does any prize have a chance and stock? */
bool fair_any(const struct fair_place *, size_t count);
/* The place of the prize, from 1 on; 0: no prize. Ask fair_any first. */
int64_t fair_draw(const struct fair_seed *, int64_t n, struct str token, const struct fair_place *, size_t count);
#define FAIR_SHARES 100
/* Of packet `number`, from 1 on. */
void fair_packet_seed(const struct fair_seed *, int64_t number, struct fair_seed *ret);
/* What the log says of it before anything is split. */
void fair_packet_commit(const struct fair_seed *packet, char ret[FAIR_HEX + 1]);
/* Into ret[0 … shares − 1]; their sum is the total. false: it cannot be split so (shares 1 to FAIR_SHARES, each ≥ least ≥ 0). */
bool fair_split(const struct fair_seed *packet, struct str token, int64_t total, int64_t shares, int64_t least, bool even, int64_t *ret);

/* Which of the `count` tickets that are still in, from 0 on. */
int64_t fair_lot(const struct fair_seed *, int64_t k, struct str last, int64_t count);
