/* schemas.h: every schema.sql, embedded (made by tools/embed.sh). */
#pragma once

struct embedded_schema { const char *path, *sql; };

extern const struct embedded_schema embedded_schemas[];                    /* ends with NULL */
