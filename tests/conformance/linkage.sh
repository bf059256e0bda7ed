#!/bin/bash
# linkage.sh MILTER EXPLAIN LIBOPENDKIM: what reads strangers' mail for the MTA is
# not linked with other people's verifiers, and mailreeve-explain, which is,
# shares no symbol with them that would take the place of theirs.
set -euo pipefail
milter=$1
explain=$2
library=$3
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
if ! loads "$explain" 'libopendkim'; then
	echo "$explain does not load libopendkim: this test proves nothing"
	failed=1
fi
if loads "$explain" 'libspf2'; then
	echo "$explain loads libspf2"
	failed=1
fi
theirs=$(symbols -D "$library")
if ! grep -qx dkim_verify <<<"$theirs"; then
	echo "$library: no dkim_verify among its symbols"
	failed=1
fi
# Those of the C runtime stand in every file.
common=$(comm -12 <(echo "$theirs") <(symbols -g "$explain") |
	grep -vE '^(_init|_fini|__bss_start|_edata|_end)$' || true)
if [[ -n $common ]]; then
	echo "$explain and $library both define:" "$common"
	failed=1
fi
exit "$failed"
