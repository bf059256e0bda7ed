#!/bin/bash
# The demo shows what it promises and leaves nothing behind; neither does one
# that is interrupted half way, and it says so.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

begin
lab_down
TOP=$(cd "$CASES/../.." && pwd)
room=$(mktemp -d)
trap 'rm -rf "$room"' EXIT

# tidy: nothing of a demo may be left in its directory for files.
tidy() {
	[ -z "$(ls -A "$room/tmp")" ] || fail "left behind: $(ls -A "$room/tmp")"
}

# demo FILE: run it with a directory of its own for files.
demo() {
	TMPDIR=$room/tmp "$TOP/demo" >"$1" 2>&1
}

half_way() {
	grep -qs '^3\.' "$room/out"
}

mkdir "$room/tmp"
demo "$room/out" || {
	cat "$room/out"
	fail "the demo failed"
}
cat "$room/out"
for promise in 'so it is from a.example: dmarc=pass' '550 5\.7\.26 ' \
	'both signatures fail: dkim=fail' 'Junk  Please confirm' \
	'X-Mailreeve-Verdict: tag;' '450 4\.7\.1 <alice' \
	'action=defer rule=user-burst' '450 4\.7\.1 <bob' \
	'rule=greylist' 'All of it held'; do
	grep -q "$promise" "$room/out" || fail "it does not show: $promise"
done
tidy

: >"$room/out"
TMPDIR=$room/tmp "$TOP/demo" >"$room/out" 2>&1 &
lab_wait 60 half_way || fail "it does not begin a second time"
kill -TERM $!
wait $! && fail "an interrupted demo claims success"
grep -q 'interrupted; all taken down' "$room/out" ||
	fail "an interrupted demo says nothing"
tidy
