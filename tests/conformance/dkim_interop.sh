#!/bin/bash
# dkim_interop.sh CORPUS OPENDKIM: signatures of ours are verified by libopendkim
# and by dkimpy, theirs by us, over messages with odd headers and bodies.
set -u
corpus=$1
opendkim=$2
here=$(dirname "$0")
python=/usr/bin/python3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Where we and others differ, and why we stay as we are.  A name is
# WHO-WHAT:HEADER.BODY.CC.KEY; each line must match something, so that none
# stays longer than it is true.
exceptions=(
	# dkimpy refuses messages with blanks before a colon (RFC 5322 4.5),
	# libopendkim those with a tab there.
	'dkimpy-*:obsolete.*'
	'opendkim-*:obsolete.*'
	# libopendkim knows no relaxed body without a final line end.
	'opendkim-*:*.noeol.?r.?'
	# Of blanks before a missing line end both keep one; we drop them, as
	# whoever sees the line end that SMTP adds will do.
	'opendkim-*:*.noeolblank.?r.?'
	'dkimpy-*:*.noeolblank.?r.?'
	# To libopendkim a lone CR ends a line in relaxed, and a lone LF does in
	# simple; to dkimpy a lone LF always does.  RFC 6376 2.8 knows CRLF only.
	'opendkim-*:*.lonecr.?r.?'
	'opendkim-*:*.lonelf.?s.?'
	'dkimpy-*:*.lonelf.??.?'
)
used=()
failed=0

# is_excepted NAME: note which exception NAME is.
is_excepted() {
	local i
	for i in "${!exceptions[@]}"; do
		# shellcheck disable=SC2053 # these are patterns
		if [[ $1 == ${exceptions[i]} ]]; then
			used[i]=$((${used[i]:-0} + 1))
			return 0
		fi
	done
	return 1
}

# judge WHAT FILE: count the lines of FILE; all must say pass or be excepted.
judge() {
	local name result passed=0 excepted=0 wrong=0
	while read -r name result; do
		if [[ $result == pass ]]; then
			passed=$((passed + 1))
		elif is_excepted "$1:$name"; then
			excepted=$((excepted + 1))
		else
			wrong=$((wrong + 1))
			echo "$1:$name $result"
		fi
	done <"$2"
	echo "$1: $passed pass, $excepted known differences, $wrong wrong"
	if [[ $wrong -gt 0 || $passed -lt 1000 ]]; then
		failed=1
	fi
}

# both_ways NAME COMMAND...: let the other implementation verify and sign.
both_ways() {
	local name=$1
	shift
	"$@" verify "$work" >"$work/$name-verifies" || failed=1
	judge "$name-verifies" "$work/$name-verifies"
	"$@" sign "$work" >"$work/$name-signs" || failed=1
	"$corpus" check "$work" "$name" >>"$work/$name-signs" || failed=1
	judge "$name-signs" "$work/$name-signs"
}

"$corpus" make "$work" || exit 1
"$corpus" check "$work" ours >"$work/ours-verifies" || exit 1
judge ours-verifies "$work/ours-verifies"

others=1
both_ways opendkim "$opendkim"
if [[ -x $python ]] && "$python" -c 'import dkim, nacl' 2>/dev/null; then
	both_ways dkimpy "$python" "$here/dkim_dkimpy.py"
	others=$((others + 1))
else
	echo "skipped: dkimpy (no python3-dkim and python3-nacl)"
fi

for i in "${!exceptions[@]}"; do
	echo "known difference ${exceptions[i]}: ${used[i]:-0}"
	if [[ $others -eq 2 && ${used[i]:-0} -eq 0 ]]; then
		failed=1
	fi
done
exit "$failed"
