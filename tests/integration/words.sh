#!/bin/bash
# What the two commands do not know, they name and refuse, and nothing runs.
set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
failed=0

# refused WORD COMMAND ARGUMENT ...: it exits with 64, and its first line has
# the word.
refused() {
	local word=$1 said status
	shift
	said=$(timeout 20 "$TOP/$1" "${@:2}" 2>&1 >/dev/null </dev/null)
	status=$?
	if [ "$status" = 64 ] && [[ ${said%%$'\n'*} == *"$word"* ]]; then
		echo "$*: ${said%%$'\n'*}"
		return
	fi
	echo "$*: exit status $status, expected 64 and \`$word' in: $said"
	failed=1
}

refused "\`extra'" demo extra
refused "\`'" demo ''
refused "\`--bogus'" demo --bogus
refused "\`--keep=no'" demo --keep=no
refused '--root=:' demo --root=
refused '--root=foo:' demo --root=foo
refused '--root=trixie/..:' demo --root=trixie/..
refused "\`extra'" demo --stop extra
refused '--stop' demo --stop --keep
refused '--stop' demo --root=trixie --stop
refused "\`nolabel'" test nolabel
refused "\`'" test unit ''
refused '--root=:' test --root= unit
refused '--root=foo:' test --root=foo unit
refused '--preset=release:' test --preset=release unit
exit "$failed"
