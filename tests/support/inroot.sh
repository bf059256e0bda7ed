#!/bin/bash
# inroot.sh BASE COMMAND ...: run a command in the root BASE.  It is called in a
# mount namespace of its own, so that what it mounts goes away with it.  With
# $ROOT_LAYER, a directory with root, upper, work and src, BASE itself is not
# changed, and the command runs in src.  With $ROOT_BOOT, a name, the root boots
# instead, as a host of that name without a network.
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

# boot: become the container's supervisor.  It lives in control groups of our
# own, with or without a systemd on this machine, which could not tell it from
# others: its PID is that of a namespace.
boot() {
	control_groups
	rm -f "$root/usr/sbin/policy-rc.d"
	mkdir -p /run/systemd/nspawn
	mount -t tmpfs tmpfs /run/systemd/nspawn
	exec systemd-nspawn --quiet --boot --directory="$root" \
		--machine="$ROOT_BOOT" --register=no --keep-unit \
		--private-network --resolv-conf=off --timezone=off \
		--link-journal=no --console=pipe
}

# control_groups: go into groups of the host's name, where there are any.
control_groups() {
	local dir
	for dir in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ -e "$dir/cgroup.procs" ] || continue
		mkdir -p "$dir/$ROOT_BOOT" || continue
		echo $$ >"$dir/$ROOT_BOOT/cgroup.procs" || :
	done
}

if [ -n "${ROOT_LAYER:-}" ]; then
	layer "upperdir=$ROOT_LAYER/upper,workdir=$ROOT_LAYER/work"
fi
if [ -n "${ROOT_SUITES:-}" ]; then
	mkdir -p "$root/suites"
	mount --bind -o ro "$ROOT_SUITES" "$root/suites"
fi
if [ -n "${ROOT_BOOT:-}" ]; then
	boot
fi
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null || :
mount --rbind /dev "$root/dev"
exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
	LANG=C.UTF-8 TERM="${TERM:-dumb}" ${NO_COLOR:+NO_COLOR=1} \
	${ROOT_SUITES:+MAILREEVE_SUITES=/suites} \
	${MAILREEVE_SOAK:+MAILREEVE_SOAK="$MAILREEVE_SOAK"} \
	sh -c 'cd /src 2>/dev/null || cd /; exec "$@"' sh "$@"
