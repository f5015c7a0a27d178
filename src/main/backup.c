/* backup.c: `quntu backup` and `quntu restore`.
 *
 * Story      An operator copies the community to a file each night while the server runs; one day she brings it back on
 *            another machine with one command.
 * Holds      A backup is whole or not there (store_backup). A restore looks at the file first and touches what is there
 *            only when the file is a sound Quntu store that this version can read; with --force the old database
 *            is kept beside the new one under another name. A folder in use is refused.
 * Test       test/cli.sh: backup while serving, restore, same content; wrong, cut and foreign files.
 */
#include "main/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/child.h"
#include "base/utf8.h"
#include "main/commands.h"
#include "store/schemas.h"

#define SAID_MOST (1 << 20)

#define TABLE_OF_STEPS "CREATE TABLE schema_step"         /* SQLite keeps the words of its tables in the file */

/* ---- Is it sound? -------------------------------------------------------------------------------- */

struct integrity { struct str quick_check; };

ROW(integrity, FIELD(integrity, quick_check, "\"ok\", or what is damaged"));

QUERY(integrity_query, READS, &row_integrity, TAKES_NOTHING,
	"SELECT quick_check FROM pragma_quick_check LIMIT 1", .pg = "SELECT 'ok' AS quick_check", .scans = true);

static int read_integrity(struct tx *tx, void *ret)
{
	return tx_one(tx, &integrity_query, ret);
}

int store_sound(const struct call *call, struct store *store, struct str *ret_why)
{
	struct integrity found = { 0 };
	int r = store_read(store, call->arena, read_integrity, &found);
	*ret_why = r < 0 ? str_of(err_text(r, call->lang)) : found.quick_check;
	return r < 0 ? r : str_is(found.quick_check, "ok") ? 0 : E_STORE;
}

/* ---- backup ----------------------------------------------------------------------------------------- */

/* `quntu doctor` looks at the age of this note. The folder may be another user's: then there is none. */
static void note_backup(const struct call *call, const char *file)
{
	FILE *note = fopen(cli_path(call, "last_backup"), "w");
	if (!note)
		return;
	fprintf(note, "%s\n", file);
	fclose(note);
}

static int backup(struct call *call)
{
	const char *file = call->argv[0];
	struct stat there;
	if (!cli_store_exists(call))
		return cli_given(call, "if-pending") ? EXIT_DONE : cli_no_store(call);
	if (stat(file, &there) == 0 && S_ISDIR(there.st_mode))
		return cli_fail(SAY(call, "%s 是一个目录，请写出文件名。", "%s is a folder; name a file."), file);
	struct store *store = NULL;
	int missing, code = cli_open_old(call, &store, &missing);
	if (code != EXIT_DONE)
		return code;
	if (cli_given(call, "if-pending") && !missing) {
		store_close(store);
		puts(SAY(call, "数据表没有要改的，不用备份。", "The tables stay as they are; no copy is needed."));
		return EXIT_DONE;
	}
	struct str why = S("");
	int r = store_backup(store, file, call->arena, &why);
	store_close(store);
	if (r < 0)
		return cli_fail("%.*s", STR(why.len ? why : str_of(err_text(r, call->lang))));
	if (stat(file, &there) < 0)
		return cli_fail("%s: %s", file, strerror(errno));
	note_backup(call, file);
	printf(SAY(call, "已备份到 %s（%.1f MB）。恢复：quntu restore %s --data 目录\n",
	                 "Backed up to %s (%.1f MB). To bring it back: quntu restore %s --data DIR\n"),
	       file, (double)there.st_size / 1e6, file);
	return EXIT_DONE;
}

const struct command command_backup = {
	"backup", backup, "if-pending", 1, 1,
	{ "备份到一个文件（服务器不用停）", "copy everything to one file, while serving" },
	{ "用法：quntu backup 文件 [--data 目录] [--if-pending]\n\n"
	  "服务器运行时也能备份，得到的是某一刻的完整副本；要么完整，要么没有这个文件。\n"
	  "PostgreSQL 用 pg_dump 的 custom 格式。备份里有成员资料，请妥善保管。\n"
	  "--if-pending：只在本程序启动时会改数据表的情况下备份，升级前用。\n\n"
	  "例：quntu backup /backup/quntu-$(date +%F).db --data /srv/quntu\n",
	  "Usage: quntu backup FILE [--data DIR] [--if-pending]\n\n"
	  "Safe while the server runs: the file holds one moment, and is whole or not there. With PostgreSQL it is\n"
	  "pg_dump's custom format. It holds members' data: keep it as safe as the server.\n"
	  "--if-pending: only when this program would change the tables at its start; for upgrades.\n\n"
	  "Example: quntu backup /backup/quntu-$(date +%F).db --data /srv/quntu\n" },
};

