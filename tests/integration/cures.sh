#!/bin/bash
# cures.sh MILTER DNS: whatever is wrong with a new set-up, the commands that
# -t names, run to the letter, make it right.  Needs root: it works in a mount
# namespace, with an /etc, a /var/lib and a /var/spool of its own.
set -u

if [[ ${CURES_INSIDE:-} = '' ]]; then
	if [[ $(id -u) != 0 ]] || ! unshare --mount true 2>/dev/null; then
		echo "skipped: it needs root and namespaces"
		exit 77
	fi
	folder=$(mktemp -d)
	trap 'rm -rf "$folder"' EXIT
	chmod 755 "$folder"
	mkdir "$folder/bin"
	cp "$1" "$2" "$folder/bin"
	PATH=$folder/bin:/usr/sbin:/usr/bin:/sbin:/bin CURES_INSIDE=$folder \
		unshare --mount bash "$0"
	exit
fi

folder=$CURES_INSIDE
conf=/etc/mailreeve/milter.conf
store=/var/lib/mailreeve/keys
spool=/var/spool/postfix
sock=$spool/mailreeve
failed=0
unset SUDO_USER

problem() {
	printf '%s\n' "$*" >&2
	failed=1
}

cp -a /etc "$folder/etc" &&
	mount --bind "$folder/etc" /etc &&
	mount -t tmpfs -o mode=755 none /var/lib &&
	mount -t tmpfs -o mode=755 none /var/spool || exit 1
grep -q '^postfix:' /etc/group || echo 'postfix:x:64811:' >>/etc/group
grep -q '^postfix:' /etc/passwd ||
	echo "postfix:x:64811:$(getent group postfix | cut -d: -f3)::$spool:" \
		>>/etc/passwd
grep -q '^mailreeve-milter:' /etc/passwd || {
	echo 'mailreeve-milter:x:64812:64812::/:/bin/false' >>/etc/passwd
	echo 'mailreeve-milter:x:64812:' >>/etc/group
}
cp /etc/passwd /etc/group "$folder"
mkdir /var/lib/mailreeve
install -d -g mailreeve-milter -m 750 "$store"
mailreeve-dns keygen --active --selector s1 example.org >/dev/null || exit 1
cp -a "$store" "$folder/keys"

# world: everything is right.
world() {
	cat "$folder/passwd" >/etc/passwd
	cat "$folder/group" >/etc/group
	rm -rf /etc/mailreeve /var/lib/mailreeve /srv-mailreeve "$spool"
	mkdir /etc/mailreeve /var/lib/mailreeve "$spool"
	cp -a "$folder/keys" "$store"
	install -d -o mailreeve-milter -g postfix -m 2750 "$sock"
	printf 'resolvers = {recursive}\n' >"$conf"
}

# mends WHAT COMMAND [WANTED]: after the COMMAND, -t is not content; the
# commands that it names make it say "signs with 2 keys", or WANTED.
mends() {
	local what=$1 wanted=${3:-signs with 2 keys} said cure step
	world
	eval "$2" || problem "$what: cannot make it wrong"
	for step in {1..10}; do
		said=$(mailreeve-milter -t 2>&1) &&
			grep -q -- "$wanted" <<<"$said" && break
		cure=$(grep -E '^(error|warning): ' <<<"$said" |
			sed -n 's/.*with: //p' | head -n 1)
		if [[ $cure = '' ]]; then
			problem "$what: no command in: $said"
			return
		fi
		eval "$cure" >"$folder/said" 2>&1 ||
			problem "$what: $cure: $(cat "$folder/said")"
	done
	case $step in
	1) problem "$what: nothing was wrong: $said" ;;
	10) problem "$what: not mended: $said" ;;
	esac
}

# names WHAT COMMAND REGEX: after the COMMAND, -t says so and ends with 78.
names() {
	local said
	world
	eval "$2" || problem "$1: cannot make it wrong"
	said=$(mailreeve-milter -t 2>&1)
	[[ $? -eq 78 ]] || problem "$1: accepted: $said"
	grep -Eq -- "$3" <<<"$said" || problem "$1: expected $3, found: $said"
}

world
mailreeve-milter -t >"$folder/said" 2>&1 || problem "the world is wrong"
grep -q '^  example.org: s1 (RSA, 2048 bits), s1e (Ed25519)$' "$folder/said" ||
	problem "no keys are named: $(cat "$folder/said")"
