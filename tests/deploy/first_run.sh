#!/bin/bash
# first_run.sh SUITE PACKAGES: README.md's quick start, taken from there and run
# to the letter on a host that boots beside a stock Postfix, makes a signed mail
# in under five minutes.  PACKAGES is what packages.sh left.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
# shellcheck source=host.sh
. "$(dirname "${BASH_SOURCE[0]}")/host.sh"

SUITE=$1 PACKAGES=$2
LIMIT=300

# quick_start: the commands in README.md, which stand between ``` there.  Its
# reader is root here, and leaves out sudo as it says.
quick_start() {
	awk '/^## / { on = $0 == "## Quick start" }
		on && /^```/ { inside = !inside; next }
		on && inside' "$TOP/README.md" | sed 's/^sudo //; s/\([;&] \)sudo /\1/'
}

# run FILE: run its lines one by one, as a person types them; the output of each
# is in $SCRATCH/said, of all in $SCRATCH/all.
run() {
	local line
	while IFS= read -r -u 9 line; do
		say "\$ $line"
		on bash -c "cd /src/packages/repository && $line" \
			</dev/null >"$SCRATCH/said" 2>&1 || {
			tail -n 30 "$SCRATCH/said" >&2
			host_logs >&2
			fail "this command failed: $line"
		}
		cat "$SCRATCH/said" >>"$SCRATCH/all"
	done 9<"$1"
}

# expect TEXT REGEX: what the last command said has a line like that.
expect() {
	if grep -E -- "$2" "$SCRATCH/said" | say_proof &&
		grep -Eq -- "$2" "$SCRATCH/said"; then
		say_good "$1"
		return
	fi
	cat "$SCRATCH/said" "$SCRATCH/all" >&2
	host_logs >&2
	fail "$1"
}

# prepare: a Postfix that works, a reader who says yes to apt, and no network.
prepare() {
	on bash -c '
		rm -f /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/50machine
		echo "deb [trusted=yes] file:/src/packages/repository ./" \
			>/etc/apt/sources.list
		echo "APT::Get::Assume-Yes yes;" >/etc/apt/apt.conf.d/99yes
		apt-get -q update
		useradd -m bob
		postconf myhostname=mx.example.org mydestination=mx.example.org \
			home_mailbox=Maildir/
		echo "root: bob" >>/etc/aliases && newaliases
		systemctl restart postfix' >"$SCRATCH/said" 2>&1 ||
		fail "no Postfix that works: $(cat "$SCRATCH/said")"
}

# first_mail: the file of Bob's mail.
first_mail() {
	MAIL=$(on grep -rlx 'Subject: first' /home/bob/Maildir/new)
}

# verified: the mail's signatures hold with the records that were printed.
verified() {
	grep $' IN TXT \\|^\t"' "$SCRATCH/all" >"$SCRATCH/zone"
	(printf '%s\n' "\$TTL 300" && cat "$SCRATCH/zone") |
		on tee /tmp/zone >/dev/null
	# Bob's copy begins with what the delivery added.
	on mailreeve-explain --zone /tmp/zone --client-ip 192.0.2.1 --json \
		"$MAIL" | sed 's/.*"dkim":\(\[[^]]*\]\).*/\1/' >"$SCRATCH/said" &&
		[ "$(grep -o '"result":"pass"' "$SCRATCH/said" | wc -l)" = 2 ]
}

quick_start >/dev/null || fail "README.md cannot be read"
[ -n "$(quick_start)" ] || fail "README.md has no section \"Quick start\""
command -v systemd-nspawn >/dev/null || skip "systemd-nspawn is not installed"
need_root_of "$SUITE" boot
[ -n "$(find "$PACKAGES/repository" -name 'mailreeve-dns_*.deb')" ] ||
	fail "no packages: run packages.sh before"
scratch_new mailreeve-deploy || fail "no room in ${TMPDIR:-/tmp}"
trap 'host_down; rm -rf "$SCRATCH"' EXIT
trap 'exit 130' INT TERM HUP
host_boot "$PACKAGES" || fail "a Debian $SUITE does not boot"
prepare
quick_start >"$SCRATCH/commands"
begin=$SECONDS
run "$SCRATCH/commands"
took=$((SECONDS - begin))
expect "the last command shows that the mail was signed with both keys" \
	'direction=outbound .* signed="?example\.org/([^ ]+) example\.org/\1e'
[ "$took" -lt "$LIMIT" ] || fail "it took $took seconds"
say_good "the commands took $took of $LIMIT seconds"
host_wait 20 first_mail || fail "the mail did not arrive"
verified || {
	cat "$SCRATCH/said" "$SCRATCH/zone" >&2
	fail "the signatures do not hold"
}
say_good "both signatures hold with the records that keygen printed"
on mailreeve-milter -t >"$SCRATCH/said" 2>&1
expect "-t has nothing left to do" '^Postfix uses it as unix:mailreeve/milter'
