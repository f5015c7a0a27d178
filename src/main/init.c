/* init.c: a new data folder, empty or with the example community in it. */
#include "main/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "example/example.h"

/* The example's password is random; its owner may read it again, nobody else may. */
static int keep_login(const struct call *call, struct str login)
{
	const char *path = cli_path(call, "login.txt");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return cli_fail("%s: %s", path, strerror(errno));
	bool good = write(fd, login.at, login.len) == (ssize_t)login.len && fsync(fd) == 0;
	close(fd);
	return good ? EXIT_DONE : cli_fail("%s: %s", path, strerror(errno));
}

static int fill(const struct call *call, struct store *store)
{
	struct str name, password;
	int r = example_make(store, features, call->arena, &name, &password);
	if (r < 0)
		return cli_fail("%s", err_text(r, call->lang));
	struct str login = str_format(call->arena, SAY(call, "账号：%.*s\n密码：%.*s\n", "Name:     %.*s\nPassword: %.*s\n"),
	                              STR(name), STR(password));
	printf("%.*s", STR(login));
	return keep_login(call, login);
}

static int init(struct call *call)
{
	if (strncmp(cli_store_url(call), "sqlite:", 7) == 0 && cli_store_exists(call))
		return cli_fail(SAY(call, "%s 里已经有一台群图了，没有改动它。",
		                          "there is a Quntu in %s already; it was left as it is."), call->data);
	int code = cli_make_folder(call);
	if (code != EXIT_DONE)
		return code;
	struct store *store = NULL;
	if ((code = cli_open_store(call, false, &store)) != EXIT_DONE)
		return code;
	if (cli_given(call, "example"))
		code = fill(call, store);
	store_close(store);
	if (code == EXIT_DONE)
		printf(SAY(call, "建好了。启动：quntu serve --data %s\n", "Made. Start it: quntu serve --data %s\n"), call->data);
	return code;
}

const struct command command_init = {
	"init", init, "example", 0, 0,
	{ "建一个新的数据目录", "make a new data folder" },
	{ "用法：quntu init [--data 目录] [--example]\n\n"
	  "  --example  放进一个示例社群：6 个微信群、12 个活码、2000 名成员、30 天的扫码与入群，\n"
	  "             还有一间能聊天的群聊页、各种玩法的活动、几条自动化和今日待办。\n"
	  "             登录密码是随机的，会打印出来，也保存在目录里的 login.txt（仅本人可读）。\n\n"
	  "不需要先 init 也能 serve；这个命令用于提前建库或看示例。\n"
	  "例：quntu init --example --data ./demo && quntu serve --data ./demo\n",
	  "Usage: quntu init [--data DIR] [--example]\n\n"
	  "  --example  with an example community: 6 WeChat groups, 12 live codes, 2,000 members, 30 days of scans\n"
	  "             and joins, a room to talk in, a campaign of each kind, automations and a run-sheet.\n"
	  "             Its password is random, printed, and kept in DIR/login.txt for you alone.\n\n"
	  "serve does not need it: this is for making the database beforehand, or for a look at the example.\n"
	  "Example: quntu init --example --data ./demo && quntu serve --data ./demo\n" },
};
