#!/bin/sh
# deb.sh [full]: the promises of the package. Ends with "N passed, N failed".
#
# Without a word: what can be seen in the package itself, in seconds: contents, rights, lintian, the unit, the man pages.
# full (./dev deb-test): also installs, upgrades, removes and purges it in a fresh Debian made by debootstrap, and runs the
# server there as its own user. Needs root and the network, some minutes.
set -u
cd "$(dirname "$0")/.."
. test/await.sh
out=$(mktemp -d) || exit 1
passed=0 failed=0 skipped=0 server=
promise() { what=$1; }
good() { passed=$((passed + 1)); }
bad()  { failed=$((failed + 1)); echo "FAIL $what: $*"; }
holds() { if "$@" >"$out/said" 2>&1; then good; else bad "not so: $*"; sed 's/^/     | /' "$out/said" | head -n 8; fi; }
is()   { if [ "$1" = "$2" ]; then good; else bad "\"$1\" is not \"$2\""; fi; }
none() { if [ -z "$1" ]; then good; else bad "$2"; printf '%s\n' "$1" | sed 's/^/     | /' | head -n 12; fi; }
skip() { skipped=$((skipped + 1)); echo "$*: skipped"; }
have() { command -v "$1" >/dev/null || [ -x "/usr/sbin/$1" ]; }
end()  { echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"; [ "$failed" = 0 ]; exit; }
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; [ -z "${root:-}" ] || umount "$root/proc" 2>/dev/null; rm -rf "$out"' EXIT

for tool in dpkg-deb dpkg-shlibdeps; do
	have $tool || { echo "the package is not tested: $tool is missing (apt-get install dpkg-dev): skipped"; skipped=1; end; }
done

promise 'the package is made'
deb=$(make -s --no-print-directory deb 2>"$out/made" | tail -n 1) || { cat "$out/made"; bad 'make deb failed'; end; }
holds test -s "$deb"
dpkg-deb -x "$deb" "$out/x" && dpkg-deb -e "$deb" "$out/e"

promise 'it holds the program, its manual, its unit and its examples, for root alone to write'
for file in usr/bin/quntu usr/share/man/man1/quntu.1.gz usr/share/man/zh_CN/man1/quntu.1.gz usr/lib/systemd/system/quntu.service \
	etc/quntu/quntu.conf usr/share/doc/quntu/copyright usr/share/doc/quntu/changelog.gz usr/share/doc/quntu/examples/nginx.conf \
	usr/share/doc/quntu/examples/Caddyfile; do holds test -s "$out/x/$file"; done
none "$(dpkg-deb -c "$deb" | awk '$2 != "root/root" || substr($1, 6, 1) == "w" || substr($1, 9, 1) == "w"')" 'somebody else may write it'
is "$(cat "$out/e/conffiles")" /etc/quntu/quntu.conf
for needed in libsqlite3-0 libmicrohttpd libsodium libpq5 fonts-noto-cjk tzdata adduser; do
	holds grep -q "^Depends:.*$needed" "$out/e/control"
done
for script in postinst prerm postrm; do holds sh -n "$out/e/$script"; done
is "$("$out/x/usr/bin/quntu" version | sed 's/^quntu \([^ ]*\).*/\1/;q')" "$(sed -n 's/^Version: //p' "$out/e/control")"

promise 'the shipped settings are understood, also with every example switched on'
mkdir "$out/set" && sed 's/^#\([a-z_]* =\)/\1/' "$out/x/etc/quntu/quntu.conf" > "$out/set/quntu.conf"
holds "$out/x/usr/bin/quntu" settings --data "$out/set"

if have lintian; then
	promise 'lintian finds nothing'
	# hardening-no-bindnow etc. are not silenced: they do not occur. What is: there is no bug number of an ITP, and this is no
	# Debian source package.
	none "$(lintian --no-cfg --tag-display-limit 0 --suppress-tags initial-upload-closes-no-bugs,no-manual-page "$deb" 2>&1 | grep -E '^[EW]:')" 'lintian complains'
else skip 'lintian (apt-get install lintian)'; fi

if have systemd-analyze; then
	promise 'the unit is well-formed, and hardened'
	sed "s|^ExecStart=/usr/bin/quntu|ExecStart=$out/x/usr/bin/quntu|" "$out/x/usr/lib/systemd/system/quntu.service" > "$out/quntu.service"
	none "$(systemd-analyze verify --man=no "$out/quntu.service" 2>&1 | grep quntu)" 'systemd-analyze verify complains'
	holds systemd-analyze security --offline=true --threshold=20 --no-pager "$out/quntu.service"
else skip 'systemd-analyze'; fi

if have man; then
	promise 'the manual is readable'
	for page in man1 zh_CN/man1; do
		none "$(LC_ALL=C.UTF-8 MANWIDTH=120 man --warnings -l "$out/x/usr/share/man/$page/quntu.1.gz" 2>&1 >/dev/null)" "man complains of $page"
	done
	holds sh -c "man -l '$out/x/usr/share/man/man1/quntu.1.gz' | grep -q 'trusted_proxies'"
else skip 'man'; fi

[ "${1:-}" = full ] || end

# ---- In a real Debian ------------------------------------------------------------------------------------------------

[ "$(id -u)" = 0 ] || { skip 'installing: only root may, '; end; }
have debootstrap || { skip 'installing (apt-get install debootstrap)'; end; }
root=${QUNTU_DEB_ROOT:-/tmp/quntu-deb-root}
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
if ! [ -e "$root/etc/debian_version" ]; then
	echo "Making a Debian in $root (once)" >&2
	debootstrap --variant=minbase --include=adduser,ca-certificates bookworm "$root" >"$out/said" 2>&1 || { tail -n 3 "$out/said"; bad 'debootstrap failed'; end; }
	cp /etc/apt/apt.conf.d/*proxy* "$root/etc/apt/apt.conf.d/" 2>/dev/null
fi
cp /etc/resolv.conf "$root/etc/resolv.conf" 2>/dev/null
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc" 2>/dev/null || true
inside dpkg --purge quntu >/dev/null 2>&1
rm -rf "$root/var/lib/quntu" "$root/etc/quntu"
cp "$deb" "$root/tmp/quntu.deb"

promise 'it installs, with a user, folders and rights'
inside apt-get -q -y update >"$out/said" 2>&1
inside apt-get -q -y --no-install-recommends install /tmp/quntu.deb >"$out/said" 2>&1 && good || { bad 'apt-get install failed'; tail -n 20 "$out/said"; end; }
holds inside getent passwd quntu
is "$(inside stat -c '%U:%G %a' /var/lib/quntu)" 'quntu:quntu 750'
is "$(inside stat -c '%U:%G %a' /etc/quntu/quntu.conf)" 'root:quntu 640'
is "$(inside readlink /var/lib/quntu/quntu.conf)" /etc/quntu/quntu.conf
holds inside test -e /etc/systemd/system/multi-user.target.wants/quntu.service

promise 'the server runs there as its own user, with the settings of /etc/quntu'
port=$(free_port)
echo "port = $port" >> "$root/etc/quntu/quntu.conf"
as_quntu() { inside runuser -u quntu -- "$@"; }
start() {
	as_quntu quntu serve --data /var/lib/quntu > "$out/serve" 2>&1 &
	server=$!
	await curl -sf -o /dev/null "http://127.0.0.1:$port/api/state" || { bad 'the server does not answer'; cat "$out/serve"; }
}
stop() { kill "$(cat "$root/var/lib/quntu/quntu.lock" 2>/dev/null | tr -dc 0-9)" 2>/dev/null || kill "$server"; wait "$server" 2>/dev/null; server=; }
start
is "$(curl -s -o /dev/null -w '%{http_code}' -H 'Content-Type: application/json' "http://127.0.0.1:$port/api/setup" \
	-d '{"name":"ann","password":"lantern-river-42","display":"Ann","community":"Club"}')" 200
holds as_quntu quntu doctor --data /var/lib/quntu
stop

promise 'an upgrade keeps settings and data, and copies the database before its tables change'
cp -a "$out/x" "$out/y" && cp -a "$out/e" "$out/y/DEBIAN"
sed -i 's/^Version: .*/Version: 99.0.0/' "$out/y/DEBIAN/control"
echo '# a comment of the new version' >> "$out/y/etc/quntu/quntu.conf"
dpkg-deb --root-owner-group -Znone --build "$out/y" "$root/tmp/newer.deb" >/dev/null
inside dpkg --force-confold -i /tmp/newer.deb >"$out/said" 2>&1 && good || { bad 'the upgrade failed'; tail -n 20 "$out/said"; }
holds grep -q "^port = $port" "$root/etc/quntu/quntu.conf"
holds sh -c "! ls '$root'/var/lib/quntu/before-upgrade/*.db"
# As if the version before had not had the newest step yet.
if have sqlite3; then
	step=$(sqlite3 "$root/var/lib/quntu/quntu.db" 'SELECT max(number) FROM schema_step')
	sqlite3 "$root/var/lib/quntu/quntu.db" "DELETE FROM schema_step WHERE number = $step"
	inside dpkg --force-confold -i /tmp/newer.deb >"$out/said" 2>&1 && good || { bad 'the second upgrade failed'; tail -n 20 "$out/said"; }
	holds sh -c "ls '$root'/var/lib/quntu/before-upgrade/quntu-99.0.0.db"
	hash=$(sqlite3 "$root/var/lib/quntu/before-upgrade/quntu-99.0.0.db" "SELECT count(*) FROM account")
	is "$hash" 1
fi

promise 'removing keeps data and settings; purging leaves nothing'
inside dpkg --remove quntu >"$out/said" 2>&1 && good || bad 'remove failed'
holds test -s "$root/var/lib/quntu/quntu.db"
holds test -s "$root/etc/quntu/quntu.conf"
holds test ! -e "$root/usr/bin/quntu"
inside dpkg --purge quntu >"$out/said" 2>&1 && good || bad 'purge failed'
holds test ! -e "$root/var/lib/quntu"
holds test ! -e "$root/etc/quntu"
holds sh -c "! chroot '$root' getent passwd quntu"
umount "$root/proc" 2>/dev/null
end
