/* codes_test.h: live codes to scan in tests: a desk with every feature of the program, groups with QRs, visitors. */
#pragma once
#include "groups/livecode.h"
#include "people/desk_test.h"

/* What the program itself is made of. */
extern const struct feature *const whole_program[];

void codes_open(struct desk *, struct house *);

/* A group; with `link`, its QR says that and is good for seven days. */
struct id group_named(struct desk *, const char *name, const char *link);
void      group_renew(struct desk *, struct id group, const char *link);

/* A draft with its defaults: strategy "order", gate "none", sticky, guarded. `more`: further fields, "\"guide\":\"x\",". */
struct code_draft { const char *title, *strategy, *gate, *more; bool wandering, unguarded; };
const char *code_json(struct desk *, struct code_draft);
struct id   code_made(struct desk *, struct code_draft);

/* At the end of the code; its id. `more` begins with a comma. */
struct id target_to(struct desk *, struct id code, const char *url, int cap, const char *more);
struct id target_group(struct desk *, struct id code, struct id group, int cap, const char *more);
const char *target_json(struct desk *, const char *kind, int cap, const char *more);
void       code_run(struct desk *, struct id code);
/* The code's own short link, or that of a new source. */
const char *code_slug(struct desk *, struct id code);
const char *source_slug(struct desk *, struct id code, const char *label, const char *more);

/* A visitor's browser does this. Replies of `scan` are HTML or a redirect; the page's data is in `landed`. */
struct reply scan(struct browser *, const char *slug);
struct reply landed(const struct reply *html);
struct reply page(struct browser *, const char *slug);
struct reply say(struct browser *, const char *slug, const char *what, const char *json);
/* The view a fresh scan of this browser meets: "target", "waiting" … or "302". */
struct str   view(struct browser *, const char *slug);

#define assert_view(browser, slug, expected) assert_str(view(browser, slug), expected)

/* Everything the log holds is followed. */
void follow(struct desk *);
/* `quntu check` finds nothing in what is stored. */
void assert_sound(struct desk *);
/* A number of the code over the last days: "visitors", "hours.0.shown". */
int64_t count_of(struct desk *, struct id code, const char *what);
/* Of target `index`: "shown", "joined", "state". */
struct str target_at(struct desk *, struct id code, int index, const char *what);
