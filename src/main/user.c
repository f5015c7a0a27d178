/* user.c: accounts from the server's own terminal, for the day nobody can sign in any more.
 *
 * Story      The only owner lost password and phone. Whoever runs the server sets a new password here, and takes the second
 *            factor off; both end all sessions. A new community's first operator can be made here as well.
 * Holds      A password is read from standard input, never from the line, where others on the machine could read it; without one
 *            a random password is made and printed. A community keeps an owner.
 * Test       test/cli.sh
 */
#include "main/commands.h"

#include <unistd.h>

#include "base/utf8.h"
#include "people/account.h"
#include "people/second.h"

struct user {
	struct call *call;
	struct str   name, role, display;
	struct id    community;
	char         password[256], hash[PASSWORD_HASH];
	bool         made;                        /* the password is ours: tell it */
	const char  *problem;                     /* a sentence of our own */
};

struct line { struct str name, display, seats; bool second; struct instant disabled_at; };

ROW(line,
	FIELD(line, name,        "Name to sign in with"),
	FIELD(line, display,     "Name shown"),
	FIELD(line, seats,       "Role and community, each"),
	FIELD(line, second,      "Second factor"),
	FIELD(line, disabled_at, "May not sign in since"));

#define LINE_FROM \
	" FROM staff s JOIN community c ON c.id = s.community_id WHERE s.account_id = a.id), '') AS seats," \
	" EXISTS (SELECT 1 FROM second_factor f WHERE f.account_id = a.id AND f.confirmed_at > 0) AS second, a.disabled_at" \
	" FROM account a ORDER BY a.id LIMIT 10000"

static QUERY(user_lines, READS, &row_line, TAKES_NOTHING,
	"SELECT a.name, a.display, COALESCE((SELECT group_concat(s.role || ' · ' || c.name, ', ')" LINE_FROM, .scans = true, .pg =
	"SELECT a.name, a.display, COALESCE((SELECT string_agg(s.role || ' · ' || c.name, ', ')" LINE_FROM);

static QUERY(user_by_key, READS, &row_id_item, TAKES(K_STR), "SELECT id AS item FROM account WHERE name_key = ?1");

static QUERY(user_disable, WRITES, NULL, TAKES(K_ID, K_INSTANT), "UPDATE account SET disabled_at = ?2 WHERE id = ?1");

static QUERY(sole_owner, READS, &row_id_item, TAKES(K_ID, K_ID),
	"SELECT s.community_id AS item FROM staff s WHERE s.account_id = ?1 AND s.role = 'owner' AND (?2 = 0 OR s.community_id = ?2)"
	" AND NOT EXISTS (SELECT 1 FROM staff o JOIN account a ON a.id = o.account_id WHERE o.community_id = s.community_id"
	" AND o.role = 'owner' AND o.account_id <> s.account_id AND o.disabled_at = 0 AND a.disabled_at = 0) LIMIT 1");

static QUERY(communities, READS, &row_id_item, TAKES_NOTHING, "SELECT id AS item FROM community ORDER BY id LIMIT 2", .scans = true);

static QUERY(community_there, READS, &row_id_item, TAKES(K_ID), "SELECT id AS item FROM community WHERE id = ?1");

/* ---- Reading ------------------------------------------------------------------------------------- */

static int list_lines(struct tx *tx, void *arg)
{
	return tx_all_(tx, &user_lines, arg, NULL, 0);
}

static int list(struct call *call, struct store *store)
{
	struct rows rows;
	int r = store_read(store, call->arena, list_lines, &rows);
	if (r < 0)
		return cli_fail("%s", err_text(r, call->lang));
	const struct line *line = rows.at;
	for (size_t i = 0; i < rows.count; i++)
		printf("%.*s\t%.*s\t%.*s%s%s\n", STR(line[i].name), STR(line[i].display), STR(line[i].seats),
		       line[i].second ? SAY(call, "\t两步验证", "\tsecond factor") : "",
		       line[i].disabled_at.ms ? SAY(call, "\t已停用", "\tdisabled") : "");
	return EXIT_DONE;
}

/* ---- Changing: each an action ------------------------------------------------------------------------ */

