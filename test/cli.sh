#!/bin/sh
# cli.sh: the promises of the command line, kept by running the program. Ends with "N passed, N failed".
# QUNTU: the program (build/quntu). QUNTU_TEST_PG: a PostgreSQL to try backup and restore on as well.
set -u
cd "$(dirname "$0")/.."
Q=$(realpath "${QUNTU:-build/quntu}")
work=$(mktemp -d) || exit 1
passed=0 failed=0 server=
export LC_ALL=C.UTF-8
unset QUNTU_DATA QUNTU_STORE QUNTU_PORT
. test/await.sh

promise() { what=$1; }
good() { passed=$((passed + 1)); }
bad()  { failed=$((failed + 1)); echo "FAIL $what: $*"; sed 's/^/     | /' "$work/said" 2>/dev/null | head -n 12; }

# run CODE ARGUMENTS…: the program ends with this code; what it says is kept.
run() {
	code=$1; shift
	"$Q" "$@" > "$work/said" 2>&1 && got=0 || got=$?
	if [ "$got" = "$code" ]; then good; else bad "quntu $* ended with $got, not $code"; fi
}
says()  { if grep -qF -- "$1" "$work/said"; then good; else bad "does not say \"$1\""; fi; }
is()    { if [ "$1" = "$2" ]; then good; else bad "\"$1\" is not \"$2\""; fi; }
holds() { if "$@"; then good; else bad "not so: $*"; fi; }

serve() {                         # DATA: start, wait until it answers; $url, $server
	"$Q" serve --data "$1" --port 0 > "$work/serve" 2>&1 &
	server=$!
	await answers || { bad "the server does not answer"; cat "$work/serve"; }
}
answers() {
	url=$(sed -n 's/.*\(http:\/\/localhost:[0-9]*\).*/\1/p' "$work/serve")
	[ -n "$url" ] && curl -sf -o /dev/null "$url/api/state"
}
stop() {                          # SIGNAL: it ends cleanly
	kill "-$1" "$server"
	wait "$server" && got=0 || got=$?
	server=
	is "$got" 0
}
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

post() { curl -s -o "$work/said" -w '%{http_code}' -H 'Content-Type: application/json' -H "Origin: $url" "$url$1" -d "$2"; }
sign_in() { is "$(post /api/login '{"name":"ann","password":"lantern-river-42"}')" 200; }

promise 'help teaches, in both languages'
run 0;                     says 'Usage: quntu COMMAND'
run 0 --help;              says 'doctor'
for command in serve init check doctor backup restore bench user freeze settings version verify; do
	run 0 $command --help; says 'Usage: quntu'
	LC_ALL=zh_CN.UTF-8 run 0 help $command; says '用法：quntu'
done

promise 'a slip of the finger is understood, and nothing is done'
run 2 srve;                says 'quntu serve'
run 2 serve --prot 1;      says 'port'
run 2 serve --port 99999;  says '65535'
LC_ALL=zh_CN.UTF-8 run 2 serve --prot 1;  says '最接近的是 "port"'
run 2 backup;              says 'quntu backup --help'
run 2 serve too many words

promise 'settings say their value and where it comes from'
mkdir "$work/set"; echo 'port = 8311' > "$work/set/quntu.conf"
run 0 settings --data "$work/set";                                says '8311'; says '# file'
QUNTU_PORT=8312 run 0 settings --data "$work/set";                says '8312'; says '# environment'
QUNTU_PORT=8312 run 0 settings --data "$work/set" --port 8313;    says '8313'; says '# flag'
echo 'prot = 1' >> "$work/set/quntu.conf"
run 2 settings --data "$work/set";                                says 'line 2'
LC_ALL=zh_CN.UTF-8 run 2 settings --data "$work/set";             says '第 2 行'

promise 'init makes a folder once, for its owner alone'
run 0 init --data "$work/a/b/c"
is "$(stat -c %a "$work/a/b/c")" 700
run 1 init --data "$work/a/b/c";  says 'already'
run 1 init --data /proc/nowhere

promise 'accounts are listed and mended from the terminal'
run 0 init --data "$work/users"
serve "$work/users"
is "$(post /api/setup '{"name":"ann","password":"lantern-river-42","display":"Ann","community":"Club"}')" 200
run 0 user list --data "$work/users";                        says 'ann'; says 'owner · Club'
run 1 user password ann --data "$work/users"
stop TERM
echo 'the-tide-comes-in-7' | run 0 user password ann --data "$work/users";  says 'Done'
echo '12345' | run 1 user password ann --data "$work/users"; says 'easy to guess'
run 0 user add bo operator --data "$work/users" < /dev/null; says 'Password: '
run 1 user add BO reader --data "$work/users" < /dev/null;   says 'taken'
run 1 user disable ann --data "$work/users";                 says 'owner'
run 1 user role ann reader --data "$work/users";             says 'owner'
run 0 user role bo owner --data "$work/users"
run 0 user disable ann --data "$work/users"
run 0 user list --data "$work/users";                        says 'disabled'
run 0 user enable ann --data "$work/users"
run 0 user totp-off ann --data "$work/users"
run 1 user totp-off nobody --data "$work/users";             says 'quntu user list'
run 2 user role bo emperor --data "$work/users";             says 'reviewer'
run 2 user dance bo --data "$work/users";                    says 'user --help'
serve "$work/users"
is "$(post /api/login '{"name":"ann","password":"the-tide-comes-in-7"}')" 200
is "$(post /api/login '{"name":"ann","password":"lantern-river-42"}')" 401
stop TERM

