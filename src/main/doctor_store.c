/* doctor_store.c: what is stored: does the database open, is it sound, do its tables fit, can the backup be brought back,
 * did a job give up?
 */
#include "main/doctor.h"

#include <sys/stat.h>
#include <unistd.h>
#include "engine/jobs/jobs.h"
#include "main/backup.h"
#include "main/check.h"

#define BACKUP_OLD (2 * DAY)
#define WAL_LARGE  (INT64_C(512) << 20)
#define NOTHING    S("")

/* ---- The database ------------------------------------------------------------------------------ */

QUERY(doctor_version_query, READS, &row_text_item, TAKES_NOTHING, "SELECT 'SQLite ' || sqlite_version() AS item",
	.pg = "SELECT 'PostgreSQL ' || current_setting('server_version') AS item", .scans = true);

struct look { struct str version; struct rows dead; };

static int read_store(struct tx *tx, void *ret)
{
	struct look *look = ret;
	struct text_item version;
	int r = tx_one_(tx, &doctor_version_query, &version, NULL, 0);
	if (r < 0)
		return r;
	look->version = version.item;
	return jobs_dead(tx, &look->dead);
}

static void see_wal(struct visit *visit)
{
	struct stat wal;
	if (stat(cli_path(visit->call, "quntu.db-wal"), &wal) < 0 || wal.st_size < WAL_LARGE)
		return;
	doctor_tell(visit, ADVICE, "wal", doctor_say(visit, T(visit, "预写日志已有 %lld MB", "the write-ahead log has %lld MB"),
		(long long)(wal.st_size >> 20)),
	            str_of(T(visit, "一直不收，多半有程序长期占着数据库在读；启动也会变慢。",
		"It is not folded in, most likely because a program keeps reading; starting gets slow, too.")),
	            str_of(T(visit, "重启服务器：systemctl restart quntu", "restart the server: systemctl restart quntu")));
}

static void see_jobs(struct visit *visit, struct rows dead)
{
	const struct job_dead *job = dead.at;
	for (size_t i = 0; i < dead.count; i++)
		doctor_tell(visit, ADVICE, "jobs",
		            doctor_say(visit, T(visit, "任务 %.*s 失败 %lld 个，不再重试",
			"%.*s: %lld jobs failed and are not tried again"), STR(job[i].kind), (long long)job[i].n),
		            doctor_say(visit, T(visit, "最近一次的原因：%.*s", "the last reason: %.*s"), STR(job[i].why)),
		            str_of(T(visit, "修好原因（邮件、网址）后，下一次同样的事会重新触发它",
			"mend the reason (mail, address); the next such thing starts it afresh")));
	if (!dead.count)
		doctor_tell(visit, GOOD, "jobs", str_of(T(visit, "没有失败的任务", "no failed jobs")), NOTHING, NOTHING);
}

static void see_tables(struct visit *visit, struct store *store, int missing)
{
	const struct call *call = visit->call;
	if (missing) {
		doctor_tell(visit, ADVICE, "tables", doctor_say(visit, T(visit, "数据表有 %d 步还没升级",
			"the tables lack %d steps of this program"), missing),
		            str_of(T(visit, "下一次启动会在一个事务里升级；先备份。", "The next start makes them, in one transaction; make a backup first.")),
		            doctor_say(visit, "quntu backup FILE --data %s && systemctl restart quntu", call->data));
		return;
	}
	FILE *out = visit->json ? stderr : stdout;
	int grave = check_declarations(call, store, SAYS_GRAVE, out), wrong = check_contents(call, store, out);
	if (grave || wrong)
		doctor_tell(visit, BROKEN, "tables", str_of(T(visit, "程序与数据对不上，见上面各行", "program and data do not agree, see the lines above")),
		            str_of(T(visit, "相关的页面会报错，或数字不可信。", "Pages fail there, or their numbers cannot be trusted.")),
		            doctor_say(visit, "quntu check --data %s", call->data));
	else
		doctor_tell(visit, GOOD, "tables", str_of(T(visit, "数据表与程序一致", "tables and program agree")), NOTHING, NOTHING);
}

static int read_name(struct store *store, struct str *ret, struct arena *arena)
{
	struct key root;
	char name[SERVER_NAME + 1];
	int r = server_feature_key(store, &root);
	if (r < 0)
		return r;
	server_name(&root, name);
	*ret = str_copy(arena, str_of(name));
	return 0;
}

