#!/bin/bash
# man_options.sh PROGRAM PAGE: the page has an item for each option that the
# program knows, and for no other.
set -euo pipefail

program=$1
page=$2

known=$("$program" -L | sort)
documented=$(sed -n 's/^\.It Ic \([a-z0-9_.]*\)$/\1/p' "$page" | sort)
if ! diff <(echo "$known") <(echo "$documented"); then
	echo "< only in $program -L, > only in $page" >&2
	exit 1
fi
echo "$(wc -l <<<"$known") options, each in ${page##*/}"
