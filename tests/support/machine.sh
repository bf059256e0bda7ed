#!/bin/bash
# machine.sh DIRECTORY HOSTNAME: the first process of one laboratory machine.
# It runs in new mount, UTS, PID and network namespaces.  Whatever stands below
# DIRECTORY/fs takes the place of the same path of the real machine, for this
# machine only; then it waits, and collects orphans, until it is killed.
set -eu

dir=$1 name=$2

fail() {
	echo "$*" >"$dir/failed"
	exit 1
}

while read -r path; do
	[ -e "$dir/fs$path" ] || continue
	[ -e "$path" ] || fail "$path is missing on this system"
	mount --bind "$dir/fs$path" "$path" || fail "cannot mount over $path"
done <<'PATHS'
/etc/passwd
/etc/group
/etc/hosts
/etc/nsswitch.conf
/etc/resolv.conf
/etc/postfix
/etc/dovecot
/srv
/var/lib/dovecot
/var/lib/postfix
/var/log
/var/mail
/var/spool/postfix
PATHS
# The directory may lie where programs must not be run from.
if [ -e "$dir/fs/srv" ]; then
	mount -o remount,bind,exec /srv || fail "cannot mount /srv with exec"
fi
echo "$name" >/proc/sys/kernel/hostname || fail "cannot set the host name"
ip link set lo up || fail "cannot set up the loopback interface"

: >"$dir/ready"
while :; do
	sleep 3600 &
	wait $! || :
done
