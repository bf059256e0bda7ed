#!/bin/bash
# policyctl.sh POLICYD POLICYCTL: each command of mailreeve-policyctl does what it
# says, asked of a real daemon, and says what is wrong with its cure.
set -u
daemon=$1
control=$2
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# The daemon's user reads and writes here.
chmod 777 "$folder"
cat >"$folder/conf" <<CONF
sockets = {"unix:$folder/socket"}
user = "$user"
socket_group = "$group"
control_socket = "$folder/control"
state = "$folder/state"
resolvers = {"zone:$folder/zone"}
score = no
log_to = stderr
limit "few" {
	key = "\${sasl_username}"
	of = recipients
	rate = 5
	period = 1h
}
CONF
printf 'example.org. 300 IN A 192.0.2.1\n' >"$folder/zone"

start() {
	"$daemon" -f -c "$folder/conf" 2>>"$folder/log" &
	pid=$!
	for _ in $(seq 200); do
		[[ -S $folder/control ]] && return
		sleep 0.05
	done
	problem "the daemon does not start: $(cat "$folder/log")"
}

stop() {
	kill "$pid"
	wait "$pid"
}

# ctl COMMAND ARGUMENT ...: the program, with what it says in $said and its exit
# status in $status.
ctl() {
	local command=$1
	shift
	said=$(timeout 20 "$control" "$command" -c "$folder/conf" "$@" 2>&1)
	status=$?
}

# says STATUS REGEX: what ctl said.
says() {
	[[ $status =~ ^$1$ ]] || problem "status $status, not $1: $said"
	grep -Eq -- "$2" <<<"$said" || problem "not '$2' in: $said"
}

# ask LOGIN COUNT: a mail to so many recipients, and what they were told.
ask() {
	python3 - "$folder/socket" "$1" "$2" <<'PYTHON'
import socket, sys
path, login, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
peer = socket.socket(socket.AF_UNIX)
peer.connect(path)
stream = peer.makefile("rwb")
for number in range(count):
    request = {"request": "smtpd_access_policy", "protocol_state": "RCPT",
        "client_address": "192.0.2.7", "client_name": "unknown",
        "sender": login, "recipient": "r%d@example.net" % number,
        "instance": "%s.%d" % (login, count), "sasl_username": login,
        "sasl_method": "plain"}
    stream.write(("".join("%s=%s\n" % pair for pair in request.items())
        + "\n").encode())
    stream.flush()
    print(stream.readline().decode().strip().split(" ")[0])
    stream.readline()
PYTHON
}

# Nobody is there yet.
ctl show
says 69 'does not answer at .*/control: is it running\? start it, with: systemctl start mailreeve-policyd$'

start
ctl show
says 0 '^mailreeve-policyd [0-9.]+, process [0-9]+'
says 0 '^few +5 +recipients +hour +'
says 0 "^State: $folder/state, well"
ctl show --json
says 0 '^\{"schema":1,"kind":"daemon",'
while IFS= read -r line; do
	python3 -c 'import json, sys; json.loads(sys.argv[1])["kind"]' "$line" ||
		problem "no JSON: $line"
done <<<"$said"
ctl show --limit few
says 0 '^few '
[[ $(wc -l <<<"$said") = 2 ]] || problem "more than one limit: $said"
ctl show --limit none
says 0 '^There are no such limits'
ctl show bob@example.org
says 0 '^few +bob@example\.org +0 +5 recipients/hour +0 +5 +now'

# Counters.
[[ $(ask bob@example.org 7 | sort | uniq -c | xargs) = \
	'2 action=DEFER 5 action=DUNNO' ]] || problem 'bob is not limited'
ask ann@example.org 1 >/dev/null
ctl show BOB@example.org
says 0 '^few +bob@example\.org +5 +5 recipients/hour +[0-9]+ +0 +in '
ctl show example.org
says 0 '^few +bob@example\.org +5 '
says 0 '^few +ann@example\.org +1 '
ctl top -n 1 --limit few
says 0 '^few +bob@example\.org +5 '
[[ $said != *ann@example.org* ]] || problem "two for -n 1: $said"
ctl top --limit none
says 65 'there is no limit "none"; see all, with: mailreeve-policyctl show'
ctl top -n 0
says 64 'no number from 1 to 1000: 0'
ctl override set bob@example.org few 9
says 0 'limit few is now 9'
[[ $(ask bob@example.org 8 | sort -u | xargs) = *action=DUNNO* ]] ||
	problem 'the override is not in force'
