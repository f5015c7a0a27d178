#!/bin/sh
# lint.sh: what the compiler does not see. Each rule is one test; a finding is "path:line: what".
# A rule that has to give way does so by a line "RULE PATH[ NAME]: reason" in tools/lint-exceptions.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C

find . \( -name .git -o -name node_modules -o -path ./build -o -path ./web/dist -o -path ./test/fuzz/corpus \
	-o -name '*.png' -o -name '*.jpg' -o -name '*.pdf' \) -prune -o -type f -print | sed 's|^\./||' | LC_ALL=C sort > "$work/all"
grep -E '\.[ch]$' "$work/all" > "$work/c"
sed -n 's/^\([^#][^:]*\):.*/\1/p' tools/lint-exceptions > "$work/exceptions"

# rule NAME "what it says": findings come on standard input, as "path:line: message" or "path:line: NAME: message".
rule() {
	awk -v rule="$1" 'reading == "exceptions" { may[$0] = 1; next }
		{ split($0, part, ":"); name = part[3]; sub(/^ /, "", name)
		  if (!((rule " " part[1]) in may) && !((rule " " part[1] " " name) in may)) print }' \
		reading=exceptions "$work/exceptions" reading=findings - > "$work/found"
	if [ -s "$work/found" ]; then
		echo "$1" >> "$work/failed"; echo "FAIL $1: $2"; sed 's/^/  /' "$work/found"
	else
		echo "$1" >> "$work/passed"
	fi
}

