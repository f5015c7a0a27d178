#!/bin/sh
# pg.sh start DIR | stop DIR: a private PostgreSQL for tests, in DIR, gone with it.
#
# `start` prints the URL (for QUNTU_TEST_PG); a cluster that already runs in DIR is used again. It listens in DIR and on a
# free loopback port, trusts everybody who can reach it, and does not sync to disk: for tests only. PostgreSQL refuses to run
# as root, so root lends it to the user postgres (or nobody).
set -eu
. "$(dirname "$0")/await.sh"
usage() { echo "usage: pg.sh start DIR | stop DIR" >&2; exit 2; }
[ $# -eq 2 ] || usage
verb=$1; dir=$2

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1 || true)
[ -x "$bin/initdb" ] || bin=$(dirname "$(command -v initdb || true)")
[ -x "$bin/initdb" ] || { echo "pg.sh: PostgreSQL is not installed (apt install postgresql)" >&2; exit 1; }

as=''
if [ "$(id -u)" = 0 ]; then
	user=postgres
	id "$user" >/dev/null 2>&1 || user=nobody
	as="runuser -u $user --"
fi

serve() {
	free_port > "$dir/port"
	$as "$bin/pg_ctl" -D "$dir/data" -l "$dir/data/server.log" -w -t 300 -o "-p $(cat "$dir/port") -c listen_addresses=127.0.0.1 \
		-c unix_socket_directories=$dir -c fsync=off -c full_page_writes=off -c max_connections=200 \
		-c shared_buffers=64MB -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=128MB -c autovacuum=off" start >>"$dir/log" 2>&1
}

# By its socket in DIR: half the way of TCP, which it answers, too.
url() { echo "postgres://quntu@$(echo "$dir" | sed 's|/|%2F|g'):$(cat "$dir/port")/quntu"; }

start() {
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	if [ -f "$dir/port" ] && $as "$bin/pg_ctl" -D "$dir/data" status >/dev/null 2>&1; then url; return; fi
	rm -rf "$dir/data"
	chmod 755 "$dir"
	[ -z "$as" ] || chown "$user" "$dir"
	cd /                                     # the other user may not read where we stand
	$as "$bin/initdb" -D "$dir/data" -U quntu -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$dir/log" 2>&1 ||
		{ cat "$dir/log" >&2; exit 1; }
	serve || serve || serve || { cat "$dir/log" "$dir/data/server.log" >&2; exit 1; }      # somebody else may have taken that port
	$as "$bin/createdb" -h 127.0.0.1 -p "$(cat "$dir/port")" -U quntu quntu
	url
}

stop() {
	[ -d "$dir/data" ] || return 0
	dir=$(cd "$dir" && pwd)
	cd /
	$as "$bin/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
	rm -rf "$dir/data" "$dir/port" "$dir/log"
	rmdir "$dir" 2>/dev/null || true
}

case $verb in start) start ;; stop) stop ;; *) usage ;; esac
