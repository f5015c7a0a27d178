/* cli.c: from the words on the line to a command, and what commands share. */
#include "main/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "main/settings.h"
#include "store/schemas.h"

#define ARENA_MOST   (64 * 1024 * 1024)           /* settings, a report, the words of the docs */
#define NEAR         3                            /* more wrong letters than this are another word */
#define WORD_MAX     40

/* ---- Speaking ----------------------------------------------------------------------------- */

static enum lang lang_of_environment(void)
{
	const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strncmp(value, "zh", 2) == 0 ? LANG_ZH : LANG_EN;
	}
	return LANG_EN;
}

static _Thread_local char because[8192];          /* a sentence may hold two paths */

int cli_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(because, sizeof because, format, args);
	va_end(args);
	fprintf(stderr, "quntu: %s\n", because);
	return EXIT_FAILED;
}

struct str cli_failed_because(void) { return str_of(because); }

/* ---- Near misses ---------------------------------------------------------------------------- */

const char *cli_nearest(const char *word, const char *(*at)(size_t i))
{
	const char *best = NULL;
	size_t least = NEAR + 1;
	for (size_t i = 0; at(i); i++) {
		size_t d = str_distance(str_of(word), str_of(at(i)));
		if (d < least && d < strlen(at(i)))
			best = at(i), least = d;
	}
	return best;
}

static const char *command_name(size_t i) { return commands[i] ? commands[i]->name : NULL; }

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

/* ---- Help -------------------------------------------------------------------------------------- */

static void print_overview(enum lang lang)
{
	puts(lang == LANG_ZH
	     ? "群图 Quntu：社群运营系统，一个程序，自带数据库。\n\n用法：quntu 命令 [选项]\n"
	     : "Quntu runs your communities: one program, with the database inside it.\n\n"
	       "Usage: quntu COMMAND [options]\n");
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->plumbing)
			printf("  %-9s %s\n", commands[i]->name, commands[i]->summary[lang]);
	puts(lang == LANG_ZH
	     ? "\n从这里开始：    quntu serve --data ./data\n某个命令怎么用：quntu 命令 --help\n"
	       "所有设置：      quntu settings"
	     : "\nStart here:          quntu serve --data ./data\nHow a command works: quntu COMMAND --help\n"
	       "Every setting:       quntu settings");
}

static void print_help(const struct command *command, enum lang lang)
{
	printf("quntu %s: %s\n\n%s", command->name, command->summary[lang], command->help[lang]);
}

/* ---- The line ------------------------------------------------------------------------------------ */

static void drop_word(struct call *call, int i)
{
	for (int j = i; j + 1 < call->argc; j++)
		call->argv[j] = call->argv[j + 1];
	call->argc--;
}

/* Take "--force" out of the words when the command knows it; what is left is for the settings. */
static void take_switches(struct call *call)
{
	struct buf given;
	buf_init(&given, 256);
	for (int i = 0; i < call->argc;) {
		struct str word = str_of(call->argv[i]);
		if (!str_starts(word, S("--")) || !call->command->switches ||
		    !str_among((struct str){ word.at + 2, word.len - 2 }, call->command->switches)) {
			i++;
			continue;
		}
		buf_format(&given, " %s ", call->argv[i] + 2);
		drop_word(call, i);
	}
	call->given = str_z(call->arena, buf_view(&given));
	buf_free(&given);
}

bool cli_given(const struct call *call, const char *name)
{
	char word[WORD_MAX];
	snprintf(word, sizeof word, " %s ", name);
	return call->given && strstr(call->given, word);
}

/* The folder decides which quntu.conf is read, so it is looked up before the other settings. */
static const char *data_folder(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--data") == 0 && i + 1 < argc)
			return argv[i + 1];
		if (strncmp(argv[i], "--data=", 7) == 0)
			return argv[i] + 7;
	}
	const char *from_environment = getenv("QUNTU_DATA");
	return from_environment && *from_environment ? from_environment : DATA_FALLBACK;
}

static int read_settings(struct call *call)
{
	call->data = data_folder(call->argc, call->argv);
	struct str why = S("");
	int argc = call->argc + 1;                        /* settings_read passes over argv[0]: the command's name */
	int r = settings_read(settings_tables(), cli_path(call, "quntu.conf"), false, &argc, call->argv - 1, call->lang,
	                      call->arena, &call->settings, &why);
	call->argc = argc - 1;
	if (r < 0) {
		fprintf(stderr, "quntu: %.*s\n", STR(why.len ? why : str_of(err_text(r, call->lang))));
		return EXIT_MISUSED;
	}
	log_set_level(settings_bool(call->settings, "verbose") ? LOG_DEBUG : LOG_INFO);
	return EXIT_DONE;
}

static int wrong_words(const struct call *call)
{
	fprintf(stderr, SAY(call, "quntu: 参数个数不对。用法见 quntu %s --help\n",
	                          "quntu: wrong number of words. quntu %s --help shows how it is used\n"),
	        call->command->name);
	return EXIT_MISUSED;
}

