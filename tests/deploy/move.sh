#!/bin/bash
# move.sh SUITE PACKAGES [GUIDE]: README.md's "Coming from OpenDKIM", taken from
# there and run to the letter on a host whose Postfix uses Debian's opendkim: the
# same mail is signed by the milter, and after the way back by opendkim, and
# none is lost, unsigned or signed twice meanwhile.  GUIDE is a way to set
# opendkim up that guided.sh knows.  PACKAGES is what packages.sh left.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

SUITE=$1 PACKAGES=$2
case $SUITE in
bookworm) GUIDE=${3:-queue_socket} ;;
*) GUIDE=${3:-port} ;;
esac
PASTED=0
# Processes of Postfix that take mail, and began before the last reload.
OLD=''

# section NAME: that section of README.md.
section() {
	awk -v "heading=## $1" '/^## / { on = $0 == heading } on' "$TOP/README.md"
}

# commands: of the text that comes in, the code, a line each: what is indented
# by four spaces or more, or stands between ```, and commands within a sentence
# that begin with sudo.
commands() {
	awk '/^ *```/ { fence = !fence; next }
		fence || /^    / { sub(/^ +/, ""); print; next }
		{ while (match($0, /`sudo [^`]*`/)) {
			print substr($0, RSTART + 1, RLENGTH - 2)
			$0 = substr($0, RSTART + RLENGTH) } }' |
		sed ':a; /\\$/ { N; s/\\\n */ /; ba }'
}

# The change and the way back are one section.
change() {
	section "Quick start" | commands | grep -m 1 '^sudo apt install '
	section "Coming from OpenDKIM" | sed '/^Back /,$d' | commands
}

back() {
	section "Coming from OpenDKIM" | sed -n '/^Back /,/^What to know/p' |
		commands
}

# broken TEXT: the test ends, with what was said last.
broken() {
	tail -n 40 "$SCRATCH/said" >&2
	host_logs >&2
	on journalctl --no-pager -o short-iso -n 15 -u opendkim >&2
	fail "$1"
}

# must TEXT COMMAND ...: the test ends unless the command succeeds.
must() {
	local text=$1
	shift
	"$@" >"$SCRATCH/said" 2>&1 || broken "$text"
	say_good "$text"
}

# host_step NAME [ARGUMENT ...]: a step of hosted.sh; guided NAME ...: of
# guided.sh.
host_step() {
	on bash /src/tests/deploy/hosted.sh "$@"
}

guided() {
	on bash /src/tests/deploy/guided.sh "$@"
}

# typed LINE: as Ann types it, a user who has sudo.
typed() {
	say "\$ $1"
	on runuser -l ann -c "cd /src/packages/repository && $1" \
		</dev/null >"$SCRATCH/said" 2>&1
}

# follow: do what the lines say that come in.
follow() {
	local line
	while IFS= read -r -u 9 line; do
		case $line in
		opendkim_conf\ =*) configured "$line" ;;
		*'mailreeve-milter -t') checked "$line" ;;
		*'disable --now opendkim')
			seen
			rested
			typed "$line" || broken "this command failed: $line"
			;;
		*'disable --now mailreeve-milter')
			rested
			typed "$line" || broken "this command failed: $line"
			;;
		*'postfix reload')
			OLD=$(on pgrep -x 'smtpd|cleanup')
			typed "$line" || broken "this command failed: $line"
			;;
		*) typed "$line" || broken "this command failed: $line" ;;
		esac
	done 9<"$1"
}

# rested: Postfix's processes of before the reload, which still use what stood in
# main.cf then, have gone; README.md says to wait for that.
rested() {
	local try process left
	for ((try = 0; try < 120; try++)); do
		left=0
		for process in $OLD; do
			on test ! -d "/proc/$process" || left=1
		done
		[ "$left" = 1 ] || return
		sleep 1
	done
	broken "processes of before the reload are still there"
}

# configured LINE: it goes into the milter's configuration.
configured() {
	say "milter.conf: $1"
	on tee -a /etc/mailreeve/milter.conf <<<"$1" >/dev/null
}

# checked LINE: run -t, and the command that it names, until it has no errors.
checked() {
	local cure
	until typed "$1"; do
		cure=$(sed -n 's/^error: .*: //p' "$SCRATCH/said" | head -n 1)
		if [ -z "$cure" ] || [ "$PASTED" = 3 ]; then
			broken "-t is not content, and no command helps"
		fi
		PASTED=$((PASTED + 1))
		typed "$cure" || broken "this command failed: $cure"
	done
	say_proof <"$SCRATCH/said"
	grep -q 'no errors' "$SCRATCH/said" || broken "-t does not say: no errors"
	grep -q "^/etc/opendkim.conf: $(guided taken)" "$SCRATCH/said" ||
		broken "-t does not say what was taken"
	[ "$PASTED" = 1 ] || broken "-t named $PASTED commands, not one"
}

# seen: the reader sends a mail and looks, before the old milter goes; one of
# Postfix's processes of before may still have taken it.
seen() {
	local try
	for try in 1 2 3; do
		if guided probe "look $try" mailreeve-milter >"$SCRATCH/said" 2>&1
		then
			on cat /tmp/logged | say_proof
			return
		fi
		sleep 1
	done
	broken "the log does not say that the milter signs"
}

# same_mail SUBJECT SIGNER: it signs the same mail with the same d= and s= as
# opendkim did before.
same_mail() {
	must "$2 signs" guided probe "$1" "$2"
	say_proof <"$SCRATCH/said"
	diff "$SCRATCH/before" "$SCRATCH/said" >&2 ||
		broken "other signatures than before"
	must "each key once, as before, and the signatures hold" \
		guided verified "$1"
}

# none_lost: all of the stream arrived, each once, signed as before.
none_lost() {
	local sent
	on touch /tmp/stream/stop
	wait "$STREAM"
	sent=$(on cat /tmp/stream/sent)
	must "all $sent messages arrived that were sent meanwhile" \
		guided arrived 'number .*' "$sent"
	must "none twice" test "$(guided subjects 'number .*' | sort -u |
		wc -l)" = "$sent"
	guided strange "$(sed -n 's/^a.example, smtp: //p' "$SCRATCH/before")" \
		>"$SCRATCH/said" || broken "the mail cannot be read"
	[ ! -s "$SCRATCH/said" ] || broken "some with other signatures"
	say_good "all signed as before; $(on cat /tmp/stream/deferred) deferrals"
}

# is_off SERVICE: now, and after the next boot.
is_off() {
	[ "$(on systemctl is-active "$1")" = inactive ] &&
		[ "$(on systemctl is-enabled "$1")" = disabled ]
}

# opendkim_signs: the host as it was.
opendkim_signs() {
	must "Debian $SUITE boots; apt has no network" host_step prepare
	must "Postfix delivers" host_step working_postfix
	must "opendkim is set up, in the manner \`$GUIDE'" \
		guided opendkim "$GUIDE"
	must "it signs" guided probe before opendkim
	cp "$SCRATCH/said" "$SCRATCH/before"
	[ "$(grep -c ': d=' "$SCRATCH/before")" = 4 ] || broken "not all of it"
	guided theirs >"$SCRATCH/theirs"
	must "there is a user with sudo" guided reader
}

change >/dev/null || fail "README.md cannot be read"
[ -n "$(back)" ] || fail "README.md has no way back to OpenDKIM"
need_host_of "$SUITE"
[ -n "$(find "$PACKAGES/repository" -name 'mailreeve-dns_*.deb')" ] ||
	fail "no packages: run packages.sh before"
scratch_new mailreeve-deploy || fail "no room in ${TMPDIR:-/tmp}"
trap 'host_down; rm -rf "$SCRATCH"' EXIT
trap 'exit 130' INT TERM HUP
host_boot "$PACKAGES" || fail "a Debian $SUITE does not boot"
opendkim_signs
change >"$SCRATCH/change"
back >"$SCRATCH/back"
host_step stream &
STREAM=$!
begin=$SECONDS
follow "$SCRATCH/change"
say_good "the change took $((SECONDS - begin)) seconds"
same_mail moved mailreeve-milter
must "so did those of opendkim" guided verified before
must "opendkim is off" is_off opendkim
follow "$SCRATCH/back"
same_mail back opendkim
must "OpenDKIM's files are as they were" \
	diff "$SCRATCH/theirs" <(guided theirs)
must "the milter is off" is_off mailreeve-milter
none_lost
