#!/bin/bash
# packages.sh SUITE OUTDIR: the Debian packages build in a clean root of the
# release, byte for byte the same each time, and lintian finds nothing.  What a
# host installs them from stays in OUTDIR, for host.sh.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

SUITE=$1 OUT=$2
# The recipe is the same for both releases; a soak takes the time for both.
AGAIN=no
[ "$SUITE" = trixie ] && [ -z "${MAILREEVE_SOAK:-}" ] || AGAIN=yes

# What an earlier tree left must not be taken for ours, whatever happens now.
rm -rf "$OUT/repository" "$OUT/upgrade"
need_root_of "$SUITE" build deb shelf
trap root_drop EXIT
trap 'exit 130' INT TERM HUP
root_layer || fail "cannot copy the source tree"
root_run "--pid --net --fork --kill-child" \
	bash tests/deploy/inside.sh "$ROOT_SHELF" "$AGAIN" ||
	fail "the packages for $SUITE are not as they must be"
mkdir -p "$OUT" && cp -r "$ROOT_RUN"/src/build/deploy/{repository,upgrade} "$OUT"