ctl override list
says 0 '^bob@example\.org +few +9$'
ctl show bob@example.org --limit few
says 0 '9 recipients/hour .*user'
ctl override set bob@example.org none 9
says 65 'there is no limit "none"'
ctl override set bob@example.org few many
says 64 'neither a number nor "unlimited": many'
ctl override set bob@example.org few
says 64 'say set WHO LIMIT NUMBER'
ctl override remove bob@example.org few
says 0 'has the usual limit few again'
ctl override remove bob@example.org few
says 0 'had no limit few set by hand'
ctl reset bob@example.org
says 0 '^[0-9]+ counters of bob@example\.org begin at 0'
ctl reset bob@example.org --limit few
says 0 'Nothing was counted'
[[ $(ask bob@example.org 3 | sort -u) = action=DUNNO ]] ||
	problem 'bob is still limited'
ctl reset
says 64 'an argument is missing'
ctl reset a b
says 64 'one argument too many: b'
ctl reset 'a b'
says 65 'who is too long, or has blanks in it'

# By hand.
ctl block 192.0.2.0/24
says 0 '192\.0\.2\.0/24 is blocked\.'
[[ $(ask bob@example.org 1) = action=REJECT ]] || problem 'not blocked'
ctl allow Bob@Example.org
says 0 'is allowed'
[[ $(ask bob@example.org 9 | sort -u) = action=DUNNO ]] ||
	problem 'not allowed'
ctl list
says 0 '^block +192\.0\.2\.0/24 +20'
says 0 '^allow +bob@example\.org +20'
ctl allow bob@example.org
says 0 'as before'
# Once for all: they are written to the store.
sleep 1.5
stop
start
ctl list
says 0 '^block +192\.0\.2\.0/24 +20'
ctl allow --remove bob@example.org
says 0 'is no longer allowed'
ctl block --remove 192.0.2.0/24
says 0 'is no longer blocked'
ctl block --remove 192.0.2.0/24
says 0 'was not blocked'
# What could match nobody is no success.
ctl allow 192.0.2.1/24
says 65 '192\.0\.2\.1/24: .*192\.0\.2\.0/24'
ctl block 192.0.2/24
says 65 '192\.0\.2/24: '
ctl list
says 0 'Nobody is allowed or blocked'
ctl release bob@example.org
says 0 'Nothing waits for bob@example\.org'
grep -q 'changed_by_hand command=block removed=no who=192.0.2.0/24' \
	"$folder/log" || problem 'changes are not logged'

# Explanations.
ctl explain client_address=192.0.2.1 sender=a@example.net \
	recipient=b@example.org
says 0 '^limit +"few" does not apply'
says 0 '^Reply: action=DUNNO'
ctl explain sasl_username=bob@example.org recipient=b@example.org
says 0 'key: bob@example\.org'
ctl explain clientaddress=192.0.2.1
says 65 'Postfix has no attribute clientaddress'
ctl explain 192.0.2.1
says 65 'no attribute, which is NAME=VALUE: 192\.0\.2\.1'
ctl explain --file /nonexistent
says 65 'cannot read /nonexistent'
printf 'request=smtpd_access_policy\nprotocol_state=RCPT\nsender=\n\nrest' \
	>"$folder/request"
ctl explain --json --file "$folder/request"
says 0 '"kind":"step"'
says 0 '"reply":"action=DUNNO"'
printf 'no request\n\n' >"$folder/request"
ctl explain --file "$folder/request"
says 65 'no request: '

# A log: three mails of four recipients each.
for mail in 1 2 3; do
	cat <<LOG
Nov 25 08:0$mail:00 mx postfix/submission/smtpd[1]: 4ABCDEF0$mail: client=x.example[192.0.2.7], sasl_method=PLAIN, sasl_username=ann@example.org
Nov 25 08:0$mail:00 mx postfix/qmgr[2]: 4ABCDEF0$mail: from=<ann@example.org>, size=900, nrcpt=4 (queue active)
LOG
	for to in 1 2 3 4; do
		echo "Nov 25 08:0$mail:01 mx postfix/smtp[3]: 4ABCDEF0$mail: to=<r$to.$mail@example.net>, relay=mx.example.net[192.0.2.9]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
	done
	echo "Nov 25 08:0$mail:02 mx postfix/qmgr[2]: 4ABCDEF0$mail: removed"
