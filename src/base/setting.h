/* setting.h: what an administrator may set, from one table.
 *
 * A setting comes from the first of: a flag (--public-url X), the environment (QUNTU_PUBLIC_URL=X), the file
 * (DIR/quntu.conf, lines `public_url = X`, `#` comments), its fallback. `quntu settings` prints each with its
 * source. An unknown name in the file or among the flags is an error that lists the nearest known one.
 * Read once at start; a running server's settings do not change.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum setting_kind { SET_TEXT, SET_INT, SET_BOOL, SET_SECRET };       /* SECRET is printed as •••• */

struct setting {
	const char       *name;                   /* lower_case */
	enum setting_kind kind;
	const char       *fallback;
	const char       *help;
	int64_t           min, max;               /* of SET_INT */
	const char       *zh;                     /* help in Chinese */
};

enum setting_source { FROM_FALLBACK, FROM_FILE, FROM_ENVIRONMENT, FROM_FLAG };

struct settings;                                  /* the values; lives in the arena it was read into */

/* tables: arrays that end with a NULL name; the list ends with NULL. `file` may be missing unless `file_must_exist`.
 * argv: flags are taken out of it (so what remains are the command's own words); *argc is updated.
 * 0, or E_INVALID (E_MEMORY) with *ret_why saying in that language which, where, and what is allowed. */
int settings_read(const struct setting *const *tables, const char *file, bool file_must_exist, int *argc, char **argv, enum lang,
                  struct arena *, struct settings **ret, struct str *ret_why);

/* A name that no table declares is a defect of the program and aborts. */
struct str settings_text(const struct settings *, const char *name);
int64_t    settings_int(const struct settings *, const char *name);
bool       settings_bool(const struct settings *, const char *name);

/* For `quntu settings`: every setting in table order. */
void settings_each(const struct settings *,
                   void (*each)(void *ctx, const struct setting *, struct str value, enum setting_source), void *ctx);
