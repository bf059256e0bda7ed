#!/bin/bash
# What mailreeve-policyctl prints for Postfix is what it needs: before, the doctor
# names what is missing; pasted, a submission is asked about from RCPT TO to the
# end of the message, though the service has restrictions of its own; the doctor
# is content; and the log that Postfix writes can be fed and replayed.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=policyd_common.sh
. "$CASES/policyd_common.sh"
POLICYCTL=${3:?usage: $0 MILTER POLICYD POLICYCTL}

# ctl COMMAND ARGUMENT ...: on mx.a.example; what it says is in $said.
ctl() {
	local command=$1
	shift
	said=$(lab_on a /srv/policyd/mailreeve-policyctl "$command" \
		-c /srv/policyd/policyd.conf "$@" 2>&1)
	status=$?
}

# says STATUS REGEX
says() {
	[ "$status" = "$1" ] || fail "status $status, not $1: $said"
	grep -Eq -- "$2" <<<"$said" || fail "not '$2' in: $said"
	grep -E -- "$2" <<<"$said" | head -n 1 | cut -c1-300 | say_proof
}

begin
two_hosts
host_mailbox a alice secret
start_hosts 10.53.0.50/32
host_policyd a "$POLICYD" 'score = no' ||
	fail "the policy daemon of mx.a.example does not start"
install -m 755 "$POLICYCTL" "$LAB/a/fs/srv/policyd/mailreeve-policyctl"
lab_on a postconf -P \
	'submission/inet/smtpd_recipient_restrictions=permit_sasl_authenticated,reject' ||
	fail "postconf does not work"

say_step "Nothing is wired"
ctl doctor
says 2 '^error +smtp/inet: mailreeve-policyd is not asked about recipients'
says 2 '^error +submission/inet: mailreeve-policyd is not asked'
says 2 '^good +sockets: unix:.*policy\.sock is there, and Postfix reaches it'
says 2 '^good +daemon: it answers'
says 2 '^warning +trusted_networks: Postfix relays for 10\.53\.0\.50/32 '

say_step "The snippet is pasted"
ctl postfix-snippet
says 0 '^#   trusted_networks = .*, 10\.53\.0\.50/32\}$'
trusted=$(sed -n 's/^#   *trusted_networks/trusted_networks/p' <<<"$said")
host_policyd_reload a 'score = no' "$trusted" || fail "it does not reload"
says 0 "^postconf -P 'submission/inet/smtpd_recipient_restrictions=check_pol"
lab_on a bash -e <<<"$said" >/dev/null 2>&1 || fail "cannot paste: $said"
ctl doctor
grep -E '^(error|warning)' <<<"$said" && fail "the doctor is not content"
says 0 '^good +smtp/inet, submission/inet: mailreeve-policyd is asked about'

say_step "A submission is asked about to its end"
lab_wait 10 submit alice bob@b.example ||
	fail "not sent: $(grep '^< [45]' "$LAB/dialog")"
for state in RCPT DATA END-OF-MESSAGE; do
	policy_log a "state=$state .*login=alice@a\.example .*action=dunno"
done
ctl show alice@a.example
says 0 '^user-day +alice@a\.example +1 '
lab_wait 20 bob_has 1 || fail "it does not arrive"

say_step "Its log is fed and replayed"
ctl feed /var/log/mail.log
says 0 '^[1-9][0-9]* events were told'
ctl replay /var/log/mail.log
says 0 '^1 mails to 1 recipients'

settle
policyd_settle a
