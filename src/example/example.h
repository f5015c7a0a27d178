/* example.h: a community to look at: a car dealer's members' club with a month of life in it. */
#pragma once
#include "http/http.h"

/* Fills an empty store: 6 WeChat groups, 12 live codes, 2,000 members, 30 days of scans and joins that end now; a room of
 * our own where they talk, automations that answer there, a campaign of each kind, and today's run-sheet. The same seed gives the same
 * month. *ret_name and *ret_password (random, in the arena) sign its owner in. */
int example_make(struct store *, const struct feature *const *, struct arena *, struct str *ret_name, struct str *ret_password);