done >"$folder/mail.log"
ctl replay "$folder/mail.log"
says 0 '^3 mails to 12 recipients, from '
says 0 '^few +0 +0 +7 +0 +0 +0$'
says 0 '^ann@example\.org +5 +0 +7 '
said=$("$control" replay -c "$folder/conf" --json - <"$folder/mail.log" 2>&1)
status=$?
says 0 '"kind":"rule","name":"few","passed":0,"alarms":0,"deferred":7,'
ctl replay /dev/null
says 0 'no mail that came by SMTP'
ctl replay /nonexistent
says 66 'cannot read /nonexistent'

# The daemon learns from it, and is waited for when it is away.
ctl feed "$folder/mail.log"
says 0 '^12 events were told'
: >"$folder/live.log"
"$control" feed -f -c "$folder/conf" "$folder/live.log" \
	2>"$folder/feed.err" &
feed=$!
sleep 1
stop
sed 's/status=sent.*/status=bounced (host mx.example.net[192.0.2.9] said: 550 5.1.1 no such user)/; s/dsn=2.0.0/dsn=5.1.1/' \
	"$folder/mail.log" >>"$folder/live.log"
for _ in $(seq 100); do
	grep -q 'is it running' "$folder/feed.err" && break
	sleep 0.1
done
start
for _ in $(seq 100); do
	grep -q 'answers again; 0 events were lost' "$folder/feed.err" && break
	sleep 0.1
done
grep -q 'answers again; 0 events were lost' "$folder/feed.err" ||
	problem "feed does not come back: $(cat "$folder/feed.err")"
kill "$feed"
wait "$feed"

# Other people do not get in.
if [[ $(id -u) = 0 ]]; then
	said=$(setpriv --reuid=daemon --regid=daemon --clear-groups \
		"$control" show --socket "$folder/control" 2>&1)
	status=$?
	says 77 'only root and the daemon.s user may ask at'
fi

# However many ask at once, the daemon goes on.
for _ in $(seq 30); do
	timeout 5 "$control" top -c "$folder/conf" >/dev/null 2>&1 &
	asking+=($!)
done
wait "${asking[@]}"
ctl top
says 0 'LIMIT|Nobody'

# Bytes that are no command.
head -c 200000 /dev/zero | timeout 5 python3 -c '
import socket, sys
peer = socket.socket(socket.AF_UNIX)
peer.connect(sys.argv[1])
try:
    peer.sendall(sys.stdin.buffer.read())
    peer.sendall(b"\n{\"schema\":1,\"command\":\"status\"}\n")
    print(peer.recv(1000))
except OSError:
    pass' "$folder/control" >/dev/null
ctl show
says 0 '^mailreeve-policyd '

# With limits that machines share, all of them are told and forgotten.
server=$(command -v valkey-server || command -v redis-server)
if [[ -n $server ]]; then
	"$server" --port 0 --unixsocket "$folder/shared" --unixsocketperm 777 \
		--dir "$folder" --save '' >"$folder/shared.log" 2>&1 &
	shared=$!
	for _ in $(seq 100); do
		[[ -S $folder/shared ]] && break
		sleep 0.05
	done
	stop
	cp "$folder/conf" "$folder/alone"
	echo "shared_server = \"unix:$folder/shared\"" >>"$folder/conf"
	start
	for _ in $(seq 100); do
		ctl show
		grep -q '^Shared limits: the server answers' <<<"$said" && break
		sleep 0.1
	done
	says 0 '^Shared limits: the server answers; [0-9]+ machines share'
	ask zoe@example.org 3 >/dev/null
	ctl show zoe@example.org
	says 0 '^few +zoe@example\.org +3 '
	# What another machine has counted.
	stop
	rm -f "$folder"/state*
	start
	ctl show zoe@example.org
	says 0 '^few +zoe@example\.org +3 '
	ctl reset zoe@example.org
	says 0 'begin at 0 on all machines'
	ctl show zoe@example.org
	says 0 '^few +zoe@example\.org +0 '
	kill "$shared"
	wait "$shared"
	ctl show zoe@example.org
	says 0 '^few +zoe@example\.org +0 '
	ctl reset zoe@example.org
	says 0 'server of shared limits does not answer'
	ctl doctor
	says 2 '^error +state: limits are to be shared, but the server does not'
	stop
	cp "$folder/alone" "$folder/conf"
	start
