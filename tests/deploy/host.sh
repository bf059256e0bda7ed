# host.sh: a host that boots in a container, without a network.  It ends with
# the shell that sources this, even by SIGKILL, and its mounts with it.
# shellcheck shell=bash

HOST_NAME=''
HOST_PID=''
HOST_INIT=''

# host_boot FOLDER: boot ROOT_BASE in a throwaway layer; FOLDER is /src/packages
# there.  The container's supervisor is the first process of a PID namespace:
# whatever ends it takes the container along.
host_boot() {
	root_layer || return 1
	HOST_NAME=mailreeve-${ROOT_RUN##*.}
	cp -r "$1" "$ROOT_RUN/src/packages" || return 1
	setsid setpriv --pdeathsig KILL -- \
		unshare --mount --pid --fork --kill-child --mount-proc \
		env ROOT_LAYER="$ROOT_RUN" ROOT_BOOT="$HOST_NAME" \
		bash "$TOP/tests/support/inroot.sh" "$ROOT_BASE" \
		</dev/null >"$ROOT_RUN/console.log" 2>&1 &
	HOST_PID=$!
	disown "$HOST_PID"
	host_wait 60 host_is_up && return
	tail -n 20 "$ROOT_RUN/console.log" >&2
	return 1
}

# host_is_up: is all started that starts at boot?
host_is_up() {
	local supervisor
	supervisor=$(pgrep -P "$HOST_PID") &&
		HOST_INIT=$(pgrep -P "$supervisor" -x systemd) &&
		[[ $(on systemctl is-system-running --wait 2>/dev/null) =~ \
			^(running|degraded)$ ]]
}

# on COMMAND ...: run a command on the host.
on() {
	nsenter --target "$HOST_INIT" --mount --uts --ipc --net --pid --root \
		--wd -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
		LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# host_down: end the host, whatever state it is in, and delete its files.
host_down() {
	if [ -n "$HOST_PID" ]; then
		kill -KILL "$HOST_PID" 2>/dev/null || :
		host_wait 15 host_is_gone || :
		host_groups
	fi
	HOST_PID=''
	root_drop
}

# The kernel ends the supervisor last.
host_is_gone() {
	! kill -0 "${HOST_INIT:-$HOST_PID}" 2>/dev/null
}

# host_groups: delete the control groups that inroot.sh made, those of hosts
# whose test was killed too.
host_groups() {
	local dir
	for dir in /sys/fs/cgroup{/systemd,/unified,}/mailreeve-??????; do
		[ -d "$dir" ] || continue
		[ "${dir##*/}" = "$HOST_NAME" ] ||
			[ ! -e "$ROOT_CACHE/run.${dir##*-}" ] || continue
		find "$dir" -depth -type d -exec rmdir {} + 2>/dev/null || :
	done
}

# host_wait SECONDS COMMAND ...: try until the command succeeds.
host_wait() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# host_logs: what its services said.
host_logs() {
	[ -z "$HOST_INIT" ] ||
		on journalctl --no-pager -o short-iso -n ${HOST_LINES:-25} -u 'mailreeve*' -u 'postfix*' -u 'dovecot*' || :
}
