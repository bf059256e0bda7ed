#!/bin/bash
# Twenty sessions at once bring 2,000 messages (100,000 in a soak, and as many
# as MAILREEVE_LOAD says) through two stock Postfix hosts: none is lost, none
# arrives unsigned or unverified: DKIM, SPF and DMARC pass.  Others forge their
# senders meanwhile, a tenth as many: all of theirs is in Junk.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

COUNT=2000
[ -z "${MAILREEVE_SOAK:-}" ] || COUNT=100000
COUNT=${MAILREEVE_LOAD:-$COUNT}
FORGED=$((COUNT / 10))

# forge: send the forgeries.
forge() {
	lab_on home smtp-source -s 5 -m "$FORGED" -l 4000 -M home.example \
		-f service@bank.example -t bob@b.example 10.53.0.12:25
}

# junk_has COUNT: has so much arrived in Junk?
junk_has() {
	[ "$(find "$(bob)/../.Junk" -name '*mx.b.example*' | wc -l)" = "$1" ]
}

begin
two_hosts
lab_author bank.example quarantine
start_hosts 10.53.0.50/32
host_junk b || fail "the commands of README.Debian do not work"
# What comes while Dovecot reloads is put off for minutes: let one go first.
compose service@bank.example first | send home b service@bank.example ||
	fail "mx.b.example does not take a message"
arrives first Junk
began=$SECONDS
forge >"$LAB/forge.log" 2>&1 &
forger=$!
lab_on home smtp-source -s 20 -m "$COUNT" -l 4000 -M home.example \
	-f alice@a.example -t bob@b.example 10.53.0.11:25 ||
	fail "mx.a.example did not take every message at once"
wait "$forger" || fail "mx.b.example did not take what it tags:" \
	"$(cat "$LAB/forge.log")"
say "$COUNT messages and $FORGED forgeries taken in $((SECONDS - began)) s"
lab_wait $((60 + COUNT / 20)) bob_has "$COUNT" ||
	fail "only $(bob_count) of $COUNT arrived"
say "and delivered after $((SECONDS - began)) s"
judge "$COUNT"
lab_wait 60 junk_has $((FORGED + 1)) || fail "not all forgeries are in Junk"
say "all forgeries are in Junk"
settle
