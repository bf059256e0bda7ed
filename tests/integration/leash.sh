#!/bin/bash
# A laboratory whose owner is killed by SIGKILL ends by itself: no process of it
# stays, and with the processes go its namespaces and mounts.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

begin
lab_down
owner=$(mktemp -d)
trap 'rm -rf "$owner"' EXIT
TMPDIR=$owner bash -c '
	. "$0/lab.sh"
	lab_up leashed && host_new a a.example 10.53.0.11 && lab_dns && host_start a &&
		lab_save "$1"
	exec sleep 60' "$LAB_SUPPORT" "$owner/state" &
lab_wait 30 test -s "$owner/state" || fail "no laboratory"
[ "$(grep -c . "$owner/state")" = 3 ] || fail "it has not two machines"
kill -KILL $!
wait $! 2>/dev/null
while read -r name pid age; do
	lab_wait 10 lab_gone "$pid" || fail "$name (PID $pid, $age) lives on"
done < <(tail -n +2 "$owner/state")
say "both machines ended with their owner"
