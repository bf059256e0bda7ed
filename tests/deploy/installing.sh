# installing.sh: what the tests that install packages on a host have in common.
# Sourced by bash; PACKAGES is what packages.sh left, SCRATCH a folder.
# shellcheck shell=bash

# must TEXT COMMAND ...: the test ends unless the command succeeds.
must() {
	local text=$1
	shift
	if "$@" >"$SCRATCH/said" 2>&1; then
		say_good "$text"
		return
	fi
	host_logs >&2
	tail -n 30 "$SCRATCH/said" >&2
	fail "$text"
}

# step NAME [ARGUMENT ...]: a step of hosted.sh.
step() {
	on bash /src/tests/deploy/hosted.sh "$@"
}

# apt_get COMMAND ...: what it said stays in apt.log.
apt_get() {
	on apt-get -qy -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold \
		--no-install-recommends "$@" </dev/null >"$SCRATCH/apt.log" 2>&1 &&
		return
	tail -n 30 "$SCRATCH/apt.log" >&2
	return 1
}

# said TEXT: did apt, or what it ran, say that?
said() {
	grep -F -- "$1" "$SCRATCH/apt.log"
}

# send SUBJECT: one message through SMTP to Bob; $MESSAGE is its file.
send() {
	on smtp-source -m 1 -S "$1" -f alice@a.example -t bob@mx.a.example \
		127.0.0.1:25 && host_wait 20 arrived "$1"
}

arrived() {
	MESSAGE=$(on grep -lrx "Subject: $1" /home/bob/Maildir/new)
}

unchanged() {
	step postfix_state | diff "$SCRATCH/before" -
}

# follow_warning: do what the warning says, to the letter.
follow_warning() {
	sed -n 's/^    \(post[a-z]* .*\)/\1/p' "$SCRATCH/apt.log" \
		>"$ROOT_RUN/src/cure"
	on bash -ex /src/cure
}

bob_has() {
	[ "$(on find /home/bob/Maildir/new -type f | wc -l)" -ge "$1" ]
}

# package FOLDER NAME: print the path that the package in this folder has on the
# host.
package() {
	local -a found=("$PACKAGES/$1/$2"_*.deb)
	[ -e "${found[0]}" ] && echo "/src/packages/$1/${found[0]##*/}"
}