static int find(struct tx *tx, struct user *u, struct id *ret)
{
	struct id_item found;
	int r = tx_one(tx, &user_by_key, &found, V(name_key(tx_arena(tx), u->name)));
	if (r == E_NOT_FOUND)
		u->problem = SAY(u->call, "没有这个账号。quntu user list 列出全部账号。", "there is no such account. quntu user list shows them all.");
	if (r < 0)
		return r;
	*ret = found.item;
	return 0;
}

/* The one that was named, or the only one there is. */
static int where(struct tx *tx, struct user *u, struct id *ret)
{
	struct id_item there;
	struct rows rows;
	int r;
	if (u->community.n) {
		if ((r = tx_one(tx, &community_there, &there, V(u->community))) == E_NOT_FOUND)
			u->problem = SAY(u->call, "没有这个社群编号。它在控制台地址 /c/ 的后面。",
			                 "there is no such community. Its number follows /c/ in the console's address.");
		*ret = u->community;
		return r;
	}
	if ((r = tx_all_(tx, &communities, &rows, NULL, 0)) < 0)
		return r;
	if (rows.count != 1) {
		u->problem = SAY(u->call, "社群不止一个（或一个也没有），请在最后写上社群编号。", "there is not exactly one community; add its number at the end.");
		return E_INVALID;
	}
	*ret = ((const struct id_item *)rows.at)->item;
	return 0;
}

static int keep_owner(struct tx *tx, struct user *u, struct id account, struct id community)
{
	struct id_item sole;
	int r = tx_one(tx, &sole_owner, &sole, V(account), V(community));
	if (r == 0)
		u->problem = err_text(E_LAST_OWNER, u->call->lang);
	return r == 0 ? E_LAST_OWNER : r == E_NOT_FOUND ? 0 : r;
}

static int add(struct tx *tx, void *arg)
{
	struct user *u = arg;
	struct id account, community;
	int r = where(tx, u, &community);
	if (r < 0 || (r = account_make(tx, u->name, u->name, u->hash, &account)) < 0)
		return r;
	return account_hire(tx, community, account, role_of_word(u->role));
}

static int set_password(struct tx *tx, void *arg)
{
	struct user *u = arg;
	struct id account;
	int r = find(tx, u, &account);
	if (r < 0 || (r = account_set_password(tx, account, u->hash)) < 0)
		return r;
	return session_end_all(tx, account, (struct id){ 0 });
}

static int set_role(struct tx *tx, void *arg)
{
	struct user *u = arg;
	struct id account, community;
	int r = find(tx, u, &account);
	if (r < 0 || (r = where(tx, u, &community)) < 0)
		return r;
	if (!str_is(u->role, "owner") && (r = keep_owner(tx, u, account, community)) < 0)
		return r;
	return account_hire(tx, community, account, role_of_word(u->role));
}

static int set_disabled(struct tx *tx, struct user *u, bool disabled)
{
	struct id account;
	int r = find(tx, u, &account);
	if (r < 0 || (disabled && (r = keep_owner(tx, u, account, (struct id){ 0 })) < 0))
		return r;
	struct instant since = { disabled ? tx_now(tx).ms : 0 };
	if ((r = tx_run(tx, &user_disable, V(account), V(since))) < 0)
		return r;
	return disabled ? session_end_all(tx, account, (struct id){ 0 }) : 0;
}

static int disable(struct tx *tx, void *arg) { return set_disabled(tx, arg, true); }
static int enable(struct tx *tx, void *arg) { return set_disabled(tx, arg, false); }

static int totp_off(struct tx *tx, void *arg)
{
	struct user *u = arg;
	struct id account;
	int r = find(tx, u, &account);
	if (r < 0 || (r = second_drop(tx, account)) < 0)
		return r;
	return session_end_all(tx, account, (struct id){ 0 });
}

/* ---- The line ------------------------------------------------------------------------------------------ */

/* From standard input when it is no terminal and not empty, else a random one. */
static int take_password(struct user *u)
{
	u->made = isatty(STDIN_FILENO) || !fgets(u->password, sizeof u->password, stdin) || u->password[0] == '\n';
	if (u->made)
		secret_slug(u->password, 16);
	u->password[strcspn(u->password, "\r\n")] = '\0';
	int r = password_check(str_of(u->password), u->name);
	return r < 0 ? r : password_hash(str_of(u->password), u->hash);
}