promise 'an empty folder becomes a server; the first visitor becomes its owner'
serve "$work/one"
cp "$work/serve" "$work/said";    says 'set-up code'
is "$(post /api/setup '{"name":"ann","password":"lantern-river-42","display":"Ann","community":"Club"}')" 200
is "$(post /api/setup '{"name":"bo","password":"lantern-river-42","display":"Bo","community":"Club"}')" 409

promise 'a folder in use is refused, and says by whom'
run 1 serve --data "$work/one" --port 0; says "$server"
LC_ALL=zh_CN.UTF-8 run 1 serve --data "$work/one" --port 0; says '正被另一个 quntu 使用'
promise 'a port in use is refused'
run 1 serve --data "$work/two" --port "${url##*:}"; says "${url##*:}"
LC_ALL=zh_CN.UTF-8 run 1 serve --data "$work/two" --public-url ftp://x; says '应写成 https://'

promise 'check, doctor and backup work beside a running server'
run 0 check --data "$work/one"
run 0 doctor --data "$work/one";  says 'never a backup'; says 'public_url'
run 0 backup "$work/copy.db" --data "$work/one"
run 0 doctor --data "$work/one";  says 'last backup 0 hours ago'
run 1 backup "$work/none/copy.db" --data "$work/one"
run 1 backup "$work" --data "$work/one"
run 1 restore "$work/copy.db" --data "$work/one" --force; says 'in use'
promise 'doctor looks at the port of the settings, and knows whether the server that runs is there'
run 0 doctor --data "$work/one";                        says 'not what answers on port 8300'
run 0 doctor --data "$work/one" --port "${url##*:}";    says "✓ port ${url##*:}"
echo "port = ${url##*:}" > "$work/one/quntu.conf"
run 0 doctor --data "$work/one";                        says "✓ port ${url##*:}"
QUNTU_PORT=1 run 0 doctor --data "$work/one";           says 'not what answers on port 1'
run 0 init --data "$work/three"; cp "$work/one/quntu.conf" "$work/three"
run 1 doctor --data "$work/three";                      says "port ${url##*:} is taken by another program"
rm "$work/one/quntu.conf"
promise 'doctor asks the public address, and knows whether it is this server'
run 0 doctor --data "$work/one" --public-url "$url";                says 'answered by this server'
run 1 doctor --data "$work/one" --public-url http://127.0.0.1:1;    says 'cannot be reached'; says 'firewall'
LC_ALL=zh_CN.UTF-8 run 1 doctor --data "$work/one" --public-url http://127.0.0.1:1;  says '打不开'; says '防火墙'
node -e 'require("http").createServer((q, r) => r.end("{\"first_run\":false,\"version\":\"0\",\"server\":\"somebodyel\",\"proxy_ignored\":true}")).listen(0, "127.0.0.1", function () { console.log(this.address().port) })' > "$work/port" &
other=$!
await [ -s "$work/port" ]
run 1 doctor --data "$work/one" --public-url "http://127.0.0.1:$(cat "$work/port")"; says 'another Quntu'; says 'trusted_proxies'
kill $other
promise 'doctor brings the backup back on trial'
says 'brought back on trial and is sound'
cp "$work/copy.db" "$work/kept.db"
head -c 30000 /dev/zero | dd of="$work/copy.db" bs=1 seek=40000 conv=notrunc 2>/dev/null
run 1 doctor --data "$work/one";  says 'cannot be brought back'
rm "$work/copy.db"
run 0 doctor --data "$work/one";  says 'is not where it was'
mv "$work/kept.db" "$work/copy.db"
holds sh -c "! ls -d '$work'/one/doctor.* 2>/dev/null"
promise 'doctor speaks JSON'
run 0 doctor --json --data "$work/one"
holds node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1])); process.exit(d.errors === 0 && d.findings.length > 10 && d.findings.every((f) => f.check && f.what && ["ok", "notice", "warning", "error"].includes(f.severity) && (f.severity === "ok" || f.why)) ? 0 : 1)' "$work/said"
promise 'a copy before an upgrade is made only when tables would change'
run 0 backup --if-pending "$work/before.db" --data "$work/one"; says 'no copy is needed'
holds test ! -e "$work/before.db"
promise 'the whole server is frozen and let go from the terminal, while it serves'
run 0 freeze status --data "$work/one";              says 'Not frozen'
run 0 freeze on 'a wrong greeting' --data "$work/one"; says 'a wrong greeting'
run 0 freeze status --data "$work/one";              says 'nothing leaves since'
run 0 freeze off --data "$work/one";                 says 'Not frozen'
run 2 freeze maybe --data "$work/one"
run 2 freeze --data "$work/one"
run 1 freeze on --data "$work/nowhere"
promise 'Ctrl-C and SIGTERM end it cleanly, and what was there is there again'
stop INT
serve "$work/one"; sign_in
cp "$work/serve" "$work/said"; holds sh -c "! grep -q set-up '$work/said'"
stop TERM

