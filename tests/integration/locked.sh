#!/bin/bash
# locked.sh LOCKER: an account that we lock cannot log in by a stock Dovecot with
# the settings that the package brings, and can again when it is released; mail
# to it arrives all the while.
set -u
LOCKER=${1:?usage: $0 LOCKER}
PACKAGING=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../packaging/dovecot" && pwd)

if [ "$(id -u)" != 0 ] || ! command -v dovecot >/dev/null; then
	echo "skipped: needs root and Dovecot"
	exit 77
fi
VERSION=$(dovecot --version | cut -d. -f1,2)
SNIPPET=$PACKAGING/05-mailreeve-locked-$VERSION.conf
LAB=$(mktemp -d)
DOVECOT=
LOCKING=

finish() {
	[ -n "$LOCKING" ] && kill "$LOCKING" 2>/dev/null
	if [ -n "$DOVECOT" ]; then
		kill "$DOVECOT" 2>/dev/null
		wait "$DOVECOT" 2>/dev/null
	fi
	rm -rf "$LAB"
}
trap finish EXIT

fail() {
	echo "$*"
	grep -v Debug "$LAB/log" | tail -20
	exit 1
}

# configure: as small as it gets, with a static userdb, which asks the passdbs.
# The snippet stands where Debian's conf.d has it: before the passdbs.
configure() {
	chmod 755 "$LAB"
	mkdir -p "$LAB"/{run,conf.d}
	install -d -m 755 -o mail "$LAB/locked"
	echo 'ann@example.org:{PLAIN}secret' >"$LAB/users"
	echo 'bob@example.org:{PLAIN}secret' >>"$LAB/users"
	sed "s,/var/lib/mailreeve/locked,$LAB/locked," "$SNIPPET" \
		>"$LAB/conf.d/05-mailreeve-locked.conf"
	"configure_${VERSION/./_}" >"$LAB/dovecot.conf"
}

common() {
	cat <<-EOT
	base_dir = $LAB/run
	state_dir = $LAB/run
	log_path = $LAB/log
	protocols =
	ssl = no
	auth_mechanisms = plain
	auth_failure_delay = 0
	!include $LAB/conf.d/05-mailreeve-locked.conf
	EOT
}

configure_2_3() {
	common
	cat <<-EOT
	passdb {
	  driver = passwd-file
	  args = $LAB/users
	}
	userdb {
	  driver = static
	  args = uid=nobody gid=nogroup home=/nonexistent
	}
	EOT
}

configure_2_4() {
	echo 'dovecot_config_version = 2.4.0'
	echo 'dovecot_storage_version = 2.4.0'
	common
	cat <<-EOT
	passdb passwd-file {
	  passwd_file_path = $LAB/users
	}
	userdb static {
	  fields {
	    uid = nobody
	    gid = nogroup
	    home = /nonexistent
	  }
	}
	EOT
}

# in_time COMMAND ...: it succeeds within a few seconds.
in_time() {
	local i
	for ((i = 0; i < 50; i++)); do
		"$@" && return
		sleep 0.1
	done
	return 1
}

# login USER SERVICE WORDS: Dovecot answers so.
login() {
	doveadm -c "$LAB/dovecot.conf" auth test -a "$LAB/run/auth-client" \
		-x service="$2" -x protocol="$2" "$1" secret 2>&1 |
		grep -q "$3"
}

# exists USER: for LMTP.
exists() {
	doveadm -c "$LAB/dovecot.conf" user -a "$LAB/run/auth-userdb" \
		-x service=lmtp -x protocol=lmtp "$1" >/dev/null 2>&1
}

# tell LINE ANSWER: to the locker.
tell() {
	local answer
	echo "$1" >&"${LOCKING_FDS[1]}"
	read -r answer <&"${LOCKING_FDS[0]}"
	[ "$answer" = "$2" ] || fail "$1: $answer"
}

# works USER WHEN: he can log in.  Dovecot looks at the file once a second.
works() {
	in_time login "$1" imap 'auth succeeded' || fail "$1 cannot log in: $2"
}

# refused USER SERVICE ...: there he cannot log in; and his mail arrives.
refused() {
	local service
	for service in "${@:2}"; do
		in_time login "$1" "$service" 'user_disabled' ||
			fail "$1 is not refused by $service"
	done
	exists "$1" || fail "$1 does not exist for LMTP"
}

# stock: in Debian's own configuration the snippet's passdb is the first.
stock() {
	mkdir "$LAB/stock"
	cp -r /usr/share/dovecot/{dovecot.conf,conf.d} "$LAB/stock/"
	cp "$SNIPPET" "$LAB/stock/conf.d/05-mailreeve-locked.conf"
	doveconf -c "$LAB/stock/dovecot.conf" -n 2>/dev/null |
		grep -A 4 '^passdb' | head -5 | grep -q 'deny = yes' ||
		fail "in Debian's configuration the passdb is not the first"
}

configure
coproc LOCKING_FDS {
	exec setpriv --reuid=mail --regid=mail --clear-groups \
		"$LOCKER" "$LAB/locked/users"
}
LOCKING=$LOCKING_FDS_PID
in_time test -e "$LAB/locked/users" || fail "no file is written"
# It ends with this test, however that ends.
setpriv --pdeathsig TERM dovecot -F -c "$LAB/dovecot.conf" &
DOVECOT=$!
in_time test -S "$LAB/run/auth-client" || fail "Dovecot does not start"
works ann@example.org 'nobody is locked'
tell 'lock ann@example.org' ok
refused ann@example.org imap pop3 smtp submission sieve
works bob@example.org 'he is not locked'
# Within one second, and of the same size.
tell 'unlock ann@example.org' ok
tell 'lock bob@example.org' ok
refused bob@example.org smtp
works ann@example.org 'she was released'
tell 'lock x:y' failed
tell 'unlock bob@example.org' ok
works bob@example.org 'he was released'
stock
echo "locked accounts are refused by Dovecot $VERSION"