grep -q "^Postfix connects to unix:$sock/milter.sock\$" "$folder/said" ||
	problem "no socket is named: $(cat "$folder/said")"

# The configuration.
mends 'no configuration' 'rm -r /etc/mailreeve'
mends 'a private configuration' "chmod 600 $conf"
mends 'a private folder' 'chmod 700 /etc/mailreeve'
names 'a typing error' "echo 'sockt = x' >$conf" 'nearest name is .socket'
names 'a word' "echo 'log_level = inof' >$conf" 'allowed is error, warning'
names "Postfix's name" "echo 'socket = \"unix:mailreeve/milter.sock\"' >$conf" \
	"write the whole path, such as unix:$sock/milter.sock"
names "Postfix's order" "echo 'socket = \"inet:127.0.0.1:8891\"' >$conf" \
	'write inet:8891@127\.0\.0\.1'
names 'a bare path' "echo 'socket = \"$sock/milter.sock\"' >$conf" \
	"write unix:$sock/milter.sock"
names "a resolver's port" "echo 'resolvers = {127.0.0.1:53}' >$conf" \
	'write "127.0.0.1@53"'
names 'a short address' "echo 'resolvers = {1.2.3}' >$conf" \
	'milter.conf:1: resolvers: "1.2.3" is neither'
names 'no resolv.conf' "rm /etc/resolv.conf; echo >$conf" \
	'/etc/resolv.conf: .*"nameserver 192.0.2.53"'
cp -L --remove-destination "$folder/etc/resolv.conf" /etc/ 2>/dev/null

# Users and groups.
if command -v adduser >/dev/null; then
	mends 'no user' "sed -i /^mailreeve-milter:/d /etc/passwd /etc/group &&
		chgrp -R 0 $store && chown 0 $sock"
	mends 'no group' \
		"sed -i 's/^postfix:/p:/' /etc/group && chgrp 0 $sock"
fi

# The key store.
mends 'no key store' 'rm -r /var/lib/mailreeve'
mends 'an empty key store' "rm -r $store/*"
mends 'pending keys' "sed -i s/active/pending/ $store/example.org/keys.json"
mends 'no list' "rm $store/example.org/keys.json"
mends 'a broken list' "echo '{' >$store/example.org/keys.json"
mends 'a list of others' "chmod 666 $store/example.org/keys.json"
mends 'keys for the world' "chmod 644 $store/example.org/*.pem"
mends 'keys of root' "chgrp 0 $store/example.org/*.pem"
mends 'keys of another' "chown 54321:54321 $store/example.org/*.pem"
mends 'a key of another group' "chgrp postfix $store/example.org/s1.rsa.pem"
# One key signs on, the new ones wait for their records.
mends 'no key' "rm $store/example.org/s1.rsa.pem" 'signs with 1 keys'
names 'a lost key' "rm $store/example.org/s1.rsa.pem" \
	's1.rsa.pem: the private key is lost, .*from a backup, or make a new'
# A list in one line, as the cure for a lost one writes it.
mends 'no key in one line' "rm $store/example.org/s1.rsa.pem &&
	tr -d '\n' <$store/example.org/keys.json | tee $store/l >/dev/null &&
	mv $store/l $store/example.org/keys.json" 'signs with 1 keys'
mends 'a folder of root' "chgrp 0 $store/example.org"
mends 'a folder for all' "chmod 777 $store/example.org"
mends 'a folder of another' "chown 54321 $store/example.org && chmod 755 \$_"
mends 'a shut key store' "chmod 700 $store"
mends 'a shut folder above it' 'chmod 700 /var/lib/mailreeve'
mends 'a section without keys' \
	"echo 'signing \"example.net\" { }' >>$conf" 'signs with 4 keys'
mends 'another key store' \
	"echo 'key_store = /var/lib/mailreeve/other' >>$conf"

# Keys of OpenDKIM's, which keeps them.
odk="rm -rf /etc/odk && mkdir /etc/odk && echo 'opendkim_conf = /etc/odk/conf' \
	>>$conf && cp $store/example.org/s1.rsa.pem /etc/odk/k &&
	printf '%s\n' 'Domain a.example' 'Selector s' 'KeyFile /etc/odk/k' \
	>/etc/odk/conf"
