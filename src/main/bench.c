/* bench.c: `quntu bench`: the door to bench/. */
#include "bench/bench.h"

#include <ftw.h>
#include <unistd.h>
#include "main/commands.h"

#define ROUND_SECONDS 2

static const char *bench_name(size_t i) { return benches[i] ? benches[i]->name : NULL; }

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static int run_one(const struct call *call, const struct bench *bench, int64_t size)
{
	char folder[] = "/tmp/quntu-bench-XXXXXX", program[4096];
	ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
	if (n <= 0 || !mkdtemp(folder))
		return cli_fail("%s", SAY(call, "建不了临时目录。", "a temporary folder cannot be made."));
	program[n] = '\0';
	struct bench_run run = {
		.arena = call->arena, .features = features, .program = program, .folder = folder,
		.json = cli_given(call, "json"), .seconds = ROUND_SECONDS, .size = size,
	};
	int r = bench->run(&run);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return r < 0 ? cli_fail("%s: %s", bench->name, err_text(r, call->lang)) : EXIT_DONE;
}

static int list(const struct call *call)
{
	puts(SAY(call, "可以测的：", "There is:"));
	for (size_t i = 0; benches[i]; i++)
		printf("  %-10s %s\n", benches[i]->name, benches[i]->help);
	return EXIT_DONE;
}

static int bench(struct call *call)
{
	const char *name = call->argc ? call->argv[0] : "all";
	int code = EXIT_DONE;
	bool found = false;
	int64_t size = 0;
	if (call->argc > 1 && (!str_to_int(str_of(call->argv[1]), &size) || size <= 0)) {
		fputs(SAY(call, "quntu: 规模要写成正整数。\n", "quntu: the size is a whole number above 0.\n"), stderr);
		return EXIT_MISUSED;
	}
	if (strcmp(name, "list") == 0)
		return list(call);
	for (size_t i = 0; benches[i]; i++)
		if (strcmp(name, "all") == 0 || strcmp(name, benches[i]->name) == 0) {
			int one = run_one(call, benches[i], size);
			code = one > code ? one : code;
			found = true;
		}
	if (found)
		return code;
	const char *near = cli_nearest(name, bench_name);
	fprintf(stderr, SAY(call, "quntu: 没有 %s 这项测试。quntu bench list 列出全部%s%s。\n",
	                          "quntu: there is no bench %s. quntu bench list names them%s%s.\n"), name,
	        near ? SAY(call, "；是不是 ", "; did you mean ") : "", near ? near : "");
	return EXIT_MISUSED;
}

const struct command command_bench = {
	"bench", bench, "json", 0, 2,
	{ "测速：自己与底线并排", "measure speed, beside a floor" },
	{ "用法：quntu bench [名字|list] [规模] [--json]\n\n"
	  "每项都在同一台机器、同一次运行里与底线（如 nginx）交替测量，取中位数；比值不小于 1 表示我们更好。\n"
	  "--json 每行一个对象。需要 nginx 和 wrk（./dev bench 会安装）；缺少的会写明原因。\n\n"
	  "逐级放大的测试（people、campaign），写上规模就只测这一级。\n\n"
	  "例：quntu bench campaign 1000000 --json\n",
	  "Usage: quntu bench [NAME|list] [SIZE] [--json]\n\n"
	  "Each is measured in turn with its floor (nginx, say) on the same machine in the same run; medians; a ratio\n"
	  "of 1 or more means we are better. --json prints one object a line. Needs nginx and wrk (./dev bench installs\n"
	  "them); what is missing is said.\n\n"
	  "Benches that grow (people, campaign) measure only SIZE when it is given.\n\n"
	  "Example: quntu bench campaign 1000000 --json\n" },
};
