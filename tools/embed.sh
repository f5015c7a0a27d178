#!/bin/sh
# embed.sh WORK SCHEMA…: print a C file that holds every schema.sql, template and file of web/dist.
# Bytes are pulled in by the assembler (.incbin), so megabytes cost no compile time. A web file that shrinks is
# embedded gzipped as well. The queries that erase a community are made here too. The table is src/http/static.h's `struct embedded`.
set -eu
work=$1; shift
here=$(pwd)
case $work in /*) ;; *) work=$here/$work ;; esac
rm -rf "$work"; mkdir -p "$work"
echo '/* Made by tools/embed.sh; do not edit. */'
echo '#include <stddef.h>'
echo '#include "http/static.h"'
echo '#include "store/schemas.h"'
bytes() { # NAME FILE: a NUL follows, which the length does not count
	printf '__asm__(".section .rodata\\n.balign 16\\n%s: .incbin \\"%s\\"\\n%s_end: .byte 0\\n.previous\\n");\n' "$1" "$2" "$1"
	printf 'extern const char %s[], %s_end[];\n' "$1" "$1"
}
n=0; : > "$work/schemas"
for f in "$@"; do
	bytes "embedded_schema_$n" "$here/$f"
	printf '\t{ "%s", embedded_schema_%s },\n' "$f" "$n" >> "$work/schemas"
	n=$((n + 1))
done
echo 'const struct embedded_schema embedded_schemas[] = {'; cat "$work/schemas"; echo '	{ NULL, NULL },'; echo '};'

# What erases a community: every table that says whose its rows are. A table with an id goes in pieces.
awk '/^CREATE TABLE / { table = $3; of = 0; piece = 0 }
	/^  community_id / { of = 1 }
	/^  PRIMARY KEY \(community_id, id\)/ { piece = 1 }
	/^\);/ && of { printf "static const struct query erasing_%s = { \"erasing_%s\", \"DELETE FROM %s WHERE community_id = ?1%s\", WRITES, NULL, erasing_takes, 1, .scans = true };\n",
		table, table, table, piece ? " AND id IN (SELECT id FROM " table " WHERE community_id = ?1 ORDER BY id LIMIT 5000)" : ""
		list = list "&erasing_" table ", "; of = 0 }
	BEGIN { print "#include \"store/store.h\"\nstatic const enum kind erasing_takes[] = { K_ID };" }
	END { print "const struct query *const community_erasing[] = { " list "NULL };" }' "$@"

echo '#include "groups/built_in.h"'
n=0; : > "$work/templates"
for f in $(ls src/groups/templates/*.json | LC_ALL=C sort); do
	bytes "embedded_template_$n" "$here/$f"
	name=${f##*/}
	printf '\t{ "%s", embedded_template_%s },\n' "${name%.json}" "$n" >> "$work/templates"
	n=$((n + 1))
done
echo 'const struct built_in built_in_templates[] = {'; cat "$work/templates"; echo '	{ NULL, NULL },'; echo '};'

n=0; : > "$work/files"
if [ -d web/dist ]; then
	for f in $(cd web/dist && find . -type f | sed 's|^\./||' | LC_ALL=C sort); do
		bytes "embedded_file_$n" "$here/web/dist/$f"
		gzip -9nc "web/dist/$f" > "$work/$n.gz"
		hash=$(sha256sum "web/dist/$f" | cut -c1-16)
		if [ "$(wc -c < "$work/$n.gz")" -lt "$(wc -c < "web/dist/$f")" ]; then
			bytes "embedded_gz_$n" "$work/$n.gz"
			gz="embedded_gz_$n, embedded_gz_${n}_end"
		else
			gz="NULL, NULL"
		fi
		printf '\t{ "%s", "%s", embedded_file_%s, embedded_file_%s_end, %s },\n' "$f" "$hash" "$n" "$n" "$gz" >> "$work/files"
		n=$((n + 1))
	done
fi
echo 'const struct embedded embedded_files[] = {'; cat "$work/files"; echo '	{ NULL, NULL, NULL, NULL, NULL, NULL },'; echo '};'
