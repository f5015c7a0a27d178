/* doctor.c: `quntu doctor`: what is wrong here, why it matters, and how to mend it.
 *
 * Story      Something does not work on a Friday evening. One command looks at all that usually goes wrong around the
 *            program (folder, disk, memory, clock, fonts; database, backup, jobs; port, address, proxy), changes nothing,
 *            and says for each finding what mends it.
 * Holds      Safe while the server runs. Exit code 1 when something is broken; mere advice leaves it 0.
 */
#include "main/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/child.h"
#include "main/commands.h"

#define DISK_LOW      (INT64_C(1) << 30)
#define DISK_EMPTY    (INT64_C(100) << 20)
#define MEMORY_LOW    (INT64_C(256) << 20)
#define CLOCK_EARLY   INT64_C(1767225600000)      /* 2026-01-01: before this program was written */
#define CLOCK_LATE    INT64_C(4102444800000)      /* 2100 */
#define FILES_SPARE   64                          /* besides connections: database, log, pictures */

/* ---- The report ----------------------------------------------------------------------------------- */

static void tell_json(struct visit *visit, const char *verdict, const char *check, struct str what, struct str why, struct str fix)
{
	const struct { const char *name; struct str text; } fields[] = {
		{ "check", str_of(check) }, { "verdict", str_of(verdict) }, { "what", what }, { "why", why }, { "fix", fix },
	};
	BUF_SCOPED b;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		buf_format(&b, "%s\"%s\":", i ? "," : "{", fields[i].name);
		buf_json(&b, fields[i].text);
	}
	printf("%s%.*s}", visit->told ? ",\n" : "\n", STR(buf_view(&b)));
}

void doctor_tell(struct visit *visit, enum verdict verdict, const char *check, struct str what, struct str why, struct str fix)
{
	static const char *const marks[] = { [GOOD] = "✓", [ADVICE] = "!", [BROKEN] = "✗" };
	static const char *const words[] = { [GOOD] = "good", [ADVICE] = "advice", [BROKEN] = "broken" };
	if (visit->json) {
		tell_json(visit, words[verdict], check, what, why, fix);
	} else {
		printf("%s %.*s\n", marks[verdict], STR(what));
		if (why.len)
			printf("    %.*s\n", STR(why));
		if (fix.len)
			printf("    → %.*s\n", STR(fix));
	}
	visit->told++;
	visit->advice += verdict == ADVICE;
	visit->broken += verdict == BROKEN;
}

