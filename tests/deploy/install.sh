#!/bin/bash
# install.sh SUITE PACKAGES: on a host that boots, beside a Postfix that works,
# the package installs, upgrades, goes and comes back as its README promises.
# PACKAGES is what packages.sh left.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

SUITE=$1 PACKAGES=$2
# What `systemd-analyze security' may say at most, times ten.
EXPOSURE=14
KEYS=/var/lib/mailreeve/keys
MAIL=/home/bob/Maildir/new

# must TEXT COMMAND ...: the test ends unless the command succeeds.
must() {
	local text=$1
	shift
	if "$@" >"$SCRATCH/said" 2>&1; then
		say_good "$text"
		return
	fi
	tail -n 30 "$SCRATCH/said" >&2
	host_logs >&2
	fail "$text"
}

# apt_get COMMAND ...: what it said stays in apt.log.
apt_get() {
	on apt-get -qy -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold \
		--no-install-recommends "$@" </dev/null >"$SCRATCH/apt.log" 2>&1 && return
	tail -n 30 "$SCRATCH/apt.log" >&2
	return 1
}

# prepare: apt knows the packages' folder only; there is Bob.
prepare() {
	on bash -c '
		set -e
		rm -f /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/50machine
		echo "deb [trusted=yes] file:/src/packages/repository ./" \
			>/etc/apt/sources.list
		apt-get -q update
		useradd -m bob'
}

# working_postfix: it delivers to Bob.
working_postfix() {
	on bash -c '
		set -e
		postconf -e myhostname=mx.a.example mydestination=mx.a.example \
			home_mailbox=Maildir/
		systemctl restart postfix'
}

# send SUBJECT: one message through SMTP to Bob; how many he has is then one
# more.  $MESSAGE is the file.
send() {
	on smtp-source -m 1 -S "$1" -f alice@a.example -t bob@mx.a.example \
		127.0.0.1:25 && host_wait 20 arrived "$1"
}

arrived() {
	MESSAGE=$(on grep -lrx "Subject: $1" "$MAIL")
}

# fields: the names of the last message's header fields.
fields() {
	on sed -n '/^$/q; s/^\([A-Za-z-]*\):.*/\1/p' "$MESSAGE"
}

# comes_with COUNT SUBJECT: mail has so many signatures; right after a reload of
# Postfix one of its old processes may still take a message or two.
comes_with() {
	local try
	for try in 1 2 3 4 5; do
		send "$2 $try" || return 1
		[ "$(fields | grep -c '^DKIM-Signature$')" != "$1" ] || return 0
		sleep 1
	done
	return 1
}

# verified: the signatures hold, asked with the keys that DNS would have.
verified() {
	on bash -c '
		domain=a.example dir='$KEYS'/a.example
		rsa=$(openssl pkey -in $dir/s1.rsa.pem -pubout -outform DER |
			base64 -w0)
		ed=$(openssl pkey -in $dir/s1e.ed25519.pem -pubout -outform DER |
			tail -c 32 | base64)
		{
			printf "\$ORIGIN a.example.\n\$TTL 60\n"
			echo "@ SOA ns hostmaster 1 60 60 60 60"
			echo "s1._domainkey TXT \"v=DKIM1; k=rsa; p=${rsa:0:200}\" \"${rsa:200}\""
			echo "s1e._domainkey TXT \"v=DKIM1; k=ed25519; p=$ed\""
		} >/tmp/zone
		mailreeve-explain --zone /tmp/zone --client-ip 192.0.2.1 --json "$1" |
			tr -d " \n" | grep -o "\"result\":\"pass\"" | wc -l | grep -qx 2' \
		bash "$MESSAGE"
}

# postfix_state: all that belongs to Postfix, but our folder in its queue.
postfix_state() {
	on bash -c '
		cd /etc/postfix && find . -type f -exec sha256sum {} + | sort
		postconf -n
		postconf -M
		find /var/spool/postfix -path /var/spool/postfix/mailreeve -prune -o \
			-type d -printf "%p %m %u %g\n" | sort
		ls -l /etc/aliases*'
}

unchanged() {
	postfix_state >"$SCRATCH/after"
	diff "$SCRATCH/before" "$SCRATCH/after"
}

# installed: the service runs as its own user, with the files where they belong.
installed() {
	on bash -c '
		set -ex
		systemctl is-active mailreeve-milter
		systemctl is-enabled mailreeve-milter
		test "$(systemctl show -P NRestarts mailreeve-milter)" = 0
		id -nG mailreeve-milter | grep -x "mailreeve-milter postfix"
		ps -o user= -C mailreeve-milter | grep -x "mailreev.*"
		stat -c "%a %U %G" /var/spool/postfix/mailreeve |
			grep -x "2750 mailreeve-milter postfix"
		stat -c "%a %U %G" /var/spool/postfix/mailreeve/milter.sock |
			grep -x "660 mailreeve-milter postfix"
		stat -c "%a %U %G" /var/lib/mailreeve/keys |
			grep -x "750 root mailreeve-milter"
		test -s /etc/mailreeve/milter.conf
		for page in man8/mailreeve-milter.8 man5/mailreeve-milter.conf.5 \
			man1/mailreeve-explain.1; do
			test -s /usr/share/man/$page.gz
		done
		mailreeve-milter -t
		systemd-analyze verify --man=no mailreeve-milter.service'
}

