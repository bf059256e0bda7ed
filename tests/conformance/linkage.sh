#!/bin/bash
# linkage.sh MILTER EXPLAIN LIBOPENDKIM LIBSPF2: what reads strangers' mail for the MTA is
# not linked with other people's verifiers, and mailreeve-explain, which is,
# shares no symbol with them that would take the place of theirs.
set -euo pipefail
milter=$1
explain=$2
opendkim=$3
spf2=$4
export LC_ALL=C

# loads PROGRAM REGEX: say whether it loads, directly or not, such a library.
loads() {
	ldd "$1" | grep -E "$2" >/dev/null
}

# symbols OPTION FILE: what FILE defines for others.
symbols() {
	nm "$1" --defined-only "$2" 2>/dev/null |
		awk '$2 ~ /[TDBRVWi]/ { sub(/@.*/, "", $3); print $3 }' | sort -u
}

failed=0
if loads "$milter" 'libopendkim|libspf2'; then
	echo "$milter loads libopendkim or libspf2"
	failed=1
fi
for name in libopendkim libspf2; do
	if ! loads "$explain" "$name"; then
		echo "$explain does not load $name: this test proves nothing"
		failed=1
	fi
done

# check_symbols LIBRARY SYMBOL: SYMBOL is in LIBRARY, and nothing is both there
# and in EXPLAIN.
check_symbols() {
	local theirs common
	theirs=$(symbols -D "$1")
	if ! grep -qx "$2" <<<"$theirs"; then
		echo "$1: no $2 among its symbols"
		failed=1
	fi
	# Those of the C runtime stand in every file.
	common=$(comm -12 <(echo "$theirs") <(symbols -g "$explain") |
		grep -vE '^(_init|_fini|__bss_start|_edata|_end)$' || true)
	if [[ -n $common ]]; then
		echo "$explain and $1 both define:" "$common"
		failed=1
	fi
}
check_symbols "$opendkim" dkim_verify
check_symbols "$spf2" SPF_request_query_mailfrom
exit "$failed"
