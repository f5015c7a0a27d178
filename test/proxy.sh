#!/bin/sh
# proxy.sh: behind the proxies of packaging/, the server sees who asks and that it was https, and believes nobody else.
# Ends with "N passed, N failed". QUNTU: the program (build/quntu).
set -u
cd "$(dirname "$0")/.."
. test/await.sh
Q=$(realpath "${QUNTU:-build/quntu}")
work=$(mktemp -d) || exit 1
passed=0 failed=0 skipped=0 server= proxy=
export LC_ALL=C.UTF-8
unset QUNTU_DATA QUNTU_STORE QUNTU_PORT
what=
good() { passed=$((passed + 1)); }
bad()  { failed=$((failed + 1)); echo "FAIL $what: $*"; }
is()   { if [ "$1" = "$2" ]; then good; else bad "\"$1\" is not \"$2\""; fi; }
holds(){ case $1 in *"$2"*) good ;; *) bad "\"$1\" does not hold \"$2\"" ;; esac; }
lacks(){ case $1 in *"$2"*) bad "\"$1\" holds \"$2\"" ;; *) good ;; esac; }
trap '[ -z "$proxy" ] || kill "$proxy"; [ -z "$server" ] || kill "$server"; wait; rm -rf "$work"' EXIT

plain=$(free_port); tls=$(free_port "$plain"); port=$(free_port "$plain" "$tls")
"$Q" serve --data "$work/data" --port "$port" --listen 0.0.0.0 --trusted-proxies 127.0.0.1 > "$work/serve" 2>&1 &
server=$!
await curl -sf -o /dev/null "http://127.0.0.1:$port/api/state"
code=$(sed -n 's/.*set-up code is \([^ ]*\).*/\1/p' "$work/serve")
is "$(curl -s -o "$work/said" -w '%{http_code}' -H 'Content-Type: application/json' "http://127.0.0.1:$port/api/setup" \
	-d "{\"name\":\"ann\",\"password\":\"lantern-river-42\",\"display\":\"Ann\",\"community\":\"Club\",\"setup_code\":\"$code\"}")" 200
community=$(node -pe 'JSON.parse(require("fs").readFileSync(process.argv[1])).communities[0].id' "$work/said")
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=qun.example.com -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null

# visit FROM BASE HEADERS…: sign in from that address; the last line of the audit log says where it came from.
visit() {
	from=$1 base=$2; shift 2
	rm -f "$work/jar"
	curl -sk --interface "$from" -c "$work/jar" -D "$work/heads" -o "$work/said" --resolve "qun.example.com:$tls:127.0.0.1" \
		-H 'Content-Type: application/json' "$@" "$base/api/login" -d '{"name":"ann","password":"lantern-river-42"}'
	curl -sk --interface "$from" -b "$work/jar" --resolve "qun.example.com:$tls:127.0.0.1" "$base/api/c/$community/audit?act=signed_in&limit=1" |
		sed -n 's/.*"address":"\([^"]*\)".*/\1/p'
}

behind() {                        # NAME: the same promises for each
	what="behind $1"
	base=https://qun.example.com:$tls
	await curl -skf -o /dev/null --resolve "qun.example.com:$tls:127.0.0.1" "$base/api/state"
	is "$(visit 127.0.0.2 "$base")" 127.0.0.2
	is "$(visit 127.0.0.2 "$base" -H 'X-Forwarded-For: 6.6.6.6')" 127.0.0.2
	is "$(visit 127.0.0.2 "$base" -H 'X-Forwarded-For: 127.0.0.1, 6.6.6.6')" 127.0.0.2
	holds "$(grep -i '^set-cookie' "$work/heads")" Secure
	lacks "$(curl -sk --resolve "qun.example.com:$tls:127.0.0.1" "$base/api/state")" '"proxy_ignored":true'
	# A live stream arrives at once, not when a buffer is full.
	rm -f "$work/live"
	curl -skN --max-time 120 -o "$work/live" -b "$work/jar" --resolve "qun.example.com:$tls:127.0.0.1" "$base/api/c/$community/live" & stream=$!
	await [ -s "$work/live" ]
	kill "$stream"; wait "$stream" 2>/dev/null
	holds "$(head -c 20 "$work/live")" ':'
	# A body of the size of a picture passes.
	head -c 3000000 /dev/zero > "$work/big"
	is "$(curl -sk -o /dev/null -w '%{http_code}' --resolve "qun.example.com:$tls:127.0.0.1" -F "picture=@$work/big" "$base/api/c/$community/pictures")" 401
}

what='without a proxy'
is "$(visit 127.0.0.3 "http://127.0.0.1:$port" -H 'X-Forwarded-For: 6.6.6.6' -H 'X-Forwarded-Proto: https')" 127.0.0.3
lacks "$(grep -i '^set-cookie' "$work/heads")" Secure
holds "$(curl -s --interface 127.0.0.3 -H 'X-Forwarded-For: 6.6.6.6' "http://127.0.0.1:$port/api/state")" '"proxy_ignored":true'

if command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; then
	{ echo "worker_processes 1; pid $work/nginx.pid; error_log $work/error.log; daemon off; events {}"
	  echo "http { access_log off; client_body_temp_path $work/body; proxy_temp_path $work/temp; fastcgi_temp_path $work/f; uwsgi_temp_path $work/u; scgi_temp_path $work/s;"
	  sed -e "s/listen 80;/listen 127.0.0.1:$plain;/" -e "s/listen 443 ssl;/listen 127.0.0.1:$tls ssl;/" -e '/listen \[::\]/d' \
		-e "s|/etc/letsencrypt/live/qun.example.com/fullchain.pem|$work/cert.pem|" \
		-e "s|/etc/letsencrypt/live/qun.example.com/privkey.pem|$work/key.pem|" -e "s/127.0.0.1:8300/127.0.0.1:$port/" packaging/nginx.conf
	  echo '}'; } > "$work/nginx.conf"
	PATH=$PATH:/usr/sbin nginx -c "$work/nginx.conf" 2> "$work/nginx.said" & proxy=$!
	behind nginx
	is "$(curl -s -o /dev/null -w '%{http_code}' -H 'Host: qun.example.com' "http://127.0.0.1:$plain/g/x")" 301
	kill "$proxy"; wait "$proxy" 2>/dev/null; proxy=
else skipped=$((skipped + 1)); echo 'nginx: skipped (apt-get install nginx)'; fi

if command -v caddy >/dev/null; then
	{ printf '{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\thttp_port %s\n\thttps_port %s\n}\n' "$plain" "$tls"
	  sed -e "s/^qun.example.com {/https:\/\/qun.example.com:$tls {\n\tbind 127.0.0.1\n\ttls $(echo "$work" | sed 's|/|\\/|g')\/cert.pem $(echo "$work" | sed 's|/|\\/|g')\/key.pem/" \
		-e "s/127.0.0.1:8300/127.0.0.1:$port/" packaging/Caddyfile; } > "$work/Caddyfile"
	XDG_DATA_HOME=$work XDG_CONFIG_HOME=$work caddy run --adapter caddyfile --config "$work/Caddyfile" > "$work/caddy.said" 2>&1 & proxy=$!
	behind Caddy
	kill "$proxy"; wait "$proxy" 2>/dev/null; proxy=
else skipped=$((skipped + 1)); echo 'Caddy: skipped (apt-get install caddy)'; fi
echo "$passed passed, $failed failed$([ "$skipped" = 0 ] || echo ", $skipped skipped")"
[ "$failed" = 0 ]