static const struct verb { const char *name; tx_action *act; int words; bool role, password; } verbs[] = {
	{ "add",      add,          3, true,  true },        /* NAME ROLE [COMMUNITY] */
	{ "password", set_password, 2, false, true },
	{ "role",     set_role,     3, true,  false },
	{ "disable",  disable,      2, false, false },
	{ "enable",   enable,       2, false, false },
	{ "totp-off", totp_off,     2, false, false },
};

static const struct verb *verb_of(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int misused(const struct call *call, const char *zh, const char *en)
{
	cli_fail("%s", call->lang == LANG_ZH ? zh : en);
	return EXIT_MISUSED;
}

static int change(struct call *call, const struct verb *verb, struct store *store)
{
	struct user u = { .call = call, .name = str_of(call->argv[1]), .role = verb->role ? str_of(call->argv[2]) : S("") };
	const char *community = call->argc > verb->words ? call->argv[verb->words] : NULL;
	int r = verb->password ? take_password(&u) : 0;
	if (r == 0 && community && !str_to_int(str_of(community), &u.community.n))
		return cli_fail("%s", SAY(call, "社群编号应该是数字。", "the community's number is a number."));
	if (r == 0)
		r = store_write(store, (struct id){ 0 }, call->arena, verb->act, &u);
	if (r < 0)
		return cli_fail("%s", u.problem ? u.problem : err_text(r, call->lang));
	if (verb->password && u.made)
		printf(SAY(call, "密码：%s\n", "Password: %s\n"), u.password);
	puts(SAY(call, "好了。", "Done."));
	return EXIT_DONE;
}

static int user(struct call *call)
{
	bool lists = call->argc == 1 && strcmp(call->argv[0], "list") == 0;
	const struct verb *verb = lists ? NULL : verb_of(call->argv[0]);
	if (!lists && (!verb || call->argc < verb->words || call->argc > verb->words + verb->role))
		return misused(call, "没看懂。用法见 quntu user --help", "that was not understood; see quntu user --help");
	if (verb && verb->role && role_of_word(str_of(call->argv[2])) < ROLE_READER)
		return misused(call, "角色是 reader、host、reviewer、operator、admin、owner 之一。",
		               "the role is one of reader, host, reviewer, operator, admin, owner.");
	if (!cli_store_exists(call))
		return cli_no_store(call);
	struct store *store = NULL;
	int code = cli_open_store(call, lists, &store);
	if (code != EXIT_DONE)
		return code;
	code = lists ? list(call, store) : change(call, verb, store);
	store_close(store);
	return code;
}

const struct command command_user = {
	"user", user, NULL, 1, 4,
	{ "账号：列出、添加、重设密码、改角色、停用", "accounts: list, add, new password, role, disable" },
	{ "用法：quntu user list\n"
	  "      quntu user add 账号 角色 [社群编号]\n"
	  "      quntu user password 账号\n"
	  "      quntu user role 账号 角色 [社群编号]\n"
	  "      quntu user disable 账号\n"
	  "      quntu user enable 账号\n"
	  "      quntu user totp-off 账号\n\n"
	  "  角色     reader（只读）host（群主持）reviewer（审核员）operator（运营）admin（管理员）owner（负责人）\n"
	  "  密码     从标准输入读一行；没有就随机生成并打印。改密码会让所有设备退出。\n"
	  "  totp-off 关掉两步验证：手机和恢复码都丢了时用。\n\n"
	  "用 SQLite 时请先停下 quntu serve；PostgreSQL 不用停。list 任何时候都可以用。\n"
	  "例：quntu user password linxiao --data ./data\n"
	  "    echo '九月的风吹过-4242' | quntu user password linxiao --data ./data\n",
	  "Usage: quntu user list\n"
	  "       quntu user add NAME ROLE [COMMUNITY]\n"
	  "       quntu user password NAME\n"
	  "       quntu user role NAME ROLE [COMMUNITY]\n"
	  "       quntu user disable NAME\n"
	  "       quntu user enable NAME\n"
	  "       quntu user totp-off NAME\n\n"
	  "  ROLE      reader, host, reviewer, operator, admin or owner\n"
	  "  password  one line of standard input; without it a random one is made and printed. Ends all sessions.\n"
	  "  totp-off  takes the second factor off, when phone and recovery codes are lost.\n\n"
	  "With SQLite, stop quntu serve first; with PostgreSQL it may run. list works at any time.\n"
	  "Example: quntu user password linxiao --data ./data\n"
	  "         echo 'the-tide-comes-in-7' | quntu user password linxiao --data ./data\n" },
};
