#!/bin/bash
# A message through two stock Postfixes is one line in each milter's log, under
# Postfix's own queue id, and counted in the metrics of both, which a reload
# has switched on.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

URL=http://127.0.0.1:8894/metrics

# has NAME SERIES VALUE: the metrics of mx.NAME.example say so.
has() {
	lab_on "$1" curl -sS "$URL" 2>&1 | grep -qxF "mailreeve_milter_$2 $3"
}

# expect NAME SERIES VALUE
expect() {
	lab_wait 10 has "$@" || fail "mx.$1.example: $2 is not $3:" \
		"$(lab_on "$1" curl -sS "$URL" 2>&1 | grep -F "milter_${2%%\{*}")"
}

# line NAME REGEX: the milter's line of the message matches.
line() {
	local log=$LAB/$1/fs/var/log/mailreeve-milter.log
	grep -Eq ": message .*$2" "$log" ||
		fail "mx.$1.example: no $2 in: $(grep ': message ' "$log")"
}

# queue_id NAME: under which Postfix has had a message from Alice.
queue_id() {
	sed -n 's/.* \([0-9A-Za-z]*\): from=<alice@a\.example>.*/\1/p' \
		"$LAB/$1/fs/var/log/mail.log" | head -n 1
}

begin
two_hosts
start_hosts 10.53.0.50/32
for name in a b; do
	lab_on "$name" curl -s "$URL" >/dev/null &&
		fail "metrics that nobody asked for"
	echo 'metrics = "inet:8894@127.0.0.1"' \
		>>"$LAB/$name/fs/srv/mailreeve/milter.conf"
	lab_kill "$name" mailreeve-milter USR1 || fail "the milter is gone"
	expect "$name" 'reloads_total{result="loaded"}' 1
done
printf '%s: %s\r\n' From 'Alice <alice@a.example>' To 'bob@b.example' \
	Date "$(date -R)" Message-ID '<one@a.example>' Subject Sheep \
	>"$LAB/one.eml"
printf '\r\nAll sheep are here.\r\n' >>"$LAB/one.eml"
lab_on home curl -sS --url smtp://mx.a.example/home.example \
	--mail-from alice@a.example --mail-rcpt bob@b.example \
	--upload-file "$LAB/one.eml" || fail "mx.a.example does not take it"
lab_wait 30 bob_has 1 || fail "it does not arrive"

expect a 'messages_total{direction="outbound",action="none"}' 1
expect a 'messages_total{direction="inbound",action="none"}' 0
expect a 'signatures_total{algorithm="rsa-sha256"}' 1
expect a 'signatures_total{algorithm="ed25519-sha256"}' 1
expect a signing_keys 2
expect a body_bytes_total 21
expect b 'messages_total{direction="inbound",action="none"}' 1
expect b 'dkim_results_total{result="pass"}' 2
expect b 'dkim_results_total{result="fail"}' 0
expect b 'spf_results_total{identity="mail_from",result="pass"}' 1
expect b 'dmarc_results_total{result="pass"}' 1
# TXT of the HELO name and of the sender's domain, MX of this, A of the host that
# both name, a policy, two keys: the address is known when it is asked for
# again, and whose the client is, Postfix has found out.
expect b dns_questions_total 8
expect b dns_started_total 7
expect b 'dns_answer_seconds_count{status="ok"}' 7
expect b dns_wait_seconds_count 1
for name in a b; do
	expect "$name" 'log_events_total{level="error"}' 0
	expect "$name" messages_in_hand 0
	line "$name" "queue_id=$(queue_id "$name") client=10\.53\.0\."
	line "$name" 'mail_from=alice@a\.example from=alice@a\.example'
	line "$name" 'action=none would=- reason=- size=21 ms=[0-9]+ dns_ms=[0-9]+$'
done
line a 'client_name=home\.example helo=home\.example '
line a 'recipients=1 signed="a\.example/[a-z0-9]* a\.example/[a-z0-9]*"'
line b ' iprev=pass .* spf=pass\(a\.example\) '
line b ' spf_helo=pass\(mx\.a\.example\) '
line b ' dkim="pass\(a\.example/[a-z0-9]*\) pass\(.* dmarc=pass\(a\.example\) '
judge 1
settle
say "one line each, and the metrics of both say what happened"
