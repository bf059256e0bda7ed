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
  200 folders a user.  Takes about two minutes.

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

quota_report() {
	/usr/bin/python3 "$BENCH/quota_report.py" "$FORMAT" "$SCRATCH/slices"
}
