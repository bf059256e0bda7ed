# say.sh: what the commands and the laboratory tell a person.  Sourced by bash.
# Colours only where a person looks: on a terminal, and not with NO_COLOR.
# shellcheck shell=bash

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	SAY_BOLD=$'\e[1m' SAY_DIM=$'\e[2m' SAY_GREEN=$'\e[32m'
	SAY_RED=$'\e[31m' SAY_PLAIN=$'\e[0m'
else
	SAY_BOLD='' SAY_DIM='' SAY_GREEN='' SAY_RED='' SAY_PLAIN=''
fi

# say_step TEXT: what begins now.
say_step() {
	printf '\n%s%s%s\n' "$SAY_BOLD" "$*" "$SAY_PLAIN"
}

# say TEXT: one line of plain talk.
say() {
	printf '  %s\n' "$*"
}

# say_proof: the lines of standard input, set off as evidence.
say_proof() {
	local line
	while IFS= read -r line; do
		printf '    %s%s%s\n' "$SAY_DIM" "$line" "$SAY_PLAIN"
	done
}

# say_good TEXT: something was shown to hold.
say_good() {
	printf '  %sok%s    %s\n' "$SAY_GREEN" "$SAY_PLAIN" "$*"
}

# say_bad TEXT: something did not hold.
say_bad() {
	printf '  %sfailed%s  %s\n' "$SAY_RED" "$SAY_PLAIN" "$*" >&2
}

# say_wrong TEXT: what keeps the command from going on.
say_wrong() {
	printf '%s%s:%s %s\n' "$SAY_RED" "${0##*/}" "$SAY_PLAIN" "$*" >&2
}

# die TEXT: the command cannot go on.
die() {
	say_wrong "$*"
	exit 1
}

# misuse TEXT: the command line is wrong.  The command has a function usage.
misuse() {
	say_wrong "$*"
	echo >&2
	usage >&2
	exit 64
}
