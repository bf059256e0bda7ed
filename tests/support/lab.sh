# lab.sh: a laboratory of mail hosts on one machine.  Sourced by bash.
#
# Each machine of the laboratory is a set of namespaces (network, mount, PID,
# host name) without a name, kept alive by one process; a bridge inside the
# machine "net" joins them, and knotd there answers for every name.  All files
# are below $LAB.  Nothing outside is touched, two laboratories never meet, and
# when the processes end the kernel takes the namespaces, links and mounts
# away: unless it is told to stay, the laboratory even dies with a caller that
# is killed by SIGKILL, and the next one deletes its files.
#
# shellcheck shell=bash

LAB_SUPPORT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_ETC=$LAB_SUPPORT/../integration/etc
LAB_DNS=10.53.0.1
LAB=''
LAB_STAY=no
declare -A LAB_PID=()

# shellcheck source=say.sh
. "$LAB_SUPPORT/say.sh"
# shellcheck source=scratch.sh
. "$LAB_SUPPORT/scratch.sh"
# shellcheck source=host.sh
. "$LAB_SUPPORT/host.sh"

# lab_usable: succeed if this user on this kernel can build a laboratory; else
# print why not.
lab_usable() {
	local program
	if [ "$(id -u)" != 0 ]; then
		echo "a laboratory needs root"
		return 1
	fi
	for program in unshare nsenter ip knotd postfix dovecot sievec curl \
		openssl; do
		command -v "$program" >/dev/null && continue
		echo "$program is not installed"
		return 1
	done
	if ! unshare --mount --uts --net --pid --fork --mount-proc true; then
		echo "this system does not let root make namespaces"
		return 1
	fi
}

# lab_up leashed|stay: begin a laboratory: its directory, the wire and the DNS
# server's machine.  It ends with the shell that calls this (so never call it
# in a subshell), unless it shall stay.
lab_up() {
	PATH=$PATH:/usr/sbin:/sbin
	LAB_STAY=$1
	scratch_new mr || return 1
	LAB=$SCRATCH
	chmod 755 "$LAB"
	mkdir "$LAB/zones"
	lab_machine net dns.example || return 1
	lab_on net ip link add br0 type bridge &&
		lab_on net ip address add "$LAB_DNS/24" dev br0 &&
		lab_on net ip link set br0 up
}

# lab_down: end every process of the laboratory and delete its files.
lab_down() {
	local name
	[ -n "$LAB" ] || return 0
	for name in "${!LAB_PID[@]}"; do
		kill -KILL "${LAB_PID[$name]}" 2>/dev/null || :
	done
	for name in "${!LAB_PID[@]}"; do
		lab_wait 10 lab_gone "${LAB_PID[$name]}" || :
	done
	LAB_PID=()
	rm -rf --one-file-system "$LAB"
	LAB=''
}

lab_gone() {
	! kill -0 "$1" 2>/dev/null
}

# lab_machine NAME HOSTNAME [ADDRESS]: start a machine; with ADDRESS its eth0
# hangs on the wire.  Files meant to replace some of the system's stand ready
# below $LAB/NAME/fs.
lab_machine() {
	local name=$1 host=$2 address=${3:-} dir=$LAB/$1
	local -a leash=(setpriv --pdeathsig KILL --)
	[ "$LAB_STAY" = stay ] && leash=()
	mkdir -p "$dir/fs/etc" "$dir/fs/var/log"
	echo "127.0.0.1 localhost" >"$dir/fs/etc/hosts"
	echo "nameserver $LAB_DNS" >"$dir/fs/etc/resolv.conf"
	printf '%s: files\n' passwd group shadow >"$dir/fs/etc/nsswitch.conf"
	echo "hosts: files dns" >>"$dir/fs/etc/nsswitch.conf"
	setsid "${leash[@]}" unshare --mount --uts --net --pid --fork \
		--kill-child --mount-proc \
		bash "$LAB_SUPPORT/machine.sh" "$dir" "$host" \
		</dev/null >"$dir/console.log" 2>&1 &
	disown $!
	lab_wait 10 lab_started "$dir" $! || :
	if [ ! -e "$dir/ready" ]; then
		cat "$dir/failed" "$dir/console.log" >&2 2>/dev/null
		return 1
	fi
	LAB_PID[$name]=$(lab_child $!)
	[ -z "$address" ] || lab_plug "$name" "$address"
}

