/* template.h: a whole community as a file: read, judged, applied, undone, exported, compared.
 *
 *   template_file.c     the file: its rows, its spelling, its signature
 *   template_make.c     what it would make, making it, undoing it
 *   template_export.c   a community as a template, without anything personal
 *   template.c          the API
 *
 * The file     JSON. What is signed is its canonical spelling (base/json.h) without the key "signature". The signature is
 *              Ed25519 by the server that exported it: its own server knows its own name again, every other one can at
 *              least tell that nothing was changed since. A template does nothing by itself and is shown before it is
 *              applied, so an unknown signer, a broken signature or none needs a person's word, and is then used.
 */
#pragma once
#include "groups/choose.h"
#include "http/http.h"
#include "people/community.h"

#define TEMPLATE_MAX 200000       /* characters of a file */

struct template_tag    { struct str name, colour, group; };
struct template_group {
	struct str     name, channel, tier, topic, region;
	int64_t        capacity, scan_limit;
	bool           rename_allowed, invite_allowed, entry_by_approval;
	int64_t        days;                      /* it lives so long; 0: permanent */
	struct str     note;
	struct str     lifetime;                  /* what follows is not in the file: how the route wants it */
	struct instant ends_at;
};
struct template_target {
	struct str     group, title, url;         /* the name of a group of this file, or an address */
	int64_t        scan_cap, weight;
	struct rows    windows, dates;
	struct str     region, visitors;
	struct str     kind;                      /* not in the file */
	struct id      group_id;
};
struct template_source { struct str label, kind, note; };
struct template_code {
	struct str     title, guide, look, strategy;
	bool           sticky, duplicate_guard;
	struct str     gate, gate_title, gate_note, gate_password;
	struct rows    gate_questions, gate_approve, tags;
	struct str     contact, qr_level;
	struct rows    targets, sources;          /* template_target, template_source */
};
struct template_level  { struct str name; int64_t rank; struct str colour, privilege; };
struct template_field  { struct str key, kind, label, help; struct rows choices; bool required; };
struct template_role   { struct str title, role, duty; };

struct template {
	int64_t     quntu_template;               /* format: 1 */
	struct str  key, lang;                    /* "car_club" */
	int64_t     version;
	struct str  name, summary;
	int64_t     days;                         /* a time-boxed community lives so long; 0: permanent */
	struct one  card;                         /* struct card, with the fields of row_template_card alone */
	struct rows fields, levels, tags, groups, codes, roles, todo;
	struct one  signature;                    /* struct template_signature */
};
struct template_signature { struct str by, value; };

extern const struct row row_template, row_template_card, row_template_tag, row_template_group, row_template_code,
                        row_template_target, row_template_source, row_template_role, row_template_level, row_template_field;

/* ---- template_file.c ---- */

struct template_file {
	struct template template;
	struct str      text, digest;             /* text: pretty, as it came; digest: of its canonical spelling */
	const char     *verdict;                  /* built_in own foreign unsigned changed */
	struct str      signer;                   /* short name of the key; empty: unsigned */
};

/* E_TEMPLATE_FILE with *why: not a template this program reads. `seed`: this server's signing key. */
int template_read(struct str text, const struct key *seed, struct arena *, struct template_file *ret, struct complaint *why);
/* One that comes with the program, by key and language (the other language when there is only that). E_NOT_FOUND. */
int template_built_in(struct str key, enum lang, const struct key *seed, struct arena *, struct template_file *ret,
                      struct complaint *why);
/* As JSON, by its rows: what was left out in the file stands there with its usual value. */
int template_spell(const struct template *, struct arena *, struct str *ret);
/* The file for people: signed by this server, indented. */
int template_write(const struct template *, const struct key *seed, struct arena *, struct str *ret);
/* This server's signing key. */
void template_seed(struct request *, struct key *ret);
/* Must a person say that they have looked at it? */
static inline bool template_is_strange(const struct template_file *f)
{
	return strcmp(f->verdict, "built_in") != 0 && strcmp(f->verdict, "own") != 0;
}

/* ---- template_make.c ---- */

struct template_step { struct str kind, name, detail, state, becomes; };     /* state: new, exists */
extern const struct row row_template_step;

/* What applying would do here; community 0: a new one. Rows of struct template_step. */
int template_steps(struct tx *, struct id community, const struct template *, bool rename, struct rows *ret);

struct template_wish { bool rename; struct str card; };       /* card: fill (what is empty), replace, skip */
/* All of it, in the caller's transaction. The same template once more: the first use again, and nothing is made.
 * *ret_use: of template_use. */
int template_apply(struct request *, const struct template_file *, const struct template_wish *, struct id *ret_use);

struct template_kept { struct str kind, name, reason; };      /* reason: gone changed used */
extern const struct row row_template_kept;
/* Take away what nobody has touched since; ret_kept: rows of struct template_kept. How many went away, or a code. */
int template_undo(struct request *, struct id use, struct rows *ret_kept);

extern const struct query *const template_make_queries[];     /* ends with NULL */

/* ---- template_export.c ---- */

int template_of_community(struct tx *, struct id community, enum lang, struct template *ret);
/* How one thing looks now, hashed: as template_made.print. E_NOT_FOUND: it is gone. *ret_used: somebody relies on it. */
int template_print(struct tx *, struct id community, struct str kind, struct id thing, struct str *ret, bool *ret_used);

extern const struct query *const template_export_queries[];   /* ends with NULL */
extern const struct feature feature_template, feature_template_make, feature_template_export;
