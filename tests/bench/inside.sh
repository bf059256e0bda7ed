#!/bin/bash
# inside.sh: the part of `run' that measures, in network, mount and PID
# namespaces of its own: a DNS server, the filters, the slices.  Each line of
# standard output is what one slice measured, as JSON.  See run for how it is
# called.
set -u

BUILD=$1 BENCH=$2 WORK=$3 BENCHES=$4 PROGRAMS=$5 ROUNDS=$6 MESSAGES=$7
DNS=10.53.0.1
BIN=$BUILD/tests/bench
KEY=$WORK/key.pem
declare -A PIDS=()

fail() {
	echo "$*" >&2
	tail -n 5 "$WORK"/*.log >&2
	exit 1
}

# wait_for COMMAND ...: try until it succeeds, for ten seconds.
wait_for() {
	local end=$((SECONDS + 10))
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# set_up_machine: a loopback interface, a resolver, and a /dev/log that
# forgets: what is logged at level info must go somewhere.
set_up_machine() {
	local node
	ip link set lo up && ip address add "$DNS/32" dev lo || return 1
	echo "nameserver $DNS" >"$WORK/resolv.conf"
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

set_up_dns() {
	local public
	public=$(openssl pkey -in "$KEY" -pubout -outform DER | base64 -w 0)
	cat >"$WORK/zone" <<-RECORDS
	\$ORIGIN .
	\$TTL 3600
	@ SOA dns.example. hostmaster.example. 1 60 60 3600 60
	@ NS dns.example.
	dns.example. A $DNS
	s._domainkey.example.com. TXT "v=DKIM1; k=rsa; p=${public:0:200}" "${public:200}"
	RECORDS
	cat >"$WORK/knot.conf" <<-CONF
	server:
	  listen: [ "$DNS@53" ]
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

# message BYTES: print a message with a body of so many bytes.
message() {
	local words='Some words that make up a line of text, as long as most are'
	cat "$BENCH/header.txt"
	yes "$words" | head -c "$1"
	echo
}

start_mailreeve() {
	local folder=$1
	shift
	cat >"$folder/conf" <<-CONF
	socket = "unix:$folder/socket"
	socket_group = "nogroup"
	user = "nobody"
	authserv_id = "mx.example"
	key_store = "$WORK/store"
	signing "example.com" { keys = {"s:$KEY"} }
	CONF
	printf '%s\n' "$@" >>"$folder/conf"
	exec "$BUILD/milter/mailreeve-milter" -f -c "$folder/conf"
}

# What Debian's package sets; but the DNS here is not signed, and the files are
# in a temporary folder.
start_opendkim() {
	local folder=$1
	shift
	cat >"$folder/conf" <<-CONF
	Mode sv
	Domain example.com
	Selector s
	KeyFile $KEY
	Canonicalization relaxed/relaxed
	OversignHeaders From
	AuthservID mx.example
	Nameservers $DNS
	UserID nobody:nogroup
	UMask 007
	RequireSafeKeys no
	Socket local:$folder/socket
	CONF
	printf '%s\n' "$@" >>"$folder/conf"
	exec opendkim -f -x "$folder/conf"
}

# start PROGRAM: start it with a socket $WORK/PROGRAM/socket.
start() {
	local folder=$WORK/$1
	mkdir -p "$folder"
	chown nobody:nogroup "$folder"
	rm -f "$folder/socket"
	case $1 in
	mailreeve) start_mailreeve "$folder" 'log_level = warning' ;;
	mailreeve-info)
		start_mailreeve "$folder" 'log_level = info' 'log_to = syslog'
		;;
	opendkim) start_opendkim "$folder" 'Syslog yes' ;;
	opendkim-info)
		start_opendkim "$folder" 'Syslog yes' 'SyslogSuccess yes'
		;;
	empty) exec "$BIN/bench_empty" "unix:$folder/socket" ;;
	empty-field) exec "$BIN/bench_empty" "unix:$folder/socket" field ;;
	esac >"$WORK/$1.log" 2>&1 </dev/null &
	PIDS[$1]=$!
	wait_for grep -q " 00010000 .*$folder/socket\$" /proc/net/unix ||
		fail "$1 does not start"
}

# stop_all: they hold nothing that matters, and libmilter takes seconds to end.
stop_all() {
	local program
	for program in "${!PIDS[@]}"; do
		kill -KILL "${PIDS[$program]}" || fail "$program is gone"
		wait "${PIDS[$program]}" 2>/dev/null
	done
	PIDS=()
}

# drive PROGRAM BENCH ARGUMENT ...: bring messages to it.  A client on this
# host sends what is to be signed.
drive() {
	local program=$1 bench=$2
	local -a arguments=(--socket="unix:$WORK/$program/socket")
	shift 2
	case $bench in
	sign-*)
		arguments+=(--client=127.0.0.1 --message="$WORK/${bench#*-}.txt")
		[[ $program == empty* ]] ||
			arguments+=(--expect=DKIM-Signature)
		;;
	verify-dkim-*)
		arguments+=(--message="$WORK/${bench##*-}.signed")
		[[ $program == empty* ]] || arguments+=(--expect='dkim=pass')
		;;
	esac
	[ "$program" != empty-field ] ||
		arguments+=(--expect=Authentication-Results)
	"$BIN/bench_driver" "${arguments[@]}" "$@" ||
		fail "$bench: $program does not do what it should"
}

# slice ROUND BENCH PROGRAM CONNECTIONS PER_CONNECTION: measure it once.
slice() {
	local result
	result=$(drive "$3" "$2" --pid="${PIDS[$3]}" --connections="$4" \
		--per-connection="$5" --messages="$MESSAGES") || exit 1
	printf '{"round":%d,"bench":"%s","program":"%s",' "$1" "$2" "$3"
	printf '"connections":%d,"per_connection":%d,%s\n' "$4" "$5" \
		"${result#\{}"
}

# slices ROUND BENCH: a slice for each program, one after another, for each
# number of connections and messages in each.
slices() {
	local connections per program
	for connections in 1 10; do
		for per in 1 10; do
			for program in $PROGRAMS; do
				[[ $program == *-info && $connections$per != 1010 ]] ||
					slice "$1" "$2" "$program" "$connections" "$per"
			done
		done
	done
}

measure_milters() {
	local bench=$1 round program
	for program in $PROGRAMS; do
		start "$program"
	done
	for ((round = 1; round <= ROUNDS; round++)); do
		slices "$round" "$bench"
		[[ $bench != sign-* ]] || evp "$round" "$bench"
	done
	stop_all
}

# evp ROUND BENCH: one signature by itself, in the same run.
evp() {
	local result
	result=$("$BIN/bench_evp" "$KEY" "$((MESSAGES / 2 + 1))") || fail "evp"
	printf '{"round":%d,"bench":"%s","program":"evp",%s\n' "$1" "$2" \
		"${result#\{}"
}

# Bodies are as long as a slice has messages of 20 kB: 4 MB by default.
measure_body_hash() {
	local round bytes=$((MESSAGES * 20000))
	for ((round = 1; round <= ROUNDS; round++)); do
		"$BIN/bench_bodyhash" --json "$bytes" || fail "body-hash"
		[[ " $PROGRAMS " != *" opendkim "* ]] ||
			"$BIN/bench_opendkim_body" "$KEY" "$bytes" ||
			fail "body-hash"
	done
}

# Our own milter signs what all of them verify.
make_messages() {
	message 4096 >"$WORK/4k.txt"
	message 102400 >"$WORK/100k.txt"
	start mailreeve
	drive mailreeve sign-4k --save="$WORK/4k.signed"
	drive mailreeve sign-100k --save="$WORK/100k.signed"
	stop_all
}

main() {
	local bench
	chmod 755 "$WORK"
	mkdir -p "$WORK/store"
	openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 \
		-out "$KEY" 2>/dev/null
	chown nobody:nogroup "$KEY" "$WORK/store"
	set_up_machine || fail "cannot set up the namespaces"
	set_up_dns || fail "no DNS server"
	make_messages
	for bench in $BENCHES; do
		case $bench in
		body-hash) measure_body_hash ;;
		*) measure_milters "$bench" ;;
		esac
		echo "$bench is done" >&2
	done
}

main
