#!/bin/bash
# hardening.sh type=BUILD_TYPE sanitizer=NAME PROGRAM ...: what a release installs is
# position independent, with full RELRO, no executable stack, stack protector
# and fortified functions.
. "$(dirname "$0")/common.sh"
need readelf
build_type=${1#type=}
sanitizer=${2#sanitizer=}
shift 2

if [[ $build_type == Debug || -z $build_type || -n $sanitizer ]]; then
	echo "skipped: this build is not what is shipped"
	exit 77
fi
if [[ $# -eq 0 ]]; then
	problem "there is no program to look at"
fi

# expect PROGRAM WHAT REGEX READELF_OPTION
expect() {
	if ! readelf -W "$4" "$1" | grep -qE "$3"; then
		problem "$1: $2"
	fi
}

for program in "$@"; do
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
