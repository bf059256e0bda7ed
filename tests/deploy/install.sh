#!/bin/bash
# install.sh SUITE PACKAGES: on a host that boots, beside a Postfix that works,
# the package installs, upgrades, goes and comes back as its README promises.
# PACKAGES is what packages.sh left.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
# shellcheck source=installing.sh
. "$(dirname "${BASH_SOURCE[0]}")/installing.sh"

SUITE=$1 PACKAGES=$2
# What `systemd-analyze security' may say at most, times ten.
EXPOSURE=14
KEYS=/var/lib/mailreeve/keys

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

# deferred: does Postfix defer mail?
deferred() {
	! on smtp-source -m 1 -f alice@a.example -t bob@mx.a.example \
		127.0.0.1:25 >"$SCRATCH/deferred" 2>&1 &&
		cat "$SCRATCH/deferred" &&
		grep 'Service unavailable - try again later' "$SCRATCH/deferred"
}

kept() {
	step what_is_kept | diff "$SCRATCH/kept" -
}

version() {
	on dpkg-query -W -f "\${Version}" mailreeve-milter
}

# upgrade: to the newer version, while mail flows.
upgrade() {
	local status=0
	step stream &
	host_wait 60 bob_has 40 && apt_get install "$NEWER" || status=1
	sleep 1
	on touch /tmp/stream/stop
	wait $!
	return "$status"
}

# none_lost: each message of the stream arrived, once, signed.
none_lost() {
	local sent
	sent=$(on cat /tmp/stream/sent)
	host_wait 90 all_arrived "$sent" &&
		[ "$(step streamed | sort -u | wc -l)" = "$sent" ]
}

all_arrived() {
	[ "$(step streamed | wc -l)" = "$1" ]
}

# gap: how long nobody listened, in milliseconds, by the journal.
gap() {
	on journalctl -o short-unix --no-pager -u mailreeve-milter |
		awk '/: stopping/ { from = $1 } /: started/ && from { to = $1 }
			END { printf "%d\n", (to - from) * 1000 }'
}

names_nothing() {
	local status=0
	on grep -rn mailreeve /etc/postfix || status=$?
	[ "$status" = 1 ]
}

beside_postfix() {
	must "there is a Postfix" step working_postfix
	must "it delivers before there is a milter" send before
	fields >"$SCRATCH/fields"
	step postfix_state >"$SCRATCH/before" || fail "Postfix cannot be looked at"
	must "apt installs the package and what it depends on" \
		apt_get install "$PACKAGE"
	must "the service runs, with its user, folders and man pages" step installed
	must "nothing about Postfix has changed" unchanged
	must "mail flows as before" send after
	must "and has the same header fields" diff "$SCRATCH/fields" <(fields)
	must "the sandbox leaves an exposure of at most $EXPOSURE/10" \
		on systemd-analyze security --no-pager --threshold="$EXPOSURE" \
		mailreeve-milter.service
	grep Overall "$SCRATCH/said" | say_proof
}

with_two_lines() {
	must "keys are made by hand" step make_keys
	must "Postfix gets the two lines" step two_lines
	must "mail goes out with two signatures" comes_with 2 signed
	must "which hold" step verified "$MESSAGE"
	must "the operator edits the configuration" step edit_configuration
	step what_is_kept >"$SCRATCH/kept" || fail "something to keep is missing"
}

upgraded() {
	local old
	old=$(version)
	must "an upgrade from $old while mail flows" upgrade
	must "to $(version)" test "$old" != "$(version)"
	must "the service runs again" step installed
	must "configuration and keys are kept" kept
	must "the new sample lies beside it" \
		on test -e /etc/mailreeve/milter.conf.dpkg-dist
	must "all mail arrived, signed, none twice" none_lost
	say "$(on cat /tmp/stream/sent) messages, $(on cat /tmp/stream/deferred)" \
		"deferrals; nobody listened for $(gap) ms"
}

