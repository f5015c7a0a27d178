/* doctor_store.c: what is stored: does the database open, is it sound, do its tables fit, can the backup be brought back, do the
 * jobs get done? For the doctor.
 *
 * Holds      In a running server only as much is read as disturbs nobody: a database or backup beyond LOOK_MOST is left to
 *            `quntu doctor`, which takes the time it needs.
 * Test       test/cli.sh, channel/doctor/doctor_test.c
 */
#include "main/doctor.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include "engine/jobs/jobs.h"
#include "main/backup.h"
#include "main/check.h"

#define BACKUP_OLD  (2 * DAY)
#define WAL_LARGE   (INT64_C(512) << 20)
#define LOOK_MOST   (INT64_C(1) << 30)
#define JOBS_LATE   (5 * MINUTE)

static struct saying with(struct checkup *c, struct saying before, struct str more)
{
	return (struct saying){ str_format(c->house->arena, "%.*s：%.*s", STR(before.zh), STR(more)),
	                        str_format(c->house->arena, "%.*s: %.*s", STR(before.en), STR(more)) };
}

/* ---- The database ------------------------------------------------------------------------------ */

static QUERY(doctor_version_query, READS, &row_text_item, TAKES_NOTHING, "SELECT 'SQLite ' || sqlite_version() AS item",
	.pg = "SELECT 'PostgreSQL ' || current_setting('server_version') AS item", .scans = true);

struct size_row { int64_t item; };

ROW(size_row, FIELD(size_row, item, "Bytes"));

static QUERY(doctor_size_query, READS, &row_size_row, TAKES_NOTHING,
	"SELECT page_count * page_size AS item FROM pragma_page_count(), pragma_page_size()",
	.pg = "SELECT pg_database_size(current_database()) AS item", .scans = true);

struct look { struct str version; int64_t size; };

static int read_store(struct tx *tx, void *ret)
{
	struct look *look = ret;
	struct text_item version;
	struct size_row size;
	int r = tx_one_(tx, &doctor_version_query, &version, NULL, 0);
	if (r < 0 || (r = tx_one_(tx, &doctor_size_query, &size, NULL, 0)) < 0)
		return r;
	*look = (struct look){ version.item, size.item };
	return 0;
}

static void see_wal(struct checkup *c)
{
	struct stat wal;
	if (stat(cli_path(call_of(c), "quntu.db-wal"), &wal) < 0 || wal.st_size < WAL_LARGE)
		return;
	doctor_say(c, WARNING, "wal", saying(c, "预写日志已有 %lld MB", "the write-ahead log has %lld MB", (long long)(wal.st_size >> 20)),
	           saying(c, "一直不收，多半有程序长期占着数据库在读；启动也会变慢。",
	                  "It is not folded in, most likely because a program keeps reading; starting gets slow, too."),
	           saying(c, "重启服务器：systemctl restart quntu", "restart the server: systemctl restart quntu"));
}

static void see_tables(struct checkup *c, const struct terminal *terminal)
{
	const struct call *call = terminal->call;
	if (terminal->missing) {
		doctor_say(c, WARNING, "tables", saying(c, "数据表有 %d 步还没升级", "the tables lack %d steps of this program", terminal->missing),
		           saying(c, "下一次启动会在一个事务里升级；先备份。", "The next start makes them, in one transaction; make a backup first."),
		           saying_as_is(c, "quntu backup FILE --data %s && systemctl restart quntu", call->data));
		return;
	}
	FILE *out = cli_given(call, "json") ? stderr : stdout;
	int grave = check_declarations(call, c->house->store, SAYS_GRAVE, out), wrong = check_contents(call, c->house->store, out);
	if (grave || wrong)
		doctor_say(c, BROKEN, "tables", saying(c, "程序与数据对不上，见上面各行", "program and data do not agree, see the lines above"),
		           saying(c, "相关的页面会报错，或数字不可信。", "Pages fail there, or their numbers cannot be trusted."),
		           saying_as_is(c, "quntu check --data %s", call->data));
	else
		doctor_say(c, SOUND, "tables", saying(c, "数据表与程序一致", "tables and program agree"), NOTHING, NOTHING);
}

