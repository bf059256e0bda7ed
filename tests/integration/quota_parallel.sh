#!/bin/bash
# quota_parallel.sh QUOTAD PLUGIN QUOTACTL: fifty messages of 100 kB at once,
# where ten fit: exactly ten are stored.  Stock's own driver stores more.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

COUNT=50 BYTES=100000 FIT=10
ROUNDS=3
[ -z "${MAILREEVE_SOAK:-}" ] || ROUNDS=100

# All pairs of: how it comes, at which pace, into what, which root, and, by
# turns, which store.
PAIRS='append fast maildir user sqlite
append slow mdbox domain sqlite
append fast mdbox both redis
lmtp slow maildir both sqlite
lmtp fast mdbox user redis
lmtp fast maildir domain redis
append slow maildir user redis
lmtp slow mdbox both sqlite'
EVERY=$(for kind in append lmtp; do for pace in fast slow; do
	for format in maildir mdbox; do for roots in user domain both; do
		for store in sqlite redis; do
			echo "$kind $pace $format $roots $store"
		done
	done; done
done; done)

# users ROUND: one user, or three of one domain.
users() {
	case $ROOTS in
	user | count) echo "u1@d$1.example" ;;
	*) echo "u1@d$1.example,u2@d$1.example,u3@d$1.example" ;;
	esac
}

# race KIND PACE ROUND: print what the clients were told, and what is stored.
race() {
	local users told stored user
	local -a each
	users=$(users "$3")
	IFS=, read -ra each <<<"$users"
	# Of fifty processes that make a user's first mdbox, stock lets some
	# fail, with its own driver too.
	for user in "${each[@]}"; do
		doveadm_ mailbox status -u "$user" messages INBOX >/dev/null
	done
	told=$(python3 "$CASES/quota_race.py" "$1" "$2" "$COUNT" "$BYTES" \
		"$users")
	stored=$(held "${each[@]}")
	echo "${stored#* } ${stored% *} $told"
}

# exact KIND PACE ROUND: ten, no more and no fewer; and the ledger says so.
exact() {
	local stored bytes taken refused neither text key=domain/d$3.example
	[ "$ROOTS" != user ] || key=user/u1@d$3.example
	read -r stored bytes taken refused neither text <<<"$(race "$@")"
	[ "$stored" = "$FIT" ] || fail "$* stored $stored: $text"
	[ "$taken" = "$FIT" ] || fail "$* told $taken clients it did: $text"
	[ $((refused + $(deadlocks))) -ge $((COUNT - FIT)) ] ||
		fail "$* refused $refused, $neither got another answer: $text"
	[[ $text == *"full: it may hold 1.0 MB"* ]] ||
		fail "$* does not say what is full: $text"
	[ "$(used "$key")" = "$bytes" ] ||
		fail "$* the ledger has $(used "$key"), not $bytes"
}

# deadlocks: how many processes of stock's died of that so far.
deadlocks() {
	grep -c 'Panic: .*list.index.log.*deadlock' "$LAB/dovecot.log"
}

stock() {
	local stored most=0 round
	quota_new maildir sqlite count
	quota_up
	for round in 1 2 3; do
		read -r stored _ <<<"$(race append slow "$round")"
		[ "$stored" -le "$most" ] || most=$stored
	done
	quota_down
	[ "$most" -gt "$FIT" ] ||
		fail "stock's driver does not overshoot: this test shows nothing"
	say "stock's count stores up to $most where $FIT fit"
}

combination() {
	local round
	quota_new "$3" "$5" "$4"
	quota_up
	for ((round = 1; round <= ROUNDS; round++)); do
		exact "$1" "$2" "$round"
	done
	quota_down
	say "$*: $FIT of $COUNT, $ROUNDS times"
}

stock
[ -z "${MAILREEVE_SOAK:-}" ] || PAIRS=$EVERY
while read -r line; do
	# shellcheck disable=SC2086 # words
	combination $line
done <<<"$PAIRS"
