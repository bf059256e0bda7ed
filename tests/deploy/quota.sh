#!/bin/bash
# quota.sh SUITE PACKAGES: on a host that boots, beside a stock Dovecot whose
# users are the system's, the package of the quota installs and changes nothing;
# used as its README.Debian says, thirty messages at once fill what is left of a
# mailbox; a restart of the daemon defers nobody; it is upgraded, goes and comes
# back.  PACKAGES is what packages.sh
# left.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"
# shellcheck source=installing.sh
. "$(dirname "${BASH_SOURCE[0]}")/installing.sh"

SUITE=$1 PACKAGES=$2
# What `systemd-analyze security' may say at most, times ten.
EXPOSURE=15

stored() {
	step lmtp "$1" | grep -x "$2 stored"
}

# restart: while mail flows.
restart() {
	local status=0 i
	step quota_stream &
	for i in 5 10 15; do
		host_wait 30 streamed "$i" &&
			on systemctl restart mailreeve-quotad || status=1
	done
	host_wait 30 streamed 20 || status=1
	on touch /tmp/stream/stop
	wait $!
	return "$status"
}

streamed() {
	[ "$(on cat /tmp/stream/sent)" -ge "$1" ]
}

none_deferred() {
	on cat /tmp/stream/reasons
	[ "$(on cat /tmp/stream/deferred)" = 0 ]
}

beside_dovecot() {
	must "there is a Dovecot" apt_get install dovecot-imapd dovecot-lmtpd
	must "that works" step working_dovecot
	must "it delivers before there is a quota" stored 1 1
	must "apt installs the package" apt_get install "$PACKAGE"
	must "the service runs, with its user, folders, sockets and man pages" \
		step quota_installed
	must "Dovecot knows nothing of it" stored 1 1
	must "the sandbox leaves an exposure of at most $EXPOSURE/10" \
		on systemd-analyze security --no-pager --threshold="$EXPOSURE" \
		mailreeve-quotad.service
	grep Overall "$SCRATCH/said" | say_proof
}

in_use() {
	must "Dovecot gets the settings" step quota_in_use
	must "of thirty at once, eight fit beside two" stored 30 8
	must "the ledger has what the mailbox holds" step quota_agrees
	must "the operator edits the configuration" step quota_edit
	must "and the mailbox is emptied" on doveadm expunge -u bob \
		mailbox INBOX all
}

restarted() {
	must "three restarts of the daemon while mail flows" restart
	must "deferred nobody" none_deferred
	must "and nobody has to be counted" step quota_not_dirty
	must "the ledger has what the mailbox holds" step quota_agrees
	say "$(on cat /tmp/stream/sent) messages"
	must "a daemon that was killed has all counted" step quota_killed
}

# Debian restarts Dovecot when a plugin of it changes.
upgraded() {
	must "an upgrade" apt_get install "$NEWER"
	must "the service runs again" step quota_installed
	must "mail comes" stored 1 1
	must "the ledger has what the mailbox holds" step quota_agrees
	must "the configuration is kept" on grep -q operator \
		/etc/mailreeve/quotad.conf
}

not_removed() {
	! apt_get remove mailreeve-dovecot
}

removed() {
	must "removing it while Dovecot uses it is refused" not_removed
	must "with the file to be changed" \
		said /etc/dovecot/conf.d/90-mailreeve-quota
	must "mail flows all the same" stored 1 1
	must "without the settings" on bash -c '
		rm /etc/dovecot/conf.d/90-mailreeve-quota-*
		doveadm reload'
	must "it goes" apt_get remove mailreeve-dovecot
	must "and mail flows as before" stored 1 1
	must "purge" apt_get purge mailreeve-dovecot
	must "leaves no folder of its own" on test ! -e /etc/mailreeve -a \
		! -e /var/lib/mailreeve -a ! -e /run/mailreeve
}

need_host_of "$SUITE"
PACKAGE=$(package repository mailreeve-dovecot) ||
	fail "no packages: run packages.sh before"
NEWER=$(package upgrade mailreeve-dovecot) ||
	fail "no newer package: run packages.sh before"
scratch_new mailreeve-deploy || fail "no room in ${TMPDIR:-/tmp}"
trap 'host_down; rm -rf "$SCRATCH"' EXIT
trap 'exit 130' INT TERM HUP
host_boot "$PACKAGES" || fail "a Debian $SUITE does not boot"
must "Debian $SUITE boots; apt has no network" step prepare
beside_dovecot
in_use
restarted
upgraded
removed