removed() {
	must "remove, while Postfix still names the milter" \
		apt_get remove mailreeve-milter
	must "warns" said WARNING
	must "the package is gone, the user stays" step gone
	must "configuration and keys stay" kept
	must "Postfix defers, as the warning says" deferred
	must "the warning's commands help" follow_warning
	must "mail flows without a milter, unsigned" comes_with 0 without
}

come_back() {
	must "it is installed again" apt_get install "$NEWER"
	must "with the configuration and keys of before" kept
	must "Postfix gets the two lines" step two_lines
	must "mail is signed as before" comes_with 2 again
}

# beside_dns: the tool that shares the key store comes and goes on its own.
beside_dns() {
	must "mailreeve-dns goes in" apt_get install mailreeve-dns
	must "and makes keys that the milter finds" step keygen
	must "it is purged again" apt_get purge mailreeve-dns
	must "and the milter's files stay" kept
}

despite_postfix() {
	must "Postfix's configuration is broken" step break_postfix
	must "which does not stop a removal" apt_get remove mailreeve-milter
	must "it is mended" step mend_postfix
	must "and the package comes back" apt_get install "$NEWER"
}

among_others() {
	must "Postfix has other milters, and a service of its own" step others
	must "remove" apt_get remove mailreeve-milter
	must "keeps the others in what it advises" \
		said "postconf -e 'smtpd_milters = inet:127.0.0.1:9'"
	must "and knows master.cf" \
		said 'postconf -PX submission/inet/smtpd_milters'
	must "and the others there" \
		said "postconf -P 'smtps/inet/smtpd_milters=inet:127.0.0.1:9'"
	must "those commands work" follow_warning
	must "and leave nothing of ours" names_nothing
}

purged() {
	must "the keys survive a purge" apt_get purge mailreeve-milter
	must "which says where they are" said "stay in $KEYS"
	must "and are all there" on test -s "$KEYS/a.example/s1.rsa.pem"
	must "the configuration does not" on test ! -e /etc/mailreeve
}

without_postfix() {
	on rm -r "$KEYS"
	must "Postfix is purged" apt_get purge postfix
	must "and its user with it" step forget_postfix
	must "the package installs without Postfix" apt_get install "$PACKAGE"
	must "the service runs" step installed
	must "there is a group postfix, and no such user" step only_group
	must "Postfix comes in" \
		apt_get install "$(on find "$ROOT_SHELF" -name 'postfix_*.deb')"
	must "with its user in the group that was there" step in_group
	must "and works" step working_postfix
	must "keys are made" step make_keys
	must "Postfix gets the two lines" step two_lines
	must "mail is signed" comes_with 2 late
}

# another_queue: and purged in the end: without keys, nothing stays.
another_queue() {
	must "Postfix's queue goes elsewhere, as README.Debian says" step elsewhere
	must "mail is signed there" comes_with 2 elsewhere
	must "removal warns of that socket too" apt_get remove mailreeve-milter
	must "and says" said WARNING
	on rm -r "$KEYS/a.example"
	must "purge, without keys" apt_get purge mailreeve-milter
	must "what README.Debian put there goes as it says" step not_elsewhere
	must "leaves no folder of its own" on test ! -e /etc/mailreeve -a \
		! -e /var/lib/mailreeve -a ! -e /var/spool/postfix/mailreeve
}

need_host_of "$SUITE"
PACKAGE=$(package repository mailreeve-milter) || fail "no packages: run packages.sh before"
NEWER=$(package upgrade mailreeve-milter) || fail "no newer package: run packages.sh before"
scratch_new mailreeve-deploy || fail "no room in ${TMPDIR:-/tmp}"
trap 'host_down; rm -rf "$SCRATCH"' EXIT
trap 'exit 130' INT TERM HUP
host_boot "$PACKAGES" || fail "a Debian $SUITE does not boot"
must "Debian $SUITE boots; apt has no network" step prepare
beside_postfix
with_two_lines
upgraded
removed
come_back
beside_dns
despite_postfix
among_others
purged
without_postfix
another_queue
