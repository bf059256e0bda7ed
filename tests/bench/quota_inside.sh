#!/bin/bash
# quota_inside.sh BUILD BENCHES PROGRAMS ROUNDS MS: in namespaces of their
# own, all programs' servers at once, each on an address of its own; they have
# their turns.  Prints a line of JSON for each turn.
set -u
BUILD=$1 BENCHES=$2 PROGRAMS=$3 ROUNDS=$4 MS=$5
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
QUOTA_INSIDE=yes LIMIT=100G
set -- "$BUILD/dovecot-plugin/quotad/mailreeve-quotad" \
	"$BUILD/dovecot-plugin/lib12_mailreeve_quota_plugin.so"
# shellcheck source=../integration/quota_common.sh
. "$HERE/../integration/quota_common.sh"

LOAD=$BUILD/tests/bench/bench_quota_load
declare -A ADDRESSES

roots_of() {
	case $1 in
	none) echo none ;;
	stock-count) echo count ;;
	mailreeve) echo both ;;
	esac
}

# start PROGRAM NUMBER FOLDERS USERS
start() {
	local user folders=()
	LISTEN=127.0.0.$2
	quota_new maildir sqlite "$(roots_of "$1")" \
		'mail_fsync = optimized' >&2
	quota_up >&2
	ADDRESSES[$1]=$LISTEN
	for ((user = 1; user <= $3; user++)); do
		folders+=("Folder$user")
	done
	for ((user = 1; user <= $4; user++)); do
		[ "$3" = 0 ] || doveadm_ mailbox create \
			-u "u$user@d.example" "${folders[@]}" >&2
		doveadm_ mailbox status -u "u$user@d.example" messages INBOX \
			>/dev/null
	done
	# The next one is made beside it.
	LAB=''
}

# cpu_ticks: the processor time of all servers that live or lived here; only the
# one whose turn it is does anything.
cpu_ticks() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk '
		!/\((bash|cat|awk|bench_quota_lo)\)/ {
			sub(/.*\) /, "")
			ticks += $12 + $13 + $14 + $15
		}
		END { print ticks + 0 }'
}
TICK_US=$((1000000 / $(getconf CLK_TCK)))
SUFFIX=''
[ "$VERSION" = 2.3 ] || SUFFIX=-24

# turn BENCH PROGRAM ROUND USERS
turn() {
	local kind=lmtp sessions=1 count us ticks
	[[ $1 != getquotaroot* ]] || kind=quota
	[[ $1 != lmtp-10 ]] || sessions=10
	[ "$kind $2" != 'quota none' ] || return 0
	ticks=$(cpu_ticks)
	read -r count us < <("$LOAD" "$kind" "${ADDRESSES[$2]}" "$sessions" \
		"$MS" "$4") || fail "no load of $2"
	ticks=$(($(cpu_ticks) - ticks))
	printf '{"bench":"%s","program":"%s","round":%d,"done":%d,"us":%d,"cpu_us":%d}\n' \
		"$1$SUFFIX" "$2" "$3" "$count" "$us" $((ticks * TICK_US))
}

number=0
for folders in 0 200; do
	users=20
	[ "$folders" = 0 ] || users=3
	wanted=''
	for bench in $BENCHES; do
		case $folders$bench in
		0*200folders | 200*[!s]) ;;
		*) wanted+=" $bench" ;;
		esac
	done
	[ -n "$wanted" ] || continue
	for program in $PROGRAMS; do
		number=$((number + 1))
		start "$program" "$((number + 1))" "$folders" "$users"
	done
	for bench in $wanted; do
		for program in $PROGRAMS; do
			turn "$bench" "$program" 0 "$users" >/dev/null
		done
		for ((round = 1; round <= ROUNDS; round++)); do
			for program in $PROGRAMS; do
				turn "$bench" "$program" "$round" "$users"
			done
		done
	done
done
