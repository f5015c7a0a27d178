/* pg.c: PostgreSQL 15 and later, through libpq.
 *
 * Round trips are what a transaction costs here, so words that need no answer wait: BEGIN, SAVEPOINT and RELEASE are
 * put aside and travel in front of the next query, in one pipeline. A batch costs one round trip a query and one for
 * COMMIT. Statements are prepared once a connection (on their first trip), parameters have the types of `takes`, and
 * results come in binary.
 *
 * Never hangs: every wait has a deadline, after which the connection counts as lost. SQLSTATEs become codes in one
 * place (verdict).
 */
#include "store/engine.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time.h"
#include <endian.h>
#include <libpq-fe.h>
#include <poll.h>

#define WAITING_MAX    8                                /* control words that wait for a query */
#define DEADLINE_MS    (90 * SECOND)                    /* beyond the server's own statement_timeout */
#define SQL_MAX        (64 << 10)

enum oid { OID_BOOL = 16, OID_BYTEA = 17, OID_NAME = 19, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25,
           OID_JSON = 114, OID_BPCHAR = 1042, OID_VARCHAR = 1043 };

struct pg {
	struct conn       base;
	PGconn           *link;
	bool              lost;
	const char       *waiting[WAITING_MAX];
	size_t            waiting_count;
	bool              begun;                          /* BEGIN has travelled */
	struct statements statements;                     /* slot->at: the prepared statement's name */
	int               prepared;
};

static struct pg *pg_of(struct conn *conn) { return (struct pg *)conn; }

/* ---- Verdicts ---- */

/* The code for a failed result (NULL: the connection broke); logs what is not an everyday answer. */
static int verdict(struct pg *pg, const PGresult *result, const char *who)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	if (!state) {
		pg->lost = true;
		log_error("%s: the connection to PostgreSQL was lost: %s", who, PQerrorMessage(pg->link));
		return E_STORE;
	}
	if (strcmp(state, "23505") == 0)
		return E_CONFLICT;
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 || strcmp(state, "55P03") == 0)
		return E_BUSY;
	if (strncmp(state, "57P", 3) == 0 || strncmp(state, "08", 2) == 0)
		pg->lost = true;                          /* shut down, or about to be */
	log_error("%s: %s (PostgreSQL %s)", who, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY), state);
	return E_STORE;
}

/* ---- Travelling ---- */

/* The next result, NULL at the end of one statement's results or when the connection broke (pg->lost). */
static PGresult *next_result(struct pg *pg)
{
	int64_t deadline = clock_steady() + DEADLINE_MS;
	while (!pg->lost && PQisBusy(pg->link)) {
		struct pollfd socket = { .fd = PQsocket(pg->link), .events = POLLIN };
		int64_t left = deadline - clock_steady();
		int ready = left > 0 ? poll(&socket, 1, (int)left) : 0;
		if (ready == 0 || (ready > 0 && !PQconsumeInput(pg->link)))
			pg->lost = true;
	}
	return pg->lost ? NULL : PQgetResult(pg->link);
}

/* Takes in the answers to `commands` statements and the Sync behind them. 0 and the last one's result (which the caller
 * clears), or the first one's failure. */
