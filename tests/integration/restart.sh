#!/bin/bash
# The milters are killed while mail flows, first the one that signs, then the
# one that verifies: Postfix defers, and every message arrives in the end,
# signed and verified, once the milters are back.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

COUNT=400
[ -z "${MAILREEVE_SOAK:-}" ] || COUNT=20000

# deferred NAME: how often has this host put off a delivery?
deferred() {
	grep -c 'status=deferred' "$LAB/$1/fs/var/log/mail.log"
}

has_deferred() {
	[ "$(deferred "$1")" -gt 0 ]
}

# strike NAME NEIGHBOUR: kill the milter of a host; its neighbour must put mail
# off.  Then start the milter again.
strike() {
	lab_kill "$1" mailreeve-milter KILL || fail "the milter is not there"
	lab_wait 30 has_deferred "$2" || fail "mx.$2.example deferred nothing"
	host_milter_again "$1" || fail "the milter does not come back"
	say "milter of mx.$1.example killed; mx.$2.example deferred" \
		"$(deferred "$2") deliveries; milter back"
}

begin
two_hosts
# The first hop has a queue and no milter.
host_new c c.example 10.53.0.13 || fail "no machine c"
host_postconf c 'mynetworks = 10.53.0.50/32' 'relayhost = [mx.a.example]'
for name in a c; do
	host_postconf "$name" 'queue_run_delay = 2s' \
		'minimal_backoff_time = 2s' 'maximal_backoff_time = 4s'
done
start_hosts 10.53.0.13/32
host_start c || fail "mx.c.example does not start"
lab_on home smtp-source -s 10 -m "$COUNT" -l 2000 -M home.example \
	-f alice@a.example -t bob@b.example 10.53.0.13:25 ||
	fail "mx.c.example did not take every message"
lab_wait 60 bob_has $((COUNT / 10)) || fail "nothing flows"
strike a c
lab_wait 60 bob_has $((COUNT / 2)) || fail "mail does not flow again"
strike b a
lab_wait $((60 + COUNT / 20)) bob_has "$COUNT" ||
	fail "only $(bob_count) of $COUNT arrived"
judge "$COUNT"
