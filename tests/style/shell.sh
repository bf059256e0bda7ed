#!/bin/bash
# No shell script, told by its first line, has what shellcheck warns of.
. "$(dirname "$0")/common.sh"
need shellcheck
mapfile -t scripts < <(all_files | while IFS= read -r file; do
	if head -n 1 "$file" | tr -d '\0' |
		grep -qE '^#!.*[/ ](ba|da)?sh( |$)|^# shellcheck shell='; then
		echo "$file"
	fi
done)
shellcheck "${scripts[@]}"
