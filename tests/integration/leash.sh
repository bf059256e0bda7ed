#!/bin/bash
# A laboratory whose owner is killed by SIGKILL ends by itself: no process of it
# stays, with the processes go its namespaces and mounts, and the next
# laboratory deletes its files, but not those of one that is up.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# saved COUNT: has the owner noted so many lines?
saved() {
	[ "$(grep -cs . "$owner/state")" = "$1" ]
}

begin
lab_down
owner=$(mktemp -d)
trap 'rm -rf "$owner"' EXIT
TMPDIR=$owner bash -c '
	. "$0/lab.sh"
	lab_up leashed && host_new a a.example 10.53.0.11 && lab_dns && host_start a &&
		lab_save "$1"
	exec sleep 60' "$LAB_SUPPORT" "$owner/state" &
lab_wait 30 saved 3 || fail "no laboratory with two machines"
kill -KILL $!
wait $! 2>/dev/null
read -r remains <"$owner/state"
while read -r name pid age; do
	lab_wait 10 lab_gone "$pid" || fail "$name (PID $pid, $age) lives on"
done < <(tail -n +2 "$owner/state")
say "both machines ended with their owner"
# Those who waited for them end a moment later.
lab_wait 10 flock -n "$remains/lock" true || fail "somebody holds $remains"

trap 'lab_down; rm -rf "$owner"' EXIT
TMPDIR=$owner bash -c '. "$0/lab.sh"; lab_up stay && lab_save "$1"' \
	"$LAB_SUPPORT" "$owner/state" || fail "no second laboratory"
lab_load "$owner/state" || fail "the second laboratory left no state"
[ ! -e "$remains" ] || fail "$remains is still there"
TMPDIR=$owner scratch_tidy mr
[ -e "$LAB/net/ready" ] || fail "$LAB is gone"
say "the next one deleted its files, and nobody those of the next"
