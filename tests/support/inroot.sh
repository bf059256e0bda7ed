#!/bin/bash
# inroot.sh BASE COMMAND ...: run a command in the root BASE.  It is called in a
# mount namespace of its own, so that what it mounts goes away with it.  With
# $ROOT_LAYER, a directory with root, upper, work and src, BASE itself is not
# changed, and the command runs in src.
set -eu

root=$1
shift

# Overlays do not stack on every file system: then a copy must do.
layer() {
	mount -t overlay overlay -o "lowerdir=$root,$1" "$ROOT_LAYER/root" \
		2>/dev/null || {
		cp -a --reflink=auto "$root/." "$ROOT_LAYER/upper"
		mount --bind "$ROOT_LAYER/upper" "$ROOT_LAYER/root"
	}
	root=$ROOT_LAYER/root
	mkdir -p "$root/src"
	mount --bind "$ROOT_LAYER/src" "$root/src"
}

if [ -n "${ROOT_LAYER:-}" ]; then
	layer "upperdir=$ROOT_LAYER/upper,workdir=$ROOT_LAYER/work"
fi
if [ -n "${ROOT_SUITES:-}" ]; then
	mkdir -p "$root/suites"
	mount --bind -o ro "$ROOT_SUITES" "$root/suites"
fi
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || :
mount --rbind /dev "$root/dev"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	LANG=C.UTF-8 TERM="${TERM:-dumb}" ${NO_COLOR:+NO_COLOR=1} \
	${ROOT_SUITES:+MAILREEVE_SUITES=/suites} \
	${MAILREEVE_SOAK:+MAILREEVE_SOAK="$MAILREEVE_SOAK"} \
	sh -c 'cd /src 2>/dev/null || cd /; exec "$@"' sh "$@"
