#!/bin/bash
# packaging/deb says what the rest of the tree says: it builds with what
# tests/support/packages.sh installs for building, every package depends on what
# its programs link with, and its version is that of CMakeLists.txt.
. "$(dirname "$0")/common.sh"
TOP=$PWD
control=packaging/deb/control

# shellcheck source=../support/packages.sh
. "$TOP/tests/support/packages.sh"

# build_depends: the libraries and tools, one a line.
build_depends() {
	sed -n '/^Build-Depends:/,/^[A-Z]/{s/^ \([a-z0-9.+-]*\).*,$/\1/p}' \
		"$control" | sort
}

# A Debian package takes a compiler for granted, and asks for its own helpers.
while read -r wrong; do
	problem "$control: Build-Depends and PACKAGES_BUILD differ: $wrong"
done < <(diff \
	<(build_depends | grep -vxE 'debhelper-compat|dh-sequence-[a-z]*') \
	<(packages_names build | grep -vxE 'gcc|libc6-dev') | grep '^[<>]' || true)

packages=$(grep -c '^Package:' "$control")
# shellcheck disable=SC2016 # dpkg expands them
depends=$(grep -cx 'Depends: ${misc:Depends}, ${shlibs:Depends}.*' "$control") ||
	true
if [[ $packages -ne $depends ]]; then
	problem "$control: a package lacks \${misc:Depends}, \${shlibs:Depends}"
fi

version=$(sed -n 's/^project(mailreeve VERSION \([0-9.]*\) .*/\1/p' CMakeLists.txt)
packaged=$(sed -n '1s/^mailreeve (\([0-9.]*\).*/\1/p' packaging/deb/changelog)
if [[ -z $version || $version != "$packaged" ]]; then
	problem "packaging/deb/changelog:1: version $packaged, not $version"
fi
finish
