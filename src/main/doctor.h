/* doctor.h: what the files of `quntu doctor` share.
 *
 *   doctor.c         the command, the report, the machine
 *   doctor_store.c   what is stored: database, tables, backup, jobs
 *   doctor_web.c     how it is reached: port, address, proxy
 */
#pragma once
#include "main/cli.h"

enum verdict { GOOD, ADVICE, BROKEN };

struct visit {
	const struct call *call;
	bool               running;               /* a server uses the folder now */
	struct str         server;                /* this server's name for itself; empty: unknown */
	bool               json;
	int                told, advice, broken;
};

/* The sentence in the caller's language. */
#define T(visit, zh, en) SAY((visit)->call, zh, en)

/* One finding: what is seen, why it matters, what mends it (a command where there is one). `check` is a stable word.
 * GOOD has neither why nor fix. All three are whole sentences or empty. */
void doctor_tell(struct visit *, enum verdict, const char *check, struct str what, struct str why, struct str fix);
/* A formatted text in the call's arena. */
struct str doctor_say(struct visit *, const char *format, ...) __attribute__((format(printf, 2, 3)));

void doctor_see_store(struct visit *);
void doctor_see_backup(struct visit *);
void doctor_see_port(struct visit *);
void doctor_see_address(struct visit *);

extern const struct query doctor_version_query;
