/* machine.c: what the program stands on: folder, disk, memory, open files, clock, time zones, fonts. For the doctor.
 *
 * How        The disk's free space is remembered once a day, so that it can be said when it will be full.
 * Test       test/cli.sh, channel/doctor/doctor_test.c
 */
#include "main/doctor.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/child.h"

#define DISK_LOW      (INT64_C(1) << 30)
#define DISK_EMPTY    (INT64_C(100) << 20)
#define FULL_SOON     (14 * DAY)
#define FREE_MOST     14                          /* days of free space that are remembered */
#define MEMORY_LOW    (INT64_C(256) << 20)
#define CLOCK_EARLY   INT64_C(1767225600000)      /* 2026-01-01: before this program was written */
#define CLOCK_LATE    INT64_C(4102444800000)      /* 2100 */
#define FILES_SPARE   64                          /* besides connections: database, log, pictures */

static bool see_folder(struct checkup *c)
{
	const struct call *call = call_of(c);
	struct stat folder;
	const char *data = call->data;
	if (stat(data, &folder) < 0) {
		doctor_say(c, BROKEN, "folder", saying(c, "数据目录 %s：%s", "data folder %s: %s", data, strerror(errno)),
		            saying(c, "没有它就没有数据库和设置。", "Without it there is neither database nor settings."),
		            saying(c, "用 --data 指明，或新建：quntu init --data %s", "name it with --data, or make it: quntu init --data %s", data));
		return false;
	}
	if (access(data, R_OK | W_OK | X_OK) < 0) {
		doctor_say(c, BROKEN, "folder",
		            saying(c, "当前用户不能写数据目录 %s", "the data folder %s is not writable for this user", data),
		            saying(c, "什么都存不下来。", "Nothing can be saved."),
		            saying_as_is(c, "sudo -u '#%u' quntu doctor --data %s   |   chown -R \"$(id -un)\" %s",
			(unsigned)folder.st_uid, data, data));
		return false;
	}
	if (folder.st_mode & 027)
		doctor_say(c, WARNING, "folder",
		            saying(c, "别的用户也能进数据目录 %s", "others may look into the data folder %s", data),
		            saying(c, "里面有成员的手机号和登录密钥。", "It holds phone numbers and the keys of sign-ins."),
		            saying_as_is(c, "chmod 700 %s", data));
	else
		doctor_say(c, SOUND, "folder", server_runs(c) ? saying(c, "数据目录 %s（服务器正在运行）", "data folder %s (a server is running on it)", data)
		                                         : saying(c, "数据目录 %s", "data folder %s", data), NOTHING, NOTHING);
	return true;
}

/* ---- The disk, and when it will be full ---- */

struct was_free { int64_t at, left; };

/* "1767225600000:52000000000 …", the oldest first. */
static size_t read_memo(struct str memo, struct was_free ret[FREE_MOST])
{
	size_t n = 0;
	while (memo.len && n < FREE_MOST) {
		struct str one = str_cut(&memo, ' '), at = str_cut(&one, ':');
		if (str_to_int(at, &ret[n].at) && str_to_int(one, &ret[n].left))
			n++;
	}
	return n;
}

static void write_memo(struct checkup *c, const struct was_free *was, size_t n, int64_t left)
{
	int64_t now = clock_now().ms;
	if (n && now - was[n - 1].at < DAY - HOUR)
		return;
	struct str memo = S("");
	for (size_t i = n == FREE_MOST; i < n; i++)
		memo = str_format(c->house->arena, "%.*s%lld:%lld ", STR(memo), (long long)was[i].at, (long long)was[i].left);
	c->memo = str_format(c->house->arena, "%.*s%lld:%lld", STR(memo), (long long)now, (long long)left);
}

/* At the pace of the days remembered; INT64_MAX: it does not fill, or too little is known. */
int64_t disk_full_in(int64_t then, int64_t left_then, int64_t now, int64_t left_now)
{
	if (now - then < DAY || left_now >= left_then)
		return INT64_MAX;
	double pace = (double)(left_then - left_now) / (double)(now - then), ms = (double)left_now / pace;
	return ms < 9e18 ? (int64_t)ms : INT64_MAX;
}

static void see_disk(struct checkup *c)
{
	struct was_free was[FREE_MOST];
	struct statvfs disk;
	if (statvfs(call_of(c)->data, &disk) < 0)
		return;
	int64_t left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	size_t n = read_memo(c->memo, was);
	int64_t full_in = n ? disk_full_in(was[0].at, was[0].left, clock_now().ms, left) : INT64_MAX;
	write_memo(c, was, n, left);
	enum severity severity = left < DISK_EMPTY ? BROKEN : left < DISK_LOW || full_in < FULL_SOON ? WARNING : SOUND;
	bool good = severity == SOUND;
	doctor_say(c, severity, "disk", full_in < 365 * DAY
	           ? saying(c, "磁盘剩余 %.1f GB，照最近的速度约 %lld 天后写满", "%.1f GB of disk left; at its present pace it is full in %lld days",
	                    (double)left / 1e9, (long long)(full_in / DAY))
	           : saying(c, "磁盘剩余 %.1f GB", "%.1f GB of disk left", (double)left / 1e9),
	           good ? NOTHING : saying(c, "写满后什么都存不下，备份也做不了。", "Nothing can be saved once it is full, and no backup made."),
	           good ? NOTHING : saying(c, "看看谁占的：du -xh --max-depth=2 / | sort -h | tail",
	                                   "who takes it: du -xh --max-depth=2 / | sort -h | tail"));
}

