# policy.sh: what `run policy' is asked and how it goes about it.  Sourced by run.
# shellcheck shell=bash

POLICY_BENCHES='rate-1-tcp rate-10-tcp rate-50-tcp rate-1-unix rate-10-unix'
POLICY_BENCHES+=' rate-50-unix memory lists'
POLICY_PROGRAMS='mailreeve empty postfwd postgrey'

policy_usage() {
	cat <<'EOT'
  policy: requests to several policy servers in turn, as Postfix sends them,
  over 1, 10 or 50 connections with one request at a time in each, and a rate
  limit on 100,000 accounts.  For each: requests a second, the time for one
  (median, 99 of 100, longest), CPU time, resident memory; then how fast we are
  beside a server that does nothing, and whether the targets are met.  Takes
  about four minutes.

  --bench=        rate-1-tcp rate-10-tcp rate-50-tcp
                  rate-1-unix rate-10-unix rate-50-unix
                  memory       of 100,000 and 1,000,000 accounts
                  lists        ten DNS lists that take 100 ms, and a dead one
  --program=      mailreeve    mailreeve-policyd with this limit alone, with a
                               log line a request, and in full
                  empty        a server that answers DUNNO to an empty line
                  postfwd      Debian's, with the same limit
                  postgrey     Debian's
  --rounds=N      how often each program has its turn (10)
  --ms=N          how long a turn is (1000)
EOT
}

policy_defaults() {
	KEYS=100000
	[ "$QUICK" = no ] ||
		ROUNDS=${ROUNDS:-1} MS=${MS:-50} KEYS=1000
	ROUNDS=${ROUNDS:-10} MS=${MS:-1000}
	BENCHES=${BENCHES:-$POLICY_BENCHES}
	PROGRAMS=${PROGRAMS:-$POLICY_PROGRAMS}
	[ -z "$MESSAGES" ] || misuse "policy has no option --messages"
}

policy_with_levels() {
	local program
	for program in $PROGRAMS; do
		echo "$program"
		[ "$program" != mailreeve ] ||
			printf '%s\n' "$program-info" "$program-full"
	done
}

policy_commands() {
	echo knotd unshare
	[[ $PROGRAMS != *postfwd* ]] || echo postfwd1
	[[ $PROGRAMS != *postgrey* ]] || echo postgrey
}

policy_arguments() {
	printf '%s\n' "$BENCH/policy_inside.sh" "$BUILD" "$BENCH" "$SCRATCH" \
		"$BENCHES" "$(policy_with_levels | tr '\n' ' ')" "$ROUNDS" \
		"$MS" "$KEYS"
}

policy_report() {
	/usr/bin/python3 "$BENCH/policy_report.py" "$FORMAT" "$SCRATCH/slices"
}