static void say_shut(struct checkup *c)
{
	const struct call *call = call_of(c);
	if (!cli_store_exists(call))
		doctor_say(c, NOTICE, "database", saying(c, "还没有数据库", "no database yet"),
		           saying(c, "第一次 quntu serve 时会建。",
				"The first quntu serve makes it."), saying_as_is(c, "quntu serve --data %s", call->data));
	else
		doctor_say(c, BROKEN, "database", saying(c, "数据库打不开，原因见上", "the database does not open; the reason stands above"),
		           saying(c, "服务器起不来。", "The server cannot start."),
		           saying(c, "查 store 设置和权限：quntu settings --data %s；不行就 quntu restore",
		                  "look at `store` and rights: quntu settings --data %s; else quntu restore", call->data));
}

static int see_database(struct checkup *c)
{
	struct look look = { .size = 0 };
	struct str why;
	if (!c->house->store) {
		say_shut(c);
		return 0;
	}
	int r = store_read(c->house->store, c->house->arena, read_store, &look);
	bool large = r < 0 || look.size > LOOK_MOST;
	if (r >= 0 && large && !c->by_hand && !store_is_pg(c->house->store))
		doctor_say(c, SOUND, "database", saying(c, "数据库 %.1f GB（%.*s）；这么大的库请在终端用 quntu doctor 逐页检查",
			"the database has %.1f GB (%.*s); one so large is looked through page by page by quntu doctor in a terminal",
			(double)look.size / 1e9, STR(look.version)), NOTHING, NOTHING);
	else if (store_sound(call_of(c), c->house->store, &why) < 0)
		doctor_say(c, BROKEN, "database", saying(c, "数据库已损坏：%.*s", "the database is damaged: %.*s", STR(why)),
		           saying(c, "继续写会越坏越多。", "Writing on makes it worse."),
		           saying_as_is(c, "systemctl stop quntu; quntu restore FILE --data %s --force", call_of(c)->data));
	else
		doctor_say(c, SOUND, "database", saying(c, "数据库文件完好，%.1f MB（%.*s）",
				"the database is sound, %.1f MB (%.*s)", (double)look.size / 1e6,
			STR(look.version)), NOTHING, NOTHING);
	if (c->by_hand)
		see_tables(c, c->by_hand);
	see_wal(c);
	return 0;
}

/* ---- Jobs ----------------------------------------------------------------------------------------------- */

struct work_left { struct rows dead; struct job_late late; };

static int read_jobs(struct tx *tx, void *arg)
{
	struct work_left *w = arg;
	struct instant late = { tx_now(tx).ms - JOBS_LATE };
	int r = jobs_dead(tx, &w->dead);
	return r < 0 ? r : jobs_late(tx, late, &w->late);
}

static int see_jobs(struct checkup *c)
{
	struct work_left w = { .dead.count = 0 };
	int r = c->house->store ? store_read(c->house->store, c->house->arena, read_jobs, &w) : 0;
	if (r < 0 || !c->house->store)
		return r < 0 && c->by_hand ? 0 : r;       /* tables of an older program: they were spoken of */
	const struct job_dead *job = w.dead.at;
	for (size_t i = 0; i < w.dead.count; i++)
		doctor_say(c, WARNING, "jobs",
		           saying(c, "任务 %.*s 失败 %lld 个，不再重试",
				"%.*s: %lld jobs failed and are not tried again", STR(job[i].kind), (long long)job[i].n),
		           saying(c, "最近一次的原因：%.*s", "the last reason: %.*s", STR(job[i].why)),
		           saying(c, "修好原因（邮件、网址）后，下一次同样的事会重新触发它",
		                  "mend the reason (mail, address); the next such thing starts it afresh"));
	if (w.late.n && server_runs(c))
		doctor_say(c, WARNING, "jobs_late",
		           saying(c, "有 %lld 个后台任务该做没做，最久的晚了 %lld 分钟", "%lld jobs should have been done; the oldest is %lld minutes late",
		                  (long long)w.late.n, (long long)((clock_now().ms - w.late.since.ms) / MINUTE)),
		           saying(c, "提醒、导出和同步会迟到。", "Warnings, exports and synchronisation come late."),
		           saying(c, "看看日志里是哪一个卡住了；重启：systemctl restart quntu",
				"see in the log which one hangs; restart: systemctl restart quntu"));
	if (!c->count)
		doctor_say(c, SOUND, "jobs", saying(c, "没有失败的任务", "no failed jobs"), NOTHING, NOTHING);
	return 0;
}

/* ---- The backup ------------------------------------------------------------------------------------- */

