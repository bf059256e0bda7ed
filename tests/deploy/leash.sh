#!/bin/bash
# leash.sh SUITE: a host whose test is killed by SIGKILL ends by itself: no
# process of it stays, its mounts go with them, and the next host takes its
# files and control groups away.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

SUITE=$1

# lives_no_more PID
lives_no_more() {
	! kill -0 "$1" 2>/dev/null
}

# remains: print the control groups of that host.
remains() {
	find /sys/fs/cgroup -maxdepth 2 -name "mailreeve-${layer##*.}" 2>/dev/null
}

need_host_of "$SUITE"
scratch_new mailreeve-deploy || fail "no room in ${TMPDIR:-/tmp}"
trap 'host_down; rm -rf "$SCRATCH"' EXIT
trap 'exit 130' INT TERM HUP
bash -c '
	. "$0/common.sh"
	. "$0/host.sh"
	need_host_of "$1"
	mkdir "$2/empty"
	host_boot "$2/empty" && echo "$HOST_INIT $ROOT_RUN" >"$2/host"
	kill -KILL $$' "$TOP/tests/deploy" "$SUITE" "$SCRATCH" 2>/dev/null
read -r pid layer <"$SCRATCH/host" || fail "a Debian $SUITE does not boot"
host_wait 15 lives_no_more "$pid" || fail "its first process ($pid) lives on"
host_wait 15 flock -n "$layer/lock" true || fail "somebody holds $layer"
! grep -q " $layer/" /proc/mounts || fail "its mounts are still there"
say_good "a host ended with its test"
need_host_of "$SUITE"
[ ! -e "$layer" ] || fail "$layer is still there"
host_groups
[ -z "$(remains)" ] || fail "$(remains) is still there"
say_good "the next one took its files away"
