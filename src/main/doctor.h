/* doctor.h: what the server's own examinations share, and `quntu doctor`.
 *
 *   doctor.c         the command: every examination of the server from the terminal, and what was found of communities last
 *   machine.c        what the program stands on: folder, disk, memory, files, clock, time zones, fonts
 *   doctor_store.c   what is stored: database, tables, backup, jobs
 *   doctor_web.c     how it is reached: port, address, proxy; and whom it reaches: mail
 */
#pragma once
#include "engine/doctor/doctor.h"
#include "main/cli.h"

/* What stands behind checkup.by_hand. */
struct terminal { const struct call *call; int missing; };        /* missing: steps that the tables lack */

/* The command's line; in a running server one made of its settings. */
const struct call *call_of(struct checkup *);
/* Does a server use the folder now? (Its lock says so: store.c.) */
bool server_runs(struct checkup *);
/* How long until a disk is full that had so much left then and now; INT64_MAX: it does not fill, or nobody can say. */
int64_t disk_full_in(int64_t then, int64_t left_then, int64_t now, int64_t left_now);

extern const struct feature feature_machine, feature_stored, feature_reached;
