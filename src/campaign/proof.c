/* proof.c: see proof.h. */
#include "campaign/proof.h"

#include "campaign/fair.h"

ROW_PUBLIC(proof_line,
	FIELD(proof_line, hash, "Hash of the line"),
	FIELD(proof_line, line, "The line"));

static void add_line(struct buf *b, struct str hash, struct str line)
{
	buf_str(b, hash);
	buf_byte(b, ' ');
	buf_str(b, line);
	buf_byte(b, '\n');
}

static void add_seed(struct arena *arena, const struct proof *p, struct buf *b)
{
	char hash[FAIR_HEX + 1];
	struct str line = str_format(arena, "{\"%s\":%lld,\"seed\":\"%.*s\"}", p->counted, (long long)p->total, STR(p->seed));
	fair_chain(p->last, line, hash);
	add_line(b, str_of(hash), line);
}

int proof_write(struct request *rq, const struct proof *p, size_t line_most, struct body *ret)
{
	const struct proof_line *lines = p->lines.at;
	BUF_SCOPED b;
	buf_init(&b, PROOF_LINES * line_most);
	if (!p->after)
		add_line(&b, p->commitment, p->rules);
	for (size_t i = 0; i < p->lines.count; i++)
		add_line(&b, lines[i].hash, lines[i].line);
	if (p->over && p->after + (int64_t)p->lines.count >= p->total)
		add_seed(rq->arena, p, &b);
	*ret = (struct body){
		.bytes = str_copy(rq->arena, buf_view(&b)), .type = "text/plain; charset=utf-8",
		.filename = str_format(rq->arena, "%s-%.*s%s.txt", p->name, STR(p->slug), p->after ? "-more" : ""),
	};
	return buf_failed(&b) ? E_MEMORY : 0;
}