void doctor_see_store(struct visit *visit)
{
	const struct call *call = visit->call;
	struct store *store;
	struct look look = { .dead.count = 0 };
	struct str why;
	int missing;
	if (!cli_store_exists(call)) {
		doctor_tell(visit, ADVICE, "database", str_of(T(visit, "还没有数据库", "no database yet")),
		            str_of(T(visit, "第一次 quntu serve 时会建。", "The first quntu serve makes it.")), doctor_say(visit,
			"quntu serve --data %s", call->data));
		return;
	}
	if (cli_open_old(call, &store, &missing) != EXIT_DONE) {
		doctor_tell(visit, BROKEN, "database", str_of(T(visit, "数据库打不开，原因见上", "the database does not open; the reason stands above")),
		            str_of(T(visit, "服务器起不来。", "The server cannot start.")),
		            doctor_say(visit, T(visit, "查 store 设置和权限：quntu settings --data %s；不行就 quntu restore",
			"look at `store` and rights: quntu settings --data %s; else quntu restore"), call->data));
		return;
	}
	int sound = store_sound(call, store, &why), read = store_read(store, call->arena, read_store, &look);
	if (sound < 0)
		doctor_tell(visit, BROKEN, "database", doctor_say(visit, T(visit, "数据库已损坏：%.*s", "the database is damaged: %.*s"), STR(why)),
		            str_of(T(visit, "继续写会越坏越多。", "Writing on makes it worse.")), doctor_say(visit,
			"systemctl stop quntu; quntu restore FILE --data %s --force", call->data));
	else
		doctor_tell(visit, GOOD, "database", doctor_say(visit, T(visit, "数据库文件完好（%.*s）", "the database is sound (%.*s)"),
			STR(look.version)), NOTHING, NOTHING);
	see_tables(visit, store, missing);
	if (read >= 0)
		see_jobs(visit, look.dead);
	if (visit->running && read_name(store, &visit->server, call->arena) < 0)
		visit->server = S("");
	store_close(store);
	see_wal(visit);
}

/* ---- The backup ------------------------------------------------------------------------------------- */

/* The file that `quntu backup` wrote last. */
static const char *last_backup(struct visit *visit)
{
	char line[4096] = "";
	FILE *note = fopen(cli_path(visit->call, "last_backup"), "r");
	if (note && !fgets(line, sizeof line, note))
		line[0] = '\0';
	if (note)
		fclose(note);
	line[strcspn(line, "\n")] = '\0';
	return str_z(visit->call->arena, str_of(line));
}

static void see_last(struct visit *visit, const char *file)
{
	const char *data = visit->call->data;
	struct stat there;
	struct str again = doctor_say(visit, "quntu backup FILE --data %s", data);
	if (!*file || stat(file, &there) < 0) {
		doctor_tell(visit, ADVICE, "restore", doctor_say(visit, T(visit, "上次的备份 %s 不在原处",
			"the last backup %s is not where it was"), file),
		            str_of(T(visit, "挪到别处是好事；只是这里没法替你验证。",
			"Keeping it elsewhere is wise; it just cannot be proved from here.")), NOTHING);
		return;
	}
	if (backup_restorable(visit->call, file) < 0)
		doctor_tell(visit, BROKEN, "restore", doctor_say(visit, T(visit, "上次的备份恢复不了，原因见上：%s",
			"the last backup cannot be brought back, the reason stands above: %s"), file),
		            str_of(T(visit, "真出事时它救不了你。", "It would not save you.")), again);
	else
		doctor_tell(visit, GOOD, "restore", doctor_say(visit, T(visit, "上次的备份试着恢复过，完好：%s",
			"the last backup was brought back on trial and is sound: %s"), file), NOTHING, NOTHING);
}

void doctor_see_backup(struct visit *visit)
{
	const char *data = visit->call->data;
	struct stat note;
	if (!cli_store_exists(visit->call))
		return;
	if (stat(cli_path(visit->call, "last_backup"), &note) < 0) {
		doctor_tell(visit, ADVICE, "backup", str_of(T(visit, "从来没有备份过", "there was never a backup")),
		            str_of(T(visit, "磁盘坏了，社群就没了。", "When the disk dies, the community does.")), doctor_say(visit,
			"quntu backup FILE --data %s", data));
		return;
	}
	int64_t age = clock_now().ms - (int64_t)note.st_mtim.tv_sec * SECOND;
	if (age > BACKUP_OLD)
		doctor_tell(visit, ADVICE, "backup", doctor_say(visit, T(visit, "上次备份是 %lld 天前",
			"the last backup is %lld days old"), (long long)(age / DAY)),
		            str_of(T(visit, "这几天的成员和流水会丢。", "Members and entries of these days would be lost.")),
		            doctor_say(visit, T(visit, "每天一次（cron）：quntu backup /backup/quntu-$(date +%%F).db --data %s",
			"daily, by cron: quntu backup /backup/quntu-$(date +%%F).db --data %s"), data));
	else
		doctor_tell(visit, GOOD, "backup", doctor_say(visit, T(visit, "上次备份在 %lld 小时前", "last backup %lld hours ago"),
			(long long)(age / HOUR)), NOTHING, NOTHING);
	see_last(visit, last_backup(visit));
}