fi

# Postfix, if there is one: what is printed for a copy of its configuration ends
# the doctor's complaints about it.
if command -v postconf >/dev/null && [[ $(id -u) = 0 ]]; then
	export MAIL_CONFIG=$folder/postfix
	mkdir "$MAIL_CONFIG"
	cp /etc/postfix/*.cf "$MAIL_CONFIG"
	postconf -e "smtpd_recipient_restrictions = permit_mynetworks, check_policy_service { unix:$folder/socket, timeout=5s }, permit_sasl_authenticated" \
		'smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination' \
		'smtpd_data_restrictions =' 'smtpd_end_of_data_restrictions ='
	postconf -M 'smtp/inet=smtp inet n - n - - smtpd' \
		'submission/inet=submission inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_recipient_restrictions='
	ctl doctor
	says 2 '^submission/inet|^smtp/inet +smtpd_recipient_restrictions +5s +2 +451 '
	says 2 '^error +submission/inet: mailreeve-policyd is not asked'
	says 2 '^warning +smtp/inet: permit_mynetworks stands before'
	says 2 '^warning +smtp/inet: without default_action=DUNNO'
	says 2 '^warning +smtp/inet: END-OF-MESSAGE is not asked'
	says 2 '^good +daemon: it answers'
	says 2 '^good +state: the state is kept'
	ctl doctor --json
	says 2 '"kind":"finding","severity":"error","about":"submission/inet"'
	ctl postfix-snippet --score
	[[ $(grep -c '^postconf' <<<"$said") = 2 ]] ||
		problem "more than the score needs: $said"
	ctl postfix-snippet
	says 0 '^postfix reload$'
	# It is for a shell.
	grep '^postconf' <<<"$said" >"$folder/commands"
	[[ $(wc -l <"$folder/commands") = 4 ]] ||
		problem "not all states: $said"
	bash -e "$folder/commands" || problem "commands: $said"
	ctl doctor
	says '[012]' '^good +smtp/inet, submission/inet: mailreeve-policyd is asked'
	grep -E '^(error|warning|note) +[a-z]*/inet' <<<"$said" &&
		problem 'see above'
	ctl postfix-snippet
	grep '^postconf' <<<"$said" && problem 'that was done already'
	[[ $(postconf -h smtpd_recipient_restrictions) = \
		"check_policy_service { unix:$folder/socket, timeout=5s, try_limit=2, default_action=DUNNO }, permit_mynetworks, permit_sasl_authenticated" ]] ||
		problem "$(postconf smtpd_recipient_restrictions)"
	unset MAIL_CONFIG
fi

# Nobody takes the socket away from who serves it, and what is in the way is
# told.
sed 's|/socket"|/other"|; s|/state"|/state2"|' "$folder/conf" >"$folder/conf2"
said=$(timeout 20 "$daemon" -f -c "$folder/conf2" 2>&1)
status=$?
says '[1-9][0-9]*' 'control_socket: somebody serves .*/control already'
ctl show
says 0 '^mailreeve-policyd '
sed -i 's|/control"|/none/control"|' "$folder/conf2"
said=$(timeout 20 "$daemon" -f -c "$folder/conf2" 2>&1)
status=$?
says '[1-9][0-9]*' 'there is no folder .*/none; make it, with: install -d'

# Usage.
for command in show top reset allow block list release override explain \
	doctor postfix-snippet replay feed; do
	said=$("$control" "$command" --help 2>&1)
	status=$?
	says 0 "^usage: mailreeve-policyctl $command "
	said=$("$control" "$command" --none 2>&1)
	status=$?
	says 64 "mailreeve-policyctl $command: unrecognized option"
done
said=$("$control" frob 2>&1)
status=$?
says 64 'there is no command frob'
said=$("$control" 2>&1)
status=$?
says 64 'name a command'

stop
grep -E 'Sanitizer|runtime error' "$folder/log" && problem 'see above'
exit "$failed"
