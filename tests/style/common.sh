# shellcheck shell=bash
# Sourced by each check: what they share.  A check prints what is wrong and
# where, as FILE:LINE: text, and exits with 1; with 77 where it does not run.
set -euo pipefail
export LC_ALL=C

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Other releases have other versions of the tools, with other opinions.
only_on_debian_12() {
	local ID='' VERSION_ID=''
	# shellcheck source=/dev/null
	. /etc/os-release
	if [[ $ID != debian || $VERSION_ID != 12 ]]; then
		echo "skipped: this check speaks for Debian 12 only"
		exit 77
	fi
}

# need TOOL: end with an error when TOOL is not installed.
need() {
	if ! command -v "$1" >/dev/null; then
		echo "$1 is not installed"
		exit 1
	fi
}

# The files of the project, one a line: what git tracks, or without git all
# that is not below build/.  sudo makes the owner differ: hence the option.
all_files() {
	if ! git -c safe.directory='*' ls-files 2>/dev/null; then
		find . -name .git -prune -o -path ./build -prune -o \
			-type f -print | sed 's,^\./,,'
	fi | while IFS= read -r file; do
		if [[ -f $file ]]; then
			echo "$file"
		fi
	done
}

# files REGEX: those whose path matches the extended REGEX.
files() {
	all_files | grep -E -- "$1" || true
}

problems=0

# problem TEXT: say what is wrong and go on.
problem() {
	echo "$1"
	problems=$((problems + 1))
}

# finish: the exit status of a check that called problem().
finish() {
	if [[ $problems -gt 0 ]]; then
		echo "$problems found"
		exit 1
	fi
	exit 0
}

only_on_debian_12
