#!/bin/bash
# A file uses only what stands below it, a library only where it is wrapped,
# and conditional compilation only in lib/base/compat.h.
. "$(dirname "$0")/common.sh"

mapfile -t layers < <(sed -n 's/^add_subdirectory(\(.*\))$/\1/p' \
	lib/CMakeLists.txt)

# rank NAME: the layer's place, lowest first; 99 for what is no layer.
rank() {
	local i
	for i in "${!layers[@]}"; do
		if [[ ${layers[i]} == "$1" ]]; then
			echo "$i"
			return
		fi
	done
	echo 99
}

# includes FILE: each as LINE:<name> or LINE:"name".
includes() {
	grep -nE '^[[:space:]]*#[[:space:]]*include' "$1" |
		sed -E 's/^([0-9]+):[^<"]*([<"][^>"]*[>"]).*/\1:\2/' || true
}

# What may include a library's header: REGEX of the header, REGEX of files.
wrapped=(
	'<libmilter/' '^milter/(main|hooks|apply|control|listen)\.[ch]$'
	'<unbound\.h>' '^lib/dns/dns_(unbound|context)\.[ch]$'
	'<microhttpd\.h>' '^lib/metrics/metrics_serve\.c$'
	'<confuse\.h>' '^lib/conf/tree\.[ch]$'
	'<systemd/' '^(lib/base/log|lib/daemon/supervisor|policyd/listener|dovecot-plugin/quotad/serve[a-z_]*)\.c$'
	'<event2/' '^(policyd/(main|control|serve|listener|connection|worker|engine[a-z_]*|console[a-z_]*|shared[a-z_]*)|dovecot-plugin/quotad/(main|control|serve[a-z_]*))\.[ch]$'
	'<sqlite3\.h>' '^(lib/store/store_(sqlite|explain)|dovecot-plugin/quotad/store_sqlite[a-z_]*)\.[ch]$'
	'<hiredis/' '^(policyd/shared[a-z_]*|dovecot-plugin/quotad/store_redis[a-z_]*)\.[ch]$'
	'<maxminddb\.h>' '^policyd/geo\.c$'
	'<pcre2\.h>' '^policyd/expression\.c$'
	'<curl/' '^(policyd/notify[a-z_]*|dns-tool/check/(fetch|command))\.c$'
	'<opendkim/' '^lib/receiver/opendkim(_dns)?\.[ch]$'
	'<spf2/' '^lib/receiver/spf2(_dns)?\.[ch]$'
	'<libpsl\.h>' '^lib/mail/orgdomain\.c$'
	'<seccomp\.h>' '^lib/receiver/sandbox\.c$'
	'"receiver/(opendkim|spf2)_dns\.h"' '^lib/receiver/'
)

check_library() {
	local file=$1 line=$2 name=$3 i
	for ((i = 0; i < ${#wrapped[@]}; i += 2)); do
		if [[ $name =~ ${wrapped[i]} && ! $file =~ ${wrapped[i + 1]} &&
			$file != tests/* ]]; then
			problem "$file:$line: $name belongs to ${wrapped[i + 1]}"
		fi
	done
}

# Files that only decide: they do no I/O, read no clock, and ask nobody.
pure='^(milter/(verdict|verdict_text|rules)|policyd/(decide|score|counter|limit|reply|lists)|dovecot-plugin/quotad/admit)\.c$'
pure+='|^lib/(dmarc/evaluate|receiver/(spf2_)?difference)\.c$'
pure+='|^lib/spf/(record|macro|sender)\.c$'
pure+='|^dns-tool/(records/(expected|mx|sts|service)|check/(judge|policy|tlsa_match))\.c$'
pure+='|^(dns-tool/txt|milter/outgoing|lib/daemon/cure)\.c$'
impure='<(stdio|unistd|fcntl|time|netdb|poll|pthread|signal)\.h>'
impure+='|<(sys|arpa|netinet|net|systemd|libmilter)/|"base/(log|clock)\.h"'
impure+='|"dns/dns_|"conf/conf\.h"'

check_include() {
	local file=$1 line=$2 name=$3
	local folder used
	check_library "$file" "$line" "$name"
	if [[ $file =~ $pure && $name =~ $impure ]]; then
		problem "$file:$line: a file that only decides includes $name"
	fi
	if [[ $file != lib/* || $name != \"* ]]; then
		return 0
	fi
	folder=${file#lib/}
	folder=${folder%%/*}
	used=${name#\"}
	if [[ $used != */* ]]; then
		problem "$file:$line: write $name with its layer"
	elif [[ $(rank "${used%%/*}") -gt $(rank "$folder") ]]; then
		problem "$file:$line: lib/$folder may not use $name"
	fi
}

check_conditions() {
	local file=$1 guard directives
	directives=$(grep -nE \
		'^[[:space:]]*#[[:space:]]*(if|ifdef|ifndef|elif|else)\b' \
		"$file" || true)
	if [[ $file == *.h ]]; then
		# base/arena.h is guarded by BASE_ARENA_H; tests/support/unit.h
		# by SUPPORT_UNIT_H.
		guard=$(basename "$(dirname "$file")")_$(basename "$file" .h)_h
		guard=${guard^^}
		guard=${guard//[^A-Z0-9]/_}
		if ! sed -nE '/^#/{p;q}' "$file" | grep -qx "#ifndef $guard"; then
			problem "$file:1: the first directive is not #ifndef $guard"
		fi
		directives=$(sed 1d <<<"$directives")
	fi
	if [[ -n $directives ]]; then
		problem "$file:${directives%%:*}: no #if outside lib/base/compat.h"
	fi
}

while IFS= read -r file; do
	while IFS=: read -r line name; do
		check_include "$file" "$line" "$name"
	done < <(includes "$file")
	if [[ $file != lib/base/compat.h ]]; then
		check_conditions "$file"
	fi
done < <(files '\.[ch]$')
finish
