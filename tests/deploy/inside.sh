#!/bin/bash
# inside.sh SHELF yes|no: in the root of a release, without a network: build the
# packages, a second time to compare if wanted, judge them, build what upgrades
# them, and lay out in build/deploy what a host installs from: repository/ and
# upgrade/.
set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
OUT=$TOP/build/deploy
SHELF=$1 AGAIN=$2

# shellcheck source=../support/say.sh
. "$TOP/tests/support/say.sh"

# check TEXT COMMAND ...: say that the command succeeds, or end.
check() {
	local text=$1 begin=$SECONDS
	shift
	if "$@"; then
		say_good "$text ($((SECONDS - begin)) s)"
	else
		say_bad "$text"
		exit 1
	fi
}

# as_nobody COMMAND ...: packages are built without root.
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}

# first: as a person does, in a plain environment.
first() {
	install -d -o nobody "$OUT/1" &&
		as_nobody env HOME=/nonexistent TMPDIR=/tmp packaging/deb/build "$OUT/1"
}

# second: elsewhere, as somebody else, with another umask, locale, time zone,
# name of the host and age of its files.
second() {
	local other=/var/tmp/another/and/much/longer/path
	mkdir -p "$other" /var/tmp/scratch &&
		cp -r "$TOP/." "$other" && rm -rf "$other/build" &&
		find "$other" -exec touch -d '2 years ago' {} + &&
		(
			umask 077
			unshare --uts bash -c 'hostname elsewhere; exec "$@"' \
				bash env TMPDIR=/var/tmp/scratch LC_ALL=C LANG=tr_TR \
				TZ=Asia/Kolkata USER=somebody HOME=/nonexistent \
				DEB_BUILD_OPTIONS=parallel=1 \
				"$other/packaging/deb/build" "$OUT/2"
		)
}

# same: are both builds equal, byte for byte?
same() {
	local file status=0
	for file in "$OUT"/1/*.deb "$OUT"/1/*.tar.xz "$OUT"/1/*.dsc; do
		cmp "$file" "$OUT/2/${file##*/}" && continue
		status=1
		[[ $file != *.deb ]] || differences "${file##*/}"
	done
	return "$status"
}

# differences DEB: what in it differs.
differences() {
	local build
	for build in 1 2; do
		dpkg-deb -R "$OUT/$build/$1" "/tmp/unpacked.$build"
	done
	diff -rq /tmp/unpacked.1 /tmp/unpacked.2
	rm -rf /tmp/unpacked.1 /tmp/unpacked.2
}

# The tree's own overrides are the only ones: no profile of this machine's.
judge() {
	lintian --no-cfg --allow-root --pedantic --display-info \
		--fail-on error,warning "$OUT"/1/*.changes
}

# depends DEB: does the package depend on every library that its programs need?
depends() {
	local deb=$1 unpacked library libraries package depends status=0
	unpacked=$(mktemp -d)
	dpkg-deb -x "$deb" "$unpacked"
	depends=$(dpkg-deb -f "$deb" Depends)
	libraries=$(find "$unpacked" -type f -exec objdump -p {} \; \
		2>/dev/null | awk '$1 == "NEEDED" { print $2 }' | sort -u)
	grep -qx libc.so.6 <<<"$libraries" || status=1
	for library in $libraries; do
		package=$(dpkg -S "*/$library" | sed -n '1s/:.*//p')
		[[ ", $depends," == *", $package"[\ ,]* ]] && continue
		say_bad "$library is of package $package, not in: $depends"
		status=1
	done
	rm -rf "$unpacked"
	return "$status"
}

# newer: build a version that upgrades this one and has another sample
# configuration.
newer() {
	local tree=/var/tmp/newer now
	cp -r "$TOP/." "$tree" && rm -rf "$tree/build" || return 1
	now=$(dpkg-parsechangelog -l packaging/deb/changelog -S Version)
	{
		printf 'mailreeve (%s+next) unstable; urgency=medium\n\n' "$now"
		printf '  * The next version.\n\n'
		dpkg-parsechangelog -l packaging/deb/changelog -S Date |
			sed "s/^/ -- Somebody <somebody@mailreeve.example>  /"
		echo
		cat packaging/deb/changelog
	} >"$tree/packaging/deb/changelog"
	echo '# A comment that the next version has.' \
		>>"$tree/packaging/milter.conf"
	DEB_BUILD_OPTIONS=nolto "$tree/packaging/deb/build" "$OUT/upgrade"
}

# repository: the packages and what they depend on, as apt reads them.
repository() {
	local folder=$OUT/repository
	mkdir "$folder" && cp "$SHELF"/*.deb "$folder" &&
		find "$OUT/1" -name '*.deb' ! -name '*-dbgsym_*' \
			-exec cp -t "$folder" {} + &&
		(cd "$folder" && dpkg-scanpackages --multiversion . >Packages)
}

# named: without a library that it builds with, the command names it.
named() {
	dpkg --remove --force-depends libunbound-dev >/dev/null 2>&1 || return 1
	! packaging/deb/build "$OUT/never" 2>"$OUT/said" &&
		grep -q 'apt install .* libunbound-dev$' "$OUT/said"
}

figures() {
	local deb
	for deb in "$OUT"/1/*.deb; do
		echo "${deb##*/}: $(stat -c %s "$deb") bytes," \
			"$(dpkg-deb -f "$deb" Installed-Size) kB installed;" \
			"depends: $(dpkg-deb -f "$deb" Depends)"
	done | say_proof
}

cd "$TOP" || exit 1
mkdir -p "$OUT"
check "the packages build, without a network and without root" first
if [ "$AGAIN" = yes ]; then
	check "they build again elsewhere, as another user" second
	check "both builds are equal, byte for byte" same
fi
check "lintian finds nothing" judge
for deb in "$OUT"/1/mailreeve-*_*.deb; do
	[[ $deb == *-dbgsym_* ]] ||
		check "${deb##*/} depends on what it needs" depends "$deb"
done
check "a newer version builds" newer
check "a repository of them" repository
check "what is missing to build is named" named
figures