promise 'a restored backup is the same community'
run 0 restore "$work/copy.db" --data "$work/two/new"
serve "$work/two/new"; sign_in; stop TERM
run 0 check --data "$work/two/new"

promise 'restore replaces only when told to, and keeps the old database'
run 1 restore "$work/copy.db" --data "$work/one"; says '--force'
run 0 restore "$work/copy.db" --data "$work/one" --force
holds test -s "$work/one/quntu.db.before-restore"

promise 'what is no sound backup changes nothing'
before=$(sha256sum < "$work/one/quntu.db")
head -c 5000 "$work/copy.db" > "$work/cut.db"
sed 's/CREATE TABLE schema_step/CREATE TABLE schema_stop/' "$work/copy.db" > "$work/foreign.db"
: > "$work/empty.db"
cp "$work/copy.db" "$work/hurt.db"
head -c 30000 /dev/zero | dd of="$work/hurt.db" bs=1 seek=40000 conv=notrunc 2>/dev/null
cp "$work/copy.db" "$work/newer.db"
sqlite3 "$work/newer.db" "INSERT INTO schema_step (number, name, hash, applied_at) VALUES (9999, 'later', 'x', 1)"
for file in cut.db foreign.db empty.db hurt.db newer.db nothing.db; do
	run 1 restore "$work/$file" --data "$work/one" --force
done
says 'nothing.db'
run 1 restore "$work/newer.db" --data "$work/one" --force; says 'newer'
is "$(sha256sum < "$work/one/quntu.db")" "$before"
holds test ! -e "$work/one/restore.tmp"

promise 'an older database is told, copied before the upgrade, and then brought up to date'
mkdir "$work/old"; cp "$work/copy.db" "$work/old/quntu.db"
step=$(sqlite3 "$work/old/quntu.db" 'SELECT max(number) FROM schema_step')
sqlite3 "$work/old/quntu.db" "DELETE FROM schema_step WHERE number = $step"
run 0 doctor --data "$work/old" --port "$(free_port)";  says 'the tables lack 1 steps'
run 0 backup --if-pending "$work/before.db" --data "$work/old"
holds test -s "$work/before.db"

promise 'a damaged database is found'
mkdir "$work/hurt"; cp "$work/hurt.db" "$work/hurt/quntu.db"
run 1 doctor --data "$work/hurt"

promise 'check without a store looks at a fresh one'
run 0 check --data "$work/nowhere"; says '0 grave'
run 1 backup "$work/x.db" --data "$work/nowhere"; says 'quntu init'

promise 'documents are made'
run 0 docs "$work/docs"
for file in routes schema settings errors; do holds test -s "$work/docs/$file.md"; done
run 0 openapi; says '"openapi":"3.1.0"'
run 0 version; says 'quntu '
run 0 bench list; says 'empty'
run 2 bench scam --json; says 'quntu bench list'

if [ -n "${QUNTU_TEST_PG:-}" ]; then
	promise 'PostgreSQL: backup and restore'
	name=cli_$$
	psql -qX "$QUNTU_TEST_PG" -c "CREATE DATABASE ${name}_a" -c "CREATE DATABASE ${name}_b"
	a=${QUNTU_TEST_PG%/*}/${name}_a b=${QUNTU_TEST_PG%/*}/${name}_b
	export QUNTU_STORE="$a"
	serve "$work/pg"
	is "$(post /api/setup '{"name":"ann","password":"lantern-river-42","display":"Ann","community":"Club"}')" 200
	run 0 check --data "$work/pg"; says 'PostgreSQL'
	run 0 doctor --data "$work/pg" --port "${url##*:}"; says "✓ port ${url##*:}"
	run 0 backup "$work/copy.dump" --data "$work/pg"
	stop TERM
	run 1 restore "$work/copy.dump" --data "$work/pg"; says '--force'
	run 1 restore "$work/copy.db" --data "$work/pg"
	export QUNTU_STORE="$b"
	run 0 restore "$work/copy.dump" --data "$work/pg"
	serve "$work/pg"; sign_in; stop TERM
	run 0 restore "$work/copy.dump" --data "$work/pg" --force
	unset QUNTU_STORE
	run 1 restore "$work/copy.dump" --data "$work/pg2"; says 'PostgreSQL'
	psql -qX "$QUNTU_TEST_PG" -c "DROP DATABASE ${name}_a" -c "DROP DATABASE ${name}_b"
	echo "$passed passed, $failed failed"
else
	echo 'PostgreSQL: skipped, because QUNTU_TEST_PG names no server'
	echo "$passed passed, $failed failed, 1 skipped"
fi
[ "$failed" = 0 ]