exposure() {
	on systemd-analyze security --no-pager --threshold="$EXPOSURE" \
		mailreeve-milter.service
}

# make_keys: as README.md says.
make_keys() {
	on bash -c '
		set -e
		dir='$KEYS'/a.example
		install -d -g mailreeve-milter -m 750 "$dir"
		openssl genrsa -out "$dir/s1.rsa.pem" 2048
		openssl genpkey -algorithm ed25519 -out "$dir/s1e.ed25519.pem"
		echo "{\"schema\":1,\"keys\":[{\"selector\":\"s1\",\"algorithm\":\"rsa\",
			\"state\":\"active\"},{\"selector\":\"s1e\",
			\"algorithm\":\"ed25519\",\"state\":\"active\"}]}" >"$dir/keys.json"
		chgrp mailreeve-milter "$dir"/*
		chmod 640 "$dir"/*
		mailreeve-milter -t
		systemctl reload mailreeve-milter'
}

two_lines() {
	on postconf 'smtpd_milters = unix:mailreeve/milter.sock' \
		"non_smtpd_milters = \$smtpd_milters" && on postfix reload
}

# kept: the configuration that the operator edited and his keys are as they
# were.
what_is_kept() {
	on sha256sum /etc/mailreeve/milter.conf $KEYS/a.example/s1.rsa.pem \
		$KEYS/a.example/s1e.ed25519.pem $KEYS/a.example/keys.json
}

kept() {
	what_is_kept | diff "$SCRATCH/kept" -
}

edit_configuration() {
	on bash -c '
		echo "login_domain = a.example # by the operator" \
			>>/etc/mailreeve/milter.conf
		systemctl reload mailreeve-milter' && what_is_kept >"$SCRATCH/kept"
}

version() {
	on dpkg-query -W -f '${Version}' mailreeve-milter
}

# upgrade: to the newer version, while mail flows.
upgrade() {
	local status=0
	on mkdir /tmp/stream
	on bash /src/tests/deploy/stream.sh /tmp/stream &
	host_wait 30 bob_has 30 && apt_get install "$NEWER" ||
		status=1
	sleep 1
	on touch /tmp/stream/stop
	wait $!
	return "$status"
}

bob_has() {
	[ "$(on find $MAIL -type f | wc -l)" -ge "$1" ]
}

# none_lost: each message that was sent has arrived once and was signed.
none_lost() {
	local sent
	sent=$(on cat /tmp/stream/sent)
	host_wait 90 all_arrived "$sent" || return 1
	[ "$(subjects | sort | uniq -d | wc -l)" = 0 ] &&
		[ "$(on bash -c "cd $MAIL && grep -lr '^Subject: number ' . |
			xargs grep -c '^DKIM-Signature:' | grep -c ':2$'")" = "$sent" ]
}

all_arrived() {
	[ "$(subjects | wc -l)" = "$1" ]
}

subjects() {
	on grep -hr '^Subject: number ' $MAIL
}

# gap: how long nobody listened, in milliseconds, by the journal.
gap() {
	on journalctl -o short-unix --no-pager -u mailreeve-milter |
		awk '/stopping/ { from = $1 } / started/ && from { to = $1 }
			END { printf "%d\n", (to - from) * 1000 }'
}

said() {
	grep -qF -- "$1" "$SCRATCH/apt.log"
}

# follow_warning: do what the warning says, to the letter.
follow_warning() {
	sed -n 's/^    \(post[a-z]* .*\)/\1/p' "$SCRATCH/apt.log" >"$ROOT_RUN/src/cure"
	on bash -ex /src/cure
}

deferred() {
	! on smtp-source -m 1 -f alice@a.example -t bob@mx.a.example 127.0.0.1:25 \
		>"$SCRATCH/deferred" 2>&1 && cat "$SCRATCH/deferred" &&
		grep -q 'Service unavailable - try again later' "$SCRATCH/deferred"
}

# gone: nothing of the package is left but what must stay.
gone() {
	on bash -c '
		! command -v mailreeve-milter && ! systemctl cat mailreeve-milter &&
		! test -e /var/spool/postfix/mailreeve/milter.sock &&
		getent passwd mailreeve-milter'
}

beside_postfix() {
	must "there is a Postfix" working_postfix
	must "it delivers before there is a milter" send before
	fields >"$SCRATCH/fields"
	postfix_state >"$SCRATCH/before"
	must "apt installs the package and what it depends on" \
		apt_get install "$PACKAGE"
	must "the service runs, with its user, folders and man pages" installed
	must "nothing about Postfix has changed" unchanged
	must "mail flows as before" send after
	must "and has the same header fields" diff "$SCRATCH/fields" <(fields)
	must "the sandbox leaves an exposure of at most $EXPOSURE/10" exposure
	grep Overall "$SCRATCH/said" | say_proof
}

with_two_lines() {
	must "keys are made as README.md says" make_keys
	must "Postfix gets the two lines" two_lines
	must "mail goes out with two signatures" comes_with 2 signed
	must "which hold" verified
	must "the operator edits the configuration" edit_configuration
}

upgraded() {
	local old
	old=$(version)
	must "an upgrade from $old while mail flows" upgrade
	must "to $(version)" test "$old" != "$(version)"
	must "the service runs again" installed
	must "configuration and keys are kept" kept
	must "the new sample lies beside it" \
		on test -e /etc/mailreeve/milter.conf.dpkg-dist
	must "all mail arrived, signed, none twice" none_lost
	say "$(on cat /tmp/stream/sent) messages, $(on cat /tmp/stream/deferred)" \
		"deferred; nobody listened for $(gap) ms"
}

removed() {
	must "remove, while Postfix still names the milter" \
		apt_get remove mailreeve-milter
	must "warns" said WARNING
	must "the package is gone, the user stays" gone
	must "configuration and keys stay" kept
	must "Postfix defers, as the warning says" deferred
	must "the warning's commands help" follow_warning
	must "mail flows without a milter, unsigned" comes_with 0 without
}

come_back() {
	must "it is installed again" \
		apt_get install "$NEWER"
	must "with the configuration and keys of before" kept
	must "Postfix gets the two lines" two_lines
	must "mail is signed as before" comes_with 2 again
}

# among_others: what is not ours stays in what the warning says.
among_others() {
	on postconf 'smtpd_milters = inet:127.0.0.1:9, unix:mailreeve/milter.sock' \
		'milter_default_action = accept'
	on postconf -M 'submission/inet=submission inet n - y - - smtpd'
	on postconf -P 'submission/inet/smtpd_milters=unix:mailreeve/milter.sock'
	must "remove, with other milters and a service of its own" \
		apt_get remove mailreeve-milter
	must "keeps the others in what it advises" \
		said "postconf -e 'smtpd_milters = inet:127.0.0.1:9'"
	must "and knows master.cf" \
		said 'postconf -PX submission/inet/smtpd_milters'
	must "those commands work" follow_warning
	must "and leave nothing of ours" names_nothing
}

names_nothing() {
	! on grep -rn mailreeve /etc/postfix
}

purged() {
	must "the keys survive a purge" apt_get purge mailreeve-milter
	must "which says where they are" said "stay in $KEYS"
	must "and are all there" on test -s "$KEYS/a.example/s1.rsa.pem"
	must "the configuration does not" \
		on test ! -e /etc/mailreeve/milter.conf -a ! -e /etc/mailreeve
}

# without_postfix: it installs where there is none, and Postfix can follow.
without_postfix() {
	on rm -r "$KEYS"
	must "Postfix is purged" apt_get purge postfix
	must "and its user with it" on bash -c '
		systemctl stop "postfix*"
		! getent passwd postfix || userdel postfix
		! getent group postfix || groupdel postfix'
	must "the package installs without Postfix" \
		apt_get install "$PACKAGE"
	must "the service runs" installed
	must "there is a group postfix, and no such user" \
		on bash -c 'getent group postfix && ! getent passwd postfix'
	must "Postfix comes in" apt_get install "$(on sh -c \
		"ls $ROOT_SHELF/postfix_*.deb")"
	must "with its user in the group that was there" \
		on bash -c 'id -gn postfix | grep -x postfix'
	must "and works" working_postfix
	must "keys are made" make_keys
	must "Postfix gets the two lines" two_lines
	must "mail is signed" comes_with 2 late
}

# purged_clean: without keys, nothing stays.
purged_clean() {
	on rm -r "$KEYS/a.example"
	must "purge, without keys" apt_get purge mailreeve-milter
	must "leaves no folder" on bash -c '
		! ls -d /etc/mailreeve /var/lib/mailreeve \
			/var/spool/postfix/mailreeve'
}

# package FOLDER: print the path that the package in this folder has on the host.
package() {
	local -a found=("$PACKAGES/$1"/mailreeve-milter_*.deb)
	[ -e "${found[0]}" ] && echo "/src/packages/$1/${found[0]##*/}"
}

command -v systemd-nspawn >/dev/null || skip "systemd-nspawn is not installed"
need_root_of "$SUITE" boot
PACKAGE=$(package repository) && NEWER=$(package upgrade) ||
	fail "no packages: run packages.sh before"
scratch_new mailreeve-deploy || fail "no room in ${TMPDIR:-/tmp}"
trap 'host_down; rm -rf "$SCRATCH"' EXIT
trap 'exit 130' INT TERM HUP
host_boot "$PACKAGES" || fail "a Debian $SUITE does not boot"
must "Debian $SUITE boots; apt has no network" prepare
beside_postfix
with_two_lines
upgraded
removed
come_back
among_others
purged
without_postfix
purged_clean
