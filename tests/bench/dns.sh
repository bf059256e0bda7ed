#!/bin/bash
# dns.sh MAILREEVE-DNS: how long a check takes against local servers, and when
# every name server answers 300 ms late: all of it, and each probe alone.
set -u
# shellcheck source=../integration/dns_common.sh
. "$(dirname "$0")/../integration/dns_common.sh"

DELAY_MS=300
ROUNDS=5

# milliseconds OPTION ...: of the median of some rounds.
milliseconds() {
	local i
	for ((i = 0; i < ROUNDS; i++)); do
		dns_tool check --json "$@" |
			sed -n 's/^ "milliseconds": \([0-9]*\),$/\1/p'
	done | sort -n | sed -n "$(((ROUNDS + 1) / 2))p"
}

begin
dns_server
say "against local servers: $(milliseconds) ms (median of $ROUNDS)"

# knotd moves behind a relay that holds back what it says.
sed -i "s/listen: .*/listen: $LAB_DNS@54/" "$LAB/net/knot.conf"
lab_kill net knotd TERM
lab_wait 10 lab_ended net knotd
lab_daemon net knotd knotd -c "$LAB/net/knot.conf"
lab_daemon net late python3 "$CASES/../bench/late_dns.py" "$LAB_DNS" \
	"$DELAY_MS"
lab_wait 10 dns_answers || fail "no DNS server"
slowest=0
for probe in records dnssec mx ptr spf dkim dmarc mta-sts tlsa caa bimi ports \
	closed relay outgoing lists clock receivers; do
	took=$(milliseconds --only "$probe")
	printf '  %-10s %5d ms\n' "$probe" "$took"
	[ "$took" -gt "$slowest" ] && slowest=$took
done
all=$(milliseconds)
say "answers $DELAY_MS ms late: all probes $all ms, the slowest alone" \
	"$slowest ms: $(awk "BEGIN { printf \"%.2f\", $all / $slowest }") times"
