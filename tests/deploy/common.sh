# common.sh: what both tests of packages do.  Sourced by bash.
# shellcheck shell=bash

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# shellcheck source=../support/say.sh
. "$TOP/tests/support/say.sh"
# shellcheck source=../support/packages.sh
. "$TOP/tests/support/packages.sh"
# shellcheck source=../support/root.sh
. "$TOP/tests/support/root.sh"

# skip TEXT: this test cannot run here.
skip() {
	echo "skipped: $*"
	exit 77
}

fail() {
	say_bad "$*"
	exit 1
}

# need_root_of SUITE PURPOSE ...: set ROOT_BASE to such a root, or end the test
# where none can be made.
need_root_of() {
	local status=0
	[ "$(id -u)" = 0 ] || skip "a root of its own needs root"
	command -v debootstrap >/dev/null || skip "debootstrap is not installed"
	root_base "$@" || status=$?
	[ "$status" != 2 ] || skip "no root of $1 yet, and no way to make one"
	[ "$status" = 0 ] || fail "cannot make a root of $1"
}

# need_host_of SUITE: the same for a root that boots.
need_host_of() {
	command -v systemd-nspawn >/dev/null || skip "systemd-nspawn is not installed"
	unshare --mount --net --pid --fork --mount-proc true ||
		skip "this system does not let root make namespaces"
	need_root_of "$1" boot
}
