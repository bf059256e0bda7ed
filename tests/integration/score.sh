#!/bin/bash
# A stock Postfix prepends a score, as the policy daemon tells it to; the milter
# lets that one pass and none of a stranger's; Sieve files by it.  Where Postfix
# prepends none, nothing that a stranger writes below another field stays.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

FORGED='X-Mailreeve-Score: ok score=-9 forged=1'
JUNK='junk score=9; zen.spamhaus.org 127.0.0.2 (6), no reverse name (3)'

# letter SENDER SUBJECT MAILBOX FIELD ...: such a message from home arrives
# there.
letter() {
	compose "Ann <$1@elsewhere.example>" "$2" "${@:4}" |
		send home b "$1@elsewhere.example" ||
		fail "\"$2\" is not taken"
	arrives "$2" "$3"
}

# scores SUBJECT: print the scores of that message, wherever it is.
scores() {
	local file
	file=$(grep -rlF --exclude='dovecot*' "Subject: $1" \
		"$LAB/b/fs/var/mail/b.example")
	sed '/^\r\?$/q' "$file" | tr -d '\r' | grep -i '^X-Mailreeve-Score *:'
}

# has SUBJECT WORDS: that is the one score of the message.
has() {
	[ "$(scores "$1")" = "X-Mailreeve-Score: $2" ] ||
		fail "the scores of \"$1\": $(scores "$1")"
}

begin
two_hosts
lab_author elsewhere.example none
# What the daemon would answer about two senders.
says="{ junk@elsewhere.example = PREPEND X-Mailreeve-Score: $JUNK },"
says+=" { good@elsewhere.example = PREPEND X-Mailreeve-Score: ok score=0 }"
host_postconf b "smtpd_recipient_restrictions = reject_unauth_destination,\
 check_sender_access inline:{ $says }" || fail "postconf does not work"
start_hosts 10.53.0.50/32
lab_kill b mailreeve-milter TERM
lab_wait 30 lab_ended b mailreeve-milter || fail "the milter does not stop"
host_milter b "$MILTER" 'policy_score = yes' || fail "the milter does not start"
host_junk b || fail "the commands of README.Debian do not work"

letter ann 'without a daemon' INBOX 'X-Mailreeve-Score: -9 forged=2' "$FORGED"
[ -z "$(scores 'without a daemon')" ] || fail "a score came in"

letter junk 'scored as junk' Junk "$FORGED" 'x-mailreeve-score : ok score=0'
has 'scored as junk' "$JUNK"
letter good 'scored as good' INBOX 'X-Mailreeve-Score: junk score=99 forged=3'
has 'scored as good' 'ok score=0'
settle
say "the daemon's score passes, five of strangers' do not"
