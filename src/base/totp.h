/* totp.h: the six digits of an authenticator app (RFC 6238: HMAC-SHA-1, steps of 30 seconds).
 *
 * Both sides know a secret and the time. A code is of one step; clocks go wrong, so the steps beside the present one count
 * too. That a code is good only once is the caller's to see to: it keeps the last step that was used.
 */
#pragma once
#include "base/arena.h"
#include "base/str.h"

#define TOTP_SECRET 32                            /* characters of base32: 160 bits */
#define TOTP_DIGITS 6

void totp_secret(char ret[TOTP_SECRET + 1]);
/* Before it is cut to digits (RFC 4226): 31 bits; negative when the secret is no base32. */
int64_t totp_value(struct str secret, int64_t step);
int64_t totp_step(struct instant now);
/* The step among the three around now whose code this is; 0: none. Spaces in the code are passed over. */
int64_t totp_find(struct str secret, struct str code, struct instant now);
/* What the QR code says: otpauth://totp/… */
struct str totp_address(struct arena *, struct str issuer, struct str account, struct str secret);
