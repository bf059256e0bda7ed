# quota.sh: what `run quota' is asked and how it goes about it.  Sourced by run.
# shellcheck shell=bash

QUOTA_BENCHES='lmtp-1 lmtp-10 getquotaroot lmtp-1-200folders'
QUOTA_BENCHES+=' getquotaroot-200folders'
QUOTA_PROGRAMS='none stock-count mailreeve'

quota_usage() {
	cat <<'EOT'
  quota: a stock Dovecot with no quota, with stock's count, and with Mailreeve's
  for user and domain (SQLite), in turn, in a memory file system: deliveries a
  second by LMTP, 2 kB each, to 20 users, and GETQUOTAROOT a second; also with
  200 folders a user; and the processor time of all of Dovecot and quotad for
  each.  Where ./test has made a Debian 13 before, its Dovecot 2.4 follows, with
  "-24" after the names.  Takes two minutes for each Dovecot.

  --bench=        lmtp-1 lmtp-10 getquotaroot
                  lmtp-1-200folders getquotaroot-200folders
  --program=      none stock-count mailreeve
  --rounds=N      how often each program has its turn (7)
  --ms=N          how long a turn is (1000)
EOT
}

quota_defaults() {
	[ "$QUICK" = no ] || ROUNDS=${ROUNDS:-1} MS=${MS:-50}
	ROUNDS=${ROUNDS:-7} MS=${MS:-1000}
	BENCHES=${BENCHES:-$QUOTA_BENCHES}
	PROGRAMS=${PROGRAMS:-$QUOTA_PROGRAMS}
	[ -z "$MESSAGES" ] || misuse "quota has no option --messages"
}

quota_commands() {
	echo dovecot unshare
}

quota_arguments() {
	printf '%s\n' "$BENCH/quota_inside.sh" "$BUILD" "$BENCHES" "$PROGRAMS" \
		"$ROUNDS" "$MS"
}

# quota_measure_24: the same in the root that ./test made, if there is one.
quota_measure_24() {
	local -a options=(--rounds="$ROUNDS" --ms="$MS")
	local found name
	[ "$QUICK" = no ] && [ "$FORMAT" != turns ] || return 0
	for found in "$ROOT_CACHE"/trixie-*/usr/sbin/dovecot; do
		ROOT_BASE=${found%/usr/sbin/dovecot}
		[ ! -x "$ROOT_BASE/usr/bin/cmake" ] || break
		ROOT_BASE=''
	done
	[ -n "$ROOT_BASE" ] || return 0
	for name in $BENCHES; do options+=(--bench="$name"); done
	for name in $PROGRAMS; do options+=(--program="$name"); done
	root_layer || return 1
	# shellcheck disable=SC2016 # the shell in the root expands it
	root_run "--pid --fork --kill-child" bash -c '
		cmake --preset release >/dev/null &&
		ninja -C build/release mailreeve-quotad mailreeve_quota_plugin \
			mailreeve_quota_settings bench_quota_load >/dev/null &&
		exec tests/bench/run quota --no-install --turns \
			--build=build/release "$@"' \
		bash "${options[@]}" >>"$SCRATCH/slices"
	local status=$?
	root_drop
	return $status
}

quota_report() {
	if [ "$FORMAT" = turns ]; then
		cat "$SCRATCH/slices"
		return
	fi
	/usr/bin/python3 "$BENCH/quota_report.py" "$FORMAT" "$SCRATCH/slices"
}
