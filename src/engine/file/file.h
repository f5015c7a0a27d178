/* file.h: pictures people uploaded, served at /f/{key}, where documents (document.h) are saved from, too.
 *
 * Story      An operator uploads a group's QR picture; the join page shows it. The address is unguessable (22 random
 *            characters), because a group's QR behind a gate must not be found by counting; and it changes with the
 *            content, so browsers may keep it for ever.
 * Holds      Only what media/picture has decoded and written anew is stored: no metadata, no scripts, PNG or JPEG.
 * Not here   Reading what a picture shows (media/), deciding who may upload.
 */
#pragma once
#include "http/http.h"

#define FILE_KEY 22

/* Store a picture that is clean already. *ret_key lives in the transaction's arena. */
int file_keep(struct tx *, struct id community, struct blob bytes, const char *type, struct str *ret_key);
/* It goes; 0 also when it was gone. */
int file_drop(struct tx *, struct id community, struct str key);
/* "/f/KEY", or empty for no key. */
struct str file_url(struct arena *, struct str key);
/* The bytes, also of a document; E_NOT_FOUND unless the file is this community's. */
int file_bytes(struct tx *, struct id community, struct str key, struct blob *ret);

extern const struct feature feature_file;
