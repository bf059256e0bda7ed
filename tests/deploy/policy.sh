#!/bin/bash
# policy.sh SUITE PACKAGES: on a host that boots, beside a Postfix that works,
# the package of the policy daemon installs, upgrades without one deferral, goes
# and comes back.  PACKAGES is what packages.sh left.
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

# none_deferred: the socket was open all the time.
none_deferred() {
	[ "$(on cat /tmp/stream/deferred)" = 0 ]
}

none_lost() {
	host_wait 90 bob_has "$(on cat /tmp/stream/sent)"
}

decided() {
	on journalctl --no-pager -u mailreeve-policyd | grep ' decision '
}

beside_postfix() {
	must "there is a Postfix" step working_postfix
	must "it delivers before there is a policy daemon" send before
	step postfix_state >"$SCRATCH/before" || fail "Postfix cannot be looked at"
	must "apt installs the package and what it depends on" \
		apt_get install "$PACKAGE"
	must "the service runs, with its user, folders, sockets and man pages" \
		step policy_installed
	must "nothing about Postfix has changed" unchanged
	must "mail flows as before" send after
	must "the sandbox leaves an exposure of at most $EXPOSURE/10" \
		on systemd-analyze security --no-pager --threshold="$EXPOSURE" \
		mailreeve-policyd.service
	grep Overall "$SCRATCH/said" | say_proof
}

in_use() {
	must "Postfix gets the lines" step policy_lines
	must "mail flows" send asked
	must "and each recipient was decided about" decided
	must "a notice by sendmail(1) leaves the sandbox" step policy_notice
	must "the operator edits the configuration" step policy_edit
}

upgraded() {
	must "an upgrade while mail flows" upgrade
	must "the service runs again" step policy_installed
	must "all mail arrived" none_lost
	must "and nobody was deferred" none_deferred
	must "the configuration is kept" on grep -q operator \
		/etc/mailreeve/policyd.conf
	say "$(on cat /tmp/stream/sent) messages"
}

removed() {
	must "remove, while Postfix still asks" apt_get remove mailreeve-policyd
	must "warns" said WARNING
	must "the warning's commands help" follow_warning
	must "mail flows" send without
	must "the configuration and the state stay" on test -s \
		/etc/mailreeve/policyd.conf -a -s \
		/var/lib/mailreeve/policyd/policyd.sqlite
}

purged() {
	must "it is installed again" apt_get install "$NEWER"
	must "and runs" step policy_installed
	must "purge" apt_get purge mailreeve-policyd
	must "leaves no folder of its own" on test ! -e /etc/mailreeve -a \
		! -e /var/lib/mailreeve -a ! -e /var/spool/postfix/mailreeve -a \
		! -e /run/mailreeve
}

need_host_of "$SUITE"
PACKAGE=$(package repository mailreeve-policyd) ||
	fail "no packages: run packages.sh before"
NEWER=$(package upgrade mailreeve-policyd) ||
	fail "no newer package: run packages.sh before"
scratch_new mailreeve-deploy || fail "no room in ${TMPDIR:-/tmp}"
trap 'host_down; rm -rf "$SCRATCH"' EXIT
trap 'exit 130' INT TERM HUP
host_boot "$PACKAGES" || fail "a Debian $SUITE does not boot"
must "Debian $SUITE boots; apt has no network" step prepare
beside_postfix
in_use
upgraded
removed
purged
