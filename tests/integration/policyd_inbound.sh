#!/bin/bash
# What strangers send: greylisted, and delivered when a real Postfix comes again;
# scored by DNS lists of a real DNS server, tagged for Sieve, which files it into
# Junk, or refused when two sources are against it; and refused before it is
# queued when the mailbox is full.  No forged score arrives.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=policyd_common.sh
. "$CASES/policyd_common.sh"

CONTACT=https://b.example/refused

# listed LIST ADDRESS: the DNS list says so; with its test entry (RFC 5782 5).
listed() {
	local a b c d
	IFS=. read -r a b c d <<<"$2"
	lab_zone "$1" <<-RECORDS
	2.0.0.127 A 127.0.0.2
	$d.$c.$b.$a A 127.0.0.2
	RECORDS
}

# policy LINE ...: the configuration, but for these lines.
policy() {
	printf '%s\n' 'default_limits = no' 'default_lists = no' \
		"contact = \"$CONTACT\"" 'score_junk = 5' 'score_reject = 8' \
		'list "one.example" { answers = {"127.0.0.2=5"} }' \
		'list "two.example" { answers = {"127.0.0.2=5"} }' \
		'quota = "inet:12340@127.0.0.1"' "$@"
}

# letter MACHINE SUBJECT [FIELD ...]: from there to Bob.
letter() {
	compose "Eve <eve@$1.example>" "${@:2}" | send "$1" b "eve@$1.example"
}

# scores SUBJECT: print the X-Mailreeve-Score fields of Bob's message.
scores() {
	local file
	file=$(grep -rlF --exclude='dovecot*' "Subject: $1" \
		"$LAB/b/fs/var/mail/b.example/bob")
	sed 's/\r$//; /^$/q' "$file" | grep -i -A 1 '^X-Mailreeve-Score *:' |
		grep -i '^X-Mailreeve-Score\|^[ \t]'
}

# came_again: the queue of mx.a.example was deferred, and then it was not.
came_again() {
	grep -q 'to=<bob@b.example>.*status=sent' "$LAB/a/fs/var/log/mail.log"
}

# deferrals: print how often it was told to come again.
deferrals() {
	grep -c 'status=deferred.*greylisted' "$LAB/a/fs/var/log/mail.log"
}

begin
two_hosts
host_mailbox b full secret
host_quota b || fail "no quota for this Dovecot"
lab_machine eve eve.example 10.53.0.51 || fail "no machine eve"
lab_named 10.53.0.51 eve.example
for address in 10.53.0.50 10.53.0.51; do
	listed one.example "$address"
done
listed two.example 10.53.0.51
host_postconf a 'minimal_backoff_time = 2s' 'maximal_backoff_time = 4s' \
	'queue_run_delay = 2s'
start_hosts 10.53.0.50/32
lab_kill b mailreeve-milter TERM
lab_wait 10 lab_ended b mailreeve-milter
host_milter b "$MILTER" 'policy_score = yes' ||
	fail "the milter of mx.b.example does not start with policy_score"
host_junk b || fail "the commands of README.Debian do not work"
mapfile -t lines < <(policy 'greylist_delay = 3s' 'score_greylist = 0')
host_policyd b "$POLICYD" "${lines[@]}" ||
	fail "the policy daemon of mx.b.example does not start"
host_use_policyd b || fail "the commands of postfix-snippet do not work"

say_step "A host that nobody knows"
compose 'Alice <alice@a.example>' 'greylisted' | send home a alice@a.example ||
	fail "mx.a.example does not take it"
lab_wait 40 came_again || fail "mx.a.example does not come again"
grep -h 'status=deferred.*greylisted' "$LAB/a/fs/var/log/mail.log" |
	head -n 1 | cut -c1-300 | say_proof
grep -q 'status=deferred.* 450 4\.7\.1 .*greylisted.*'"$CONTACT" \
	"$LAB/a/fs/var/log/mail.log" || fail "it was not greylisted"
arrives 'greylisted' INBOX
policy_log b 'client=10\.53\.0\.11 .*action=defer_if_permit .*rule=greylist'
before=$(deferrals)
compose 'Alice <alice@a.example>' 'known' | send home a alice@a.example ||
	fail "mx.a.example does not take it"
arrives 'known' INBOX
[ "$(deferrals)" = "$before" ] ||
	fail "a host that has come again must wait once more"

say_step "A host in a DNS list"
mapfile -t lines < <(policy 'greylist = no')
host_policyd_reload b "${lines[@]}" || fail "it does not load"
letter home 'in one list' 'X-Mailreeve-Score: ok score=-50' \
	'x-mailreeve-score : ok score=-51' 'X-Mailreeve-Score:
 ok score=-52' || fail "it is not taken: $(grep '^< [45]' "$LAB/dialog")"
arrives 'in one list' Junk
scores 'in one list' | say_proof
[ "$(scores 'in one list' | wc -l)" = 1 ] || fail "there is not one score"
scores 'in one list' | grep -Eq '^X-Mailreeve-Score: junk score=[0-9]+;.*one\.example' ||
	fail "that is not our score"
scores 'known' | grep -Eq '^X-Mailreeve-Score: ok score=' ||
	fail "a good message has no score"

say_step "A host in two"
letter eve 'in two lists' && fail "it is taken"
grep '^< 5' "$LAB/dialog" | tr -d '\r' | fold -s -w 72 | say_proof
grep -q '^< 554 5\.7\.1 .*one\.example.*'"$CONTACT" "$LAB/dialog" ||
	grep -q '^< 554 5\.7\.1 .*two\.example.*'"$CONTACT" "$LAB/dialog" ||
	fail "the reply does not name the list and the contact"
policy_log b 'client=10\.53\.0\.51 .*action=reject .*rule=score'

say_step "A full mailbox"
host_fill_mailbox b full || fail "the mailbox does not get full"
{
	compose 'Alice <alice@a.example>' 'too much'
	yes 'More words than fit' | head -c 5000
} >"$LAB/letter.eml"
lab_on a curl -sSv --url smtp://mx.b.example/a.example \
	--mail-from alice@a.example --mail-rcpt full@b.example \
	--upload-file "$LAB/letter.eml" >"$LAB/dialog" 2>&1 &&
	fail "mail to a full mailbox is taken"
grep '^< 5' "$LAB/dialog" | tr -d '\r' | say_proof
grep -q '^< 552 5\.2\.2 ' "$LAB/dialog" || fail "that is not 552 5.2.2"
grep -q 'to=<full@b.example>.*status=' "$LAB/b/fs/var/log/mail.log" &&
	fail "it was queued"
policy_log b 'rcpt_to=full@b\.example .*action=reject .*rule=quota'

settle
policyd_settle b
