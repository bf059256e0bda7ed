#!/bin/bash
# The bench of policy servers runs: each answers in every bench, and each figure
# comes out as a line of JSON.  Times are not judged.
# Usage: policy_check.sh BUILD
set -u

BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

skip() {
	echo "skipped: $*"
	exit 77
}

[ "$(id -u)" = 0 ] || skip "the bench needs root"
for program in knotd postfwd1 postgrey unshare python3; do
	command -v "$program" >/dev/null || skip "$program is not installed"
done
unshare --net --mount --pid --fork --mount-proc true ||
	skip "this system does not let root make namespaces"

"$BENCH/run" policy --quick --json --no-install --build="$1" |
	/usr/bin/python3 "$BENCH/policy_check.py"
exit "$((PIPESTATUS[0] | PIPESTATUS[1]))"