mends "OpenDKIM's key" "$odk && chown 54321:54321 /etc/odk/k" '1 signing rules, 1 keys'
mends "OpenDKIM's key for the world" "$odk && chmod 644 /etc/odk/k" \
	'1 signing rules, 1 keys'
mends "OpenDKIM's folder" "$odk && mkdir -m 700 /etc/odk/s &&
	mv /etc/odk/k /etc/odk/s && sed -i s:odk/k:odk/s/k: /etc/odk/conf" \
	'1 signing rules, 1 keys'
mends "OpenDKIM's table" "$odk && chmod 600 /etc/odk/conf" '1 signing rules, 1 keys'

# The socket.
mends 'no folder' "rmdir $sock"
mends "root's folder" "chown root:root $sock"
mends 'a shut folder' "chmod 700 $sock"
mends 'a shut spool' "chmod 700 $spool"
mends 'a folder above it that is shut to Postfix' "mkdir -p /var/lib/a/b &&
	chown mailreeve-milter:postfix /var/lib/a /var/lib/a/b &&
	chmod 2750 /var/lib/a/b && chmod 700 /var/lib/a &&
	echo 'socket = \"unix:/var/lib/a/b/s\"' >>$conf"
mends 'a file in its place' "touch $sock/milter.sock"
names 'a folder in its place' "mkdir $sock/milter.sock" 'is a folder; name'

# Names that are more than one word, and look like the mark of a command.
# shellcheck disable=SC2317 # mends() calls it
{
	odd="/var/lib/mailreeve/it's with: touch ran && touch ran"
	names_odd() { printf 'key_store = "%s"\n' "$odd" >>"$conf"; }
	odd_store() { names_odd && mv "$store" "$odd"; }
	odd_shut() { odd_store && chmod 700 "$odd"; }
	odd_list() { odd_store && echo '{' >"$odd/example.org/keys.json"; }
	odd_lost() { odd_store && rm "$odd/example.org/keys.json"; }
	odd_pending() {
		odd_store &&
			sed -i s/active/pending/ "$odd/example.org/keys.json"
	}
	odd_folder() { printf 'socket = "unix:%s/s"\n' "$odd" >>"$conf"; }
	odd_file() {
		odd_folder && install -d -o mailreeve-milter -g postfix \
			-m 2750 "$odd" && touch "$odd/s"
	}
	odd_key() {
		printf 'signing "example.net" { keys = {"s1:%s/s"} }\n' \
			"$odd" >>"$conf"
	}
}
cd "$folder" || exit 1
mends 'no odd store' names_odd
mends 'an odd shut store' odd_shut
mends 'an odd store with a broken list' odd_list
mends 'an odd store without a list' odd_lost
mends 'an odd store with pending keys' odd_pending
mends 'no odd folder' odd_folder
mends 'an odd file' odd_file
mends 'no odd key' odd_key 'signs with 3 keys'
[[ ! -e ran ]] || problem "a name was run"
world
names_odd
said=$(SUDO_USER=ann mailreeve-milter -t 2>&1)
[[ $(grep -o 'sudo' <<<"$said" | wc -l) -eq 1 ]] ||
	problem "odd, with sudo: $said"

# Other programs that listen there.  The milter's own socket is no obstacle.
listen() {
	python3 - "$@" <<'PYTHON' &
import os, socket, sys, time
if sys.argv[1] == "unix":
    where = socket.socket(socket.AF_UNIX)
    where.bind(sys.argv[2])
else:
    where = socket.socket()
    where.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    where.bind(("127.0.0.1", 0))
    open(sys.argv[2], "w").write(str(where.getsockname()[1]))
where.listen()
open(sys.argv[2] + ".ready", "w")
time.sleep(60)
PYTHON
	listening=$!
	until [[ -e $2.ready ]]; do
		kill -0 "$listening" || break
		sleep 0.1
	done
}
stop() {
	kill "$listening"
	wait "$listening" 2>/dev/null || :
}
mends 'a socket of a program that is gone' \
	"listen unix $sock/milter.sock && rm $sock/*.ready && stop"
