#!/bin/bash
# hardening.sh BUILD: the programs that the preset release builds, here below
# BUILD, are position independent, with full RELRO, no executable stack, stack
# protector and fortified functions.
. "$(dirname "$0")/common.sh"
need readelf
build=$1/hardening

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# build_release: the preset's options are read anew when they changed; ninja looks
# after the rest, and after nothing when nothing changed.
build_release() {
	if [[ ! -f $build/build.ninja ||
		CMakePresets.json -nt $build/build.ninja ]]; then
		cmake --preset release -B "$build" -DBUILD_TESTING=OFF ||
			return 1
	fi
	cmake --build "$build" -j 2
}

if ! build_release >"$log" 2>&1; then
	cat "$log"
	exit 1
fi
mapfile -t programs < <(find "$build" -type f -executable \
	-name 'mailreeve-*')
if [[ ${#programs[@]} -eq 0 ]]; then
	problem "$build: the preset release built no program"
fi

# expect PROGRAM WHAT REGEX READELF_OPTION
expect() {
	if ! readelf -W "$4" "$1" | grep -E "$3" >/dev/null; then
		problem "$1: $2"
	fi
}

for program in "${programs[@]}"; do
	expect "$program" "no position independent executable" \
		'\(FLAGS_1\).*\bPIE\b' -d
	expect "$program" "no RELRO" 'GNU_RELRO' -l
	expect "$program" "symbols are bound late (no -z now)" \
		'\(FLAGS_1\).*\bNOW\b' -d
	expect "$program" "the stack is executable" 'GNU_STACK.* RW +0x' -l
	expect "$program" "no stack protector" '__stack_chk_fail' -s
	expect "$program" "no fortified function" '__[a-z]+_chk' -s
done
finish