static int take_answers(struct pg *pg, size_t commands, const char *who, PGresult **ret_last)
{
	int code = 0;
	PGresult *last = NULL;
	for (size_t i = 0; i < commands && !pg->lost; i++) {
		PGresult *result = next_result(pg);
		ExecStatusType status = PQresultStatus(result);
		if (code == 0 && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
			code = verdict(pg, result, who);
		PQclear(last);
		last = result;
		PQclear(next_result(pg));             /* the NULL behind each statement */
	}
	PGresult *sync = next_result(pg);
	if (code == 0 && PQresultStatus(sync) != PGRES_PIPELINE_SYNC)
		code = verdict(pg, NULL, who);
	PQclear(sync);
	if (code == 0 && ret_last)
		*ret_last = last;
	else
		PQclear(last);
	return code;
}

static bool send_waiting(struct pg *pg)
{
	bool sent = true;
	for (size_t i = 0; sent && i < pg->waiting_count; i++)
		sent = PQsendQueryParams(pg->link, pg->waiting[i], 0, NULL, NULL, NULL, NULL, 1);
	pg->begun = true;
	pg->waiting_count = 0;
	return sent;
}

/* Everything that waits, now. */
static int flush(struct pg *pg, const char *who)
{
	size_t commands = pg->waiting_count;
	if (pg->lost)
		return E_STORE;
	if (commands == 0)
		return 0;
	if (!send_waiting(pg) || !PQpipelineSync(pg->link))
		return verdict(pg, NULL, who);
	return take_answers(pg, commands, who, NULL);
}

static int say_later(struct pg *pg, const char *words)
{
	if (pg->waiting_count == WAITING_MAX) {
		int r = flush(pg, words);
		if (r < 0)
			return r;
	}
	pg->waiting[pg->waiting_count++] = words;
	return 0;
}

/* ---- Opening ---- */

static void hush(void *ctx, const char *message)
{
	(void)ctx;
	log_debug("PostgreSQL: %s", message);
}

static void pg_close(struct conn *conn)
{
	struct pg *pg = pg_of(conn);
	for (size_t i = 0; i < pg->statements.room; i++)
		mem_give(pg->statements.slots[i].at);
	mem_give(pg->statements.slots);
	PQfinish(pg->link);
	mem_give(pg);
}

/* The address may say other things; ours come first and so are only defaults, but for the encoding. */
static PGconn *dial(const char *url)
{
	static const char *const names[] = {
		"application_name", "connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count",
		"tcp_user_timeout", "dbname", "client_encoding", NULL,
	};
	char connects[24];
	snprintf(connects, sizeof connects, "%lld", (long long)(clock_allows(5 * SECOND) / SECOND));
	const char *const values[] = { "quntu", connects, "20", "5", "3", "20000", url, "UTF8", NULL };
	return PQconnectdbParams(names, values, 1);
}

/* Acknowledged means durable, whatever the role's settings say; a stricter wish (remote_apply) is left alone. */
static bool settle_in(struct pg *pg)
{
	PQsetNoticeProcessor(pg->link, hush, NULL);
	PGresult *r = PQexec(pg->link, "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s';"
		" SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'");
	bool good = PQresultStatus(r) == PGRES_TUPLES_OK;
	PQclear(r);
	return good && PQenterPipelineMode(pg->link);
}

static int pg_open(const char *url, enum access access, struct conn **ret, char ret_why[WHY_MAX])
{
	(void)access;                                     /* BEGIN says it, for each transaction */
	struct pg *pg = mem_take(sizeof *pg);
	if (!pg || !(pg->link = dial(url))) {
		mem_give(pg);
		snprintf(ret_why, WHY_MAX, "memory is out");
		return E_MEMORY;
	}
	pg->base.engine = &pg_engine;
	if (PQstatus(pg->link) == CONNECTION_OK && PQserverVersion(pg->link) < 150000) {
		snprintf(ret_why, WHY_MAX, "PostgreSQL %d is too old; 15 or later is needed",
		         PQserverVersion(pg->link) / 10000);
	} else if (PQstatus(pg->link) == CONNECTION_OK && settle_in(pg)) {
		*ret = &pg->base;
		return 0;
	} else {
		snprintf(ret_why, WHY_MAX, "PostgreSQL: %s", PQerrorMessage(pg->link));
	}
	pg_close(&pg->base);
	return E_STORE;
}

static bool pg_alive(struct conn *conn)
{
	struct pg *pg = pg_of(conn);
	return !pg->lost && PQstatus(pg->link) == CONNECTION_OK;
}

/* ---- Transactions ---- */

static int pg_begin(struct conn *conn, enum access access)
{
	struct pg *pg = pg_of(conn);
	pg->begun = false;
	pg->waiting_count = 0;
	return say_later(pg, access == WRITES ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
	                                      : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
}

static bool pg_intact(struct conn *conn)
{
	struct pg *pg = pg_of(conn);
	return pg_alive(conn) && (!pg->begun || PQtransactionStatus(pg->link) == PQTRANS_INTRANS);
}

static int pg_commit(struct conn *conn)
{
	struct pg *pg = pg_of(conn);
	if (!pg->begun) {                                 /* nobody said anything: there is nothing to commit */
		pg->waiting_count = 0;
		return 0;
	}
	int r = say_later(pg, "COMMIT");
	if (r < 0)
		return r;
	size_t commands = pg->waiting_count;
	PGresult *last = NULL;
	if (!send_waiting(pg) || !PQpipelineSync(pg->link))
		return verdict(pg, NULL, "COMMIT");
	r = take_answers(pg, commands, "COMMIT", &last);
	if (r == 0 && strcmp(PQcmdStatus(last), "COMMIT") != 0)
		r = E_STORE;                              /* a failed transaction answers COMMIT with ROLLBACK */
	PQclear(last);
	return r;
}

static void pg_rollback(struct conn *conn)
{
	struct pg *pg = pg_of(conn);
	pg->waiting_count = 0;
	if (pg->begun && pg_alive(conn) && PQtransactionStatus(pg->link) != PQTRANS_IDLE) {
		say_later(pg, "ROLLBACK");
		flush(pg, "ROLLBACK");
	}
}

static int pg_savepoint(struct conn *conn) { return say_later(pg_of(conn), "SAVEPOINT action"); }
static int pg_release(struct conn *conn)   { return say_later(pg_of(conn), "RELEASE SAVEPOINT action"); }

static int undo_to(struct pg *pg, const char *rollback, const char *release)
{
	int r = say_later(pg, rollback);
	if (r == 0)
		r = say_later(pg, release);
	return r < 0 ? r : flush(pg, rollback);
}

static int pg_rollback_to(struct conn *conn)
{
	return undo_to(pg_of(conn), "ROLLBACK TO SAVEPOINT action", "RELEASE SAVEPOINT action");
}

/* ---- Preparing ---- */

static Oid oid_of(enum kind kind)
{
	return kind == K_STR ? OID_TEXT : kind == K_BLOB ? OID_BYTEA : kind == K_BOOL ? OID_BOOL : OID_INT8;
}

/* ?1 → $1, outside quotes. NULL when memory is out. */
static char *numbered(const struct query *query)
{
	const char *from = query->pg ? query->pg : query->sql;
	size_t len = strlen(from);
	char *text = len < SQL_MAX ? mem_take(len + 1) : NULL, quote = '\0';
	for (size_t i = 0; text && i < len; i++) {
		text[i] = from[i];
		if (quote)
			quote = from[i] == quote ? '\0' : quote;
		else if (from[i] == '\'' || from[i] == '"')
			quote = from[i];
		else if (from[i] == '?' && from[i + 1] >= '1' && from[i + 1] <= '9')
			text[i] = '$';
	}
	return text;
}

#define NAME_ROOM 16

static bool send_prepare(struct pg *pg, const struct query *query, const char *name, const char *text)
{
	Oid types[PARAMETERS_MAX];
	for (size_t i = 0; i < query->count; i++)
		types[i] = oid_of(query->takes[i]);
	return PQsendPrepare(pg->link, name, text, (int)query->count, types);
}

/* Can a column of this type fill a field of this kind? */
static bool type_fits(Oid type, enum kind kind)
{
	switch (kind) {
	case K_BOOL: return type == OID_BOOL;
	case K_BLOB: return type == OID_BYTEA;
	case K_ONE:  return false;
	case K_ROWS: return type == OID_TEXT || type == OID_JSON;
	case K_STR:  return type == OID_TEXT || type == OID_VARCHAR || type == OID_BPCHAR || type == OID_NAME;
	default:     return type == OID_INT8 || type == OID_INT4 || type == OID_INT2;
	}
}

static int verify(const struct query *query, const PGresult *result)
{
	size_t columns = (size_t)PQnfields(result), fields = query->row ? query->row->count : 0;
	if (columns != fields) {
		log_error("query %s: %zu columns, its row has %zu", query->name, columns, fields);
		return E_STORE;
	}
	for (size_t i = 0; i < fields; i++) {
		if (!column_named(query, i, PQfname(result, (int)i)))
			return E_STORE;
		if (!type_fits(PQftype(result, (int)i), query->row->fields[i].kind))
			return column_mistyped(query, &query->row->fields[i]);
	}
	return 0;
}

/* ---- Running ---- */

struct parameters {
	const char *at[PARAMETERS_MAX];
	int         len[PARAMETERS_MAX], format[PARAMETERS_MAX];
	int64_t     number[PARAMETERS_MAX];               /* in the network's order */
	char        truth[PARAMETERS_MAX];
};

static void put_parameters(struct parameters *p, const struct query *query, const struct value *values)
{
	for (size_t i = 0; i < query->count; i++) {
		const struct value *v = &values[i];
		struct blob bytes = { &p->number[i], sizeof p->number[i] };
		if (v->kind == K_STR || v->kind == K_BLOB) {
			bytes = v->kind == K_STR ? (struct blob){ v->as.s.at, v->as.s.len } : v->as.b;
		} else if (query->takes[i] == K_BOOL) {
			p->truth[i] = v->as.i != 0;
			bytes = (struct blob){ &p->truth[i], 1 };
		} else {
			p->number[i] = (int64_t)htobe64((uint64_t)v->as.i);
		}
		p->at[i] = bytes.len ? bytes.at : "";     /* empty is never NULL */
		p->len[i] = (int)bytes.len;
		p->format[i] = 1;
	}
}

/* What waits, the preparation if it is the first time, and the query itself: one round trip. */
static int travel(struct pg *pg, const char *name, const char *to_prepare, const struct query *query,
                  const struct value *values, PGresult **ret)
{
	struct parameters p;
	size_t commands = pg->waiting_count + (to_prepare ? 2 : 1);
	put_parameters(&p, query, values);
	if (!send_waiting(pg) || (to_prepare && !send_prepare(pg, query, name, to_prepare))
	    || !PQsendQueryPrepared(pg->link, name, (int)query->count, p.at, p.len, p.format, 1)
	    || !PQpipelineSync(pg->link))
		return verdict(pg, NULL, query->name);
	return take_answers(pg, commands, query->name, ret);
}

/* A name is never used twice, even if its query fails and has to be prepared again. */
static int travel_first(struct pg *pg, struct statement *slot, const struct value *values, PGresult **ret)
{
	char *name = mem_take(NAME_ROOM), *text = numbered(slot->query);
	int r = E_MEMORY;
	if (name && text) {
		snprintf(name, NAME_ROOM, "q%d", pg->prepared++);
		r = travel(pg, name, text, slot->query, values, ret);
	}
	mem_give(text);
	if (r == 0)
		slot->at = name;
	else
		mem_give(name);
	return r;
}

static int64_t number_at(const char *at, int len)
{
	uint64_t n = 0;
	for (int i = 0; i < len; i++)
		n = n << 8 | (unsigned char)at[i];
	int unused = 64 - 8 * len;
	return (int64_t)(n << unused) >> unused;          /* with its sign */
}

static int read_record(const struct query *query, const PGresult *result, int row, struct sink *sink)
{
	void *record = sink->next(sink);
	if (!record)
		return E_MEMORY;
	for (size_t i = 0; i < query->row->count; i++) {
		const struct field *field = &query->row->fields[i];
		const char *at = PQgetvalue(result, row, (int)i);
		int len = PQgetlength(result, row, (int)i);
		if (PQgetisnull(result, row, (int)i))
			return column_null(query, field);
		if (kind_is_number(field->kind)) {
			column_number(field, number_at(at, len), record);
			continue;
		}
		int r = column_bytes(query, field, at, (size_t)len, sink->arena, record);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_result(const struct query *query, const PGresult *result, struct sink *sink)
{
	int rows = PQntuples(result);
	if (!sink) {
		int64_t changed = 0;
		str_to_int(str_of(PQcmdTuples((PGresult *)(uintptr_t)result)), &changed);
		return query->access == WRITES ? (int)changed : 0;
	}
	if (sink->only_first && rows > 1)
		rows = 1;
	for (int i = 0; i < rows; i++) {
		int r = read_record(query, result, i, sink);
		if (r < 0)
			return r;
	}
	return rows;
}

static int pg_run(struct conn *conn, const struct query *query, const struct value *values, struct sink *sink)
{
	struct pg *pg = pg_of(conn);
	struct statement *slot = statements_find(&pg->statements, query);
	PGresult *result = NULL;
	if (!slot)
		return E_MEMORY;
	int r = pg->lost ? E_STORE : 0;
	if (r == 0 && query->clashes)
		r = say_later(pg, "SAVEPOINT clash");
	if (r == 0)
		r = slot->at ? travel(pg, slot->at, NULL, query, values, &result) : travel_first(pg, slot, values, &result);
	if (r == E_CONFLICT && query->clashes && undo_to(pg, "ROLLBACK TO SAVEPOINT clash", "RELEASE SAVEPOINT clash") < 0)
		r = E_STORE;
	if (r == 0 && query->clashes)
		r = say_later(pg, "RELEASE SAVEPOINT clash");
	if (r == 0 && !slot->verified) {
		r = verify(query, result);
		slot->verified = r == 0;
	}
	if (r == 0)
		r = read_result(query, result, sink);
	PQclear(result);
	return r;
}

/* Several statements at once need the simple protocol, and that is not spoken inside a pipeline. A step may take its
 * time: the deadlines are for queries. */
static int pg_script(struct conn *conn, const char *text, char ret_why[WHY_MAX])
{
	struct pg *pg = pg_of(conn);
	int r = flush(pg, "schema");
	if (r < 0 || !PQexitPipelineMode(pg->link))
		return r < 0 ? r : E_STORE;
	PQclear(PQexec(pg->link, "SET LOCAL statement_timeout = 0"));
	PGresult *result = PQexec(pg->link, text);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		snprintf(ret_why, WHY_MAX, "%s", PQerrorMessage(pg->link));
		r = E_STORE;
	}
	PQclear(result);
	return PQenterPipelineMode(pg->link) ? r : E_STORE;
}

/* ---- Describing ---- */

/* PostgreSQL does not say whether a text writes; its first words do (SQLite's mark covers the rest). */
static bool text_writes(struct str text)
{
	for (struct str word; text.len > 0; ) {
		word = str_cut(&text, ' ');
		if (str_equal_fold(word, S("INSERT")) || str_equal_fold(word, S("UPDATE")) || str_equal_fold(word, S("DELETE")))
			return true;
	}
	return false;
}

static int ask_description(struct pg *pg, const struct query *query, PGresult **ret)
{
	char *text = numbered(query);
	bool sent = text && send_prepare(pg, query, "check", text) && PQsendDescribePrepared(pg->link, "check")
	         && PQpipelineSync(pg->link);
	mem_give(text);
	return sent ? take_answers(pg, 2, query->name, ret) : verdict(pg, NULL, query->name);
}

static void pg_describe(struct conn *conn, const struct query *query, struct description *ret)
{
	struct pg *pg = pg_of(conn);
	PGresult *is = NULL;
	*ret = (struct description){ 0 };
	if (query->count > PARAMETERS_MAX || ask_description(pg, query, &is) < 0) {
		snprintf(ret->problem, sizeof ret->problem, "PostgreSQL does not take it; the log says why");
		return;
	}
	ret->parameters = (size_t)PQnparams(is);
	ret->columns = (size_t)PQnfields(is);
	for (size_t i = 0; i < ret->columns && i < COLUMNS_MAX; i++) {
		snprintf(ret->names[i], sizeof ret->names[i], "%s", PQfname(is, (int)i));
		ret->fits[i] = query->row && i < query->row->count
		            && type_fits(PQftype(is, (int)i), query->row->fields[i].kind);
	}
	ret->writes = text_writes(str_of(query->pg ? query->pg : query->sql));
	PQclear(is);
	if (say_later(pg, "DEALLOCATE \"check\"") == 0)
		flush(pg, "DEALLOCATE");
}

const struct engine pg_engine = {
	"PostgreSQL", 32, false,
	pg_open, pg_close, pg_alive,
	NULL, NULL, NULL, NULL,
	pg_begin, pg_commit, pg_rollback, pg_intact,
	pg_savepoint, pg_release, pg_rollback_to,
	pg_run, pg_script, NULL, pg_describe,
};
