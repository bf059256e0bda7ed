#!/bin/bash
# quota_steps.sh QUOTAD PLUGIN QUOTACTL: a mail process or quotad is killed at
# each frame that they exchange, before it and after it: no mail is lost that was
# said to be stored, nothing is over, and the ledger is right again once who is
# in doubt was counted.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

LAST=${MAILREEVE_SOAK:+1000}

# settled: quotad has nothing that still waits for its end.
settled() {
	[ "$(sqlite3 "$LAB/keep/ledger.sqlite" \
		'SELECT count(*) FROM lease WHERE NOT stale')" = 0 ]
}

# agree WHAT: each user's account, and their domain's, have what is stored.
agree() {
	local user held sum=0 wrong=0
	for user in "$LAB"/home/*; do
		user=${user##*/}
		doveadm_ quota get -u "$user" >/dev/null ||
			fail "$1: no quota of $user"
		held=$(held "$user")
		if [ "$(used user/"$user")" != "${held% *}" ]; then
			say "$user has $(used user/"$user"), holds $held"
			wrong=$((wrong + 1))
		fi
		sum=$((sum + ${held% *}))
	done
	[ "$wrong" = 0 ] || fail "$1: $wrong users"
	[ "$(used domain/d.example)" = "$sum" ] ||
		fail "$1: the domain has $(used domain/d.example), holds $sum"
	held=$(sqlite3 "$LAB/keep/ledger.sqlite" \
		'SELECT sum(held_bytes) + (SELECT count(*) FROM lease) FROM account')
	[ "$held" = 0 ] || fail "$1: room is held for nobody"
}

# steps FORMAT VICTIM WHEN LAST
steps() {
	local count
	LIMIT=100M
	quota_new "$1" sqlite both
	sed -i "s|keep/quotad.sock|keep/relay.sock|" "$LAB/dovecot.conf"
	mkfifo "$LAB/end"
	python3 "$CASES/quota_steps.py" "$QUOTAD" "$LAB/quotad.conf" \
		"$LAB/keep/relay.sock" "$LAB/keep/quotad.sock" "$2" "$3" "$4" \
		<"$LAB/end" >"$LAB/count" 2>"$LAB/said" &
	QUOTAD_PID=''
	exec 7>"$LAB/end"
	until_it 10 test -S "$LAB/keep/relay.sock" || fail "no relay"
	dovecot_up
	echo >&7
	until_it 400 test -s "$LAB/count" || fail "it takes too long"
	[ ! -s "$LAB/said" ] || fail "$(cat "$LAB/said")"
	until_it 20 settled || fail "leases do not end"
	agree "$*"
	count=$(cat "$LAB/count")
	exec 7>&-
	: >"$LAB/dovecot.log"
	quota_down
	[ "$count" -ge "$5" ] || fail "$*: only $count frames"
	say "$1: $2 killed $3 each of $count frames"
}

for format in maildir ${MAILREEVE_SOAK:+mdbox}; do
	steps "$format" client before "${LAST:-16}" 16
	steps "$format" client after "${LAST:-24}" 16
	steps "$format" daemon before "${LAST:-6}" 6
	steps "$format" daemon after "${LAST:-12}" 6
done
