/* commands.h: the commands, one file each (small kin share one). */
#pragma once
#include "main/cli.h"

extern const struct command command_serve, command_init, command_check, command_doctor, command_backup,
	command_restore, command_bench, command_settings, command_user, command_version, command_freeze, command_openapi, command_docs,
			command_verify;
