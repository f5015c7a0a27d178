/* export.h: members into a table (CSV or XLSX).
 *
 * Story      An operator wants the members of the list as it is filtered now, for the printer of the address labels. A job
 *            writes the file; she alone may fetch it, for a day. An admin who needs whole phone numbers says why, and all of
 *            it stands in the log.
 * Holds      The rows come through the list's own route, as the account that asked, with the role and the groups it has
 *            when the job runs. A member deleted meanwhile is in the file or is not, never half. No cell is a formula.
 *            A file is offered to its maker only, ends after 24 hours, and goes at once when somebody in the community is
 *            erased; one that is being written then begins again, without them.
 * Not here   What members take with them themselves (consent.h).
 * Test       export_test.c
 */
#pragma once
#include "http/http.h"

extern const struct feature feature_export, feature_export_run;
