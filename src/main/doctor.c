/* doctor.c: `quntu doctor`: what is wrong here, and how to mend it.
 *
 * Story      Something does not work on a Friday evening. One command looks at all that usually goes wrong around the
 *            program (folder, disk, port, clock, address, database, backup, fonts), changes nothing, and says
 *            for each finding what to do.
 * Holds      Safe while the server runs. Exit code 1 when something is broken; mere advice leaves it 0.
 */
#include "main/commands.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/child.h"
#include "main/backup.h"
#include "main/check.h"

#define DISK_LOW      (INT64_C(1) << 30)
#define DISK_EMPTY    (INT64_C(100) << 20)
#define BACKUP_OLD    (2 * DAY)
#define CLOCK_EARLY   INT64_C(1767225600000)      /* 2026-01-01: before this program was written */
#define CLOCK_LATE    INT64_C(4102444800000)      /* 2100 */

enum verdict { GOOD, ADVICE, BROKEN };

struct visit { const struct call *call; bool running; int advice, broken; };

static void tell(struct visit *visit, enum verdict verdict, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void tell(struct visit *visit, enum verdict verdict, const char *format, ...)
{
	const char *const marks[] = { [GOOD] = "✓", [ADVICE] = "!", [BROKEN] = "✗" };
	visit->advice += verdict == ADVICE;
	visit->broken += verdict == BROKEN;
	printf("%s ", marks[verdict]);
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

#define T(visit, zh, en) SAY((visit)->call, zh, en)

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
		tell(visit, BROKEN, T(visit, "数据目录 %s：%s。用 --data 指明，或用 quntu init 新建。",
		     "data folder %s: %s. Name it with --data, or make it with quntu init."), data, strerror(errno));
		return false;
	}
	visit->running = is_locked(cli_path(visit->call, "quntu.lock"));
	if (access(data, R_OK | W_OK | X_OK) < 0) {
		tell(visit, BROKEN, T(visit, "数据目录 %s 当前用户不可写。改它的主人：chown -R 用户 %s",
		     "data folder %s is not writable for this user. Give it to the user: chown -R USER %s"), data, data);
		return false;
	}
	if (folder.st_mode & 077)
		tell(visit, ADVICE, T(visit, "数据目录 %s 别人也能看。收紧：chmod 700 %s",
		     "others may look into the data folder %s. Close it: chmod 700 %s"), data, data);
	else
		tell(visit, GOOD, T(visit, "数据目录 %s%s", "data folder %s%s"), data,
		     visit->running ? T(visit, "（服务器正在运行）", " (a server is running on it)") : "");
	return true;
}

static void see_disk(struct visit *visit)
{
	struct statvfs disk;
	if (statvfs(visit->call->data, &disk) < 0)
		return;
	int64_t left = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
	enum verdict verdict = left < DISK_EMPTY ? BROKEN : left < DISK_LOW ? ADVICE : GOOD;
	tell(visit, verdict, T(visit, "磁盘剩余 %.1f GB%s", "%.1f GB of disk left%s"), (double)left / 1e9,
	     verdict == GOOD ? "" : T(visit, "。写满后什么都存不下，请清理或扩容。",
	                                     ". Nothing can be saved once it is full; free some or enlarge it."));
}

static void see_clock(struct visit *visit)
{
	struct stat database;
	int64_t now = clock_now().ms;
	bool odd = now < CLOCK_EARLY || now > CLOCK_LATE;
	bool back = stat(cli_path(visit->call, "quntu.db"), &database) == 0 &&
	            (int64_t)database.st_mtim.tv_sec * SECOND > now + HOUR;
	if (odd || back)
		tell(visit, BROKEN, "%s", T(visit, "系统时钟不对（数据库比现在还新，或年份离谱）。校时：timedatectl set-ntp true",
		     "the clock is wrong (the database is younger than now, or the year is absurd). "
		     "Mend: timedatectl set-ntp true"));
	else
		tell(visit, GOOD, "%s", T(visit, "系统时钟", "clock"));
}

/* ---- Reaching it ------------------------------------------------------------------------------------ */

static bool port_is_free(const char *host, int port)
{
	char number[16];
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICHOST }, *at;
	int yes = 1;
	snprintf(number, sizeof number, "%d", port);
	if (getaddrinfo(host, number, &hints, &at) != 0)
		return true;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	bool is_free = fd < 0 || bind(fd, at->ai_addr, at->ai_addrlen) == 0 || errno != EADDRINUSE;
	if (fd >= 0)
		close(fd);
	freeaddrinfo(at);
	return is_free;
}

static void see_port(struct visit *visit)
{
	const struct call *call = visit->call;
	int port = (int)settings_int(call->settings, "port");
	const char *host = str_z(call->arena, settings_text(call->settings, "listen"));
	if (port_is_free(host, port) || visit->running)
		tell(visit, GOOD, T(visit, "端口 %d", "port %d"), port);
	else
		tell(visit, BROKEN, T(visit, "端口 %d 被别的程序占用。查是谁：ss -ltnp 'sport = :%d'；或换一个：--port",
		     "port %d is taken by another program. Who: ss -ltnp 'sport = :%d'; or take another: --port"), port, port);
}