/* ---- restore: looking at the file --------------------------------------------------------------------- */

enum format { FOREIGN, SQLITE_COPY, PG_DUMP };

static enum format format_of(struct blob file)
{
	static const char sqlite[] = "SQLite format 3", dump[] = "PGDMP";
	if (file.len > sizeof sqlite && memcmp(file.at, sqlite, sizeof sqlite) == 0 &&
	    memmem(file.at, file.len, TABLE_OF_STEPS, sizeof TABLE_OF_STEPS - 1))
		return SQLITE_COPY;
	return file.len > sizeof dump && memcmp(file.at, dump, sizeof dump - 1) == 0 ? PG_DUMP : FOREIGN;
}

/* The file's bytes; an empty blob after saying why. */
static struct blob look_at(const char *path)
{
	struct stat there;
	void *at = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &there) == 0 && there.st_size > 0)
		at = mmap(NULL, (size_t)there.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	else if (fd >= 0)
		errno = EINVAL;
	if (at == MAP_FAILED)
		cli_fail("%s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return at == MAP_FAILED ? (struct blob){ 0 } : (struct blob){ at, (size_t)there.st_size };
}

/* ---- restore: SQLite ------------------------------------------------------------------------------------- */

static int copy_bytes(struct blob from, const char *to)
{
	const char *at = from.at;
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return cli_fail("%s: %s", to, strerror(errno));
	while (from.len) {
		ssize_t n = write(fd, at, from.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += n, from.len -= (size_t)n;
	}
	bool good = from.len == 0 && fsync(fd) == 0;
	int code = good ? EXIT_DONE : cli_fail("%s: %s", to, strerror(errno));
	close(fd);
	return code;
}

/* Opening brings an older copy up to date and refuses a newer one; then every page is looked at. */
static int prove(const struct call *call, const char *folder)
{
	struct str why = S("");
	struct store *store;
	const char *url = str_z(call->arena, str_format(call->arena, "sqlite:%s/quntu.db", folder));
	struct store_options options = { .url = url, .schemas = embedded_schemas };
	if (!url || store_open(&options, &store, call->arena, &why) < 0)
		return cli_fail(SAY(call, "备份打不开，什么都没有改动：%.*s",
		                          "the backup cannot be opened, nothing was changed: %.*s"), STR(why));
	int sound = store_sound(call, store, &why);
	store_close(store);
	if (sound < 0)
		return cli_fail(SAY(call, "备份已损坏，什么都没有改动：%.*s",
		                          "the backup is damaged, nothing was changed: %.*s"), STR(why));
	return EXIT_DONE;
}

/* The lock that a server holds (store.c); kept until this program ends. */
static int lock_folder(const struct call *call)
{
	int fd = open(cli_path(call, "quntu.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		return EXIT_DONE;
	return cli_fail(SAY(call, "%s 正被一台运行中的群图使用，请先停止它。", "%s is in use by a running quntu; stop it first."),
	                call->data);
}

/* The old database and its log keep each other's company under a new name. */
static void put_aside(const struct call *call)
{
	const char *const ends[] = { "", "-wal", "-shm" };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char from[64], to[64];
		snprintf(from, sizeof from, "quntu.db%s", ends[i]);
		snprintf(to, sizeof to, "quntu.db.before-restore%s", ends[i]);
		unlink(cli_path(call, to));
		rename(cli_path(call, from), cli_path(call, to));
	}
}

static int move_in(const struct call *call, const char *proven)
{
	bool had_one = cli_store_exists(call);
	if (had_one)
		put_aside(call);
	int folder = open(call->data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = rename(proven, cli_path(call, "quntu.db")) == 0 && folder >= 0 && fsync(folder) == 0;
	if (folder >= 0)
		close(folder);
	if (!good)
		return cli_fail("%s: %s", call->data, strerror(errno));
	printf(SAY(call, "已恢复。启动：quntu serve --data %s\n", "Restored. Start it: quntu serve --data %s\n"), call->data);
	if (had_one)
		printf(SAY(call, "原来的数据库保留为 %s\n", "The former database is kept as %s\n"),
		       cli_path(call, "quntu.db.before-restore"));
	return EXIT_DONE;
}

static void clear_folder(const struct call *call, const char *folder)
{
	static const char *const left[] = { "quntu.db", "quntu.db-wal", "quntu.db-shm", "quntu.lock" };
	for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
		const char *path = str_z(call->arena, str_format(call->arena, "%s/%s", folder, left[i]));
		if (path)
			unlink(path);
	}
	rmdir(folder);
}

static int restore_sqlite(struct call *call, struct blob file)
{
	if (cli_store_exists(call) && !cli_given(call, "force"))
		return cli_fail(SAY(call, "%s 里已经有数据库。确定要替换就加 --force（旧的会保留）。",
		                          "%s holds a database already. To replace it add --force (the old one is kept)."),
		                call->data);
	const char *folder = cli_path(call, "restore.tmp"), *copy = cli_path(call, "restore.tmp/quntu.db");
	int code = cli_make_folder(call);
	if (code == EXIT_DONE)
		code = lock_folder(call);
	if (code != EXIT_DONE)
		return code;
	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return cli_fail("%s: %s", folder, strerror(errno));
	if ((code = copy_bytes(file, copy)) == EXIT_DONE && (code = prove(call, folder)) == EXIT_DONE)
		code = move_in(call, copy);
	clear_folder(call, folder);
	return code;
}

/* ---- restore: PostgreSQL ---------------------------------------------------------------------------------- */

/* The highest step in text whose lines begin with a number ("12\tjob\t…") or with "-- 0012 job: …". */
static int64_t newest_step(struct str text)
{
	int64_t newest = 0;
	while (text.len) {
		struct str line = str_cut(&text, '\n');
		if (str_starts(line, S("-- ")))
			line = (struct str){ line.at + 3, line.len - 3 };
		else if (str_find(line, '\t') < 0)
			continue;
		struct str number = str_cut(&line, line.len > 4 && line.at[4] == ' ' ? ' ' : '\t');
		int64_t n;
		if (str_to_int(number, &n) && n > newest)
			newest = n;
	}
	return newest;
}

static int64_t newest_known(void)
{
	int64_t newest = 0;
	for (const struct embedded_schema *s = embedded_schemas; s->path; s++) {
		int64_t n = newest_step(str_of(s->sql));
		newest = n > newest ? n : newest;
	}
	return newest;
}

/* Run one of PostgreSQL's programs. EXIT_DONE, or EXIT_FAILED after saying what it said. */
static int run_tool(const struct call *call, const char *const *argv, struct buf *said)
{
	int r = child_run(argv, said, call->arena);
	if (r == E_NOT_FOUND)
		return cli_fail(SAY(call, "缺少 %s，请安装 postgresql-client。", "%s is missing; install postgresql-client."),
		                argv[0]);
	return r == 0 ? EXIT_DONE : cli_fail("%s: %.*s", argv[0], STR(buf_view(said)));
}

/* A password must not stand where `ps` shows it: it goes to the environment, and the address without it is returned. */
static const char *hide_password(const struct call *call)
{
	struct str url = str_of(cli_store_url(call)), rest = url;
	const char *scheme_end = strstr(url.at, "://"), *at = strchr(url.at, '@');
	const char *colon = scheme_end ? strchr(scheme_end + 3, ':') : NULL;
	if (!scheme_end || !at || !colon || colon > at)
		return url.at;
	BUF_SCOPED plain;
	buf_init(&plain, 4096);
	for (const char *p = colon + 1; p < at; p++) {
		unsigned byte;
		if (*p == '%' && sscanf(p + 1, "%2x", &byte) == 1) {
			buf_byte(&plain, (char)byte);
			p += 2;
		} else {
			buf_byte(&plain, *p);
		}
	}
	buf_byte(&plain, '\0');
	if (!buf_failed(&plain))
		setenv("PGPASSWORD", plain.at, 1);
	rest = (struct str){ at, url.len - (size_t)(at - url.at) };
	return str_z(call->arena, str_format(call->arena, "%.*s%.*s", (int)(colon - url.at), url.at, STR(rest)));
}

static int no_backup(const struct call *call, const char *file)
{
	return cli_fail(SAY(call, "%s 不是群图的备份。请给出 quntu backup 生成的文件。",
	                          "%s is no backup of Quntu. Name a file that `quntu backup` made."), file);
}

/* Whole, ours, and not newer than this program? */
static int prove_dump(const struct call *call, const char *file)
{
	BUF_SCOPED said;
	buf_init(&said, SAID_MOST);
	const char *const steps[] = { "pg_restore", "--data-only", "--table=schema_step", "--file=-", file, NULL };
	const char *const all[] = { "pg_restore", "--file=/dev/null", file, NULL };
	int code = run_tool(call, steps, &said);
	if (code != EXIT_DONE)
		return code;
	int64_t newest = newest_step(buf_view(&said));
	if (newest == 0)
		return no_backup(call, file);
	if (newest > newest_known())
		return cli_fail(SAY(call, "%s 来自更新的版本，请先升级本程序。",
		                          "%s comes from a newer version; upgrade this program first."), file);
	buf_clear(&said);
	return run_tool(call, all, &said);
}

static int restore_pg(const struct call *call, const char *file)
{
	const char *url = hide_password(call);
	int code = prove_dump(call, file);
	if (code != EXIT_DONE || !url)
		return EXIT_FAILED;
	BUF_SCOPED said;
	buf_init(&said, SAID_MOST);
	const char *const ask[] = {
		"psql", "-X", "-A", "-t", "-c", "SELECT to_regclass('schema_step') IS NULL", url, NULL,
	};
	if ((code = run_tool(call, ask, &said)) != EXIT_DONE)
		return code;
	if (!str_is(str_trim(buf_view(&said)), "t") && !cli_given(call, "force"))
		return cli_fail("%s", SAY(call, "目标数据库里已经有群图。确定要替换就加 --force。",
		                                "the target database holds a Quntu already. To replace it add --force."));
	buf_clear(&said);
	const char *const act[] = {
		"pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", "--dbname", url, file, NULL,
	};
	/* Another cluster counts its transactions anew: the log's epochs go below all that will come, its order stays. */
	const char *const rebase[] = {
		"psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c",
		"UPDATE follower SET epoch = epoch - (SELECT COALESCE(MAX(epoch), 0) FROM event),"
		" until_epoch = until_epoch - (SELECT COALESCE(MAX(epoch), 0) FROM event);"
		" UPDATE event SET epoch = epoch - (SELECT COALESCE(MAX(epoch), 0) FROM event)", url, NULL,
	};
	if ((code = run_tool(call, act, &said)) == EXIT_DONE && (code = run_tool(call, rebase, &said)) == EXIT_DONE)
		puts(SAY(call, "已恢复。", "Restored."));
	return code;
}

/* ---- On trial --------------------------------------------------------------------------------------------------- */

int backup_restorable(const struct call *call, const char *path, struct str *ret_why)
{
	struct blob file = look_at(path);
	*ret_why = cli_failed_because();
	if (!file.at)
		return E_STORE;
	enum format format = format_of(file);
	int code = EXIT_FAILED;
	char folder[4096];
	snprintf(folder, sizeof folder, "%s/doctor.XXXXXX", call->data);
	if (format == PG_DUMP) {
		code = prove_dump(call, path);
	} else if (format == SQLITE_COPY && mkdtemp(folder)) {
		const char *copy = str_z(call->arena, str_format(call->arena, "%s/quntu.db", folder));
		if (copy && (code = copy_bytes(file, copy)) == EXIT_DONE)
			code = prove(call, folder);
		clear_folder(call, folder);
	} else {
		no_backup(call, path);
	}
	munmap((void *)(uintptr_t)file.at, file.len);
	*ret_why = cli_failed_because();
	return code == EXIT_DONE ? 0 : E_STORE;
}

/* ---- restore ---------------------------------------------------------------------------------------------------- */

static int restore(struct call *call)
{
	const char *path = call->argv[0];
	struct blob file = look_at(path);
	if (!file.at)
		return EXIT_FAILED;
	bool to_sqlite = strncmp(cli_store_url(call), "sqlite:", 7) == 0;
	enum format format = format_of(file);
	int code;
	if (format == FOREIGN)
		code = no_backup(call, path);
	else if (to_sqlite != (format == SQLITE_COPY))
		code = cli_fail(SAY(call, "%s 是 %s 的备份，只能恢复到同一种数据库。",
		                          "%s is a backup of %s and can only be restored into the same kind of store."),
		                path, format == SQLITE_COPY ? "SQLite" : "PostgreSQL");
	else
		code = to_sqlite ? restore_sqlite(call, file) : restore_pg(call, path);
	munmap((void *)(uintptr_t)file.at, file.len);
	return code;
}

const struct command command_restore = {
	"restore", restore, "force", 1, 1,
	{ "从备份恢复", "bring a backup back" },
	{ "用法：quntu restore 文件 [--data 目录] [--force]\n\n"
	  "先检查文件：是群图的备份、没有损坏、版本不比本程序新；通过后才动手。目录里已有数据库时需要 --force，\n"
	  "旧数据库会保留为 quntu.db.before-restore。请先停止服务器。\n\n"
	  "例：quntu restore /backup/quntu-2026-11-21.db --data /srv/quntu\n",
	  "Usage: quntu restore FILE [--data DIR] [--force]\n\n"
	  "Looks at the file first: a Quntu backup, undamaged, not newer than this program. Only then it acts. Where a\n"
	  "database is already, --force replaces it and keeps the old one as quntu.db.before-restore. Stop the server\n"
	  "before.\n\n"
	  "Example: quntu restore /backup/quntu-2026-11-21.db --data /srv/quntu\n" },
};
