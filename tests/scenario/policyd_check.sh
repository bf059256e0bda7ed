#!/bin/bash
# policyd_check.sh POLICYD: -t and a start agree: what cannot start is named by -t
# with file, line and cure.  -P prints what -c reads again.
set -u
# shellcheck source=check_common.sh
. "$(dirname "$0")/check_common.sh"

# configure LINE ...: a configuration that is right, but for these lines.
configure() {
	cat >"$folder/conf" <<-CONF
	sockets = {"unix:$folder/socket"}
	user = "$user"
	socket_group = "$group"
	control_socket = "$folder/control"
	state = "$folder/state"
	resolvers = {"zone:$folder/zone"}
	CONF
	printf '%s\n' "$@" >>"$folder/conf"
}

# limit OPTION: print a limit with it.
limit() {
	printf 'limit "x" {\n%s\n}\n' "$1"
}

printf 'example.org. 300 IN A 192.0.2.1\n' >"$folder/zone"

accepts 'no errors' ''
accepts 'no errors' 'sockets = {"inet:10040@127.0.0.1"}'
refuses 'conf:7: unknown option .max_connection.; .*max_connections' 'max_connection = 5'
refuses 'conf:7: .*max_connections' 'max_connections = 1'
refuses 'conf:7: .*max_connections' 'max_connections = many'
refuses 'conf:7: option .mode.: .*enforce or shadow' 'mode = enforced'
refuses 'conf:7: .*sockets' 'sockets = {"foo"}'
refuses 'conf:7: .*trusted_networks: .*write 10\.0\.0\.0/8' \
	'trusted_networks = {10.0.0.1/8}'
refuses 'conf:7: .*resolvers: "bogus"' 'resolvers = {bogus}'
refuses 'conf:7: .*quota' 'quota = "12340"'
refuses 'metrics: .*inet:' 'metrics = "0.0.0.0:8895"'
# shellcheck disable=SC2016 # names of the policy protocol
{
	accepts 'no errors' \
		"$(limit 'key = "${sender_domain}|${client_net}"')"
	refuses 'sasl_username' "$(limit 'key = "${sasl_user}"')"
	refuses 'key' "$(limit 'key = "${sasl_username"')"
	configure 'max_connections = 77' "$(limit 'key = "${client_net}"')"
	cp "$folder/conf" "$folder/good"
}
refuses 'rate' "$(limit 'rate = -1')"
refuses 'steps' "$(limit 'steps = {"1 explode"}')"
refuses 'steps' "$(limit 'steps = {"2 defer"}')"
refuses 'of' "$(limit 'of = parcels')"
refuses 'algorithm' "$(limit 'algorithm = guess')"
refuses 'answers' 'list "bl.example" { answers = {"192.0.2.1=4"} }'
refuses 'answers' 'list "bl.example" { answers = {"127.0.0.2"} }'
refuses 'limits' 'override "ann@example.org" { limits = {"none-such=1"} }'
refuses '/nonexistent: there is no such file' \
	'whitelist_clients = {"/nonexistent"}'
refuses 'country_database: .*nonexistent' \
	'country_database = "/nonexistent"'
refuses 'socket_group' 'socket_group = "nosuch"'
if [[ $(id -u) = 0 ]]; then
	refuses 'user: .*nosuchuser' 'user = "nosuchuser"'
	refuses 'user: .*root' 'user = "root"'
fi

# -P: what it prints is a configuration that means the same.
"$milter" -P -c "$folder/good" >"$folder/first" || problem "-P fails"
grep -q '^max_connections = 77$' "$folder/first" || problem "-P lacks a value"
grep -q '^limit "\?x"\? {$' "$folder/first" || problem "-P lacks a limit"
"$milter" -P -c "$folder/first" >"$folder/second" ||
	problem "-P prints what it does not read"
cmp "$folder/first" "$folder/second" || problem "-P prints something else"

# The command line.
said=$("$milter" extra 2>&1)
[[ $? -eq 64 && $said = *'"extra"'* ]] || problem "an extra word: $said"
said=$("$milter" -x 2>&1)
[[ $? -eq 64 ]] || problem "an unknown option: $said"
[[ $("$milter" --version) = "$("$milter" -V)" ]] || problem "no --version"
[[ $("$milter" --help) = "$("$milter" -h)" ]] || problem "no --help"
exit "$failed"
