# packages.sh: what the two commands need from Debian, and how it is installed
# without surprises: nothing is removed, nothing is started, and a machine that
# has everything already needs neither root nor a network.
# shellcheck shell=bash

# shellcheck source=scratch.sh
. "$TOP/tests/support/scratch.sh"

# The names are the same on Debian 12 and 13.
PACKAGES_BUILD='gcc libc6-dev cmake ninja-build pkgconf libmilter-dev
	libssl-dev libunbound-dev libldns-dev libconfuse-dev libidn2-dev
	libjansson-dev libsystemd-dev libmicrohttpd-dev libopendkim-dev
	libseccomp-dev libpsl-dev libspf2-dev libevent-dev libmaxminddb-dev
	libsqlite3-dev libhiredis-dev libcurl4-openssl-dev libpcre2-dev
	dovecot-dev'
PACKAGES_MAIL='postfix dovecot-core dovecot-imapd dovecot-lmtpd dovecot-sieve
	knot curl ca-certificates openssl iproute2 util-linux python3'
PACKAGES_BENCH='opendkim opendmarc dbconfig-no-thanks rspamd postfwd postgrey knot openssl
	procps iproute2 util-linux'
PACKAGES_TEST='libcmocka-dev opendkim python3 python3-dkim python3-spf
	python3-authres python3-prometheus-client python3-yaml procps knot
	bash-completion zsh fish sqlite3 redis-server mmdb-bin postgrey
	valgrind libc6-dbg'
# Debian 12 has none.
PACKAGES_VALKEY='valkey-server'
PACKAGES_STYLE='clang-format clang-tidy cppcheck shellcheck mandoc
	binutils git'
PACKAGES_FUZZ='clang libclang-rt-dev'
PACKAGES_ROOT='debootstrap debian-archive-keyring'
PACKAGES_NSPAWN='systemd-container'
# What builds and judges Debian packages, and a host that boots to install them.
PACKAGES_DEB='build-essential debhelper dpkg-dev lintian'
PACKAGES_BOOT='systemd systemd-sysv dbus postfix openssl procps'
# What such a host installs by itself: a root keeps the files and has none of it.
PACKAGES_SHELF='opendkim sudo dovecot-imapd dovecot-lmtpd'

# Servers among them, whose services must not start at the next boot either.
PACKAGES_SERVICES='postfix dovecot knot opendkim opendmarc rspamd postfwd
	postgrey redis-server valkey-server'

# packages_release: print 12 or 13, or fail on anything else.
packages_release() {
	local ID='' VERSION_ID=''
	# shellcheck disable=SC1091
	. /etc/os-release
	case $ID-$VERSION_ID in
	debian-12 | debian-13) echo "$VERSION_ID" ;;
	*) return 1 ;;
	esac
}

# packages_names PURPOSE ...: print the packages for these purposes: build,
# mail, bench, test, valkey, style, fuzz, root, nspawn, deb, boot, shelf.
packages_names() {
	local purpose
	for purpose in "$@"; do
		case $purpose in
		build) echo "$PACKAGES_BUILD" ;;
		mail) echo "$PACKAGES_MAIL" ;;
		bench) echo "$PACKAGES_BENCH" ;;
		test) echo "$PACKAGES_TEST" ;;
		valkey) echo "$PACKAGES_VALKEY" ;;
		style) echo "$PACKAGES_STYLE" ;;
		fuzz) echo "$PACKAGES_FUZZ" ;;
		root) echo "$PACKAGES_ROOT" ;;
		nspawn) echo "$PACKAGES_NSPAWN" ;;
		deb) echo "$PACKAGES_DEB" ;;
		boot) echo "$PACKAGES_BOOT" ;;
		shelf) echo "$PACKAGES_SHELF" ;;
		esac
	done | tr -s '[:space:]' '\n' | grep . | sort -u
}

# packages_missing PURPOSE ...: print those that are not installed.
packages_missing() {
	comm -23 <(packages_names "$@") \
		<(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' |
			sed -n 's/^.i  *//p' | sort -u)
}

