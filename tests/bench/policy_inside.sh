#!/bin/bash
# policy_inside.sh: the part of `run policy' that measures, in network, mount and
# PID namespaces of its own: a DNS server, the policy servers, the slices.  Each
# line of standard output is what one slice measured, as JSON.
set -u

BUILD=$1 BENCH=$2 WORK=$3 BENCHES=$4 PROGRAMS=$5 ROUNDS=$6 MS=$7 KEYS=$8
KNOT=10.53.0.1 SLOW=10.53.0.2 SLOW_MS=100 SILENT=silent
BIN=$BUILD/tests/bench
LISTS='l0 l1 l2 l3 l4 l5 l6 l7 l8 l9'

# shellcheck source=world.sh
. "$BENCH/world.sh"
# shellcheck source=policy_peers.sh
. "$BENCH/policy_peers.sh"

# put BENCH PROGRAM ROUND RESULT MORE: print a slice.
put() {
	printf '{"bench":"%s","program":"%s","round":%d,%s,%s\n' "$1" "$2" \
		"$3" "$5" "${4#\{}"
}

# load PROGRAM KIND ARGUMENT ...: ask it, as policy_load.c does.
load() {
	local where
	where=$(socket "$1" "$2")
	"$BIN/bench_policy_load" --socket="$where" "${@:3}"
}

# slice ROUND BENCH PROGRAM CONNECTIONS KIND: measure it once.
slice() {
	local result before after now peak own
	before=$(ticks "${PIDS[$3]}")
	result=$(load "$3" "$5" --connections="$4" --ms="$MS" --keys=100000) ||
		fail "$2: $3 does not do what it should"
	after=$(ticks "${PIDS[$3]}")
	read -r now peak own < <(memory "${PIDS[$3]}")
	put "$2" "$3" "$1" "$result" \
		"\"ticks\":$((after - before)),\"rss_kb\":$now,\"peak_kb\":$peak,\"own_kb\":$own"
}

# counts PROGRAM KIND: the limit is kept: so many from one account do not pass.
counts() {
	[[ $1 == mailreeve* || $1 == postfwd ]] || return 0
	[ "$ROUNDS" -gt 1 ] || return 0
	if load "$1" "$2" --keys=1 --first=9000000 --connections=10 \
		--requests=$((RATE + 1000)) --expect=DUNNO >/dev/null; then
		fail "$1 does not count"
	fi
}

# measure_rate BENCH: all programs in turn, round by round.  They are started
# for each bench, and all that run idle meanwhile.
measure_rate() {
	local bench=$1 connections kind round program
	IFS=- read -r _ connections kind <<<"$bench"
	for program in $PROGRAMS; do
		start "$program" "$kind"
		load "$program" "$kind" --connections=50 --ms="$MS" >/dev/null ||
			fail "$program does not answer"
	done
	for ((round = 1; round <= ROUNDS; round++)); do
		for program in $PROGRAMS; do
			slice "$round" "$bench" "$program" "$connections" "$kind"
		done
	done
	for program in $PROGRAMS; do
		counts "$program" "$kind"
		stop "$program"
	done
}

# fill PROGRAM KEYS ALGORITHM: how much memory so many accounts take: each is
# there once.  Ours writes them to its store behind.
fill() {
	local result now peak own empty
	read -r empty peak own < <(memory "${PIDS[$1]}")
	result=$(load "$1" tcp --connections=10 --requests="$2" --keys="$2" \
		--in-turn) || fail "memory: $1 does not answer"
	sleep 3
	read -r now peak own < <(memory "${PIDS[$1]}")
	put memory "${1/lists/mailreeve}" 1 "$result" \
		"\"keys\":$2,\"algorithm\":\"$3\",\"empty_kb\":$empty,\"rss_kb\":$now,\"peak_kb\":$peak,\"own_kb\":$own"
}

# Ours with both kinds of counters, the others as they are.
measure_memory() {
	local program keys algorithm
	for program in $PROGRAMS; do
		case $program in
		mailreeve)
			for algorithm in gcra window; do
				for keys in "$KEYS" "$((KEYS * 10))"; do
					start lists tcp "${ALONE[@]}" \
						'log_level = warning' \
						"max_keys = $((KEYS * 10))" \
						"$(limited $algorithm)"
					fill lists "$keys" $algorithm
					stop lists
				done
			done
			;;
		postfwd | postgrey)
			start "$program" tcp
			fill "$program" "$KEYS" ''
			stop "$program"
			;;
		esac
	done
}

set_up_dns() {
	local list
	cat >"$WORK/zone" <<-RECORDS
	\$ORIGIN .
	\$TTL 3600
	@ SOA dns.example. hostmaster.example. 1 60 60 3600 3600
	@ NS dns.example.
	dns.example. A $KNOT
	provider.example. A 10.0.0.1
	access.provider.example. A 10.0.0.1
	sender.example. TXT "v=spf1 ip4:10.0.0.0/8 -all"
	RECORDS
	for list in $LISTS silent; do
		echo "2.0.0.127.$list.example. A 127.0.0.2" >>"$WORK/zone"
	done
	start_knot || return 1
	start_slowdns || return 1
	echo "nameserver $SLOW" >"$WORK/resolv.conf"
}

# listed LIST ...: print the configuration of lists.
listed() {
	local list
	printf '%s\n' 'score = yes' 'greylist = no' 'log_level = warning' \
		'workers = 100' "$(limited gcra)"
	for list in "$@"; do
		echo "list \"$list.example\" { answers = {\"127.0.0.2=1\"} }"
	done
}

# strangers ROUND WHAT: each is a client that nobody has asked about, so that
# each waits for the DNS.
strangers() {
	local result
	result=$(load lists tcp --stranger --in-turn --connections=4 \
		--first="$FIRST" --requests=$((KEYS / 2500 + 4))) ||
		fail "lists: no answer"
	FIRST=$((FIRST + KEYS))
	put lists "$2" "$1" "$result" '"lists":"'"$2"'"'
}

# Ten lists at 100 ms each; one of them that never answers, while accounts send;
# what accounts wait when nobody else is there.
measure_lists() {
	local round result strangers
	FIRST=1
	for ((round = 1; round <= ROUNDS && round <= 3; round++)); do
		# shellcheck disable=SC2046,SC2086
		start lists tcp "$(listed $LISTS)"
		strangers "$round" ten
		stop lists
		start lists tcp "$(listed silent l0 l1)" \
			'list_test_interval = 1d'
		result=$(load lists tcp --connections=5 --ms="$MS") || fail lists
		put lists alone "$round" "$result" '"lists":"none"'
		strangers "$round" silent &
		strangers=$!
		sleep 0.3
		result=$(load lists tcp --connections=5 --ms="$MS") || fail lists
		put lists beside "$round" "$result" '"lists":"silent"'
		wait "$strangers" || exit 1
		FIRST=$((FIRST + KEYS))
		stop lists
	done
}

main() {
	local bench
	chmod 755 "$WORK"
	set_up_machine || fail "cannot set up the namespaces"
	set_up_dns || fail "no DNS server"
	for bench in $BENCHES; do
		case $bench in
		rate-*) measure_rate "$bench" ;;
		memory) measure_memory ;;
		lists) measure_lists ;;
		esac
		echo "$bench is done" >&2
	done
}

main
