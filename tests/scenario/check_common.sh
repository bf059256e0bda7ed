# check_common.sh MILTER: what the scenarios about -t share: a folder with a
# configuration that is right, and what must be said of lines added to it.
# shellcheck shell=bash
milter=$1
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
chown "$user:$group" "$folder"

# configure LINE ...: a configuration that is right, but for these lines.
configure() {
	cat >"$folder/conf" <<-CONF
	socket = "unix:$folder/socket"
	user = "$user"
	socket_group = "$group"
	key_store = "$folder/keys"
	resolvers = {"zone:$folder/zone"}
	CONF
	printf '%s\n' "$@" >>"$folder/conf"
}

# check: run -t.
check() {
	"$milter" -t -c "$folder/conf" 2>&1
}

# refuses REGEX LINE ...: -t does not accept LINE and says REGEX.
refuses() {
	local regex=$1 said status
	shift
	configure "$@"
	said=$(check)
	status=$?
	if [[ $status -ne 78 ]]; then
		problem "$*: -t ended with $status, not 78: $said"
	elif ! grep -Eq -- "$regex" <<<"$said"; then
		problem "$*: expected $regex, found: $said"
	fi
}

# accepts REGEX LINE ...: -t finds no error, and says REGEX.
accepts() {
	local regex=$1 said status
	shift
	configure "$@"
	said=$(check)
	status=$?
	if [[ $status -ne 0 ]] || ! grep -Eq -- "$regex" <<<"$said"; then
		problem "$*: expected $regex, found: status $status, $said"
	fi
}