static void see_address(struct visit *visit)
{
	struct str url = settings_text(visit->call->settings, "public_url");
	char text[300];
	snprintf(text, sizeof text, "%.*s", STR(url));
	if (!url.len || strstr(text, "://localhost") || strstr(text, "://127.") || strstr(text, "://[::1]"))
		tell(visit, ADVICE, "%s", T(visit, "public_url 没有设成公网地址：印出来的二维码手机打不开。设：public_url = https://你的域名",
		     "public_url is not set to a public address: printed codes will not open on phones. "
		     "Set: public_url = https://your.domain"));
	else if (!str_starts(url, S("https://")))
		tell(visit, ADVICE, T(visit, "public_url %s 不是 https：微信里会有警告。",
		     "public_url %s is not https: WeChat will warn."), text);
	else
		tell(visit, GOOD, T(visit, "公网地址 %s", "public address %s"), text);
}

/* ---- What is stored ------------------------------------------------------------------------------------ */

static void see_store(struct visit *visit)
{
	const struct call *call = visit->call;
	struct store *store;
	struct str why;
	if (!cli_store_exists(call)) {
		tell(visit, ADVICE, "%s", T(visit, "还没有数据库；第一次 quntu serve 时会建。",
		                                   "no database yet; the first quntu serve makes it."));
		return;
	}
	if (cli_open_store(call, true, &store) != EXIT_DONE) {
		tell(visit, BROKEN, "%s", T(visit, "数据库打不开，原因见上。", "the database does not open; the reason stands above."));
		return;
	}
	if (store_sound(call, store, &why) < 0)
		tell(visit, BROKEN, T(visit, "数据库文件已损坏：%.*s。请从备份恢复：quntu restore",
		     "the database is damaged: %.*s. Bring a backup back: quntu restore"), STR(why));
	else
		tell(visit, GOOD, "%s", T(visit, "数据库文件完好", "the database is sound"));
	int grave = check_declarations(call, store, SAYS_GRAVE, stdout), wrong = check_contents(call, store, stdout);
	store_close(store);
	if (grave || wrong)
		tell(visit, BROKEN, "%s", T(visit, "程序与数据对不上，见上面各行；quntu check 可重查。",
		     "program and data do not agree, see the lines above; quntu check looks again."));
}

static void see_backup(struct visit *visit)
{
	struct stat note;
	if (stat(cli_path(visit->call, "last_backup"), &note) < 0) {
		tell(visit, ADVICE, T(visit, "从来没有备份过。现在就做：quntu backup 文件 --data %s",
		     "there was never a backup. Make one: quntu backup FILE --data %s"), visit->call->data);
		return;
	}
	int64_t age = clock_now().ms - (int64_t)note.st_mtim.tv_sec * SECOND;
	if (age > BACKUP_OLD)
		tell(visit, ADVICE, T(visit, "上次备份是 %lld 天前。建议每天：quntu backup 文件 --data %s",
		     "the last backup is %lld days old. Daily is better: quntu backup FILE --data %s"), (long long)(age / DAY),
		     visit->call->data);
	else
		tell(visit, GOOD, T(visit, "上次备份在 %lld 小时前", "last backup %lld hours ago"), (long long)(age / HOUR));
}

/* Sheets are drawn with the system's fonts; without Chinese ones they would show boxes. */
static void see_fonts(struct visit *visit)
{
	BUF_SCOPED said;
	buf_init(&said, 1 << 20);
	int r = child_run((const char *const[]){ "fc-list", ":lang=zh-cn", "family", NULL }, &said, visit->call->arena);
	if (r == 0 && said.len)
		tell(visit, GOOD, "%s", T(visit, "中文字体", "Chinese fonts"));
	else
		tell(visit, ADVICE, "%s", T(visit, "没有中文字体，打印的码单会显示方框。安装：apt-get install fonts-noto-cjk",
		     "no Chinese fonts: printed sheets would show boxes. Install: apt-get install fonts-noto-cjk"));
}

static int doctor(struct call *call)
{
	struct visit visit = { .call = call };
	if (see_folder(&visit)) {
		see_disk(&visit);
		see_store(&visit);
		see_backup(&visit);
	}
	see_clock(&visit);
	see_port(&visit);
	see_address(&visit);
	see_fonts(&visit);
	printf(SAY(call, "\n%d 处故障，%d 条建议\n", "\n%d broken, %d advised\n"), visit.broken, visit.advice);
	return visit.broken ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_doctor = {
	"doctor", doctor, NULL, 0, 0,
	{ "检查环境，说明怎么修", "look for what is wrong, and say how to mend it" },
	{ "用法：quntu doctor [--data 目录]\n\n"
	  "查看数据目录、磁盘、端口、时钟、公网地址、数据库、备份和字体；只看不改，服务器运行时也可用。\n"
	  "✓ 正常  ! 建议  ✗ 故障（退出码 1）\n\n"
	  "例：quntu doctor --data /srv/quntu\n",
	  "Usage: quntu doctor [--data DIR]\n\n"
	  "Looks at folder, disk, port, clock, address, database, backup and fonts; changes nothing, safe while serving.\n"
	  "✓ good  ! advice  ✗ broken (exit code 1)\n\n"
	  "Example: quntu doctor --data /srv/quntu\n" },
};
