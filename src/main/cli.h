/* cli.h: what the commands of the one program share.
 *
 * Story      `quntu WORD …` finds its row among the commands, takes the command's own switches (--force) out of the
 *            line, reads the settings (flags, environment, DIR/quntu.conf) and calls the command. Each command is
 *            one small file of this folder.
 * Holds      What people asked for goes to standard output, everything said beside it to standard error. Exit code
 *            0: done; 1: it did not work, and a sentence says why and what to do; 2: the line was not understood.
 *            People are spoken to in the language of LC_ALL, LC_MESSAGES or LANG: Chinese or English.
 * Test       test/cli.sh runs the program.
 */
#pragma once
#include "http/http.h"

enum { EXIT_DONE, EXIT_FAILED, EXIT_MISUSED };

struct call {
	const struct command *command;
	int                   argc;               /* the command's own words, without the program and the command */
	char                **argv;
	const char           *given;              /* switches that were set, each between spaces: " force " */
	const char           *data;               /* the data folder */
	struct settings      *settings;
	struct arena         *arena;
	enum lang             lang;
};

struct command {
	const char *name;
	int       (*run)(struct call *);
	const char *switches;                     /* "force json"; NULL: none */
	int         words_min, words_max;
	const char *summary[LANGS];               /* for the list */
	const char *help[LANGS];                  /* how to use it, with an example */
	bool        plumbing;                     /* for scripts: not in the list */
};

extern const struct command *const commands[];    /* ends with NULL */

/* All features, in the order of features.def; ends with NULL. */
extern const struct feature *const features[];
/* Every table of settings: the program's own, the server's, each feature's; ends with NULL. */
const struct setting *const *settings_tables(void);
/* Every query of every feature, and how many; NULL when memory is out. Ends with NULL. */
const struct query *const *all_queries(struct arena *, size_t *ret_count);

/* The program: returns the exit code. `argv[0]` is the program. */
int cli_main(int argc, char **argv);

/* ---- For the commands ---- */

bool cli_given(const struct call *, const char *name);
/* The sentence in the caller's language. */
#define SAY(call, zh, en) SPOKEN((call)->lang, zh, en)
/* "quntu: …" on standard error; returns EXIT_FAILED. */
int  cli_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* What this thread's last cli_fail said; good until the next. */
struct str cli_failed_because(void);
/* The name nearest to a mistyped word, or NULL when none is near. `at(i)`: the i-th name, NULL after the last. */
const char *cli_nearest(const char *word, const char *(*at)(size_t i));

/* "sqlite:DIR/quntu.db", or what the setting `store` says. */
const char *cli_store_url(const struct call *);
bool        cli_store_exists(const struct call *);         /* SQLite: the file is there; PostgreSQL: true */
/* "There is no Quntu in DIR"; returns EXIT_FAILED. */
int         cli_no_store(const struct call *);
/* Make the data folder (0700) with its parents where missing. 0, or EXIT_FAILED after saying why. */
int         cli_make_folder(const struct call *);
/* Open the store, or say why not. 0 or EXIT_FAILED. `guest`: while another process may be serving it. */
int         cli_open_store(const struct call *, bool guest, struct store **ret);
/* As a guest, also when steps are missing in it: *ret_missing says how many. */
int         cli_open_old(const struct call *, struct store **ret, int *ret_missing);
const char *cli_path(const struct call *, const char *name);   /* DATA/name, in the arena; "" when memory is out */
