#!/bin/bash
# Twenty sessions at once bring 2,000 messages (100,000 in a soak, and as many
# as MAILREEVE_LOAD says) through two stock Postfix hosts: none is lost, none
# arrives unsigned or unverified: DKIM, SPF and DMARC pass.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

COUNT=2000
[ -z "${MAILREEVE_SOAK:-}" ] || COUNT=100000
COUNT=${MAILREEVE_LOAD:-$COUNT}

begin
two_hosts
start_hosts 10.53.0.50/32
began=$SECONDS
lab_on home smtp-source -s 20 -m "$COUNT" -l 4000 -M home.example \
	-f alice@a.example -t bob@b.example 10.53.0.11:25 ||
	fail "mx.a.example did not take every message at once"
say "$COUNT messages taken in $((SECONDS - began)) s"
lab_wait $((60 + COUNT / 20)) bob_has "$COUNT" ||
	fail "only $(bob_count) of $COUNT arrived"
say "and delivered after $((SECONDS - began)) s"
judge "$COUNT"
settle
