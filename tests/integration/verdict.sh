#!/bin/bash
# What a forger sends is refused in the SMTP session, filed into Junk, or held,
# as the author's domain and the admin's rules want it; a true message is in
# INBOX, and no field that a forger brought along stays.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

HELP=https://b.example/refused
CONF=srv/mailreeve/milter.conf

# letter FROM SUBJECT MACHINE HOST MAIL-FROM [FIELD ...]: send such a message.
letter() {
	compose "$1" "$2" "${@:6}" | send "$3" "$4" "$5"
}

# taken LETTER ...: and it is not refused.
taken() {
	letter "$@" || fail "\"$2\" is refused: $(grep '^< 5' "$LAB/dialog")"
}

# refused LETTER ...: it is, for DMARC, in words that name who, why and whom to
# ask.
refused() {
	local reply
	letter "$@" && fail "\"$2\" is taken"
	reply=$(grep '^< 550 5\.7\.26 ' "$LAB/dialog") ||
		fail "\"$2\" is not refused by 550 5.7.26: $(cat "$LAB/dialog")"
	case $reply in
	*strict.example*"$HELP"*) say_proof <<<"${reply#< }" ;;
	*) fail "the reply does not name strict.example and $HELP: $reply" ;;
	esac
}

# log_line PATTERN: the milter of mx.b.example logged such a message.
log_line() {
	grep ': message .*direction=inbound ' \
		"$LAB/b/fs/var/log/mailreeve-milter.log" | grep -Eq "$1" ||
		fail "mx.b.example logged nothing like $1"
}

# header SUBJECT: the header of Bob's message, a field a line.
header() {
	grep -rl --include='*mx.b.example*' "^Subject: $1" \
		"$LAB/b/fs/var/mail/b.example/bob" | head -n 1 | xargs -d '\n' \
		sed 's/\r$//; /^$/q' | awk '
			/^[ \t]/ { sub(/^[ \t]+/, " "); line = line $0; next }
			{ if (line) print line; line = $0 }
			END { print line }'
}

# tells SUBJECT PATTERN: it has one Authentication-Results field by
# mx.b.example, and that says so.
tells() {
	local field
	field=$(header "$1" | grep -i '^Authentication-Results: *mx\.b\.example')
	[ "$(wc -l <<<"$field")" = 1 ] ||
		fail "\"$1\": not one field of mx.b.example: $field"
	grep -Eq "$2" <<<"$field" || fail "\"$1\": no $2 in: $field"
}

# verdict_of SUBJECT: its X-Mailreeve-Verdict fields.
verdict_of() {
	header "$1" | grep -i '^X-Mailreeve-Verdict *:'
}

# reloads: how often did mx.b.example load its configuration again?
reloads() {
	grep -c ' reloaded' "$LAB/b/fs/var/log/mailreeve-milter.log"
}

has_reloaded() {
	[ "$(reloads)" -gt "$1" ]
}

# configure LINE ...: mx.b.example's configuration is the first one and these
# lines.
configure() {
	local before
	before=$(reloads)
	[ -e "$LAB/first.conf" ] || cp "$LAB/b/fs/$CONF" "$LAB/first.conf"
	{
		cat "$LAB/first.conf"
		printf '%s\n' "$@"
	} >"$LAB/b/fs/$CONF"
	lab_kill b mailreeve-milter USR1 || fail "the milter is gone"
	lab_wait 10 has_reloaded "$before" || fail "it does not load: $*"
}

# held: is one message of mx.b.example on hold?
held() {
	lab_on b postqueue -j | grep -c '"queue_name": "hold"' | grep -qx 1
}

# bounced: has Alice got the refusal back?
bounced() {
	grep -rqs '^Diagnostic-Code: .*550 5\.7\.26' \
		"$LAB/a/fs/var/mail/a.example/alice/new"
}

begin
two_hosts
host_mailbox a alice secret
lab_machine fwd mx.fwd.example 10.53.0.60 || fail "no machine fwd"
lab_author fwd.example none 'v=spf1 ip4:10.53.0.60 -all'
lab_author strict.example reject
lab_author lenient.example quarantine
lab_author held.example none
start_hosts 10.53.0.50/32
host_junk b || fail "the commands of README.Debian do not work"
configure "contact = \"$HELP\""

