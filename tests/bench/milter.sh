# milter.sh: what `run milter' is asked and how it goes about it.  Sourced by run.
# shellcheck shell=bash

MILTER_BENCHES='sign-4k sign-100k verify-4k verify-4k-cold verify-100k'
MILTER_BENCHES+=' verify-100k-cold body-hash policies'
MILTER_PROGRAMS='mailreeve empty empty-field opendkim opendkim+opendmarc rspamd'

milter_usage() {
	cat <<'EOT'
  milter: messages to several milters in turn, as Postfix does.  For each:
  messages a second, the time for a message (median and 99 of 100), CPU time of
  the milter for a message, its resident memory; then how our CPU time compares,
  and whether the targets are met.  Takes about eight minutes.

  --bench=        sign-4k sign-100k verify-4k verify-4k-cold verify-100k
                  verify-100k-cold body-hash policies
  --program=      mailreeve    mailreeve-milter
                  empty        a libmilter filter that does nothing
                  empty-field  the same, but it adds one header field
                  opendkim     Debian's
                  opendkim+opendmarc  one after the other, Debian's
                  rspamd       Debian's, with the modules for the same only
  --rounds=N      how often each program has its turn (15)
  --messages=N    messages in each turn (200)
EOT
}

# milter_defaults: for what was not asked.
milter_defaults() {
	[ "$QUICK" = no ] || ROUNDS=${ROUNDS:-1} MESSAGES=${MESSAGES:-10}
	ROUNDS=${ROUNDS:-15} MESSAGES=${MESSAGES:-200}
	BENCHES=${BENCHES:-$MILTER_BENCHES}
	PROGRAMS=${PROGRAMS:-$MILTER_PROGRAMS}
	[ -z "$MS" ] || misuse "milter has no option --ms"
}

# milter_with_levels: print the programs, and those that log each message once
# more with the level info.
milter_with_levels() {
	local program
	for program in $PROGRAMS; do
		echo "$program"
		case $program in
		mailreeve | opendkim) echo "$program-info" ;;
		esac
	done
}

# milter_commands: print what must be installed.
milter_commands() {
	local program
	echo knotd unshare openssl
	for program in opendkim opendmarc rspamd; do
		[[ $PROGRAMS != *"$program"* ]] || echo "$program"
	done
}

# milter_arguments: print what inside.sh is called with, one a line.
milter_arguments() {
	printf '%s\n' "$BENCH/inside.sh" "$BUILD" "$BENCH" "$SCRATCH" \
		"$BENCHES" "$(milter_with_levels | tr '\n' ' ')" "$ROUNDS" \
		"$MESSAGES"
}

# milter_report: print what was found.
milter_report() {
	/usr/bin/python3 "$BENCH/report.py" "$FORMAT" "$SCRATCH/slices"
}
