/* verify.c: `quntu verify FILE`: a lottery's file of draws, or one of red packets, checked by whoever doubts it.
 *
 * Story      A member downloads the file from the lottery's page after its end, on any machine with this program: no server, no
 *            account, no network. Either every result follows from what was promised, or the wrong lines are named.
 * Holds      Exit code 0: everything holds; 1: lines are wrong, or the file cannot be read; 2: the line was not understood;
 *            3: nothing is wrong so far, but the seed is not in the file yet.
 * Test       campaign/verify_test.c; test/cli.sh.
 */
#include "campaign/verify.h"

#include <errno.h>
#include "main/commands.h"

#define FILE_MOST    (512 << 20)
#define ARENA_MOST   (1024 << 20)
#define EXIT_UNKNOWN 3

static int read_file(const struct call *call, const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return cli_fail("%s: %s", path, strerror(errno));
	for (size_t n; !buf_failed(b); b->len += n) {
		char *space = buf_space(b, 1 << 16);
		n = space ? fread(space, 1, 1 << 16, f) : 0;
		if (!n)
			break;
	}
	bool broken = ferror(f) != 0;
	fclose(f);
	if (broken || buf_failed(b))
		return cli_fail("%s: %s", path, SAY(call, "读不了，或者超过 512 MB。", "it cannot be read, or is larger than 512 MB."));
	return EXIT_DONE;
}

static int tell(const struct call *call, const struct verified *v)
{
	if (v->name.len)
		printf("%.*s\n", STR(v->name));
	if (v->packets)
		printf(SAY(call, "%lld 个红包，%lld 份有人领。\n", "%lld packets, %lld shares that somebody has.\n"), (long long)v->draws,
		       (long long)v->wins);
	else
		printf(SAY(call, "%lld 次抽奖，%lld 份奖品，期间补货 %lld 份。\n", "%lld draws, %lld prizes, %lld pieces added meanwhile.\n"),
	       (long long)v->draws, (long long)v->wins, (long long)v->restocked);
	for (int64_t i = 0; i < v->wrong && i < VERIFY_FINDINGS; i++) {
		struct str what = SAY(call, v->findings[i].zh, v->findings[i].en);
		printf(SAY(call, "✗ 第 %lld 行：%.*s\n", "✗ line %lld: %.*s\n"), (long long)v->findings[i].line, STR(what));
	}
	if (v->wrong > VERIFY_FINDINGS)
		printf(SAY(call, "还有 %lld 处。\n", "… and %lld more.\n"), (long long)(v->wrong - VERIFY_FINDINGS));
	if (v->wrong)
		return cli_fail("%s", SAY(call, "这个文件和承诺不符。", "this file is not what was promised."));
	if (!v->revealed) {
		puts(SAY(call, "到目前为止都对得上；活动结束、公布种子以后，请重新下载文件再验一次。",
		         "Nothing is wrong so far. Take the file again after the end, when the seed is in it."));
		return EXIT_UNKNOWN;
	}
	puts(SAY(call, "✓ 承诺、顺序和每一个结果都对得上。", "✓ Commitment, order and every result hold."));
	return EXIT_DONE;
}

static int verify(struct call *call)
{
	struct verified v;
	ARENA_SCOPED arena;
	BUF_SCOPED bytes;
	buf_init(&bytes, FILE_MOST);
	arena_init(&arena, ARENA_MOST);
	int code = read_file(call, call->argv[0], &bytes);
	if (code != EXIT_DONE)
		return code;
	if (file_verify(buf_view(&bytes), &arena, &v) < 0)
		return cli_fail("%s", SAY(call, "内存不够。", "memory is out."));
	return tell(call, &v);
}

const struct command command_verify = {
	.name = "verify", .run = verify, .words_min = 1, .words_max = 1,
	.summary = { "验证抽奖或红包的记录文件", "check a file of draws or of red packets" },
	.help = {
		"用法：quntu verify 文件\n\n"
		"抽奖和裂变红包的页面上有「记录」，可以下载成文件。这条命令只看这个文件，不连服务器，\n"
		"把承诺、每一行的顺序和每一个结果重新算一遍，哪一行被改过就指出哪一行。\n"
		"记录很长时会分成几个文件，先接在一起：cat draws-*.txt > all.txt\n\n"
		"不用本程序也能验：\n"
		"  承诺  SHA-256(种子的 32 个字节，接着第一行的规则)\n"
		"  抽奖  HMAC-SHA256，密钥是种子，内容是“draw 编号 随机码 0”，取前 8 个字节作整数，除以 1000000 的余数\n"
		"  红包  每个红包有自己的种子，集齐或失效时公布；每一份由它推出，二倍均值法\n"
		"  链    SHA-256(上一行的哈希，换行，这一行)\n"
		"完整说明在 docs/fair.md。\n\n"
		"退出码：0 全部对得上；1 有不对的行，或文件读不了；2 用法不对；3 暂无不对，但种子还没公布。\n"
		"例：  quntu verify draws-a8k2m9qp.txt\n",
		"Usage: quntu verify FILE\n\n"
		"The pages of lotteries and red packets offer their log as a file. This command looks at that file alone, asks no\n"
		"server, and derives the commitment, the order of the lines and every result again; a changed line is named.\n"
		"A long log comes in several files; put them together first: cat draws-*.txt > all.txt\n\n"
		"The same with any other tool:\n"
		"  commitment  SHA-256 of the seed's 32 bytes and the rules, as they stand on the first line\n"
		"  draw        HMAC-SHA256, keyed with the seed, of \"draw NUMBER TOKEN 0\"; its first 8 bytes as a number, modulo 1000000\n"
		"  packet      each has a seed of its own, shown when it is full or has lapsed; every share follows from it\n"
		"  chain       SHA-256 of the hash before, a line feed, and the line\n"
		"docs/fair.md has all of it.\n\n"
		"Exit code: 0 everything holds; 1 lines are wrong, or the file cannot be read; 2 wrong usage; 3 nothing is wrong so\n"
		"far, but the seed is not shown yet.\n"
		"Example:  quntu verify draws-a8k2m9qp.txt\n",
	},
};
