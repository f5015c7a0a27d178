/* schemas.h: every schema.sql, embedded (made by tools/embed.sh). */
#pragma once

struct embedded_schema { const char *path, *sql; };

extern const struct embedded_schema embedded_schemas[];                    /* ends with NULL */

/* One for each table whose first column is community_id, made from the schemas: deletes a community's rows, where it can
 * only some thousands at a time. ?1: the community. Run each until it changes nothing. Ends with NULL. */
struct query;
extern const struct query *const community_erasing[];
