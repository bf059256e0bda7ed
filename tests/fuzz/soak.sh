#!/bin/bash
# soak.sh BUILD [SECONDS]: look for new inputs with every fuzz target of the
# folder BUILD, two at a time, each for SECONDS (600 by default).  What breaks a
# target is left in BUILD/crashes; the last line says how many did.
set -u

build=$(realpath "$1")
seconds=${2:-600}
# Where the targets find their files, as under CTest.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
corpora=fuzz/corpus
crashes=$build/crashes
mkdir -p "$crashes"

# look TARGET: run one target with a corpus of its own beside ours.
look() {
	local name=${1##*/fuzz_} found
	found=$(mktemp -d "${TMPDIR:-/tmp}/mailreeve-fuzz.XXXXXX")
	if "$1" -max_total_time="$seconds" -max_len=8192 -timeout=20 \
		-print_final_stats=1 -artifact_prefix="$crashes/$name-" \
		"$found" "$corpora/$name" >"$crashes/$name.log" 2>&1; then
		echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' \
			"$crashes/$name.log") inputs, none breaks it"
	else
		echo "$name: BROKEN, see $crashes/$name.log"
		touch "$crashes/$name.broken"
	fi
	rm -rf "$found"
}

rm -f "$crashes"/*.broken
export seconds corpora crashes
export -f look
find "$build/tests/fuzz" -maxdepth 1 -name 'fuzz_*' -type f -perm -u+x |
	sort | xargs -P2 -I{} bash -c 'look {}'
broken=$(find "$crashes" -name '*.broken' | wc -l)
echo "$broken targets broken"
[ "$broken" = 0 ]
