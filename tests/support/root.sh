# root.sh: a Debian of our own, made with debootstrap, for machines whose own
# system must not change and for tests on the other release.  What was
# downloaded is kept in $ROOT_CACHE; every run works on a throwaway layer over
# it.  Mirror and proxy are those of this machine's apt.
# shellcheck shell=bash

ROOT_CACHE=/var/cache/mailreeve-test
ROOT_SHELF=/var/cache/shelf
ROOT_BASE=''
ROOT_RUN=''

# root_suite: print the suite for --root without a name: this machine's own.
root_suite() {
	case $(packages_release) in
	12) echo bookworm ;;
	*) echo trixie ;;
	esac
}

# root_mirror LABEL ENDING: print the site that this machine gets Debian's
# packages from: the one whose Release file bears the label, or before any
# lists were fetched, one whose path ends that way.
root_mirror() {
	local site
	# shellcheck disable=SC2016 # apt expands it
	site=$({
		apt-get indextargets --format '$(SITE)' \
			'Created-By: Packages' "Label: $1"
		apt-get indextargets --format '$(SITE)' \
			'Created-By: Packages' | grep "/$2/*\$"
	} 2>/dev/null | head -n 1)
	case $site in
	mirror+file:*)
		# A list of mirrors in a file, as cloud images have it.
		site=$(grep -m 1 -o '^[a-z]*://[^[:space:]]*' \
			"/${site#mirror+file:*/}")
		;;
	esac
	[ -n "$site" ] && echo "$site"
}

# root_proxy URL: print the proxy that apt uses for this URL, if any.
root_proxy() {
	local kind=${1%%:*} proxy='' detect=''
	eval "$(apt-config shell proxy "Acquire::$kind::Proxy" \
		detect "Acquire::$kind::Proxy-Auto-Detect")"
	if [ -z "$proxy" ] && [ -x "$detect" ]; then
		proxy=$("$detect" "$1" 2>/dev/null)
	fi
	case $proxy in
	DIRECT) ;;
	*) echo "$proxy" ;;
	esac
}

# root_fetch COMMAND ...: run what downloads by itself, through apt's proxy.
root_fetch() {
	local proxy
	proxy=$(root_proxy "$ROOT_MIRROR")
	if [ -n "$proxy" ]; then
		env http_proxy="$proxy" https_proxy="$proxy" "$@"
	else
		"$@"
	fi
}

# root_base SUITE PURPOSE ...: set ROOT_BASE to a root of that suite with the
# packages for these purposes, making it first if need be.  Return 2 when the
# mirror cannot be reached, 1 when something else is wrong.
root_base() {
	local suite=$1 name
	shift
	name=$suite-$(dpkg --print-architecture)-$(packages_names "$@" |
		sha256sum | cut -c1-8)
	ROOT_BASE=$ROOT_CACHE/$name
	mkdir -p "$ROOT_CACHE" || return 1
	exec {ROOT_LOCK}>"$ROOT_BASE.lock"
	if [ ! -e "$ROOT_BASE" ]; then
		flock "$ROOT_LOCK"
		[ -e "$ROOT_BASE" ] || root_make "$suite" "$@" || return
	fi
	flock -s "$ROOT_LOCK"
	touch "$ROOT_BASE.lock"
	root_tidy "$suite"
}

# root_tidy SUITE: delete the layers of runs that were killed, and roots of the
# suite that nobody used for a month.
root_tidy() {
	local lock
	for lock in "$ROOT_CACHE"/run.*/lock; do
		[ -e "$lock" ] || continue
		flock -n "$lock" rm -rf --one-file-system "${lock%/lock}" || :
	done
	find "$ROOT_CACHE" -maxdepth 1 -name "$1-*.lock" -mtime +30 |
		while read -r lock; do
			flock -n "$lock" rm -rf --one-file-system \
				"${lock%.lock}" "$lock" || :
		done
}