static int unknown_command(const char *word, enum lang lang)
{
	const char *near = cli_nearest(word, command_name);
	fprintf(stderr, lang == LANG_ZH ? "quntu: 没有 %s 这个命令。" : "quntu: there is no command %s.", word);
	if (near)
		fprintf(stderr, lang == LANG_ZH ? "是不是想用 quntu %s？" : " Did you mean quntu %s?", near);
	fputs(lang == LANG_ZH ? " quntu --help 列出全部命令。\n" : " quntu --help lists them all.\n", stderr);
	return EXIT_MISUSED;
}

static int run(struct call *call)
{
	take_switches(call);
	int code = read_settings(call);
	if (code != EXIT_DONE)
		return code;
	if (call->argc < call->command->words_min || call->argc > call->command->words_max)
		return wrong_words(call);
	if (secret_start() < 0)
		return cli_fail("%s", SAY(call, "系统的随机数不可用。", "the system's random numbers are not available."));
	code = call->command->run(call);
	if (code == EXIT_DONE && (fflush(stdout) != 0 || ferror(stdout)))
		return cli_fail("%s: %s", SAY(call, "输出写不出去", "the output could not be written"), strerror(errno));
	return code;
}

static bool asks_for_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}

int cli_main(int argc, char **argv)
{
	enum lang lang = lang_of_environment();
	const char *word = argc > 1 ? argv[1] : "--help";
	if (strcmp(word, "--version") == 0)
		word = "version";
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
		const struct command *about = argc > 2 ? command_find(argv[2]) : NULL;
		if (about)
			print_help(about, lang);
		else
			print_overview(lang);
		return EXIT_DONE;
	}
	const struct command *command = command_find(word);
	if (!command)
		return unknown_command(word, lang);
	if (asks_for_help(argc - 2, argv + 2)) {
		print_help(command, lang);
		return EXIT_DONE;
	}
	struct arena arena;
	arena_init(&arena, ARENA_MOST);
	struct call call = { .command = command, .argc = argc - 2, .argv = argv + 2, .arena = &arena, .lang = lang };
	int code = run(&call);
	arena_free(&arena);
	return code;
}

/* ---- Folder and store ------------------------------------------------------------------------------ */

const char *cli_path(const struct call *call, const char *name)
{
	const char *path = str_z(call->arena, str_format(call->arena, "%s/%s", call->data, name));
	return path ? path : "";
}

const char *cli_store_url(const struct call *call)
{
	struct str set = settings_text(call->settings, "store");
	const char *url = str_z(call->arena, set.len ? set : str_format(call->arena, "sqlite:%s/quntu.db", call->data));
	return url ? url : "";
}

bool cli_store_exists(const struct call *call)
{
	const char *url = cli_store_url(call);
	return strncmp(url, "sqlite:", 7) != 0 || access(url + 7, F_OK) == 0;
}

int cli_no_store(const struct call *call)
{
	return cli_fail(SAY(call, "%s 里没有群图。用 --data 指明数据目录，或用 quntu init --data %s 新建。",
	                          "there is no Quntu in %s. Name its folder with --data, or make one: "
	                          "quntu init --data %s"),
	                call->data, call->data);
}

int cli_make_folder(const struct call *call)
{
	char path[4096];
	int n = snprintf(path, sizeof path, "%s", call->data);
	if (n <= 0 || (size_t)n >= sizeof path)
		return cli_fail("%s", SAY(call, "数据目录的路径太长或为空。", "the data folder's path is empty or too long."));
	for (char *at = path + 1;; at++) {
		if (*at && *at != '/')
			continue;
		char kept = *at;
		*at = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return cli_fail(SAY(call, "建不了目录 %s：%s", "the folder %s cannot be made: %s"), path, strerror(errno));
		*at = kept;
		if (!kept)
			break;
	}
	if (access(path, R_OK | W_OK | X_OK) < 0)
		return cli_fail(SAY(call, "目录 %s 不可写：%s", "the folder %s is not writable: %s"), path, strerror(errno));
	return EXIT_DONE;
}

static int open_store(const struct call *call, bool guest, int *missing, struct store **ret)
{
	struct store_options options = {
		.url = cli_store_url(call), .guest = guest, .schemas = embedded_schemas, .ret_missing = missing, .lang = call->lang,
		.readers = (int)settings_int(call->settings, "readers"), .lanes = (int)settings_int(call->settings, "lanes"),
	};
	struct str why = S("");
	int r = store_open(&options, ret, call->arena, &why);
	if (r < 0)
		return cli_fail("%.*s", STR(why.len ? why : str_of(err_text(r, call->lang))));
	return EXIT_DONE;
}

int cli_open_store(const struct call *call, bool guest, struct store **ret)
{
	return open_store(call, guest, NULL, ret);
}

int cli_open_old(const struct call *call, struct store **ret, int *ret_missing)
{
	*ret_missing = 0;
	return open_store(call, true, ret_missing, ret);
}
