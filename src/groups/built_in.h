/* built_in.h: the templates that come with the program (src/groups/templates, embedded by tools/embed.sh). */
#pragma once

struct built_in { const char *path, *text; };      /* "car_club.zh" */

extern const struct built_in built_in_templates[];  /* in order of path; ends with a NULL path */