struct str doctor_say(struct visit *visit, const char *format, ...)
{
	char text[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return str_copy(visit->call->arena, str_of(text));
}

#define NOTHING S("")

/* ---- The machine ------------------------------------------------------------------------------- */

/* Is a server using the folder? Its lock says so (store.c). */
static bool is_locked(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool locked = flock(fd, LOCK_EX | LOCK_NB) < 0;
	close(fd);
	return locked;
}

static bool see_folder(struct visit *visit)
{
	struct stat folder;
	const char *data = visit->call->data;
	if (stat(data, &folder) < 0) {
		doctor_tell(visit, BROKEN, "folder", doctor_say(visit, T(visit, "数据目录 %s：%s", "data folder %s: %s"), data, strerror(errno)),
		            str_of(T(visit, "没有它就没有数据库和设置。", "Without it there is neither database nor settings.")),
		            doctor_say(visit, T(visit, "用 --data 指明，或新建：quntu init --data %s",
			"name it with --data, or make it: quntu init --data %s"), data));
		return false;
	}
	visit->running = is_locked(cli_path(visit->call, "quntu.lock"));
	if (access(data, R_OK | W_OK | X_OK) < 0) {
		doctor_tell(visit, BROKEN, "folder",
		            doctor_say(visit, T(visit, "当前用户不能写数据目录 %s", "the data folder %s is not writable for this user"), data),
		            str_of(T(visit, "什么都存不下来。", "Nothing can be saved.")),
		            doctor_say(visit, "sudo -u '#%u' quntu doctor --data %s   |   chown -R \"$(id -un)\" %s",
			(unsigned)folder.st_uid, data, data));
		return false;
	}
	if (folder.st_mode & 027)
		doctor_tell(visit, ADVICE, "folder",
		            doctor_say(visit, T(visit, "别的用户也能进数据目录 %s", "others may look into the data folder %s"), data),
		            str_of(T(visit, "里面有成员的手机号和登录密钥。", "It holds phone numbers and the keys of sign-ins.")),
		            doctor_say(visit, "chmod 700 %s", data));
	else
		doctor_tell(visit, GOOD, "folder", doctor_say(visit, T(visit, "数据目录 %s%s", "data folder %s%s"), data,
		            visit->running ? T(visit, "（服务器正在运行）", " (a server is running on it)") : ""), NOTHING, NOTHING);
	return true;
}

static void see_disk(struct visit *visit)
{
	struct statvfs disk;
	if (statvfs(visit->call->data, &disk) < 0)
		return;
	int64_t left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	enum verdict verdict = left < DISK_EMPTY ? BROKEN : left < DISK_LOW ? ADVICE : GOOD;
	bool good = verdict == GOOD;
	doctor_tell(visit, verdict, "disk", doctor_say(visit, T(visit, "磁盘剩余 %.1f GB", "%.1f GB of disk left"), (double)left / 1e9),
	            good ? NOTHING : str_of(T(visit, "写满后什么都存不下，备份也做不了。", "Nothing can be saved once it is full, and no backup made.")),
	            good ? NOTHING : doctor_say(visit, T(visit, "看看谁占的：du -xh --max-depth=2 / | sort -h | tail",
		"who takes it: du -xh --max-depth=2 / | sort -h | tail")));
}

static int64_t memory_available(void)
{
	char line[200];
	long long kb = -1;
	FILE *f = fopen("/proc/meminfo", "r");
	while (f && kb < 0 && fgets(line, sizeof line, f))
		if (sscanf(line, "MemAvailable: %lld kB", &kb) != 1)
			kb = -1;
	if (f)
		fclose(f);
	return kb < 0 ? -1 : kb * 1024;
}

static void see_memory(struct visit *visit)
{
	int64_t left = memory_available();
	if (left < 0)
		return;
	bool low = left < MEMORY_LOW;
	doctor_tell(visit, low ? ADVICE : GOOD, "memory", doctor_say(visit, T(visit, "可用内存 %lld MB",
		"%lld MB of memory free"), (long long)(left >> 20)),
	            low ? str_of(T(visit, "登录时校验密码要 32 MB；不够时系统可能会杀掉进程。",
		"Checking a password takes 32 MB; short of it the system may kill the program.")) : NOTHING,
	            low ? str_of(T(visit, "看看谁占的：ps -eo rss,args --sort -rss | head；或加内存、开 swap",
		"who takes it: ps -eo rss,args --sort -rss | head; or add memory or swap")) : NOTHING);
}

static void see_files(struct visit *visit)
{
	struct rlimit files;
	int64_t wanted = settings_int(visit->call->settings, "max_connections") + FILES_SPARE;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	bool few = files.rlim_max != RLIM_INFINITY && (int64_t)files.rlim_max < wanted;
	doctor_tell(visit, few ? ADVICE : GOOD, "files", doctor_say(visit, T(visit, "最多打开 %lld 个文件",
		"%lld open files allowed"), (long long)files.rlim_max),
	            few ? doctor_say(visit, T(visit, "max_connections 需要 %lld 个；不够时新来的人连不上。",
		"max_connections needs %lld; short of them newcomers cannot connect."), (long long)wanted) : NOTHING,
	            few ? doctor_say(visit, T(visit, "systemd：LimitNOFILE=65536；手工启动：ulimit -n %lld",
		"systemd: LimitNOFILE=65536; by hand: ulimit -n %lld"), (long long)wanted) : NOTHING);
}

static void see_clock(struct visit *visit)
{
	struct stat database;
	int64_t now = clock_now().ms;
	bool odd = now < CLOCK_EARLY || now > CLOCK_LATE;
	bool back = stat(cli_path(visit->call, "quntu.db"), &database) == 0 &&
	            (int64_t)database.st_mtim.tv_sec * SECOND > now + HOUR;
	if (odd || back)
		doctor_tell(visit, BROKEN, "clock", str_of(T(visit, "系统时钟不对（数据库比现在还新，或年份离谱）",
		            "the clock is wrong (the database is younger than now, or the year is absurd)")),
		            str_of(T(visit, "活码的时段、过期和提醒都会错。", "Hours, expiries and warnings of live codes would all be wrong.")),
			S("timedatectl set-ntp true"));
	else
		doctor_tell(visit, GOOD, "clock", str_of(T(visit, "系统时钟", "clock")), NOTHING, NOTHING);
}

static void see_zones(struct visit *visit)
{
	bool good = zone_find(S("Asia/Shanghai")) && zone_find(S("America/New_York"));
	doctor_tell(visit, good ? GOOD : BROKEN, "zones", str_of(good ? T(visit, "时区数据", "time zone data") : T(visit,
		"没有时区数据", "no time zone data")),
	            good ? NOTHING : str_of(T(visit, "算不出社群当地的钟点。", "The hours of a community cannot be told.")),
		good ? NOTHING : S("apt-get install tzdata"));
}

/* Sheets are drawn with the system's fonts; without Chinese ones they would show boxes. */
static void see_fonts(struct visit *visit)
{
	BUF_SCOPED said;
	buf_init(&said, 1 << 20);
	int r = child_run((const char *const[]){ "fc-list", ":lang=zh-cn", "family", NULL }, &said, visit->call->arena);
	bool good = r == 0 && said.len;
	doctor_tell(visit, good ? GOOD : ADVICE, "fonts", str_of(good ? T(visit, "中文字体", "Chinese fonts") : T(visit, "没有中文字体",
		"no Chinese fonts")),
	            good ? NOTHING : str_of(T(visit, "打印的码单和海报上会是方框。", "Printed sheets and posters would show boxes.")),
	            good ? NOTHING : S("apt-get install fontconfig fonts-noto-cjk"));
}

static int doctor(struct call *call)
{
	struct visit visit = { .call = call, .json = cli_given(call, "json") };
	if (visit.json)
		printf("{\"findings\":[");
	if (see_folder(&visit)) {
		see_disk(&visit);
		doctor_see_store(&visit);
		doctor_see_backup(&visit);
	}
	see_memory(&visit);
	see_files(&visit);
	see_clock(&visit);
	see_zones(&visit);
	see_fonts(&visit);
	doctor_see_port(&visit);
	doctor_see_address(&visit);
	if (visit.json)
		printf("\n],\"broken\":%d,\"advised\":%d}\n", visit.broken, visit.advice);
	else
		printf(SAY(call, "\n%d 处故障，%d 条建议\n", "\n%d broken, %d advised\n"), visit.broken, visit.advice);
	return visit.broken ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_doctor = {
	"doctor", doctor, "json", 0, 0,
	{ "检查环境，说明怎么修", "look for what is wrong, and say how to mend it" },
	{ "用法：quntu doctor [--data 目录] [--json]\n\n"
	  "查看数据目录、磁盘、内存、时钟、时区、字体、数据库、数据表、备份（真的恢复一遍再检查）、失败的任务、端口、\n"
	  "公网地址和反向代理。只看不改，服务器运行时也可用。每一条都说明是什么、为什么要紧、怎么修。\n"
	  "✓ 正常  ! 建议  ✗ 故障（退出码 1）。--json 给脚本用。\n\n"
	  "例：sudo -u quntu quntu doctor --data /var/lib/quntu\n",
	  "Usage: quntu doctor [--data DIR] [--json]\n\n"
	  "Looks at folder, disk, memory, clock, time zones, fonts, database, tables, backup (which is really brought back\n"
	  "and checked), failed jobs, port, public address and proxy. Changes nothing, safe while serving. Each finding says\n"
	  "what it is, why it matters and what mends it.\n"
	  "✓ good  ! advice  ✗ broken (exit code 1). --json is for scripts.\n\n"
	  "Example: sudo -u quntu quntu doctor --data /var/lib/quntu\n" },
};
