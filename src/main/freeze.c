/* freeze.c: `quntu freeze`: nothing leaves any more, of no community, from this moment.
 *
 * Story      Something terrible is being sent, and nobody can reach the console. Whoever has the server's terminal types one line;
 *            running servers stop within a moment, and every page says so, and why.
 * Holds      Works beside a running server, on both stores; what is on its way arrives, nothing else leaves. Sends wait: none is lost.
 *            It outlives restarts, until `quntu freeze off`, or until whoever keeps the server lets it go in the console.
 * Test       test/cli.sh; channel/outbox/sheet_test.c
 */
#include "channel/outbox/outbox.h"
#include "main/commands.h"

struct asked { bool frozen; struct str why; };

static int act(struct tx *tx, void *arg)
{
	const struct asked *a = arg;
	return outbox_freeze_all(tx, a->frozen, (struct id){ 0 }, a->why);
}

static int look(struct tx *tx, void *ret) { return outbox_all_frozen(tx, ret); }

static void tell(const struct call *call, const struct freeze *f)
{
	char at[32];
	if (!f->at.ms) {
		puts(SAY(call, "没有冻结：消息照常发送。", "Not frozen: sends leave as usual."));
		return;
	}
	instant_format(zone_find(S("Asia/Shanghai")), f->at, at);
	printf(SAY(call, "整台服务器已冻结，从 %s 起什么都不发。原因：%.*s\n",
			"The whole server is frozen: nothing leaves since %s. Why: %.*s\n"), at, STR(f->why));
	puts(SAY(call, "解冻：quntu freeze off", "To let it go on: quntu freeze off"));
}

static int freeze(struct call *call)
{
	const char *verb = call->argv[0];
	struct asked asked = { strcmp(verb, "on") == 0, str_of(call->argc > 1 ? call->argv[1] : SAY(call, "服务器终端", "from the terminal")) };
	struct freeze now = { .at = { 0 } };
	struct store *store = NULL;
	bool changes = strcmp(verb, "status") != 0;
	if (changes && !asked.frozen && strcmp(verb, "off") != 0) {
		cli_fail("%s", SAY(call, "没看懂。用法见 quntu freeze --help", "that was not understood; see quntu freeze --help"));
		return EXIT_MISUSED;
	}
	if (!cli_store_exists(call))
		return cli_no_store(call);
	int code = cli_open_store(call, true, &store);
	if (code != EXIT_DONE)
		return code;
	int r = changes ? store_aside(store, call->arena, act, &asked) : 0;
	if (r >= 0)
		r = store_read(store, call->arena, look, &now);
	if (r >= 0)
		tell(call, &now);
	store_close(store);
	return r < 0 ? cli_fail("%s", err_text(r, call->lang)) : EXIT_DONE;
}

const struct command command_freeze = {
	"freeze", freeze, NULL, 1, 2,
	{ "紧急停发：整台服务器什么都不发", "the emergency stop: nothing leaves the whole server" },
	{ "用法：quntu freeze on [原因]\n"
	  "      quntu freeze off\n"
	  "      quntu freeze status\n\n"
	  "出事时在服务器上停掉所有社群的发送，人工待办也停。服务器运行时直接用，不用重启；重启后仍然有效。\n"
	  "已经发出的收不回来，没发的排着队，一条不丢。解冻后接着发。单个社群的冻结开关在控制台「发送记录」里。\n\n"
	  "例：quntu freeze on '欢迎语写错了' --data /var/lib/quntu\n",
	  "Usage: quntu freeze on [WHY]\n"
	  "       quntu freeze off\n"
	  "       quntu freeze status\n\n"
	  "Stops everything that leaves, of every community, and the run-sheets too. Works beside a running server and outlives\n"
	  "restarts. What has left is gone; what waits stays in its queue and leaves after `off`. One community alone is frozen in\n"
	  "the console's outbox.\n\n"
	  "Example: quntu freeze on 'a wrong greeting' --data /var/lib/quntu\n" },
};
