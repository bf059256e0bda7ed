#!/bin/bash
# quota_mixed.sh QUOTAD PLUGIN QUOTACTL: twelve sessions that add, copy, move and
# remove at random: when they are done, the ledger has what the mailboxes hold,
# byte for byte; and after processes were killed in the middle of it too, when
# the mailboxes were counted once.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

USERS=u@d.example,v@d.example
SESSIONS=12 DOINGS=60 ROUNDS=2 KILLS=12
# A move is never refused, and of two sessions that move the same mail at once
# each has a copy of it: so much may be over.
MOVED=60000
if [ -n "${MAILREEVE_SOAK:-}" ]; then
	ROUNDS=100 KILLS=200
fi

# settle: have what was removed really removed, by a sync of each mailbox, and
# what is in doubt counted.  Not by a forced resync: mdbox brings back mail that
# mailboxes lost when they were deleted.
settle() {
	local user
	for user in ${USERS//,/ }; do
		doveadm_ mailbox status -u "$user" messages '*' >/dev/null
		doveadm_ fetch -u "$user" uid all >/dev/null
		doveadm_ quota get -u "$user" >/dev/null
	done
}

agree() {
	local user held sum=0
	for user in ${USERS//,/ }; do
		held=$(held "$user")
		[ "$(used user/"$user")" = "${held% *}" ] ||
			fail "$1: $user has $(used user/"$user"), holds $held"
		sum=$((sum + ${held% *}))
	done
	[ "$(used domain/d.example)" = "$sum" ] ||
		fail "$1: the domain has $(used domain/d.example), holds $sum"
	[ "$sum" -le $((1048576 + MOVED)) ] ||
		fail "$1: the domain is over: $sum"
}

nothing_held() {
	local leases
	leases=$(sqlite3 "$LAB/keep/ledger.sqlite" \
		'SELECT count(*) FROM lease')
	[ "$leases" = 0 ] || fail "$1: $leases leases are left"
}

# mixed FORMAT [keep]
mixed() {
	local round said
	quota_new "$1" sqlite both
	quota_up
	for ((round = 1; round <= ROUNDS; round++)); do
		said=$(python3 "$CASES/quota_sessions.py" "$SESSIONS" "$DOINGS" \
			"$round" "$USERS" ${2:+"$2"})
		settle
		agree "$1, round $round"
	done
	nothing_held "$1"
	quota_down
	say "$1: $said"
}

# victim: the PID of a mail process, or of quotad, at random.
victim() {
	pgrep -x 'imap|lmtp|mailreeve-quota' | shuf -n 1
}

# kill_one: kill something at a random moment; quotad comes back.
kill_one() {
	local pid
	sleep "0.0$((RANDOM % 90 + 10))"
	pid=$(victim) || return 0
	kill -KILL "$pid" 2>/dev/null
	if [ "$pid" = "$QUOTAD_PID" ]; then
		wait "$pid" 2>/dev/null
		rm -f "$LAB/keep/quotad.sock"
		quotad_up
	fi
}

killed() {
	local i sessions
	quota_new "$1" sqlite both
	quota_up
	python3 "$CASES/quota_sessions.py" "$SESSIONS" $((DOINGS * KILLS / 12)) 1 \
		"$USERS" >"$LAB/said" 2>&1 &
	sessions=$!
	for ((i = 0; i < KILLS; i++)); do
		kill_one
	done
	wait "$sessions"
	# Leases that nobody ends any more count as dead after this.
	sleep 6.5
	settle
	for user in ${USERS//,/ }; do
		doveadm_ quota recalc -u "$user" || fail "no recount"
	done
	agree "$1, $KILLS kills"
	nothing_held "$1, $KILLS kills"
	say "$1, $KILLS kills: $(tail -n 1 "$LAB/said")"
	: >"$LAB/dovecot.log"
	quota_down
}

mixed maildir
# Where mailboxes are deleted in use, stock's mdbox takes itself for corrupt, and
# mail comes and goes as its indexes are made anew.
[ -z "${MAILREEVE_SOAK:-}" ] || mixed mdbox keep
killed maildir
