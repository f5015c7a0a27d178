/* serve.c: the server's life: open, check, listen, wait for a signal, close in the opposite order. */
#include "main/commands.h"

#include <signal.h>
#include <unistd.h>
#include "base/log.h"
#include "base/version.h"
#include "campaign/tree/tree.h"
#include "channel/onebot/line.h"
#include "channel/outbox/outbox.h"
#include "engine/event/mirror.h"
#include "engine/event/event.h"
#include "engine/jobs/jobs.h"
#include "main/check.h"
#include "main/systemd.h"
#include "people/account.h"
#include "people/roll.h"

struct house {
	struct store  *store;
	struct server *server;
	struct events *events;
	struct jobs   *jobs;
	struct mirror_thread *rolls;
	struct outbox *outbox;
	struct lines  *lines;
	struct mirror_thread *trees;
};

static void house_close(struct house *house)
{
	outbox_stop(house->outbox);
	if (house->jobs)
		jobs_stop(house->jobs);
	lines_stop(house->lines);                 /* nobody asks over them any more */
	if (house->events)
		events_stop(house->events);       /* it tells the server's browsers, so it ends first */
	mirror_thread_stop(house->rolls);
	mirror_thread_stop(house->trees);
	if (house->server)
		server_stop(house->server);
	if (house->store)
		store_close(house->store);
}
#define HOUSE_SCOPED __attribute__((cleanup(house_close))) struct house

static int any_account(struct tx *tx, void *ret)
{
	return account_any(tx, ret);
}

/* The address people type on this machine, and for a server without an owner what to do there. */
static int greet(const struct call *call, const struct house *house)
{
	bool owned = false;
	if (store_read(house->store, call->arena, any_account, &owned) < 0)
		return cli_fail("%s", err_text(E_STORE, call->lang));
	struct str url = settings_text(call->settings, "public_url");
	char local[64];
	snprintf(local, sizeof local, "http://localhost:%d", server_port(house->server));
	printf(SAY(call, "群图已启动：%.*s\n", "Quntu is ready at %.*s\n"), STR(url.len ? url : str_of(local)));
	if (!owned)
		printf(SAY(call, "还没有主人：打开上面的地址创建主人账号。从别的机器打开时，安装码是 %.*s\n",
		                 "It has no owner yet: open that address to become it. From another machine, the set-up code "
		                 "is %.*s\n"),
		       STR(account_setup_code()));
	puts(SAY(call, "按 Ctrl-C 停止。", "Ctrl-C stops it."));
	fflush(stdout);
	return EXIT_DONE;
}

static int house_open(const struct call *call, struct house *house)
{
	int code = cli_open_store(call, false, &house->store);
	if (code != EXIT_DONE)
		return code;
	if (check_declarations(call, house->store, SAYS_GRAVE, stderr) > 0)
		return cli_fail("%s", SAY(call, "程序与数据库对不上，没有启动。",
		                                "program and database do not fit together; it was not started."));
	struct str why = S("");
	struct server_options options = {
		.identity = &account_identity, .store = house->store, .settings = call->settings, .features = features,
		.port = (int)settings_int(call->settings, "port"),
		.listen = str_z(call->arena, settings_text(call->settings, "listen")), .lang = call->lang,
	};
	struct outbox_options outbox = {
		.store = house->store, .settings = call->settings, .threads = (int)settings_int(call->settings, "outbox_threads"),
	};
	int r = server_start(&options, &house->server, call->arena, &why);
	if (r < 0)
		return cli_fail("%.*s", STR(why.len ? why : str_of(err_text(r, call->lang))));
	if ((r = events_start(house->store, house->server, features, &house->events)) < 0 ||
	    (r = jobs_start(house->store, call->settings, features, &house->jobs)) < 0 ||
	    (r = rolls_start(house->store, &house->rolls)) < 0 ||
	    (r = trees_start(house->store, &house->trees)) < 0 ||
	    (r = lines_start(house->store, &house->lines)) < 0 ||
	    (r = outbox_start(&outbox, &house->outbox)) < 0)
		return cli_fail("%s", err_text(r, call->lang));
	return EXIT_DONE;
}

static int serve(struct call *call)
{
	/* Every thread made from here on inherits the mask, so signals reach sigwait() alone. */
	sigset_t stop;
	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);

	int code = cli_make_folder(call);
	if (code != EXIT_DONE)
		return code;
	HOUSE_SCOPED house = { 0 };
	if ((code = house_open(call, &house)) != EXIT_DONE || (code = greet(call, &house)) != EXIT_DONE)
		return code;
	int received;
	systemd_tell("READY=1");
	sigwait(&stop, &received);
	systemd_tell("STOPPING=1");
	log_info("stopping");
	/* A second Ctrl-C means now: what was acknowledged is durable anyway. */
	signal(SIGINT, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, &stop, NULL);
	return EXIT_DONE;
}

const struct command command_serve = {
	"serve", serve, NULL, 0, 0,
	{ "启动服务器", "run the server" },
	{ "用法：quntu serve [--data 目录] [--port 8300] [--listen 地址] [--public-url 网址]\n\n"
	  "在空目录上启动就会建好一台新服务器，第一次打开网页时创建主人账号，没有默认密码。\n"
	  "一个目录同时只能有一个服务器使用。Ctrl-C（或 SIGTERM）让正在处理的请求完成后退出。\n\n"
	  "例：quntu serve --data /srv/quntu --public-url https://qun.example.com\n"
	  "全部设置见 quntu settings。\n",
	  "Usage: quntu serve [--data DIR] [--port 8300] [--listen ADDRESS] [--public-url URL]\n\n"
	  "An empty folder becomes a new server; whoever opens its page first creates the owner. There is no default\n"
	  "password. One folder is used by one server at a time. Ctrl-C (or SIGTERM) lets requests in flight finish.\n\n"
	  "Example: quntu serve --data /srv/quntu --public-url https://qun.example.com\n"
	  "All settings: quntu settings\n" },
};
