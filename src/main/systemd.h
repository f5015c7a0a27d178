/* systemd.h: telling systemd how we are, when it asks (Type=notify). */
#pragma once

/* "READY=1", "STOPPING=1"; nothing happens where nobody listens (no NOTIFY_SOCKET). */
void systemd_tell(const char *state);
