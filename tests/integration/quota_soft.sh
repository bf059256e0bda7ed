#!/bin/bash
# quota_soft.sh QUOTAD PLUGIN QUOTACTL: who is over a soft limit keeps his mail
# coming for a while, then it waits (452 4.2.2), beside others whose mail is
# refused; he, and who answers for the domain, hear of it once per period.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

USER=u@d.example

# does SCRIPT ANSWERS
does() {
	local said
	said=$(timeout 60 python3 "$CASES/quota_mailbox.py" "$USER" "$1" 2>&1 |
		tr '\n' ' ' | sed 's/ $//')
	# shellcheck disable=SC2053 # a pattern
	[[ $said == $2 ]] || fail "$1: \"$said\" is not \"$2\""
}

# told LINE TIMES: what the command for warnings wrote.
told() {
	until_it 5 grep -qx "$1" "$LAB/keep/told" ||
		fail "not told \"$1\": $(cat "$LAB/keep/told")"
	[ "$(grep -cx "$1" "$LAB/keep/told")" = "$2" ] ||
		fail "told \"$1\" $(grep -cx "$1" "$LAB/keep/told") times"
}

# One message for three: one has room, one waits, one is full.
three() {
	python3 - <<-'EOT'
	import smtplib
	m = smtplib.LMTP("127.0.0.1", 14024)
	m.ehlo("x"); m.mail("a@b.example")
	for name in "free", "u", "full":
	    m.rcpt(name + "@d.example")
	m.putcmd("data"); m.getreply()
	m.send(b"Subject: x\r\n\r\n" + b"x" * 30000 + b"\r\n.\r\n")
	print(*(m.getreply()[0] for _ in range(3)))
	EOT
}

# warned_by PROGRAM: a script for quotad's warn_command.
warned_by() {
	cat >"$1" <<-EOT
	#!/bin/sh
	echo "\$1 \$2 \$MAILREEVE_QUOTA_ACCOUNT \$MAILREEVE_QUOTA_PERCENT" >>"$2"
	EOT
	chmod 755 "$1"
}

warned_by /mnt/told.sh /mnt/told
QUOTAD_MORE='warn_at = {"50", "90"}
warn_period = 1h
warn_command = "/mnt/told.sh"
limit "user/u@d.example" {
	soft_storage = 100k
	period = 2s
}
limit "user/full@d.example" {
	storage = 20k
}
limit "domain" {
	storage = 400k
}'
LIMIT=0
# Sieve delivers in the place of LMTP.
chmod 1777 /mnt
echo 'keep;' >/mnt/filter.sieve
quota_new maildir sqlite both "$("sieve_$VERSION")"
touch /mnt/told && chown nobody /mnt/told && ln -s /mnt/told "$LAB/keep/told"
quota_up

does 'lmtp 60000' 'ok'
told "user/$USER 50 user/$USER 50" 1
does 'lmtp 60000;append INBOX 1000' 'ok ok'
told "user/$USER 90 user/$USER 90" 1
say "over a soft limit, within its period: mail is taken, and a warning is sent"

sleep 2.5
does 'lmtp 1000' "452:4.2.2 *mailbox $USER has been over 100.0 kB for more than 2 seconds)"
does 'append INBOX 1000' 'over'
does 'quota' '*'
[ "$(three)" = '250 452 552' ] || fail "three recipients: $(three)"
does 'lmtp 1000;lmtp 1000000' "452:4.2.2 * 552:5.2.2 *domain d.example is full*"
say "after the period mail waits; what is too much for the domain is refused"

does 'expunge INBOX 1;lmtp 1000;append INBOX 1000' 'ok ok ok'
does 'lmtp 60000;lmtp 1000' 'ok ok'
told "user/$USER 50 user/$USER 50" 1
told "user/$USER 90 user/$USER 90" 1
say "under it, mail comes, a new period begins, and nobody is told twice"

does 'lmtp 200000' 'ok'
told 'domain/d.example 50 domain/d.example 50' 1
quota_down