# lab_named ADDRESS HOSTNAME: both ways in the DNS; before lab_dns.
lab_named() {
	lab_zone . <<-RECORDS
	$2. A $1
	${1##*.}.0.53.10.in-addr.arpa. PTR $2.
	RECORDS
}

lab_started() {
	[ -e "$1/ready" ] || [ -e "$1/failed" ] || lab_gone "$2"
}

# lab_child PID: print the first child of ${PID}.
lab_child() {
	local stat line fields pid
	for stat in /proc/[0-9]*/stat; do
		read -r line 2>/dev/null <"$stat" || continue
		# After the name, which may hold blanks: state, parent, ...
		read -r -a fields <<<"${line##*) }"
		pid=${stat#/proc/}
		[ "${fields[1]}" = "$1" ] && echo "${pid%/stat}" && return
	done
	return 1
}

# lab_plug NAME ADDRESS: lay a cable from the machine to the bridge.
lab_plug() {
	local name=$1 address=$2
	nsenter --target "${LAB_PID[net]}" --net ip link add "v-$name" \
		type veth peer name eth0 netns "${LAB_PID[$name]}" &&
		lab_on net ip link set "v-$name" master br0 up &&
		lab_on "$name" ip address add "$address/24" dev eth0 &&
		lab_on "$name" ip link set eth0 up
}

# lab_enter NAME: print the command that enters the machine from outside.
# The root directory is entered too: we may be in a chroot ourselves.
lab_enter() {
	echo "nsenter --target ${LAB_PID[$1]} --mount --uts --net --pid --root --wd"
}

# lab_on NAME COMMAND ...: run a command on a machine.
lab_on() {
	local name=$1 enter
	shift
	read -r -a enter <<<"$(lab_enter "$name")"
	"${enter[@]}" -- "$@"
}

# lab_daemon NAME PROGRAM COMMAND ...: run a command on a machine in the
# background, its output in /var/log/PROGRAM.log there and its PID as the
# machine sees it in $LAB/NAME/PROGRAM.pid.
lab_daemon() {
	local name=$1 program=$2
	local pid=$LAB/$name/$program.pid log=$LAB/$name/fs/var/log/$program.log
	shift 2
	# shellcheck disable=SC2016 # expands on the machine
	lab_on "$name" setsid bash -c 'echo $$ >"$0"; exec "$@"' "$pid" "$@" \
		</dev/null >>"$log" 2>&1 &
	disown $!
	lab_wait 5 test -s "$pid"
}

# lab_kill NAME PROGRAM SIGNAL: send a signal to what lab_daemon started.
lab_kill() {
	lab_on "$1" kill -s "$3" "$(cat "$LAB/$1/$2.pid")"
}

# lab_ended NAME PROGRAM: succeed once what lab_daemon started is gone.
lab_ended() {
	! lab_kill "$1" "$2" 0 2>/dev/null
}

# lab_wait SECONDS COMMAND ...: try until the command succeeds.
lab_wait() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.1
	done
}

# lab_zone ZONE: add the records of standard input to a zone (the root is
# "."); new zones get their SOA and NS record first.
lab_zone() {
	local file=$LAB/zones/${1%.}.zone
	[ -e "$file" ] || cat >"$file" <<-RECORDS
	\$ORIGIN ${1%.}.
	\$TTL 60
	@ SOA dns.example. hostmaster.example. 1 60 60 3600 60
	@ NS dns.example.
	RECORDS
	cat >>"$file"
}

# lab_author DOMAIN POLICY [SPF]: what a domain wants done with mail that only
# claims to be its own (p=), and who may send for it: nobody, unless it says.
# Before lab_dns.
lab_author() {
	lab_zone "$1" <<-RECORDS
	@ TXT "${3:-v=spf1 -all}"
	_dmarc TXT "v=DMARC1; p=$2"
	RECORDS
}

# lab_dns: start knotd with all zones.  The root answers NXDOMAIN for whatever
# no other zone has.
lab_dns() {
	local file zone
	lab_zone . <<<"dns.example. A $LAB_DNS"
	sed "s|@LAB@|$LAB|g; s|@DNS@|$LAB_DNS|g" "$LAB_ETC/knot.conf" \
		>"$LAB/net/knot.conf"
	for file in "$LAB"/zones/{,*}.zone; do
		zone=${file##*/}
		printf '  - domain: "%s"\n    file: "%s"\n' "${zone%.zone}." "$zone"
	done >>"$LAB/net/knot.conf"
	mkdir -p "$LAB/net/run" "$LAB/net/db"
	lab_daemon net knotd knotd -c "$LAB/net/knot.conf" &&
		lab_wait 10 lab_dns_answers
}

lab_dns_answers() {
	knotc -c "$LAB/net/knot.conf" -s "$LAB/net/run/knot.sock" \
		zone-status 2>/dev/null | grep -q serial
}

# lab_logs [LINES]: print the end of every log of the laboratory.
lab_logs() {
	local log
	[ -n "$LAB" ] || return 0
	for log in "$LAB"/*/fs/var/log/*.log "$LAB"/*/console.log; do
		[ -s "$log" ] || continue
		printf -- '--- %s\n' "${log#"$LAB/"}"
		tail -n "${1:-15}" "$log"
	done
}

# lab_save FILE: note what belongs to a laboratory that stays.
lab_save() {
	local name
	{
		echo "$LAB"
		for name in "${!LAB_PID[@]}"; do
			echo "$name ${LAB_PID[$name]} $(lab_age "${LAB_PID[$name]}")"
		done
	} >"$1"
}

# lab_load FILE: take over such a laboratory.  Processes that are not the same
# any more are left alone.
lab_load() {
	local name pid age
	{
		read -r LAB || return 1
		while read -r name pid age; do
			[ "$(lab_age "$pid")" = "$age" ] || continue
			LAB_PID[$name]=$pid
		done
	} <"$1"
	case $LAB in
	*/mr.??????) ;;
	*) return 1 ;;
	esac
}

# lab_age PID: print when the process began, in the kernel's count.
lab_age() {
	local line fields
	read -r line 2>/dev/null <"/proc/$1/stat" || return 0
	read -r -a fields <<<"${line##*) }"
	echo "${fields[19]}"
}
