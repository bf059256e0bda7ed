# world.sh: what the parts that measure share, in namespaces of their own: a
# loopback interface, a /dev/log that forgets, a DNS server for the zone file
# $WORK/zone, and a slow way to it.  Sourced by bash; $WORK, $BIN, $KNOT, $SLOW,
# $SLOW_MS and $SILENT are the caller's.
# shellcheck shell=bash

fail() {
	echo "$*" >&2
	tail -n 5 "$WORK"/*.log >&2
	exit 1
}

# wait_for COMMAND ...: try until it succeeds, for 30 seconds.
wait_for() {
	local end=$((SECONDS + 30))
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# set_up_machine: a loopback interface and no way out, a resolver, and a /dev/log that
# forgets: what is logged at level info must go somewhere.
set_up_machine() {
	local node
	ip link set lo up && ip address add "$KNOT/32" dev lo &&
		ip address add "$SLOW/32" dev lo || return 1
	[ -z "$(ip route show)" ] || return 1
	: >"$WORK/resolv.conf"
	mount --bind "$WORK/resolv.conf" /etc/resolv.conf || return 1
	mkdir "$WORK/dev" && mount -t tmpfs tmpfs "$WORK/dev" || return 1
	for node in null zero full random urandom; do
		: >"$WORK/dev/$node"
		mount --bind "/dev/$node" "$WORK/dev/$node" || return 1
	done
	ln -s /proc/self/fd "$WORK/dev/fd"
	mount --rbind "$WORK/dev" /dev || return 1
	"$BIN/bench_sink" /dev/log &
	wait_for test -S /dev/log
}

# start_knot: a DNS server for all names.
start_knot() {
	cat >"$WORK/knot.conf" <<-CONF
	server:
	  listen: [ "$KNOT@53" ]
	  rundir: "$WORK"
	log:
	  - target: stderr
	    any: warning
	database:
	  storage: "$WORK"
	zone:
	  - domain: "."
	    file: "$WORK/zone"
	    zonefile-sync: -1
	    journal-content: none
	CONF
	knotd -c "$WORK/knot.conf" >"$WORK/knot.log" 2>&1 &
	wait_for grep -q "^ *[0-9]*: 0100350A:0035 " /proc/net/udp
}

# start_slowdns: on the way through it each question takes its time; names with
# the label $SILENT, if there is one, are never answered.
start_slowdns() {
	"$BIN/bench_slowdns" "$SLOW" "$KNOT" "$SLOW_MS" \
		${SILENT:+"$SILENT"} \
		>"$WORK/slowdns.log" 2>&1 &
	wait_for grep -q "^ *[0-9]*: 0200350A:0035 " /proc/net/udp
}
