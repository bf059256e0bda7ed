#!/bin/bash
# The bench of quotas runs: each program has its turn in every bench, and each
# figure comes out as a line of JSON.  Times are not judged.
# Usage: quota_check.sh BUILD
set -u

BENCH=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PATH=$PATH:/usr/sbin:/sbin

if [ "$(id -u)" != 0 ] || ! command -v dovecot >/dev/null; then
	echo "skipped: the bench needs root and Dovecot"
	exit 77
fi
said=$("$BENCH/run" quota --quick --json --no-install --build="$1") || exit 1
for pair in lmtp-1:none lmtp-10:stock-count lmtp-10:mailreeve \
	getquotaroot:mailreeve lmtp-1-200folders:mailreeve \
	getquotaroot-200folders:stock-count; do
	grep -q "\"bench\": \"${pair%:*}\", \"program\": \"${pair#*:}\", \"rate\": [1-9]" \
		<<<"$said" || {
		echo "no figure of $pair in: $said"
		exit 1
	}
done
echo "$(wc -l <<<"$said") figures"
