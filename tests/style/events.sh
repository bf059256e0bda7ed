#!/bin/bash
# A program's manual page lists under DIAGNOSTICS each event that its code can
# log, with its levels, and no other.
. "$(dirname "$0")/common.sh"

# in_code FILE ...: EVENT LEVEL of each call, one a line.  A call is read up to
# its first string, which must be the name; between the two stands a level when
# it is log_write()'s.
in_code() {
	local call name level
	cat "$@" | tr -s '[:space:]' ' ' |
		grep -oE '\blog_(error|warning|info|debug|write)\([^;"]*"?[^;"]*' |
		while IFS= read -r call; do
			name=${call##*\"}
			if [[ $call != *\"* || ! $name =~ ^[a-z_]+$ ]]; then
				echo "? $call"
			elif [[ $call != log_write* ]]; then
				level=${call%%(*}
				echo "$name ${level#log_}"
			else
				grep -oE 'LOG_LEVEL_[A-Z]+' <<<"$call" |
					sed "s/LOG_LEVEL_/$name /" |
					tr '[:upper:]' '[:lower:]'
			fi
		done | sort -u
}

# in_page FILE: the same from ".It Li NAME , NAME" and ".Pq LEVEL or LEVEL".
in_page() {
	awk '
	function flush() {
		if (count > 0)
			print "? no level for " names[1]
		count = 0
	}
	/^\.Sh / { flush(); inside = $2 == "DIAGNOSTICS" }
	inside && /^\.It Li / {
		flush()
		sub(/^\.It Li /, "")
		count = split($0, names, / , /)
	}
	inside && /^\.Pq / {
		sub(/^\.Pq /, "")
		levels = split($0, words, / or /)
		for (i = 1; i <= count; i++)
			for (j = 1; j <= levels; j++)
				print names[i], words[j]
		count = 0
	}' "$1" | sort -u
}

# compare PAGE FOLDER ...
compare() {
	local page=$1 line
	shift
	local -a sources
	mapfile -t sources < <(files "^($(
		IFS='|'
		echo "$*"
	))/[^/]*\.c$" | grep -vx 'lib/base/log\.c')
	while IFS= read -r line; do
		problem "$page: not in DIAGNOSTICS, but in the code: $line"
	done < <(comm -23 <(in_code "${sources[@]}") <(in_page "$page"))
	while IFS= read -r line; do
		problem "$page: in DIAGNOSTICS, but not in the code: $line"
	done < <(comm -13 <(in_code "${sources[@]}") <(in_page "$page"))
}

compare milter/mailreeve-milter.8 milter lib/base lib/conf lib/metrics \
	lib/dns lib/mail lib/daemon lib/dkim
compare policyd/mailreeve-policyd.8 policyd lib/base lib/conf lib/metrics \
	lib/dns lib/mail lib/daemon lib/store
compare dovecot-plugin/quotad/mailreeve-quotad.8 dovecot-plugin/quotad lib/base \
	lib/conf lib/metrics lib/daemon
finish
