#!/bin/bash
# inside.sh: the part of `run' that measures, in network, mount and PID
# namespaces of its own: a DNS server, the filters, the slices.  Each line of
# standard output is what one slice measured, as JSON.  See run for how it is
# called.
set -u

BUILD=$1 BENCH=$2 WORK=$3 BENCHES=$4 PROGRAMS=$5 ROUNDS=$6 MESSAGES=$7
KNOT=10.53.0.1 SLOW=10.53.0.2 SLOW_MS=10 SILENT=''
BIN=$BUILD/tests/bench
KEY=$WORK/key.pem

# shellcheck source=world.sh
. "$BENCH/world.sh"
# shellcheck source=peers.sh
. "$BENCH/peers.sh"

# records FIRST LAST: print what the DNS knows of the senders m0000000.example to
# m9999999.example from FIRST to LAST.
records() {
	awk -v first="$1" -v last="$2" -v key="$KEY_RECORD" 'BEGIN {
		for (i = first; i <= last; i++)
			sender(sprintf("m%07d.example.", i))
	}
	function sender(domain) {
		print domain, "MX 10 mail." domain
		print domain, "TXT \"v=spf1 include:_spf.provider.example -all\""
		print "mail." domain, "A 192.0.2.25"
		print "s._domainkey." domain, "TXT", key
		print "_dmarc." domain,
			"TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@" domain "\""
	}'
}

set_up_dns() {
	local public
	public=$(openssl pkey -in "$KEY" -pubout -outform DER | base64 -w 0)
	KEY_RECORD="\"v=DKIM1; k=rsa; p=${public:0:200}\" \"${public:200}\""
	cat >"$WORK/zone" <<-RECORDS
	\$ORIGIN .
	\$TTL 3600
	@ SOA dns.example. hostmaster.example. 1 60 60 3600 3600
	@ NS dns.example.
	dns.example. A $KNOT
	_spf.provider.example. TXT "v=spf1 ip4:192.0.2.0/24 -all"
	25.2.0.192.in-addr.arpa. PTR mail.example.com.
	RECORDS
	records 0 "$(fresh_count)" >>"$WORK/zone"
	records 0 0 | sed 's/m0000000\.example/example.com/g' >>"$WORK/zone"
	start_knot || return 1
	start_slowdns
}

# use_dns BENCH: from now on, filters that start ask this server.
use_dns() {
	case $1 in
	*-cold) DNS=$SLOW ;;
	*) DNS=$KNOT ;;
	esac
	echo "nameserver $DNS" >"$WORK/resolv.conf"
}

# message BYTES: print a message with a body of so many bytes.
message() {
	local words='Some words that make up a line of text, as long as most are'
	cat "$BENCH/header.txt"
	yes "$words" | head -c "$1"
	echo
}

# expected BENCH FILTER: print what the filter must say of each message,
# so that each does the work that it is measured at.
expected() {
	case $1-$2 in
	*-empty) ;;
	*-empty-field) echo Authentication-Results ;;
	sign-*) echo DKIM-Signature ;;
	verify-*-opendkim*) echo dkim=pass ;;
	verify-*-opendmarc) echo spf=pass dmarc=pass ;;
	verify-*) echo spf=pass dkim=pass dmarc=pass ;;
	esac
}

# drive PROGRAM BENCH ARGUMENT ...: bring messages to it.  A client on this
# host sends what is to be signed.
drive() {
	local program=$1 bench=$2 filter text size
	local -a arguments=()
	shift 2
	for filter in $(filters "$program"); do
		arguments+=(--socket="unix:$WORK/$filter/socket")
		for text in $(expected "$bench" "$filter"); do
			arguments+=(--expect="$text")
		done
	done
	size=${bench#*-}
	case $bench in
	sign-*) arguments+=(--client=127.0.0.1 --message="$WORK/$size.txt") ;;
	*-cold)
		arguments+=(--message="$WORK/${size%-cold}.txt" --key="$KEY"
			--fresh="$FRESH")
		;;
	verify-*) arguments+=(--message="$WORK/$size.signed") ;;
	esac
	"$BIN/bench_driver" "${arguments[@]}" "$@" ||
		fail "$bench: $program does not do what it should"
}

# slice ROUND BENCH PROGRAM CONNECTIONS PER_CONNECTION: measure it once, with
# fewer messages where each waits for the DNS.
slice() {
	local result pid messages=$MESSAGES
	local -a pids=()
	for pid in $(processes "$3"); do
		pids+=(--pid="$pid")
	done
	[[ $2-$4 != *-cold-1 ]] || messages=$(((MESSAGES + 9) / 10))
	result=$(drive "$3" "$2" "${pids[@]}" --connections="$4" \
		--per-connection="$5" --messages="$messages") || exit 1
	printf '{"round":%d,"bench":"%s","program":"%s",' "$1" "$2" "$3"
	printf '"connections":%d,"per_connection":%d,%s\n' "$4" "$5" \
		"${result#\{}"
}

# kinds BENCH: print how many connections at a time, and messages in each, a
# bench is measured with.
kinds() {
	case $1 in
	sign-4k) echo 1:1 1:10 10:1 10:10 ;;
	verify-100k-cold) echo 1:1 ;;
	verify-4k-cold) echo 1:1 10:1 ;;
	*) echo 1:1 10:10 ;;
	esac
}

# programs BENCH: print the programs that can do this work.
programs() {
	local program
	for program in $PROGRAMS; do
		case $1-$program in
		sign-*-rspamd | sign-*-opendkim+opendmarc) ;;
		verify-*-cold-opendkim | verify-*-cold-*-info) ;;
		*) echo "$program" ;;
		esac
	done
}

# A slice takes so many fresh senders at most: the last connection sends ten.
fresh_step() {
	echo "$((MESSAGES + 10))"
}

# fresh_count: print how many fresh senders a bench takes.
fresh_count() {
	case $BENCHES in
	*-cold*) echo "$((ROUNDS * 2 * $(fresh_step)))" ;;
	*) echo 0 ;;
	esac
}

# slices ROUND BENCH: a slice for each program, one after another, for each
# number of connections and messages in each.
slices() {
	local kind program
	for kind in $(kinds "$2"); do
		for program in $(programs "$2"); do
			[[ $program == *-info && $kind != 10:10 ]] ||
				slice "$1" "$2" "$program" "${kind%:*}" \
					"${kind#*:}"
		done
		FRESH=$((FRESH + $(fresh_step)))
	done
}

# Filters are started for each bench, so all senders are fresh to them again.
measure_milters() {
	local bench=$1 round program
	use_dns "$bench"
	for program in $(programs "$bench"); do
		start "$program"
	done
	FRESH=1
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

# One evaluation of each policy in memory, without a message around it.
measure_policies() {
	local round count=$((MESSAGES * 100))
	for ((round = 1; round <= ROUNDS; round++)); do
		"$BIN/bench_policies" "$count" || fail "policies"
		"$BIN/bench_libspf2_policy" "$count" || fail "policies"
	done
}

# Our own milter signs what all of them verify.
make_messages() {
	message 4096 >"$WORK/4k.txt"
	message 102400 >"$WORK/100k.txt"
	use_dns sign
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
		policies) measure_policies ;;
		*) measure_milters "$bench" ;;
		esac
		echo "$bench is done" >&2
	done
}

main
