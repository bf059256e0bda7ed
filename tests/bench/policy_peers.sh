# policy_peers.sh: the policy servers that policy_inside.sh measures: how each is
# set up, started and stopped.  Each has a folder $WORK/PROGRAM, and listens on a
# port (KIND tcp) or on a UNIX socket there (KIND unix).  Sourced by bash.
# shellcheck shell=bash

# The process of each program that runs, and its port.
declare -A PIDS=()
declare -A PORTS=([mailreeve]=17101 [mailreeve-info]=17102 [empty]=17103
	[mailreeve-full]=17107
	[postfwd]=17104 [postgrey]=17105 [lists]=17106)
# A rate limit alone, as postfwd is measured with: nothing is learned of who
# wrote to whom, and of what an account is used to.
ALONE=('score = no' 'greylist = no' 'jump_factor = 0')
# What one key may send in an hour: more than a run asks of it, and little
# enough to see that it is counted.
RATE=20000

# write_mailreeve FOLDER PORT LINE ...: write a configuration with these lines.
write_mailreeve() {
	local folder=$1 port=$2
	shift 2
	cat >"$folder/conf" <<-CONF
	sockets = {"unix:$folder/socket", "inet:$port@127.0.0.1"}
	socket_group = "nogroup"
	control_socket = "$folder/control"
	state = "$folder/state"
	user = "nobody"
	own_names = {"mx.example"}
	default_limits = no
	default_lists = no
	CONF
	printf '%s\n' "$@" >>"$folder/conf"
}

# limited ALGORITHM: print the limit of the benches.
limited() {
	cat <<-CONF
	limit "user" {
	  key = "\${sasl_username}"
	  algorithm = $1
	  rate = $RATE
	  period = 1h
	}
	CONF
}

# write_postfwd FOLDER: the same limit.
write_postfwd() {
	printf '%s%s\n' 'id=user; sasl_username=~.; ' \
		"action=rate(sasl_username/$RATE/3600/DEFER limit)" >"$1/conf"
}

# exec_program PROGRAM FOLDER KIND LINE ...: become that program.
exec_program() {
	local program=$1 folder=$2 kind=$3 port=${PORTS[$1]}
	shift 3
	case $program in
	mailreeve | mailreeve-info | mailreeve-full | lists)
		write_mailreeve "$folder" "$port" "$@"
		exec "$BUILD/policyd/mailreeve-policyd" -f -c "$folder/conf"
		;;
	empty)
		exec "$BIN/bench_policy_empty" "unix:$folder/socket" \
			"inet:$port@127.0.0.1"
		;;
	postfwd) exec_postfwd "$folder" "$port" "$kind" ;;
	postgrey)
		if [ "$kind" = tcp ]; then
			set -- --inet="127.0.0.1:$port"
		else
			set -- --unix="$folder/socket"
		fi
		exec postgrey "$@" --dbdir="$folder" --user=nobody \
			--group=nogroup --pidfile="$folder/pid"
		;;
	esac
}

# exec_postfwd FOLDER PORT KIND: with the arguments of Debian's package.  postfwd2,
# its other program, asks a process of its own over TCP for each check and is
# slower.  Without --daemon it would read its standard input.
exec_postfwd() {
	local -a where=(--interface=127.0.0.1 --port="$2")
	[ "$3" = tcp ] || where=(--proto=unix --port="$1/socket" --umask=0111)
	write_postfwd "$1"
	exec postfwd1 --daemon "${where[@]}" --summary=600 --cache=600 \
		--cache-rdomain-only --cache-no-size --nodns --user=nobody \
		--group=nogroup --pidfile="$1/pid" --file="$1/conf"
}

# lines PROGRAM: print what its configuration has beside the rest.
lines() {
	case $1 in
	mailreeve)
		printf '%s\n' "${ALONE[@]}" 'log_level = warning' \
			"$(limited gcra)"
		;;
	mailreeve-info)
		printf '%s\n' "${ALONE[@]}" 'log_level = info' \
			'log_to = syslog' "$(limited gcra)"
		;;
	mailreeve-full)
		printf '%s\n' 'log_level = warning' "$(limited gcra)"
		;;
	esac
}

# start PROGRAM KIND [LINE ...]: start it and wait until it listens.
start() {
	local program=$1 kind=$2 folder=$WORK/$1
	shift 2
	rm -rf "$folder"
	mkdir "$folder"
	chown nobody:nogroup "$folder"
	exec_program "$program" "$folder" "$kind" "$(lines "$program")" "$@" \
		>"$WORK/$program.log" 2>&1 </dev/null &
	PIDS[$program]=$!
	wait_for listens "$program" "$kind" || fail "$program does not start"
	[ "$program" != postfwd ] || PIDS[postfwd]=$(cat "$folder/pid")
}

# listens PROGRAM KIND: it is there.
listens() {
	local port
	printf -v port %04X "${PORTS[$1]}"
	case $2 in
	tcp) grep -q "^ *[0-9]*: 0100007F:$port .* 0A " /proc/net/tcp ;;
	unix) grep -q " 00010000 .*$WORK/$1/socket\$" /proc/net/unix ;;
	esac
}

# socket PROGRAM KIND: print where to ask it.
socket() {
	case $2 in
	tcp) echo "inet:${PORTS[$1]}@127.0.0.1" ;;
	unix) echo "unix:$WORK/$1/socket" ;;
	esac
}

# stop PROGRAM ...: they hold nothing that matters.
stop() {
	local program
	for program in "$@"; do
		kill -KILL "${PIDS[$program]}" || fail "$program is gone"
		wait "${PIDS[$program]}" 2>/dev/null
		unset "PIDS[$program]"
	done
}

# ticks PID: print the processor time it has had, in hundredths of a second.
ticks() {
	awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"
}

# memory PID: print its resident memory in kB, now and at most so far, and how
# much of it is its own and not a library's file.
memory() {
	awk '/^VmHWM:/ { peak = $2 } /^VmRSS:/ { now = $2 }
		/^RssAnon:/ { own = $2 }
		END { print now, peak, own }' "/proc/$1/status"
}
