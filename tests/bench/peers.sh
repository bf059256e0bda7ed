# peers.sh: the filters that inside.sh measures: how each is set up, started and
# stopped.  A program is one filter, or two that a message passes one after the
# other.
# shellcheck shell=bash

# The process of each filter that runs.
declare -A PIDS=()
# Processes of rspamd that filter.
RSPAMD_WORKERS=2

start_mailreeve() {
	local folder=$1
	shift
	cat >"$folder/conf" <<-CONF
	socket = "unix:$folder/socket"
	socket_group = "nogroup"
	user = "nobody"
	authserv_id = "mx.example"
	key_store = "$WORK/store"
	signing "example.com" { keys = {"s:$KEY"} }
	CONF
	printf '%s\n' "$@" >>"$folder/conf"
	exec "$BUILD/milter/mailreeve-milter" -f -c "$folder/conf"
}

# What Debian's package sets; but the DNS here is not signed, and the files are
# in a temporary folder.
start_opendkim() {
	local folder=$1
	shift
	cat >"$folder/conf" <<-CONF
	Mode sv
	Domain example.com
	Selector s
	KeyFile $KEY
	Canonicalization relaxed/relaxed
	OversignHeaders From
	AuthservID mx.example
	Nameservers $DNS
	UserID nobody:nogroup
	UMask 007
	RequireSafeKeys no
	Socket local:$folder/socket
	CONF
	printf '%s\n' "$@" >>"$folder/conf"
	exec opendkim -f -x "$folder/conf"
}

# What Debian's package sets, and SPF that it evaluates itself.  Its resolver is
# that of /etc/resolv.conf.
start_opendmarc() {
	local folder=$1
	cat >"$folder/conf" <<-CONF
	PublicSuffixList /usr/share/publicsuffix/public_suffix_list.dat
	Syslog true
	UMask 0002
	UserID nobody:nogroup
	AuthservID mx.example
	TrustedAuthservIDs mx.example
	SPFSelfValidate true
	SPFIgnoreResults true
	Socket local:$folder/socket
	CONF
	exec opendmarc -f -c "$folder/conf"
}

# Its proxy scans itself, with the modules that these results need and none
# else: no maps, no rules, no statistics, nothing that asks anybody.  Its list of
# top-level domains would take it a quarter of a minute to compile.
start_rspamd() {
	local folder=$1
	printf '%s\n' com example >"$folder/domains"
	cat >"$folder/conf" <<-CONF
	options {
	  filters = "dkim";
	  explicit_modules = [];
	  disable_monitoring = true;
	  cache_file = "$folder/symbols.cache";
	  hs_cache_dir = "$folder";
	  tempdir = "$folder";
	  url_tld = "$folder/domains";
	  dns { nameserver = [ "$DNS" ]; timeout = 5s; retransmits = 2; }
	}
	logging { type = "console"; level = "warning"; }
	modules {
	  path = "/usr/share/rspamd/plugins/spf.lua";
	  path = "/usr/share/rspamd/plugins/dmarc.lua";
	  path = "/usr/share/rspamd/plugins/milter_headers.lua";
	}
	dkim { trusted_only = false; }
	spf { spf_cache_size = 2k; }
	dmarc { }
	milter_headers { use = [ "authentication-results" ]; }
	worker "rspamd_proxy" {
	  bind_socket = "$folder/socket mode=0666 owner=nobody";
	  milter = yes;
	  timeout = 120s;
	  count = $RSPAMD_WORKERS;
	  upstream "local" { default = yes; self_scan = yes; }
	}
	CONF
	exec rspamd -f -u nobody -g nogroup -c "$folder/conf"
}

# filters PROGRAM: print the filters that a message passes, the first one first.
filters() {
	case $1 in
	opendkim+opendmarc) echo "opendkim-first opendmarc" ;;
	*) echo "$1" ;;
	esac
}

# exec_filter FILTER FOLDER: become that filter.
exec_filter() {
	local folder=$2
	case $1 in
	mailreeve) start_mailreeve "$folder" 'log_level = warning' ;;
	mailreeve-info)
		start_mailreeve "$folder" 'log_level = info' 'log_to = syslog'
		;;
	opendkim | opendkim-first) start_opendkim "$folder" 'Syslog yes' ;;
	opendkim-info)
		start_opendkim "$folder" 'Syslog yes' 'SyslogSuccess yes'
		;;
	opendmarc) start_opendmarc "$folder" ;;
	rspamd) start_rspamd "$folder" ;;
	empty) exec "$BIN/bench_empty" "unix:$folder/socket" ;;
	empty-field) exec "$BIN/bench_empty" "unix:$folder/socket" field ;;
	esac
}

# start PROGRAM: start its filters, each with a socket $WORK/FILTER/socket.
start() {
	local filter folder
	for filter in $(filters "$1"); do
		folder=$WORK/$filter
		mkdir -p "$folder"
		chown nobody:nogroup "$folder"
		rm -f "$folder/socket"
		exec_filter "$filter" "$folder" >"$WORK/$filter.log" 2>&1 \
			</dev/null &
		PIDS[$filter]=$!
		wait_for grep -q " 00010000 .*$folder/socket\$" \
			/proc/net/unix || fail "$filter does not start"
		[ "$filter" != rspamd ] || wait_for has_workers ||
			fail "$filter has no workers"
	done
}

has_workers() {
	[ "$(pgrep -c -P "${PIDS[rspamd]}")" -ge "$RSPAMD_WORKERS" ]
}

# processes PROGRAM: print the processes of its filters.
processes() {
	local filter
	for filter in $(filters "$1"); do
		echo "${PIDS[$filter]}"
		pgrep -P "${PIDS[$filter]}"
	done
}

# stop_all: they hold nothing that matters, and libmilter takes seconds to end.
stop_all() {
	local filter
	for filter in "${!PIDS[@]}"; do
		# shellcheck disable=SC2046
		kill -KILL "${PIDS[$filter]}" $(pgrep -P "${PIDS[$filter]}") ||
			fail "$filter is gone"
		wait "${PIDS[$filter]}" 2>/dev/null
	done
	PIDS=()
}
