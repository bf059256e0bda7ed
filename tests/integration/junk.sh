#!/bin/bash
# The Sieve script and the settings that the package brings file what is tagged,
# or scored as junk, into the junk folder, whatever its name and whatever the
# user's own filter does, and nothing else.  No milter is here: the fields are
# written by hand, and mail of a host without a milter, which has none, arrives
# as ever.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

TAG='X-Mailreeve-Verdict: tag; dmarc=fail policy=quarantine from=bank.example'
SCORE='X-Mailreeve-Score: junk score=9; zen.spamhaus.org 127.0.0.2 (6)'
SNIPPET=etc/dovecot/conf.d/90-mailreeve-junk.conf

# letter SUBJECT MAILBOX [FIELD ...]: such a message arrives there.
letter() {
	compose 'Bank <service@bank.example>' "$1" "${@:3}" |
		send home b service@bank.example || fail "\"$1\" is not taken"
	arrives "$1" "$2"
}

# own_filter: Bob's own filter files all that it sees into Own.
own_filter() {
	local home=$LAB/b/fs/var/mail/b.example/bob.home
	mkdir -p "$home"
	echo 'require ["fileinto", "mailbox"]; fileinto :create "Own";' \
		>"$home/.dovecot.sieve"
	chown -R "$HOST_MAIL_ID:$HOST_MAIL_ID" "$home"
}

# listed PATTERN: the list of Bob's mailboxes has such a line.
listed() {
	imap '' 'LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE)' |
		grep -q -- "$1" || fail "no $1 in the list of mailboxes"
}

# setting NAME PATTERN: Debian's own configuration and the snippet together have
# such a setting.
setting() {
	doveconf -c "$LAB/stock/dovecot.conf" -n | tr -s ' "' ' ' |
		grep -A 9 "$1" | grep -q "$2" ||
		fail "Debian's configuration: no $2 at $1"
}

# stock: the snippet goes with Debian's own configuration files.
stock() {
	mkdir "$LAB/stock"
	cp -r /usr/share/dovecot/{dovecot.conf,conf.d} "$LAB/stock/"
	cp "$LAB/b/fs/$SNIPPET" "$LAB/stock/conf.d/"
	setting 'mailbox Junk' 'special_use = .*Junk'
	setting 'mailbox Junk' 'auto = subscribe'
	setting 'protocol lmtp' 'sieve'
	setting 'protocol lda' 'sieve'
}

begin
host_new b b.example 10.53.0.12 || fail "no machine b"
lab_machine home home.example 10.53.0.50 || fail "no machine home"
lab_named 10.53.0.50 home.example
host_mailbox b bob secret
lab_dns || fail "no DNS server"
host_start b || fail "mx.b.example does not start"
letter 'before' INBOX "$TAG"
host_junk b || fail "the commands of README.Debian do not work"

letter 'tagged' Junk "$TAG"
letter 'only the word' Junk 'X-Mailreeve-Verdict: tag'
letter 'without a field' INBOX
letter 'another word' INBOX 'X-Mailreeve-Verdict: tagged; dmarc=fail'
letter 'not the first word' INBOX 'X-Mailreeve-Verdict: none; tag'
letter 'another field' INBOX 'X-Other-Verdict: tag'
letter 'scored as junk' Junk "$SCORE"
letter 'scored in a word' Junk 'X-Mailreeve-Score: junk'
letter 'scored as good' INBOX 'X-Mailreeve-Score: ok score=5; junk (5)'
letter 'another score' INBOX 'X-Mailreeve-Score: junky score=9'
letter 'not the first score' INBOX 'X-Mailreeve-Score: ok score=0' "$SCORE"
letter 'junk before good' Junk "$SCORE" 'X-Mailreeve-Score: ok score=0'
letter 'tagged and scored' Junk "$TAG" 'X-Mailreeve-Score: ok score=0'
listed '(.*\\Subscribed.*\\Junk.*) "." Junk'

own_filter
letter 'filtered' Own
letter 'tagged before filtered' Junk "$TAG"
rm "$LAB"/b/fs/var/mail/b.example/bob.home/.dovecot.sieve*

sed -i 's/mailbox Junk/mailbox Spam/' "$LAB/b/fs/$SNIPPET"
lab_on b doveadm reload || fail "Dovecot does not reload"
letter 'in another language' Spam "$TAG"
listed '\\Junk.* "." Spam'

sed -i '/global_extensions/s/special-use/envelope/' "$LAB/b/fs/$SNIPPET"
sed -i '/special-use = yes/d' "$LAB/b/fs/$SNIPPET"
if ! lab_on b sievec /etc/dovecot/sieve/mailreeve-junk.sieve ||
	! lab_on b doveadm reload; then
	fail "not without special-use"
fi
letter 'without special-use' Junk "$TAG"

grep -i 'error' "$LAB/b/fs/var/log/dovecot.log" && fail "Dovecot has errors"
host_junk b || fail "not a second time"
stock
host_junk_end b || fail "the command that ends it does not work"
letter 'after it' INBOX "$TAG"
