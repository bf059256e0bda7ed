# common.sh: what every integration test does.  Sourced by bash; the first
# argument of the test is our milter's program.
# shellcheck shell=bash

MILTER=${1:?usage: $0 MILTER}
CASES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# shellcheck source=../support/lab.sh
. "$CASES/../support/lab.sh"

# fail TEXT: the test has failed; show what the programs logged.
fail() {
	lab_logs 12
	say_bad "$*"
	exit 1
}

# begin: stop as skipped where no laboratory can be built; else see to it that
# nothing of it stays.
begin() {
	local why
	if ! why=$(lab_usable 2>&1); then
		echo "skipped: $why"
		exit 77
	fi
	trap lab_down EXIT
	trap 'exit 130' INT TERM HUP
	lab_up leashed || fail "cannot make network namespaces"
}

# two_hosts: mx.a.example, which signs what comes from the machine "home", and
# mx.b.example, which verifies.  Each test adds what else it needs before
# start_hosts.
two_hosts() {
	host_new a a.example 10.53.0.11 || fail "no machine a"
	host_new b b.example 10.53.0.12 || fail "no machine b"
	lab_machine home home.example 10.53.0.50 || fail "no machine home"
	lab_named 10.53.0.50 home.example
	host_mailbox b bob secret
	host_keys a
}

# start_hosts TRUSTED: start both; a serves the network TRUSTED too.
start_hosts() {
	local name
	host_postconf a "mynetworks = 127.0.0.0/8, $1"
	lab_dns || fail "no DNS server"
	for name in a b; do
		host_use_milter "$name" || fail "postconf does not work"
		host_start "$name" || fail "mx.$name.example does not start"
	done
	host_milter a "$MILTER" "trusted_networks = {127.0.0.0/8, $1}" ||
		fail "the milter of mx.a.example does not start"
	host_milter b "$MILTER" ||
		fail "the milter of mx.b.example does not start"
}

# bob: print the directory of Bob's new mail.
bob() {
	echo "$LAB/b/fs/var/mail/b.example/bob/new"
}

# bob_has COUNT: has so much arrived?
bob_has() {
	[ "$(bob_count)" -ge "$1" ]
}

bob_count() {
	find "$(bob)" -type f 2>/dev/null | wc -l
}

# compose FROM SUBJECT [FIELD ...]: print a message to Bob; the fields stand on
# top.
compose() {
	local from=$1 subject=$2
	shift 2
	printf '%s\r\n' "$@" "From: $from" "To: Bob <bob@b.example>" \
		"Subject: $subject" "Date: $(date -R)" \
		"Message-ID: <$RANDOM.${subject// /-}@home.example>" '' \
		'Dear Bob, please call back.'
}

# send MACHINE HOST MAIL-FROM: send standard input to Bob from a machine by
# mx.HOST.example.  What both said is in $LAB/dialog.
send() {
	cat >"$LAB/letter.eml"
	lab_on "$1" curl -sSv --url "smtp://mx.$2.example/$1.example" \
		--mail-from "$3" --mail-rcpt bob@b.example \
		--upload-file "$LAB/letter.eml" >"$LAB/dialog" 2>&1
}

# imap MAILBOX REQUEST: what Bob's server answers to an IMAP request.
imap() {
	lab_on home curl -sS --cacert "$LAB/ca.pem" -u bob@b.example:secret \
		"imaps://mx.b.example/$1" -X "$2"
}

# bob_sees SUBJECT: print the mailboxes where Bob finds that by IMAP.
bob_sees() {
	local box
	for box in INBOX Junk Spam Own; do
		imap "$box" "SEARCH SUBJECT \"$1\"" 2>/dev/null |
			grep -q 'SEARCH [0-9]' && echo "$box"
	done
}

# bob_finds SUBJECT MAILBOX: it is there, and nowhere else.  Postfix puts off
# what it brings while Dovecot reloads.
bob_finds() {
	[ "$(bob_sees "$1")" = "$2" ] && return
	lab_on b postqueue -f
	return 1
}

# arrives SUBJECT MAILBOX: it will be.
arrives() {
	lab_wait 20 bob_finds "$@" ||
		fail "\"$1\" is not in $2 but in: $(bob_sees "$1" | xargs)"
	say "\"$1\" is in $2"
}

# judge COUNT: judge Bob's mailbox: COUNT messages, each of them arrived,
# signed and verified once.
judge() {
	/usr/bin/python3 "$CASES/judge_mailbox.py" "$(bob)" "$LAB/zones/a.example.zone" "$1" ||
		fail "the mailbox is not as it must be"
}

# settle: stop the milters in order.  They must finish, and no sanitizer that
# they were built with may have found anything, leaks at the end included.
settle() {
	local name log
	for name in a b; do
		log=$LAB/$name/fs/var/log/mailreeve-milter.log
		lab_kill "$name" mailreeve-milter TERM ||
			fail "the milter of mx.$name.example is gone"
		lab_wait 30 lab_ended "$name" mailreeve-milter ||
			fail "the milter of mx.$name.example does not stop"
		if grep -q 'Sanitizer' "$log"; then
			grep -m 1 -A 40 'Sanitizer' "$log"
			fail "a sanitizer found something"
		fi
	done
}
