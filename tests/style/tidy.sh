#!/bin/bash
# tidy.sh BUILD: clang-tidy finds nothing in the files that BUILD compiles.
# A file that passed is not looked at again until it, any header, the checks or
# the compiler's options change: what a file includes decides what is found.
. "$(dirname "$0")/common.sh"
need clang-tidy-14
export build=$1
export passed=$build/tidy

# Only our sources: not what CMake generates to compile headers alone.
sources() {
	sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' \
		"$build/compile_commands.json" | sort -u |
		grep -v "^$build/"
}

# check_file FILE: the summary of suppressed warnings is noise.
check_file() {
	local stamp=$passed/${1//\//_} now
	now=$(cat "$1" "$passed/common" | sha256sum)
	if [[ -f $stamp && $(<"$stamp") == "$now" ]]; then
		return 0
	fi
	clang-tidy-14 --quiet -p "$build" "$1" 2> >(grep -vE \
		'^[0-9]+ warnings? (generated|treated as errors?)' >&2) &&
		echo "$now" >"$stamp"
}
export -f check_file

if [[ -z $(sources) ]]; then
	echo "$build/compile_commands.json names no sources"
	exit 1
fi
mkdir -p "$passed"
{
	sed -n 's/^ *"command": "\(.*\) -o .*/\1/p' \
		"$build/compile_commands.json" | sort -u
	files '\.h$' | sort | xargs cat .clang-tidy
} | sha256sum >"$passed/common"
# shellcheck disable=SC2016
sources | xargs -d '\n' -n 1 -P "$(nproc)" bash -c 'check_file "$1"' check_file