listen tcp "$folder/port"
names 'a port of another program' \
	"echo 'socket = \"inet:$(cat "$folder/port")@127.0.0.1\"' >$conf" \
	"another program, of user root, listens on .*: ss -lptn 'sport = [0-9]+'"
stop
names 'a socket of another program' "listen unix $sock/milter.sock" \
	'is the socket of another program, of user root'
world_start=$(timeout 20 mailreeve-milter 2>&1)
[[ $? -eq 69 && -S $sock/milter.sock ]] ||
	problem "a start took the socket away: $world_start"
stop

# What a sudoer is shown, a sudoer can paste.
world
chgrp 0 "$store/example.org/s1.rsa.pem"
said=$(SUDO_USER=ann mailreeve-milter -t 2>&1)
grep -q 'with: sudo chgrp [^ ]* [^ ]* && sudo chmod 640 [^ ]*$' <<<"$said" ||
	problem "no sudo: $said"

# Postfix, if it is there: the named command attaches the milter.
if command -v postconf >/dev/null && [[ -e /etc/postfix/main.cf ]]; then
	world
	postconf -X smtpd_milters non_smtpd_milters 2>/dev/null
	postconf 'smtpd_milters = inet:127.0.0.1:11332'
	said=$(mailreeve-milter -t)
	attach=$(sed -n 's/^Postfix does not use it yet.*with: //p' <<<"$said")
	[[ $attach = *' && postfix reload' ]] || problem "no attach: $said"
	eval "${attach% && postfix reload}" || problem "cannot: $attach"
	[[ $(postconf -xh non_smtpd_milters) = \
		'inet:127.0.0.1:11332, unix:mailreeve/milter.sock' ]] ||
		problem "Postfix has: $(postconf smtpd_milters non_smtpd_milters)"
	said=$(mailreeve-milter -t)
	grep -qx 'Postfix uses it as unix:mailreeve/milter.sock' <<<"$said" ||
		problem "Postfix uses it: $said"
	# OpenDKIM, whose configuration we read, makes room for us.
	eval "$odk"
	chgrp mailreeve-milter /etc/odk/k
	chmod 640 /etc/odk/k
	echo 'Socket inet:8892@localhost' >>/etc/odk/conf
	postconf 'smtpd_milters = inet:127.0.0.1:11332, inet:127.0.0.1:8892' \
		"non_smtpd_milters = \$smtpd_milters"
	attach=$(mailreeve-milter -t 2>/dev/null |
		sed -n 's/^Postfix does not use it yet.*with: //p')
	eval "${attach% && postfix reload}" || problem "cannot: $attach"
	[[ $(postconf -xh non_smtpd_milters) = \
		'inet:127.0.0.1:11332, unix:mailreeve/milter.sock' ]] ||
		problem "Postfix has: $(postconf smtpd_milters non_smtpd_milters)"
	postconf 'smtpd_milters = inet:127.0.0.1:8892, unix:mailreeve/milter.sock'
	mailreeve-milter -t 2>/dev/null | grep -q \
		'and OpenDKIM (inet:8892@localhost), so that mail gets two sig' ||
		problem "two signatures: $(mailreeve-milter -t 2>&1)"
	postconf 'smtpd_milters = inet:127.0.0.1:11332'
	mailreeve-milter -t 2>/dev/null | grep -q \
		'write unix:mailreeve/milter.sock in the place of OpenDKIM' ||
		problem "by hand: $(mailreeve-milter -t 2>&1)"
	sed -i /opendkim_conf/d "$conf"
	install -d -o mailreeve-milter -g postfix -m 2750 /var/lib/elsewhere
	echo 'socket = "unix:/var/lib/elsewhere/s"' >>"$conf"
	said=$(mailreeve-milter -t)
	grep -q '^The socket is not below .* in a chroot do not find it$' \
		<<<"$said" || problem "a chroot: $said"
	grep -q "with: postconf 'smtpd_milters = .*, unix:/var/lib/elsewhere/s'" \
		<<<"$said" || problem "elsewhere: $said"
fi

# A key that a section and the store both have is one key.
world
cat >>"$conf" <<CONF
signing "example.org" {
    keys = {"s1:$store/example.org/s1.rsa.pem"}
}
CONF
said=$(mailreeve-milter -t)
grep -q 'signs with 2 keys$' <<<"$said" || problem "counted twice: $said"
exit "$failed"
