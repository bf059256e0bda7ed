#!/bin/bash
# tidy.sh BUILD: clang-tidy finds nothing in the files that BUILD compiles.
. "$(dirname "$0")/common.sh"
need clang-tidy-14
build=$1

# Only our sources: not what CMake generates to compile headers alone.
sources() {
	sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' \
		"$build/compile_commands.json" | sort -u |
		grep -v "^$build/"
}

if [[ -z $(sources) ]]; then
	echo "$build/compile_commands.json names no sources"
	exit 1
fi
# One analysis a processor; the summary of suppressed warnings is noise.
sources | xargs -n 1 -P "$(nproc)" clang-tidy-14 --quiet -p "$build" \
	2> >(grep -vE '^[0-9]+ warnings? (generated|treated as errors?)' >&2)
