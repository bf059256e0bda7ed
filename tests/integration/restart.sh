#!/bin/bash
# The milters are killed while mail flows, first the one that signs, then the
# one that verifies: Postfix defers, and every message arrives in the end,
# signed and verified, once the milters are back.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

COUNT=400
[ -z "${MAILREEVE_SOAK:-}" ] || COUNT=20000
SENT=0

# send COUNT: hand messages to mx.c.example, the first hop: it has a queue and
# no milter, and knows only mx.a.example.
send() {
	lab_on home smtp-source -s 10 -m "$1" -l 2000 -M home.example \
		-f alice@a.example -t bob@b.example 10.53.0.13:25 ||
		fail "mx.c.example did not take every message"
	SENT=$((SENT + $1))
}

# send_local: leave a message with mx.a.example's own sendmail.
send_local() {
	printf 'From: alice@a.example\nTo: bob@b.example\nSubject: %s\n\n%s\n' \
		"local mail" "Hello Bob" |
		lab_on a sendmail -i -f alice@a.example bob@b.example ||
		fail "sendmail does not take a message"
	SENT=$((SENT + 1))
}

# deferrals NAME: how often has this host put off a delivery?
deferrals() {
	grep -c 'status=deferred' "$LAB/$1/fs/var/log/mail.log"
}

# has_deferred NAME COUNT: more often than that?
has_deferred() {
	[ "$(deferrals "$1")" -gt "$2" ]
}

# strike NAME NEIGHBOUR: kill the milter of a host and send more mail, which
# the host before it on the way must put off.
strike() {
	local before
	before=$(deferrals "$2")
	lab_kill "$1" mailreeve-milter KILL || fail "the milter is not there"
	send 20
	lab_wait 60 has_deferred "$2" "$before" ||
		fail "mx.$2.example deferred nothing"
}

# heal NAME NEIGHBOUR: start the milter again.
heal() {
	host_milter_again "$1" || fail "the milter does not come back"
	say "milter of mx.$1.example killed: mx.$2.example deferred" \
		"$(deferrals "$2") deliveries"
}

begin
two_hosts
host_new c c.example 10.53.0.13 || fail "no machine c"
host_postconf c 'mynetworks = 10.53.0.50/32' 'relayhost = [mx.a.example]'
for name in a c; do
	host_postconf "$name" 'queue_run_delay = 2s' \
		'minimal_backoff_time = 2s' 'maximal_backoff_time = 4s'
done
start_hosts 10.53.0.13/32
host_start c || fail "mx.c.example does not start"

send "$COUNT"
lab_wait 60 bob_has $((COUNT / 10)) || fail "nothing flows"
strike a c
send_local
heal a c
# The pickup daemon tries again when the next local message comes.
send_local
lab_wait 60 bob_has $((COUNT / 2)) || fail "mail does not flow again"
strike b a
heal b a
lab_wait $((60 + COUNT / 20)) bob_has "$SENT" ||
	fail "only $(bob_count) of $SENT arrived"
judge "$SENT"
settle
