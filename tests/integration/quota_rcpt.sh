#!/bin/bash
# quota_rcpt.sh QUOTAD PLUGIN QUOTACTL POLICYD: the whole path, stock Postfix to
# stock Dovecot: who is full is refused at RCPT TO, each recipient for himself, by
# an alias too; nothing bounces; who is over a soft limit for too long waits.
set -u
POLICYD=${4:?usage: $0 QUOTAD PLUGIN QUOTACTL POLICYD}
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

if ! command -v postfix >/dev/null; then
	echo "skipped: needs Postfix"
	exit 77
fi

postfix_up() {
	mkdir "$LAB"/{etc,spool,lib}
	cp -r /etc/postfix/{master.cf,postfix-files,postfix-files.d,dynamicmaps.cf,dynamicmaps.cf.d} "$LAB/etc/" 2>/dev/null
	cat >"$LAB/etc/main.cf" <<-EOT
	compatibility_level = 3.6
	queue_directory = /var/spool/postfix
	myhostname = mx.example
	mydestination =
	inet_interfaces = loopback-only
	maillog_file = /var/log/quota-rcpt.log
	alias_maps =
	alias_database =
	virtual_mailbox_domains = full.example, free.example, near.example
	virtual_mailbox_maps = static:somebody
	virtual_alias_maps = texthash:/etc/postfix/virtual
	virtual_transport = lmtp:inet:127.0.0.1:14024
	smtpd_recipient_restrictions = reject_unauth_destination,
	  check_policy_service inet:127.0.0.1:10040
	recipient_delimiter = +
	EOT
	cat >"$LAB/etc/virtual" <<-EOT
	info@free.example u@full.example
	team@free.example u@full.example, w@free.example
	EOT
	mkdir "$LAB/log"
	if ! mount --bind "$LAB/etc" /etc/postfix ||
		! mount --bind "$LAB/spool" /var/spool/postfix ||
		! mount --bind "$LAB/lib" /var/lib/postfix ||
		! mount --bind "$LAB/log" /var/log; then
		fail "no mounts"
	fi
	chown postfix "$LAB/lib"
	postfix start >"$LAB/postfix.log" 2>&1 || {
		cat "$LAB/postfix.log"
		fail "Postfix does not start"
	}
	until_it 20 answers 25 || fail "Postfix does not listen"
}

policyd_up() {
	cat >"$LAB/policyd.conf" <<-EOT
	sockets = {"inet:10040@127.0.0.1"}
	control_socket = "$LAB/keep/policyd.sock"
	user = "nobody"
	state = "none"
	score = no
	quota = "quotad:$LAB/keep/quotad.sock"
	quota_recipient_maps = {"postfix"}
	EOT
	"$POLICYD" -c "$LAB/policyd.conf" >"$LAB/policyd.log" 2>&1 &
	POLICYD_PID=$!
	until_it 10 answers 10040 || {
		cat "$LAB/policyd.log"
		fail "policyd does not listen"
	}
}

# smtp BYTES RECIPIENT ...: what each RCPT TO was answered, and, if any was taken,
# the end of the message.
smtp() {
	python3 - "$@" <<-'EOT'
	import smtplib
	import sys

	client = smtplib.SMTP("127.0.0.1", 25)
	client.ehlo("client.example")
	size = int(sys.argv[1])
	client.mail("sender@elsewhere.example", [f"size={size}"])
	answers = [client.rcpt(to) for to in sys.argv[2:]]
	said = [str(code) for code, _ in answers]
	if any(code == 250 for code, _ in answers):
	    text = b"Subject: x\r\n\r\n" + b"x" * size + b"\r\n"
	    said.append(str(client.data(text)[0]))
	print(" ".join(said))
	for code, text in answers:
	    if code != 250:
	        print(text.decode(), file=sys.stderr)
	EOT
}

# told ANSWERS BYTES RECIPIENT ...
told() {
	local wanted=$1 said
	shift
	said=$(smtp "$@" 2>"$LAB/said")
	[ "$said" = "$wanted" ] ||
		fail "$*: \"$said\" $(cat "$LAB/said") $(tail -n 3 "$LAB/policyd.log")"
}

arrived() {
	[ "$(doveadm_ search -u "$1" all | wc -l)" = "$2" ]
}

QUOTAD_MORE='asking_users = {"nobody"}
limit "user/soft@free.example" {
	soft_storage = 1k
	period = 1s
}'
quota_new maildir sqlite both
# As the package's user, quotad's may hand in mail by itself: sendmail(1) gets no
# more rights than it has.
sed 's/^\(postdrop:.*:\)[^:]*$/\1nobody/' /etc/group >"$LAB/group"
mount --bind "$LAB/group" /etc/group || fail "no mount"
quota_up
policyd_up
postfix_up

told '250 250' 600000 u@full.example
until_it 20 arrived u@full.example 1 || fail "nothing arrives"
told '552' 600000 v@full.example
grep -q '5\.2\.2 .*domain full.example is full' "$LAB/said" ||
	fail "$(cat "$LAB/said")"
told '552 250 250' 600000 v@full.example w@free.example
until_it 20 arrived w@free.example 1 || fail "the other one gets nothing"
told '552' 600000 info@free.example
told '552' 600000 u+lists@full.example
told '250 250' 1000 team@free.example
told '250 250' 1000 u@full.example
told '554' 1000 x@elsewhere.example
say "who is full is refused at RCPT TO: user, domain, alias, extension"

told '250 250' 5000 soft@free.example
until_it 20 arrived soft@free.example 1 || fail "nothing arrives"
sleep 1.5
told '452' 1000 soft@free.example
grep -q '4\.2\.2 ' "$LAB/said" || fail "$(cat "$LAB/said")"
say "who is over a soft limit for too long waits: 452 4.2.2"

# Who is nearly full hears of it by mail, and so does who answers for the domain.
cat >>"$LAB/quotad.conf" <<-'EOT'
warn_mail = yes
warn_at = {"50"}
warn_from = "quota@mx.example"
EOT
kill -USR1 "$QUOTAD_PID"
until_it 5 grep -q reloaded "$LAB/quotad.log" || fail "no reload"
told '250 250' 600000 n@near.example
until_it 20 arrived n@near.example 2 || fail "no warning: $(tail "$LAB/quotad.log")"
until_it 20 arrived postmaster@near.example 1 || fail "no word to the postmaster"
doveadm_ fetch -u n@near.example 'hdr body' all | grep -v '^x*.$' >"$LAB/said"
for words in '^From:.*quota@mx.example' 'Your mailbox'; do
	grep -q "$words" "$LAB/said" || fail "$(cat "$LAB/said")"
done
doveadm_ fetch -u postmaster@near.example body all |
	grep -q 'domain near.example' || fail "not of the domain"
say "the user and the postmaster are warned by mail"

until_it 20 test -z "$(postqueue -p | grep '^[0-9A-F]')" ||
	fail "mail is left in the queue: $(postqueue -p)"
! grep -E 'status=(bounced|deferred)|sender non-delivery' \
	"$LAB/log/quota-rcpt.log" || fail "something bounced"
say "nothing bounces, nothing waits"

kill "$QUOTAD_PID"
wait "$QUOTAD_PID" 2>/dev/null
told '250 250' 1000 w@free.example
say "without quotad, policyd lets mail pass, and LMTP defers it"
postfix stop 2>/dev/null
kill "$POLICYD_PID"
quota_down