/* ---- Memory, files, clock ---- */

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

static void see_memory(struct checkup *c)
{
	int64_t left = memory_available();
	if (left < 0)
		return;
	bool low = left < MEMORY_LOW;
	doctor_say(c, low ? WARNING : SOUND, "memory", saying(c, "可用内存 %lld MB", "%lld MB of memory free", (long long)(left >> 20)),
	            low ? saying(c, "登录时校验密码要 32 MB；不够时系统可能会杀掉进程。",
	                         "Checking a password takes 32 MB; short of it the system may kill the program.") : NOTHING,
	            low ? saying(c, "看看谁占的：ps -eo rss,args --sort -rss | head；或加内存、开 swap",
	                         "who takes it: ps -eo rss,args --sort -rss | head; or add memory or swap") : NOTHING);
}

static void see_files(struct checkup *c)
{
	struct rlimit files;
	int64_t wanted = settings_int(c->house->settings, "max_connections") + FILES_SPARE;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return;
	bool few = files.rlim_max != RLIM_INFINITY && (int64_t)files.rlim_max < wanted;
	doctor_say(c, few ? WARNING : SOUND, "files", saying(c, "最多打开 %lld 个文件", "%lld open files allowed", (long long)files.rlim_max),
	            few ? saying(c, "max_connections 需要 %lld 个；不够时新来的人连不上。",
	                         "max_connections needs %lld; short of them newcomers cannot connect.", (long long)wanted) : NOTHING,
	            few ? saying(c, "systemd：LimitNOFILE=65536；手工启动：ulimit -n %lld",
	                         "systemd: LimitNOFILE=65536; by hand: ulimit -n %lld", (long long)wanted) : NOTHING);
}

static void see_clock(struct checkup *c)
{
	struct stat database;
	int64_t now = clock_now().ms;
	bool odd = now < CLOCK_EARLY || now > CLOCK_LATE;
	bool back = stat(cli_path(call_of(c), "quntu.db"), &database) == 0 &&
	            (int64_t)database.st_mtim.tv_sec * SECOND > now + HOUR;
	if (odd || back)
		doctor_say(c, BROKEN, "clock", saying(c, "系统时钟不对（数据库比现在还新，或年份离谱）",
			"the clock is wrong (the database is younger than now, or the year is absurd)"),
		            saying(c, "活码的时段、过期和提醒都会错。", "Hours, expiries and warnings of live codes would all be wrong."),
			saying_as_is(c, "timedatectl set-ntp true"));
	else
		doctor_say(c, SOUND, "clock", saying(c, "系统时钟", "clock"), NOTHING, NOTHING);
}

static void see_zones(struct checkup *c)
{
	bool good = zone_find(S("Asia/Shanghai")) && zone_find(S("America/New_York"));
	doctor_say(c, good ? SOUND : BROKEN, "zones", good ? saying(c, "时区数据", "time zone data") : saying(c, "没有时区数据", "no time zone data"),
	            good ? NOTHING : saying(c, "算不出社群当地的钟点。", "The hours of a community cannot be told."),
		good ? NOTHING : saying_as_is(c, "apt-get install tzdata"));
}

/* Sheets are drawn with the system's fonts; without Chinese ones they would show boxes. */
static void see_fonts(struct checkup *c)
{
	BUF_SCOPED said;
	buf_init(&said, 1 << 20);
	int r = child_run((const char *const[]){ "fc-list", ":lang=zh-cn", "family", NULL }, &said, c->house->arena);
	bool good = r == 0 && said.len;
	doctor_say(c, good ? SOUND : WARNING, "fonts", good ? saying(c, "中文字体", "Chinese fonts") : saying(c, "没有中文字体", "no Chinese fonts"),
	            good ? NOTHING : saying(c, "打印的码单和海报上会是方框。", "Printed sheets and posters would show boxes."),
	            good ? NOTHING : saying_as_is(c, "apt-get install fontconfig fonts-noto-cjk"));
}


static int look(struct checkup *c)
{
	if (see_folder(c))
		see_disk(c);
	see_memory(c);
	see_files(c);
	see_clock(c);
	see_zones(c);
	see_fonts(c);
	return 0;
}

static const struct examination examinations[] = {
	{ "machine", "机器：目录、磁盘、内存、时钟", "The machine: folder, disk, memory, clock", OF_SERVER, 10 * SECOND, look },
	{ 0 },
};

const struct feature feature_machine = { .name = "machine", .examinations = examinations };
