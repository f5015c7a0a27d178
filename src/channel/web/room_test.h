/* room_test.h: what tests of rooms share: a group with its room, a desk beside it, and phones that may come in. */
#pragma once
#include "channel/web/web.h"
#include "people/desk_test.h"
#include "test.h"

extern const struct feature *const features[];

#define PHONES 6

struct hall {
	struct desk     desk;
	struct id       group;
	const char     *path;                     /* "/r/SLUG" */
	struct browser *phones[PHONES];
	int             key;
};

#define GROUP(name, more) "{\"name\":\"" name "\",\"channel\":\"web\"," more "\"rename_allowed\":true,\"invite_allowed\":true," \
	"\"lifetime\":\"permanent\",\"ends_at\":null}"

void hall_open(struct hall *, struct house *, const char *group);
void hall_close(struct hall *);
void hall_follow(struct hall *);                  /* all followers have caught up */
const char *hall_spot(struct hall *, const char *where);          /* below the room's path */
struct reply hall_join(struct hall *, int phone, const char *name);
struct reply hall_say(struct hall *, int phone, const char *words);
struct reply hall_look(struct hall *, int phone, const char *where);      /* as the page's script asks */
struct reply hall_page(struct hall *, int phone);
struct str   hall_member(struct hall *, int phone);               /* their number, as text */
struct reply hall_rule(struct hall *, int phone, const char *what, int whom, int minutes);
struct reply hall_staff(struct hall *, const char *what, struct str whom, int minutes);