# Rooms from the ground up. A room includes itself and what stands before it; headers count like sources.
xargs awk -v rooms='base media store http engine people groups channel automation campaign example bench main' '
	BEGIN { n = split(rooms, r, " "); for (i = 1; i <= n; i++) floor[r[i]] = i }
	function room(path, p) { sub(/^src\//, "", path); split(path, p, "/"); return path ~ /\// ? p[1] : "main" }
	/^[ \t]*#[ \t]*include[ \t]*"/ && FILENAME ~ /^(src|bench)\// {
		split($0, q, "\""); here = room(FILENAME); there = room(q[2])
		if (!(here in floor)) { print FILENAME ":" FNR ": room " here " is unknown; add it to tools/lint.sh"; next }
		if (FILENAME ~ /_test\.[ch]$/ && q[2] !~ /\//) next       # test.h, client.h
		if (!(there in floor)) print FILENAME ":" FNR ": includes \"" q[2] "\": write it as \"room/file.h\""
		else if (floor[there] > floor[here]) print FILENAME ":" FNR ": " here " must not include " there
	}' < "$work/c" | rule rooms 'includes point downward only'

# Libraries stay behind the room that speaks for them.
xargs awk '/^#[ \t]*include[ \t]*</ && FILENAME ~ /^src\// && FILENAME !~ /_test\.c$/ {
		split($0, q, /[<>]/); want = ""
		if (q[2] ~ /^(sqlite3|libpq-fe)\.h/) want = "store"; else if (q[2] == "microhttpd.h") want = "http"
		else if (q[2] ~ /^(zbar|qrencode|cairo|pango|turbojpeg|jpeglib|zip\.h|xlsxwriter)/) want = "media"; else if (q[2] ~ /^(expat|libwebsockets)\.h/) want = "channel"
		if (want != "" && FILENAME !~ "^src/" want "/") print FILENAME ":" FNR ": <" q[2] "> belongs to " want "/" }' \
	< "$work/c" | rule libraries 'one room speaks for each library'

xargs awk 'FNR == 1 { depth = 0; at = 0 }
	/^[A-Za-z_].*\(.*$/ && !/;[ \t]*$/ && !/^(typedef|struct [a-z_]+ *\{|enum|union|static const struct|const struct)/ { at = FNR; split($0, w, "("); k = split(w[1], v, /[ *]+/); name = v[k]
		if (name ~ /^(TEST|PROMISE)$/) { split(w[2], a, ","); name = a[1] } }
	/\{[ \t]*$/ && /^[^ \t#]/ && !depth && at { depth = at }
	/^\}/ { if (depth && FNR - depth > 100) print FILENAME ":" depth ": " name ": " FNR - depth + 1 " lines"; depth = 0; at = 0 }' \
	< "$work/c" | rule function-length 'a function has at most 100 lines'

grep -E '\.([ch]|def|sh|sql|ts|vue|css)$|^dev$' "$work/all" | grep -v '^web/api/schema\.d\.ts$' | xargs wc -l |
	awk '$2 != "total" && $1 > 1200 { print $2 ":1200: " $1 " lines" }' | rule file-length 'a file has at most 1,200 lines'

grep -E '^(src|bench|test)/.*\.[ch]$' "$work/c" | xargs awk 'FNR == 1 { k = split(FILENAME, part, "/")
	if (index($0, "/* " part[k]) != 1) print FILENAME ":1: does not begin with \"/* " part[k] ": what it is\"" }' |
	rule header 'a file begins by telling what it is'

grep -E '^(src|bench)/' "$work/c" | xargs awk '/(_format|printf|buf_z|buf_str|buf_add) *\(.*"[^"]*(SELECT |INSERT INTO|UPDATE [a-z_]+ SET|DELETE FROM)/ {
	print FILENAME ":" FNR ": SQL is a constant query, never joined text" }
	/(sqlite3_exec|sqlite3_prepare|PQexec|PQprepare)[A-Za-z0-9_]* *\(/ && FILENAME !~ /^src\/store\// { print FILENAME ":" FNR ": only store/ talks to the database" }' |
	rule sql 'SQL is never joined from pieces'

awk '/^ERR\(/ { k = split($0, q, "\""); zh = q[2]; en = q[4]
	if (k != 5 || zh == "" || en == "") print FILENAME ":" FNR ": a sentence is missing"
	else if (zh !~ /[\344-\351]/) print FILENAME ":" FNR ": the Chinese sentence holds no Chinese"
	else if (en ~ /[\200-\377]/) print FILENAME ":" FNR ": the English sentence holds Chinese" }
	!/^ERR\(|^\/\*| \*|^$/ { print FILENAME ":" FNR ": not an ERR line" }' src/base/errors.def |
	rule errors 'every error speaks both languages'

grep -E '^web/console/.*words[a-z_]*\.ts$' "$work/all" | xargs awk "/^  '[a-zA-Z_.0-9]+':/ { split(\$0, q, \"'\"); if (q[2] in at) print FILENAME \":\" FNR \": \" q[2] \" stands in \" at[q[2]] \" too: one of them would win\"
	at[q[2]] = FILENAME }" | rule words 'a word of the console is said once'

grep -E '^web/.*[.]vue$' "$work/all" | xargs grep -nHE '^:global[(].*[)] +[.#a-z]' | cut -c1-120 |
	rule scoped 'a scoped :global(…) drops what follows it and styles the whole page; :lang() and :deep() do not'

grep -vxF tools/lint.sh "$work/all" | xargs grep -nHE 'registry[.](npm|yarn)|npm(mirror|js)[.](com|org)|pkg[.]dev/|[.]pypi[.]org|"resolved":' | cut -c1-120 |
	rule hosts 'no file names a package registry'

grep -vE '^(LICENSE|tools/lint\.sh|docs/|web/package-lock\.json)' "$work/all" |
	xargs grep -nHE '\b(TO''DO|FIX''ME|XX''X|HA''CK)\b' | cut -c1-120 | rule unfinished 'nothing is left for later in a comment'

grep -E '\.([ch]|def|sh|sql|ts|vue|css|html|md|json|yml)$|^(dev|Makefile|\.ci/run)$' "$work/all" | grep -v 'package-lock' > "$work/text"
xargs grep -nHE '[[:blank:]]+$' < "$work/text" | cut -c1-80 | rule blanks 'no line ends in blanks (./dev fmt mends it)'
grep -E '\.([ch]|def)$' "$work/text" | xargs awk '{ line = $0; gsub(/\t/, "    ", line); gsub(/[\200-\277]/, "", line) }
	length(line) > 140 && FILENAME !~ /errors\.def$|_test\.c$/ && !/^\t+(\{ "|FIELD\()/ { print FILENAME ":" FNR ": " length(line) " characters" }' |
	rule width 'a line has at most 140 characters (aim for 120)'

touch "$work/passed" "$work/failed"
echo "$(wc -l < "$work/passed") passed, $(wc -l < "$work/failed") failed"
! [ -s "$work/failed" ]
