#!/bin/bash
# quota_mailbox.sh QUOTAD PLUGIN QUOTACTL: what people do with a mailbox that is
# full, or nearly: what makes less always works, what makes more never does; and
# the ledger has what the mailboxes hold, whatever was done to them.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

USER=u@d.example

# does SCRIPT ANSWERS: the answers of quota_mailbox.py, in one line.
does() {
	local said
	said=$(python3 "$CASES/quota_mailbox.py" "$USER" "$1" 2>&1 |
		tr '\n' ' ' | sed 's/ $//')
	# shellcheck disable=SC2053 # a pattern
	[[ $said == $2 ]] || fail "$1: \"$said\" is not \"$2\""
}

# agrees: the ledger has what the mailboxes hold.
agrees() {
	local held
	held=$(held "$USER")
	[ "$(used user/"$USER")" = "${held% *}" ] ||
		fail "$1: the ledger has $(used user/"$USER"), the mailboxes $held"
	[ "$ROOTS" = user ] || [ "$(used domain/d.example)" = "${held% *}" ] ||
		fail "$1: the domain has $(used domain/d.example), not $held"
}

full() {
	does 'append INBOX 500000;append INBOX 500000;append INBOX 100000' \
		'ok ok over'
	agrees "appended"
	does 'lmtp 100000' '552:5.2.2 *Quota exceeded (* is full: it may hold 1.0 MB)'
	does 'quota' '*STORAGE,977,1024*'
	does 'create Old;copy INBOX 1 Old' 'ok over'
	does 'copy INBOX 1 INBOX' 'over'
	agrees "copied"
	does 'move INBOX 1 Old' 'ok'
	agrees "moved"
	does 'move Old 1 INBOX' 'ok'
	agrees "moved back"
	does 'expunge INBOX 2' 'ok'
	agrees "expunged"
	does 'append INBOX 400000;append INBOX 300000' 'ok over'
	agrees "appended to the brim"
	does 'append Trash 200000;append INBOX 1000;append Trash 100000' \
		'ok over over'
	agrees "a trash may hold a tenth more"
}

less() {
	does 'create Box;move INBOX 1:* Box' 'ok ok'
	agrees "all moved"
	does 'delete Box' 'ok'
	agrees "a mailbox deleted"
	doveadm_ expunge -u "$USER" mailbox Trash all ||
		fail "doveadm expunge"
	agrees "doveadm expunged"
	does 'append INBOX 300000;lmtp 100000' 'ok ok'
	agrees "there is room again"
}

# Files that somebody removes behind Dovecot's back are found by a recount.
behind() {
	rm -f "$LAB/home/$USER"/mail/{cur,new}/*
	doveadm_ mailbox status -u "$USER" messages INBOX >/dev/null
	doveadm_ quota recalc -u "$USER" || fail "doveadm quota recalc"
	agrees "recounted"
	doveadm_ -f tab quota get -u "$USER" | grep -q STORAGE ||
		fail "doveadm quota get says nothing"
}

# What two recipients of one message get is each one's own.
shared_delivery() {
	local said
	said=$(python3 - <<-'EOT'
	import smtplib
	m = smtplib.LMTP("127.0.0.1", 14024)
	m.ehlo("x"); m.mail("a@b.example")
	m.rcpt("one@e.example"); m.rcpt("two@e.example")
	m.putcmd("data"); m.getreply()
	m.send(b"Subject: x\r\n\r\n" + b"x" * 600000 + b"\r\n.\r\n")
	print(m.getreply()[0], m.getreply()[0])
	EOT
	)
	case $ROOTS in
	both) [ "$said" = "250 552" ] ;;
	*) [ "$said" = "250 250" ] ;;
	esac || fail "two recipients: $said"
}

# Without the daemon mail waits, and reading goes on.
away() {
	kill "$QUOTAD_PID"
	wait "$QUOTAD_PID" 2>/dev/null
	does 'lmtp 1000' '451:4.*'
	does 'append INBOX 1000' 'NO:*'
	does 'select INBOX;expunge INBOX 1' 'ok ok'
	quotad_up
	sleep 1.1
	does 'lmtp 1000;quota' 'ok *'
	doveadm_ quota recalc -u "$USER"
	agrees "back"
}

allowing() {
	local line='mailreeve_quota_on_trouble = allow-and-book'
	[ "$VERSION" != 2.3 ] || line="plugin {
	$line
	}"
	quota_new maildir sqlite user "$line"
	quota_up
	does 'append INBOX 1000' 'ok'
	kill "$QUOTAD_PID"
	wait "$QUOTAD_PID" 2>/dev/null
	does 'lmtp 900000;append INBOX 900000' 'ok ok'
	quotad_up
	sleep 1.1
	does 'quota;append INBOX 1000' '* over'
	agrees "let through, and booked"
	quota_down
	say "allow-and-book: what came without the daemon counts when it is back"
}

for line in 'maildir sqlite both' 'mdbox redis user' 'sdbox sqlite both'; do
	# shellcheck disable=SC2086 # words
	quota_new $line
	quota_up
	full
	less
	[ "$FORMAT" != maildir ] || behind
	shared_delivery
	away
	quota_down
	say "$line: what makes less works, what makes more does not"
done
allowing