# root_make SUITE PURPOSE ...: make $ROOT_BASE.
root_make() {
	local suite=$1 part=$ROOT_BASE.part
	shift
	command -v debootstrap >/dev/null || {
		say "debootstrap is not installed"
		return 1
	}
	ROOT_MIRROR=${MAILREEVE_MIRROR:-$(root_mirror Debian debian)} || {
		say "apt on this machine names no Debian mirror; name one in" \
			"MAILREEVE_MIRROR"
		return 1
	}
	root_fetch wget -q -T 20 -t 2 -O /dev/null \
		"$ROOT_MIRROR/dists/$suite/Release" || {
		say "the mirror cannot be reached"
		return 2
	}
	say "making a Debian $suite in $ROOT_CACHE (once; some minutes)"
	rm -rf --one-file-system "$part"
	if root_fill "$suite" "$part" "$@" >"$part.log" 2>&1; then
		mv "$part" "$ROOT_BASE"
		rm -f "$part.log"
		return 0
	fi
	tail -n 25 "$part.log" >&2
	rm -rf --one-file-system "$part"
	return 1
}

root_fill() {
	local suite=$1 part=$2
	shift 2
	root_fetch debootstrap --variant=minbase \
		--include=ca-certificates,debconf \
		--keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
		"$suite" "$part" "$ROOT_MIRROR" || return 1
	root_sources "$suite" "$part"
	printf '#!/bin/sh\nexit 101\n' >"$part/usr/sbin/policy-rc.d"
	chmod 755 "$part/usr/sbin/policy-rc.d"
	cp -L /etc/resolv.conf "$part/etc/resolv.conf"
	# shellcheck disable=SC2046 # names of packages are words
	unshare --mount --pid --fork --kill-child \
		bash "$TOP/tests/support/inroot.sh" "$part" env \
		DEBIAN_FRONTEND=noninteractive sh -c '
			echo "postfix postfix/main_mailer_type select Local only" |
				debconf-set-selections
			apt-get -q update &&
			apt-get -qy --no-install-recommends install "$@"' \
		sh $(packages_names "${@#shelf}") || return 1
	[[ " $* " != *" deb "* && " $* " != *" boot "* ]] || root_shelve "$part"
	[[ " $* " != *" shelf "* ]] || root_order "$part" || return 1
	rm -rf "$part"/var/cache/apt/archives/*.deb "$part"/var/lib/apt/lists/*
}

# root_shelve ROOT: keep the files of libraries, of Postfix, and of Dovecot with
# what it needs, for hosts that install them without a network.
root_shelve() {
	mkdir "$1$ROOT_SHELF" &&
		find "$1/var/cache/apt/archives" -name '*-dev_*' -prune -o \
			\( -name 'lib*.deb' -o -name 'postfix*.deb' \
			-o -name 'dovecot*.deb' -o -name 'ucf_*.deb' \
			-o -name 'sensible-utils_*.deb' \
			-o -name 'ssl-cert_*.deb' \) \
			-exec mv -t "$1$ROOT_SHELF" {} +
}

# root_order ROOT: put packages on the shelf that the root itself does not have,
# and all that they depend on and it does not have either.
root_order() {
	local shelf=$1$ROOT_SHELF
	mkdir -p "$shelf"
	# shellcheck disable=SC2046 # names of packages are words
	unshare --mount --pid --fork --kill-child \
		bash "$TOP/tests/support/inroot.sh" "$1" \
		apt-get -qy --no-install-recommends --download-only \
		-o Dir::Cache::archives="$ROOT_SHELF" \
		install $(packages_names shelf) &&
		rm -rf "$shelf/lock" "$shelf/partial"
}

# root_sources SUITE ROOT: apt in the root asks the same mirrors in the same
# manner as ours.
root_sources() {
	local suite=$1 apt=$2/etc/apt security proxy
	{
		echo "deb $ROOT_MIRROR $suite main"
		echo "deb $ROOT_MIRROR $suite-updates main"
		if security=$(root_mirror Debian-Security debian-security); then
			echo "deb $security $suite-security main"
		fi
	} >"$apt/sources.list"
	apt-config dump | grep -E '^Acquire::(https?::|Check-|Retries|Force)' |
		grep -v 'Auto-\?Detect' >"$apt/apt.conf.d/50machine"
	proxy=$(root_proxy "$ROOT_MIRROR")
	[ -z "$proxy" ] ||
		echo "Acquire::${ROOT_MIRROR%%:*}::Proxy \"$proxy\";" \
			>>"$apt/apt.conf.d/50machine"
}

# root_layer: make a throwaway layer over ROOT_BASE with a copy of the source
# tree; its directory is ROOT_RUN.  Every process in it holds its lock.
root_layer() {
	ROOT_RUN=$(mktemp -d "$ROOT_CACHE/run.XXXXXX") || return 1
	exec {ROOT_RUN_LOCK}>"$ROOT_RUN/lock.new"
	flock -s "$ROOT_RUN_LOCK" && mv "$ROOT_RUN/lock.new" "$ROOT_RUN/lock"
	chmod 755 "$ROOT_RUN"
	mkdir "$ROOT_RUN/root" "$ROOT_RUN/upper" "$ROOT_RUN/work" "$ROOT_RUN/src"
	tar -C "$TOP" --exclude=./build --exclude=./.git -cf - . |
		tar -C "$ROOT_RUN/src" --no-same-owner -xf -
}

# root_run NAMESPACES COMMAND ...: run a command in the layer, in /src, the copy
# of the source tree.  NAMESPACES are options of unshare; with them the command
# ends with the shell that calls this.
root_run() {
	local -a spaces leash=()
	local suites=${MAILREEVE_SUITES:-$TOP/../shared/suites}
	read -r -a spaces <<<"$1"
	shift
	[ -d "$suites" ] || suites=''
	[ "${#spaces[@]}" = 0 ] || leash=(setpriv --pdeathsig KILL --)
	"${leash[@]}" unshare --mount "${spaces[@]}" \
		env ROOT_LAYER="$ROOT_RUN" ROOT_SUITES="$suites" \
		bash "$TOP/tests/support/inroot.sh" "$ROOT_BASE" "$@"
}

# root_drop: delete the layer.
root_drop() {
	[ -n "$ROOT_RUN" ] || return 0
	rm -rf --one-file-system "$ROOT_RUN"
	ROOT_RUN=''
}

# root_demo SUITE KEEP: ./demo in a root.
root_demo() {
	local suite=$1 keep=$2 option='' status
	command -v debootstrap >/dev/null || packages_need root
	say_step "Working in a Debian $suite of its own"
	trap root_leave EXIT
	trap 'exit 130' INT TERM HUP
	root_base "$suite" build mail || die "cannot make it"
	[ "$keep" = no ] || option=--keep
	root_layer || die "cannot copy the source tree"
	root_run "" ./demo $option
	status=$?
	[ "$status" = 0 ] && [ "$keep" = yes ] || return "$status"
	sed "1s|^|$ROOT_RUN/upper|" "$ROOT_RUN/upper$STATE" >"$STATE"
	echo "$ROOT_RUN" >"$STATE.root"
	ROOT_RUN=''
}

# root_leave: whatever happened, no layer stays.  Once there is one, the demo in
# it says itself that it was interrupted.
root_leave() {
	local status=$? began=$ROOT_RUN
	trap '' INT TERM HUP PIPE
	root_drop
	[ "$status" != 130 ] || [ -n "$began" ] ||
		say_wrong "interrupted; all taken down"
	exit "$status"
}

# root_forget FILE: delete the layer that FILE names.
root_forget() {
	[ -e "$1" ] || return 0
	read -r ROOT_RUN <"$1"
	case $ROOT_RUN in
	"$ROOT_CACHE"/run.??????) root_drop ;;
	esac
	rm -f "$1"
}