# packages_need PURPOSE ...: see to it that all are installed, or stop with a
# reason.
packages_need() {
	local -a missing
	if ! packages_release >/dev/null; then
		die "this needs Debian 12 or 13; --root runs it in a Debian of" \
			"its own where debootstrap is installed"
	fi
	mapfile -t missing < <(packages_missing "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0
	if [ "$(id -u)" != 0 ]; then
		die "these packages are missing: ${missing[*]}." \
			"Run with sudo to install them."
	fi
	say_step "Installing ${#missing[@]} packages of Debian's (a minute or two)"
	say "${missing[*]}"
	packages_look "${missing[@]}"
	packages_install "${missing[@]}"
}

# packages_look PACKAGE ...: let apt say what it would do, with fresh lists if
# it does not know the packages, and stop if anything would be removed.
packages_look() {
	local plan removed
	if ! plan=$(packages_apt -s install "$@" 2>&1); then
		say "refreshing apt's lists"
		packages_apt -q update >/dev/null || die "apt-get update failed"
		plan=$(packages_apt -s install "$@" 2>&1) ||
			die "apt cannot install them: $plan"
	fi
	removed=$(sed -n 's/^Remv \([^ ]*\).*/\1/p' <<<"$plan" | tr '\n' ' ')
	[ -z "$removed" ] || die "to install them, apt would remove ${removed% }." \
		"Nothing was changed. \`./${0##*/} --root' leaves this system" \
		"alone and works in a Debian of its own."
}

# packages_install PACKAGE ...: install, start nothing.  Old lists can name
# files that the mirror no longer has: then refresh them and try once more.
packages_install() {
	local -a fresh=()
	local service status=0
	scratch_file || die "no room for a log in ${TMPDIR:-/tmp}"
	for service in $PACKAGES_SERVICES; do
		[ -e "/lib/systemd/system/$service.service" ] ||
			fresh+=("$service")
	done
	(
		trap packages_policy_off EXIT
		trap 'exit 130' INT TERM HUP
		packages_policy_on
		packages_answers "$@"
		packages_apt -q install "$@" || {
			packages_apt -q update && packages_apt -q install "$@"
		}
	) >&"$SCRATCH_FILE" 2>&1 || status=1
	[ "$status" = 0 ] || {
		scratch_tail 20 >&2
		die "apt-get install failed"
	}
	scratch_close
	packages_rest "${fresh[@]}"
}

packages_apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -y --no-install-recommends \
		-o Dpkg::Options::=--force-confold \
		-o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# packages_answers PACKAGE ...: a Postfix that comes in newly is set up for
# mail on this machine only.
packages_answers() {
	[[ " $* " == *" postfix "* ]] || return 0
	debconf-set-selections <<-'EOT'
	postfix postfix/main_mailer_type select Local only
	EOT
}

# packages_rest SERVICE ...: what came in newly stays off after the next boot
# too, until somebody wants it.
packages_rest() {
	local service
	[ -d /run/systemd/system ] || return 0
	for service in "$@"; do
		systemctl -q disable "$service" 2>/dev/null || continue
		say "$service was installed but not started; start it at boot with:" \
			"systemctl enable $service"
	done
}

# The policy that keeps servers from starting while packages are installed
# (Debian's invoke-rc.d and deb-systemd-invoke ask it).  What stood there is
# kept beside it; if we were killed last time, it is still there.
PACKAGES_POLICY=/usr/sbin/policy-rc.d
PACKAGES_POLICY_KEPT=/usr/sbin/policy-rc.d.before-mailreeve
PACKAGES_POLICY_MARK='# mailreeve: start nothing while packages are installed'

packages_policy_on() {
	packages_policy_off
	if [ -e "$PACKAGES_POLICY" ] || [ -L "$PACKAGES_POLICY" ]; then
		mv -T "$PACKAGES_POLICY" "$PACKAGES_POLICY_KEPT"
	fi
	printf '#!/bin/sh\n%s\nexit 101\n' "$PACKAGES_POLICY_MARK" \
		>"$PACKAGES_POLICY"
	chmod 755 "$PACKAGES_POLICY"
}

packages_policy_off() {
	if grep -qsF "$PACKAGES_POLICY_MARK" "$PACKAGES_POLICY"; then
		rm -f "$PACKAGES_POLICY"
	fi
	[ -e "$PACKAGES_POLICY" ] && return
	if [ -e "$PACKAGES_POLICY_KEPT" ] || [ -L "$PACKAGES_POLICY_KEPT" ]; then
		mv -T "$PACKAGES_POLICY_KEPT" "$PACKAGES_POLICY"
	fi
}
