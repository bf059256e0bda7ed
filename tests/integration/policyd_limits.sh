#!/bin/bash
# What users submit is counted by a real Postfix's requests: the limit is reached
# by messages that were sent, refused and given up ones do not count, those that
# the milter refuses after the end of the message do; and while a DNS list is
# dead, users do not wait for it.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=policyd_common.sh
. "$CASES/policyd_common.sh"

SILENT=10.53.0.2
USERS='alice carol dave erin'

# session USER COMMAND ...: such a session from home; see policyd_session.py.
session() {
	lab_on home /usr/bin/python3 "$CASES/policyd_session.py" mx.a.example \
		"$LAB/ca.pem" "$1@a.example" secret "${@:2}"
}

# twice USER: a message that our milter refuses.
twice() {
	compose "$1@a.example" 'from twice' 'Subject: twice' \
		>"$LAB/letter.eml"
	lab_on home curl -sSv --ssl-reqd --cacert "$LAB/ca.pem" \
		-u "$1@a.example:secret" \
		--url smtp://mx.a.example:587/home.example \
		--mail-from "$1@a.example" --mail-rcpt bob@b.example \
		--upload-file "$LAB/letter.eml" >"$LAB/dialog" 2>&1
}

# milliseconds COMMAND ...: print how long it takes.
milliseconds() {
	local before
	before=$(date +%s%3N)
	"$@" >/dev/null || fail "$*: $(grep '^< [45]' "$LAB/dialog")"
	echo "$(($(date +%s%3N) - before))"
}

begin
two_hosts
for user in $USERS; do
	host_mailbox a "$user" secret
done
lab_on net ip address add "$SILENT/24" dev br0
start_hosts 10.53.0.50/32
lab_daemon net silent_dns /usr/bin/python3 "$CASES/silent_dns.py" "$SILENT" \
	"$LAB_DNS" dead.example || fail "no silent DNS server"
lab_kill a mailreeve-milter TERM
lab_wait 10 lab_ended a mailreeve-milter
host_milter a "$MILTER" 'outgoing_refuse = {"duplicate"}' ||
	fail "the milter of mx.a.example does not start again"
host_policyd a "$POLICYD" 'default_limits = no' 'default_lists = no' \
	'trusted_networks = {127.0.0.0/8, ::1, 10.53.0.50}' \
	"resolvers = {\"$SILENT\"}" 'greylist = no' 'score_reject = 0' \
	'list_test_interval = 1d' 'list "dead.example" { }' \
	'limit "user" { rate = 5
	  period = 1h
	  new_accounts = no
	  steps = {"1 defer", "2 reject"} }' ||
	fail "the policy daemon of mx.a.example does not start"
host_policyctl a doctor >"$LAB/doctor" && fail "Postfix does not ask yet"
host_use_policyd a || fail "the commands of postfix-snippet do not work"
host_policyctl a doctor >"$LAB/doctor" || fail "$(cat "$LAB/doctor")"
say_proof <"$LAB/doctor"

say_step "A limit of five"
submits alice 5
grep -q '^< 450 ' "$LAB/dialog" || fail "the first refusal is none for now"
grep '^< 4' "$LAB/dialog" | tr -d '\r' | say_proof
policy_log a 'login=alice@a\.example .*action=defer .*rule=user'
for _ in 1 2 3 4 5; do
	submit alice bob@b.example
done
grep -q '^< 554 5\.7\.1 ' "$LAB/dialog" ||
	fail "not rejected at twice the limit: $(grep '^< [45]' "$LAB/dialog")"
policy_log a 'login=alice@a\.example .*action=reject .*rule=user'

say_step "What is given up does not count"
session carol 5 reset 5 reset 4 reset 6 reset | say_proof
submits carol 5

say_step "What the milter refuses after the end of the message does"
for _ in 1 2 3; do
	twice dave && fail "the milter refuses nothing"
	grep -q '^< 550 5\.7\.1 Not sent' "$LAB/dialog" ||
		fail "not by the milter: $(grep '^< [45]' "$LAB/dialog")"
done
submits dave 2

say_step "A DNS list that never answers"
for i in 1 2 3; do
	lab_on home curl -sS --url smtp://mx.a.example/home.example \
		--mail-from "eve@home.example" --mail-rcpt alice@a.example \
		--upload-file "$LAB/letter.eml" >"$LAB/stranger.$i" 2>&1 &
done
alone=$(milliseconds submit erin bob@b.example)
wait_at=$(date +%s%3N)
beside=$(milliseconds submit erin bob@b.example)
say "a user's submission: $alone ms, then $beside ms, beside strangers who wait"
[ "$beside" -lt 1200 ] || fail "users wait for a dead list"
wait
say "the strangers were served after $(($(date +%s%3N) - wait_at)) ms more"

settle
policyd_settle a
