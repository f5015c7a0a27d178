/* doctor.h: what is wrong here, why it matters, and how to mend it.
 *
 * Story      Something does not work on a Friday evening. Every room knows what usually goes wrong in it and declares an
 *            examination (struct feature: examinations): the disk, the log's followers, the outbox, a connected account. The doctor
 *            runs them, each within its time; what they find stands in the console, is printed by `quntu doctor`, and raises a
 *            warning when it was well before.
 * Holds      An examination changes nothing that anybody else would notice, and its questions to the network end with its time.
 *            A finding is whole sentences in both languages: what is seen, why it matters, what mends it. It holds no secret.
 * Not here   Keeping findings, asking for them, the page (channel/doctor); what a connector looks at (the connectors).
 * Test       channel/doctor/doctor_test.c
 */
#pragma once
#include "engine/jobs/jobs.h"

enum severity { SOUND, NOTICE, WARNING, BROKEN };
#define SEVERITIES "ok notice warning error"
const char *severity_word(enum severity);

struct saying { struct str zh, en; };             /* whole sentences, or both empty */

struct diagnosis {
	const char   *word;                       /* names the check for good: "disk" */
	enum severity severity;
	struct saying what, why, fix;
	struct str    place;                      /* where to mend it: "settings/account" in the console, or https://…; empty: nowhere */
};

#define DIAGNOSES_MOST 40                         /* of one examination; further ones are left out */
#define MEMO_OF_EXAMINATION 1000                  /* bytes that it may remember until the next time */

struct checkup {                                  /* one run of one examination */
	const struct job_context *house;          /* its store is NULL when `quntu doctor` finds none to open */
	struct id        community;               /* 0: the whole server */
	struct id        about;                   /* the channel, or 0 */
	const void      *by_hand;                 /* `quntu doctor`'s own (main/doctor.h): what takes minutes may be done; else NULL */
	int64_t          until;                   /* clock_steady(): its time is over */
	struct str       memo;                    /* what the last run left here; this one may write another */
	struct diagnosis said[DIAGNOSES_MOST];
	size_t           count;
	enum severity    worst;
};

enum examined { OF_SERVER, OF_COMMUNITY, OF_CHANNEL };
struct examination {
	const char   *name, *zh, *en;             /* name: a stable word; what is looked at, for people */
	enum examined of;
	int64_t       most_ms;                    /* its time */
	int         (*look)(struct checkup *);    /* outside any transaction; < 0: a failure of our own */
};

/* Run it; what could not be looked at is a finding as well. */
void examine(struct checkup *, const struct examination *);

/* The same sentence in both languages, with the same values; in the house's arena. */
struct saying saying(struct checkup *, const char *zh, const char *en, ...)
	__attribute__((format(printf, 2, 4), format(printf, 3, 4)));
/* A command, the platform's own words. */
struct saying saying_as_is(struct checkup *, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define NOTHING ((struct saying){ S(""), S("") })
/* One finding. What is sound has neither why nor fix. */
void doctor_say(struct checkup *, enum severity, const char *word, struct saying what, struct saying why, struct saying fix);
/* Where the finding said last is mended. */
void doctor_place(struct checkup *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Milliseconds left, at least 1. */
int64_t doctor_left(const struct checkup *);

/* ---- ask.c: a question to an address, as a stranger would ask it ---- */

struct question {
	const char        *url;
	struct str         body;                  /* a POST, if there is one; application/json */
	const char *const *headers;               /* end with NULL; may be NULL */
	bool               checked;               /* typed by people: private networks are refused unless the setting allows them */
};
struct reached {
	int            status;
	struct str     body;                      /* at most 64 KiB of it */
	struct instant date;                      /* as its Date says; 0: it says none */
	struct instant certified_until;           /* 0: plain http, or unknown */
	struct str     why;                       /* nobody answered: because … */
};
/* 0: somebody answered, whatever; E_NOT_SENT; or a failure of our own. Eight seconds at most, and no longer than its time. */
int doctor_ask(struct checkup *, const struct question *, struct reached *ret);
/* Says when the clock there and ours differ by more than two minutes; `whose`: a host, for people. */
void doctor_compare_clocks(struct checkup *, struct instant there, struct str whose);
/* The setting public_url without the slash at its end; empty: there is none. */
struct str doctor_public_url(struct checkup *);
bool       url_is_local(struct str url);          /* it leads to the very machine that asks */
