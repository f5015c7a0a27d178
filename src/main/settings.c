/* settings.c: `quntu settings` and `quntu version`: what this program is, and how it is set. */
#include "main/commands.h"

#include "base/version.h"

static const char *source_word(const struct call *call, enum setting_source source)
{
	switch (source) {
	case FROM_FILE:        return SAY(call, "文件", "file");
	case FROM_ENVIRONMENT: return SAY(call, "环境变量", "environment");
	case FROM_FLAG:        return SAY(call, "参数", "flag");
	case FROM_FALLBACK:    break;
	}
	return SAY(call, "默认", "default");
}

static void print_setting(void *ctx, const struct setting *setting, struct str value, enum setting_source source)
{
	const struct call *call = ctx;
	if (strcmp(setting->name, "data") == 0)          /* found before the others: see cli.c */
		value = str_of(call->data);
	if (setting->kind == SET_SECRET && value.len)
		value = S("••••");
	printf("%-18s = %-24.*s  # %s%s%s\n", setting->name, STR(value), source_word(call, source), SAY(call, "：", ": "),
	       SAY(call, setting->zh, setting->help));
}

static int settings(struct call *call)
{
	printf(SAY(call, "# 来源依次为：参数 --名字 值、环境变量 QUNTU_名字、%s、默认值\n",
	                 "# Taken from the first of: flag --name value, environment QUNTU_NAME, %s, default\n"),
	       cli_path(call, "quntu.conf"));
	settings_each(call->settings, print_setting, call);
	return EXIT_DONE;
}

const struct command command_settings = {
	"settings", settings, NULL, 0, 0,
	{ "列出所有设置、当前值和来源", "list every setting, its value and where that comes from" },
	{ "用法：quntu settings [--data 目录]\n\n"
	  "每项设置可以写在 目录/quntu.conf（一行一项：port = 8080），也可以用环境变量（QUNTU_PORT=8080）\n"
	  "或参数（--port 8080）；写在后面的优先。密钥类的值不会显示。\n\n"
	  "例：QUNTU_PORT=8080 quntu settings --data /srv/quntu\n",
	  "Usage: quntu settings [--data DIR]\n\n"
	  "A setting may stand in DIR/quntu.conf (one a line: port = 8080), in the environment (QUNTU_PORT=8080) or\n"
	  "on the line (--port 8080); each overrules the one before. Secrets are not shown.\n\n"
	  "Example: QUNTU_PORT=8080 quntu settings --data /srv/quntu\n" },
};

static int version(struct call *call)
{
	(void)call;
	puts("quntu " QUNTU_VERSION);
	return EXIT_DONE;
}

const struct command command_version = {
	"version", version, NULL, 0, 0,
	{ "显示版本", "print the version" },
	{ "用法：quntu version\n", "Usage: quntu version\n" },
};
