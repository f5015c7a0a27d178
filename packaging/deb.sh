#!/bin/sh
# deb.sh PROGRAM OUT: OUT/quntu_VERSION_ARCH.deb from a built program. Called by `make deb`.
# A hand-written control tree: what goes in is `make install`; what happens on the machine stands in postinst,
# prerm and postrm beside this file. Dependencies are found by dpkg-shlibdeps.
set -eu
cd "$(dirname "$0")/.."
program=$1 out=$2
for tool in dpkg-deb dpkg-shlibdeps; do
	command -v $tool >/dev/null || { echo "deb: $tool is missing; apt-get install dpkg-dev" >&2; exit 1; }
done
umask 022
version=$("$program" version | sed -n '1s/^quntu \([^ ]*\).*/\1/p') arch=$(dpkg --print-architecture)
work=$out/quntu_${version}_$arch root=$out/quntu_${version}_$arch/root
rm -rf "$work" && mkdir -p "$root/DEBIAN" "$work/debian"
make -s --no-print-directory install DESTDIR="$(realpath "$root")" PREFIX=/usr OUT="$(dirname "$program")" >&2
doc=$root/usr/share/doc/quntu
strip --strip-unneeded "$root/usr/bin/quntu"

# What Debian's policy asks of every package.
cat > "$doc/copyright" <<C
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: quntu

Files: *
Copyright: 2026 Quntu engineers
License: Apache-2.0
 On Debian systems the whole text of the Apache License, Version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.
C
cat > "$work/changelog" <<C
quntu ($version) unstable; urgency=medium

  * Version $version.

 -- Quntu engineers <engineers@quntu.invalid>  $(date -u -R -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}")
C
gzip -9nc "$work/changelog" > "$doc/changelog.gz"

printf 'Source: quntu\n\nPackage: quntu\nArchitecture: any\n' > "$work/debian/control"
needs=$(cd "$work" && dpkg-shlibdeps -O -e"root/usr/bin/quntu" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
[ -n "$needs" ] || { echo 'deb: dpkg-shlibdeps found no dependencies' >&2; exit 1; }

cat > "$root/DEBIAN/control" <<C
Package: quntu
Version: $version
Architecture: $arch
Maintainer: Quntu engineers <engineers@quntu.invalid>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f1)
Depends: $needs, adduser, fontconfig, fonts-noto-cjk, tzdata
Pre-Depends: init-system-helpers (>= 1.54~)
Suggests: caddy | nginx, postgresql-client
Section: web
Priority: optional
Description: community operations server
 Quntu runs the communities of a shop, a school or a brand: chat groups, live
 QR codes whose target changes, members, tags and the people who look after
 them. It is one program with its database and its pages inside; no second
 service is needed. PostgreSQL may be used instead of the embedded database.
C
echo /etc/quntu/quntu.conf > "$root/DEBIAN/conffiles"
for script in postinst prerm postrm; do install -m 755 "packaging/$script" "$root/DEBIAN/$script"; done
(cd "$root" && find . -type f ! -path './DEBIAN/*' ! -path ./etc/quntu/quntu.conf -printf '%P\n' | LC_ALL=C sort | xargs md5sum > DEBIAN/md5sums)
dpkg-deb --root-owner-group -Zxz --build "$root" "$out" >&2
rm -rf "$work"
echo "$out/quntu_${version}_$arch.deb"
