/* webhook.h: facts leave for other programs, signed as Standard Webhooks say. */
#pragma once
#include "base/secret.h"
#include "channel/channel.h"

/* webhook-signature's "v1,…": HMAC-SHA256 with the bytes of "whsec_<base64>", over "id.timestamp.body". E_INVALID: no such secret. */
int webhook_sign(struct str secret, struct str id, struct str timestamp, struct str body, struct arena *, struct str *ret);
/* "v1a,…": Ed25519 over the same, which anybody can check who has the public half, "whpk_<base64>". E_MEMORY. */
int webhook_sign_public(const struct key *seed, struct str id, struct str timestamp, struct str body, struct arena *, struct str *ret);
int webhook_public_key(const struct key *seed, struct arena *, struct str *ret);
/* Is it "whsec_" and base64 of 24 to 64 bytes? */
bool webhook_secret_good(struct str secret);

/* examine.c: for the doctor. */
int webhook_examine(struct checkup *, const struct channel *);

extern const struct feature feature_webhook;
