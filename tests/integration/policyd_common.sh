# policyd_common.sh: what the integration tests of the policy daemon share.
# Sourced by bash after common.sh; the second argument of a test is the policy
# daemon's program.
# shellcheck shell=bash

POLICYD=${2:?usage: $0 MILTER POLICYD}

# policy_log HOST PATTERN: the policy daemon logged a decision like that.
policy_log() {
	local line
	line=$(grep -h ': decision ' \
		"$LAB/$1/fs/var/log/mailreeve-policyd.log" | grep -E "$2" |
		tail -n 1)
	[ -n "$line" ] || fail "mx.$1.example decided nothing like $2"
	cut -c1-300 <<<"$line" | say_proof
}

# submit USER TO: send a message by submission with a password; what both said is
# in $LAB/dialog.
submit() {
	compose "$1@a.example" "from $1" >"$LAB/letter.eml"
	lab_on home curl -sSv --ssl-reqd --cacert "$LAB/ca.pem" \
		-u "$1@a.example:secret" \
		--url smtp://mx.a.example:587/home.example \
		--mail-from "$1@a.example" --mail-rcpt "$2" \
		--upload-file "$LAB/letter.eml" >"$LAB/dialog" 2>&1
}

# submits USER COUNT: so many messages, and not one more, which is told to come
# again: what was given up does not lead to the next step.
submits() {
	local i
	for ((i = 1; i <= $2; i++)); do
		submit "$1" bob@b.example ||
			fail "message $i of $1: $(grep '^< [45]' "$LAB/dialog")"
	done
	submit "$1" bob@b.example && fail "$1 sends more than $2 messages"
	grep -q '^< 450 4\.7\.1 .*limit user' "$LAB/dialog" ||
		fail "$1 is not stopped but: $(grep '^< [45]' "$LAB/dialog")"
}

# policyd_settle HOST: it ends in order, with nothing for a sanitizer to tell.
policyd_settle() {
	local log=$LAB/$1/fs/var/log/mailreeve-policyd.log
	lab_kill "$1" mailreeve-policyd TERM ||
		fail "the policy daemon of mx.$1.example is gone"
	lab_wait 30 lab_ended "$1" mailreeve-policyd ||
		fail "the policy daemon of mx.$1.example does not stop"
	if grep -q 'Sanitizer' "$log"; then
		grep -m 1 -A 40 'Sanitizer' "$log"
		fail "a sanitizer found something"
	fi
}
