#!/bin/bash
# quota_peers.sh QUOTAD PLUGIN QUOTACTL: a local user without rights gets nothing
# of quotad, and one who floods or lies harms himself alone; leases of a client
# that is gone stay held, over a SIGKILL of the daemon too.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

quota_new maildir sqlite user
quotad_up
said=$(timeout 60 python3 "$CASES/quota_peers.py" "$LAB/keep/quotad.sock" 65533) ||
	fail "$said"
grep -q 'peer_broken uid=65533 .*reason="it sent what is no frame"' \
	"$LAB/quotad.log" || fail "garbage is not logged"
[ "$(grep -c 'peer_denied uid=65533' "$LAB/quotad.log")" -le 52 ] ||
	fail "who is denied fills the log"

leases() {
	sqlite3 "$LAB/keep/ledger.sqlite" \
		"SELECT count(*) FROM lease WHERE stale = $1"
}
held_back() {
	sqlite3 "$LAB/keep/ledger.sqlite" \
		"SELECT held_bytes, stale_bytes FROM account WHERE key = 'user/al'"
}

# What holds something stays, what holds nothing goes with its client.
none_lives() {
	[ "$(leases 0)" = 0 ]
}
until_it 5 none_lives || fail "$(leases 0) leases live on"
[ "$(leases 1) $(held_back)" = '1 100|100' ] ||
	fail "stale: $(leases 1) $(held_back)"
kill -KILL "$QUOTAD_PID"
wait "$QUOTAD_PID" 2>/dev/null
rm -f "$LAB/keep/quotad.sock"
quotad_up
[ "$(leases 1) $(held_back)" = '1 100|100' ] ||
	fail "after a SIGKILL: $(leases 1) $(held_back)"

# Another daemon keeps off this ledger.
sed "s|quotad.sock|other.sock|" "$LAB/quotad.conf" >"$LAB/other.conf"
"$QUOTAD" -c "$LAB/other.conf" >"$LAB/other.log" 2>&1 && fail "two daemons"
grep -q 'another mailreeve-quotad keeps its ledger' "$LAB/other.log" ||
	fail "$(cat "$LAB/other.log")"
kill "$QUOTAD_PID"
say "strangers, floods and lies harm nobody else; what died stays held"