say_step "A true message"
taken 'Alice <alice@a.example>' 'from Alice' home a alice@a.example
arrives 'from Alice' INBOX
tells 'from Alice' 'dmarc=pass .*header\.from=a\.example'
tells 'from Alice' 'spf=pass .*smtp\.mailfrom=alice@a\.example'
[ -z "$(verdict_of 'from Alice')" ] || fail "a true message is tagged"
log_line 'mail_from=alice@a\.example .*action=none '

say_step "p=reject"
refused 'CEO <ceo@strict.example>' 'refused' home b ceo@strict.example
log_line 'mail_from=ceo@strict\.example .*action=reject '
taken 'CEO <ceo@strict.example>' 'bounced' home a alice@a.example
lab_wait 20 bounced || fail "Alice gets no bounce with 550 5.7.26"
grep -q 'status=bounced (host mx\.b\.example.* said: 550 5\.7\.26 ' \
	"$LAB/a/fs/var/log/mail.log" || fail "mx.a.example did not log it"
say "a Postfix that is refused tells its sender"

say_step "p=quarantine, with fields that would deny it"
taken 'Bank <service@lenient.example>' 'your account' home b \
	service@lenient.example 'X-Mailreeve-Verdict: none; dmarc=pass forged' \
	'Authentication-Results: mx.b.example; dmarc=pass forged'
arrives 'your account' Junk
tells 'your account' 'dmarc=fail .*header\.from=lenient\.example'
verdict_of 'your account' | say_proof
[ "$(verdict_of 'your account')" = 'X-Mailreeve-Verdict: tag; dmarc=fail'\
' policy=quarantine from=lenient.example' ] || fail "that is not the tag"
log_line 'mail_from=service@lenient\.example .*action=tag '

say_step "Fields of a forger"
taken 'Eve <eve@home.example>' 'no policy' home b eve@home.example \
	'X-Mailreeve-Verdict: tag; forged' 'x-mailreeve-verdict : tag; forged' \
	'Authentication-Results: MX.b.example 1; dmarc=pass forged' \
	'Authentication-Results: other.example; dmarc=pass kept=1'
arrives 'no policy' INBOX
tells 'no policy' 'dmarc=none '
header 'no policy' | grep 'forged' && fail "forged fields are still there"
header 'no policy' | grep -q 'kept=1' || fail "another's field is gone"
say "they are gone"

say_step "hold"
configure 'rule "held" {' 'from = {held.example}' 'action = hold' '}'
taken 'Ann <ann@held.example>' 'held back' home b ann@held.example
lab_wait 20 held || fail "it is not on hold: $(lab_on b postqueue -p)"
[ -z "$(bob_sees 'held back')" ] || fail "it was held and delivered"
log_line 'mail_from=ann@held\.example .*action=hold '
lab_on b postsuper -H ALL 2>/dev/null || fail "postsuper does not work"
arrives 'held back' INBOX

say_step "A trusted forwarder"
configure "contact = \"$HELP\"" 'rule "forwarder" {' \
	'mail_from = {fwd.example}' 'action = none' '}'
taken 'CEO <ceo@strict.example>' 'forwarded' fwd b srs@fwd.example
arrives 'forwarded' INBOX
tells 'forwarded' 'dmarc=fail .*header\.from=strict\.example'
log_line 'mail_from=srs@fwd\.example .*action=none '
refused 'CEO <ceo@strict.example>' 'not forwarded' home b srs@fwd.example

say_step "enforce = no"
configure 'enforce = no'
taken 'CEO <ceo@strict.example>' 'trial' home b ceo@strict.example
arrives 'trial' INBOX
tells 'trial' 'dmarc=fail '
[ -z "$(verdict_of 'trial')" ] || fail "a trial changes the message"
log_line 'mail_from=ceo@strict\.example .*action=none .*would=reject'

grep -i 'error' "$LAB/b/fs/var/log/dovecot.log" && fail "Dovecot has errors"
settle