/* The file that `quntu backup` wrote last. */
static const char *last_backup(struct checkup *c)
{
	char line[4096] = "";
	FILE *note = fopen(cli_path(call_of(c), "last_backup"), "r");
	if (note && !fgets(line, sizeof line, note))
		line[0] = '\0';
	if (note)
		fclose(note);
	line[strcspn(line, "\n")] = '\0';
	const char *ret = str_z(c->house->arena, str_of(line));
	return ret ? ret : "";
}

static bool is_too_large(struct checkup *c, int64_t size)
{
	struct statvfs disk;
	if (statvfs(call_of(c)->data, &disk) == 0 && (int64_t)disk.f_bavail * (int64_t)disk.f_frsize < 2 * size)
		return true;
	return !c->by_hand && size > LOOK_MOST;
}

static void see_last(struct checkup *c, const char *file)
{
	const char *data = call_of(c)->data;
	struct stat there;
	struct saying again = saying_as_is(c, "quntu backup FILE --data %s", data);
	struct str why = S("");
	if (!*file || stat(file, &there) < 0) {
		doctor_say(c, NOTICE, "restore", saying(c, "上次的备份 %s 不在原处", "the last backup %s is not where it was", file),
		           saying(c, "挪到别处是好事；只是这里没法替你验证。", "Keeping it elsewhere is wise; it just cannot be proved from here."), NOTHING);
		return;
	}
	if (is_too_large(c, (int64_t)there.st_size)) {
		doctor_say(c, NOTICE, "restore", saying(c, "上次的备份有 %.1f GB，没有顺手试着恢复",
				"the last backup has %.1f GB: it was not brought back in passing",
			(double)there.st_size / 1e9),
		           saying(c, "没有试过的备份不能算备份。", "A backup that was never tried is none."),
		           saying(c, "空闲时在终端运行 quntu doctor --data %s（需要两倍的磁盘空间）",
		                  "run quntu doctor --data %s in a terminal when there is time (it takes twice its size of disk)", data));
		return;
	}
	if (backup_restorable(call_of(c), file, &why) < 0)
		doctor_say(c, BROKEN, "restore", with(c, saying(c, "上次的备份恢复不了：%s", "the last backup cannot be brought back: %s", file), why),
		           saying(c, "真出事时它救不了你。", "It would not save you."), again);
	else
		doctor_say(c, SOUND, "restore", saying(c, "上次的备份试着恢复过，完好：%s", "the last backup was brought back on trial and is sound: %s", file),
		           NOTHING, NOTHING);
}

static void say_never(struct checkup *c)
{
	doctor_say(c, WARNING, "backup", saying(c, "从来没有备份过", "there was never a backup"),
	           saying(c, "磁盘坏了，社群就没了。", "When the disk dies, the community does."),
	           saying_as_is(c, "quntu backup FILE --data %s", call_of(c)->data));
}

static int see_backup(struct checkup *c)
{
	const char *data = call_of(c)->data;
	struct stat note;
	if (!cli_store_exists(call_of(c)))
		return 0;
	if (stat(cli_path(call_of(c), "last_backup"), &note) < 0) {
		say_never(c);
		return 0;
	}
	int64_t age = clock_now().ms - (int64_t)note.st_mtim.tv_sec * SECOND;
	if (age > BACKUP_OLD)
		doctor_say(c, WARNING, "backup", saying(c, "上次备份是 %lld 天前", "the last backup is %lld days old", (long long)(age / DAY)),
		           saying(c, "这几天的成员和流水会丢。", "Members and entries of these days would be lost."),
		           saying(c, "每天一次（cron）：quntu backup /backup/quntu-$(date +%%F).db --data %s",
		                  "daily, by cron: quntu backup /backup/quntu-$(date +%%F).db --data %s", data));
	else
		doctor_say(c, SOUND, "backup", saying(c, "上次备份在 %lld 小时前",
				"last backup %lld hours ago", (long long)(age / HOUR)), NOTHING, NOTHING);
	see_last(c, last_backup(c));
	return 0;
}

/* ---- Declaration ---------------------------------------------------------------------------------------- */

static const struct examination examinations[] = {
	{ "database", "数据库", "Database", OF_SERVER, 20 * SECOND, see_database },
	{ "jobs", "后台任务", "Jobs", OF_SERVER, 5 * SECOND, see_jobs },
	{ "backup", "备份", "Backup", OF_SERVER, 60 * SECOND, see_backup },
	{ 0 },
};

static const struct query *const queries[] = { &doctor_version_query, &doctor_size_query, NULL };

const struct feature feature_stored = { .name = "stored", .queries = queries, .examinations = examinations };
