/* time.h: instants, days and time zones.
 *
 * One clock: `clock_now` (tests may set it). A day belongs to a zone: `day_of` answers which day an
 * instant is in, as days since 1970-01-01 of that zone's calendar, and `day_start` the first instant of a day.
 * Zones are IANA names read from the system's zone files by an own small table of offsets (tzset is
 * not thread-safe), cached for the life of the process.
 */
#pragma once
#include "base/str.h"

#define SECOND  INT64_C(1000)
#define MINUTE  (60 * SECOND)
#define HOUR    (60 * MINUTE)
#define DAY     (24 * HOUR)

struct instant clock_now(void);
/* Tests: stand still at `at`; {0} returns to the system's clock. */
void clock_set(struct instant at);
/* Milliseconds that only go forward: for time-outs and leases, never for facts. */
int64_t clock_steady(void);
/* How long to wait for somebody else who is given `ms`: so long. Tests: never less than `least_ms`, for what answers there may not get
 * its turn on a busy machine; 0: as it is said. */
int64_t clock_allows(int64_t ms);
void    clock_allow(int64_t least_ms);

struct zone;
/* "Asia/Shanghai"; NULL for a name that does not exist (or has '..' in it). Never freed. */
const struct zone *zone_find(struct str name);

struct local { int year, month, day, hour, minute, second; int weekday; /* 0 = Sunday */ };

struct local   zone_local(const struct zone *, struct instant);
int64_t        zone_offset(const struct zone *, struct instant);          /* ms to add to UTC */
int64_t        day_of(const struct zone *, struct instant);
struct instant day_start(const struct zone *, int64_t day);
struct instant hour_start(const struct zone *, struct instant);

/* "2026-11-21" → days since 1970; false when it is no date. */
bool    day_parse(struct str, int64_t *ret);
/* "2026-11-21T09:00:00+08:00" or with Z (RFC 3339). */
bool    instant_parse(struct str, struct instant *ret);
/* Writes RFC 3339 in the zone, at most 32 bytes with NUL. */
void    instant_format(const struct zone *, struct instant, char ret[32]);
