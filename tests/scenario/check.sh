#!/bin/bash
# check.sh MILTER: -t and a start agree: what cannot start is named by -t with
# file, line and cure, and a reload refuses it too.
set -u
# shellcheck source=check_common.sh
. "$(dirname "$0")/check_common.sh"

# check_elsewhere: run -t on a host whose /etc is $folder/etc.
check_elsewhere() {
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount --bind "$1" /etc && "$2" -t -c "$3"' \
		- "$folder/etc" "$milter" "$folder/conf" 2>&1
}

printf 'example.org. 300 IN A 192.0.2.1\n' >"$folder/zone"
touch "$folder/empty"

mkdir "$folder/keys"

accepts 'no errors; signs with 0 keys'
accepts 'warning: outbound mail goes unsigned: no active key in' ''
refuses 'conf:6: key_store: the folder /nonexistent does not exist; .*install' \
	'key_store = /nonexistent'
refuses 'error: .*/empty: Not a directory' \
	"key_store = $folder/empty"
mkdir "$folder/keys/lost+found" "$folder/keys/example.net"
accepts 'warning: .*/lost\+found: left out: the folder.s name' ''
accepts 'warning: .*/example\.net: left out: there is no keys\.json' ''
refuses 'socket: /nonexistent: .*install -d -o '"$user" \
	'socket = "unix:/nonexistent/socket"'
refuses "socket: $folder/empty exists and is no socket; .*: rm " \
	"socket = \"unix:$folder/empty\""
refuses 'cannot listen on inet:8891@192\.0\.2\.1: Cannot assign .*ip address' \
	'socket = "inet:8891@192.0.2.1"'
accepts 'no errors' 'socket = "inet6:8891@::1"'
accepts 'no errors' 'metrics = "inet:8894@127.0.0.1"'
accepts 'no errors' 'metrics = "inet6:8894@::1"'
for where in inet:8894 inet:8894@0.0.0.0 inet:8894@192.0.2.1 inet6:8894@:: \
	inet:0@127.0.0.1 "unix:$folder/metrics" 127.0.0.1:8894 yes ''; do
	refuses "conf:6: metrics: .*write inet:8894@127\.0\.0\.1 or inet6:" \
		"metrics = \"$where\""
done
refuses 'conf:7: metrics: .*is where .socket. listens; take another port' \
	$'socket = "inet:8894@127.0.0.1"\nmetrics = "inet:8894@127.0.0.1"'
if [[ $(id -u) = 0 ]]; then
	refuses 'metrics: cannot listen on inet:25@127\.0\.0\.1: Permission' \
		'metrics = "inet:25@127.0.0.1"'
fi
mkdir -p "$folder/socket.d" "$folder/shared/sub"
chown "$user:root" "$folder/socket.d"
if [[ $(id -u) = 0 ]]; then
	refuses 'inet:25@127\.0\.0\.1: Permission denied; ports below 1024' \
		'socket = "inet:25@127.0.0.1"'
	# Postfix must reach the socket: the group, or one of its members.
	chmod 750 "$folder/socket.d"
	refuses "group $group cannot enter .*: install -d -o $user -g $group -m" \
		"socket = \"unix:$folder/socket.d/s\""
	eval "$(check | sed -n 's/.*mend it with: //p')"
	accepts 'no errors' "socket = \"unix:$folder/socket.d/s\""
	# Nobody is told to give away a folder that serves others.
	refuses 'denied; give it a folder of its own, such as unix:.*/shared/mailr' \
		"socket = \"unix:$folder/shared/s\""
	mkdir "$folder/etc"
	cp /etc/passwd /etc/group /etc/nsswitch.conf "$folder/etc"
	echo "mate:x:54321:$(getent group "$group" | cut -d: -f3)::/:" \
		>>"$folder/etc/passwd"
	echo 'mates:x:54321:mate' >>"$folder/etc/group"
	chown "$user:54321" "$folder/socket.d"
	chmod 750 "$folder/socket.d"
	configure "socket = \"unix:$folder/socket.d/s\""
	said=$(check_elsewhere) || problem "a member of both groups: $said"
	chmod 700 "$folder/socket.d"
	said=$(check_elsewhere) && problem "a group without x: $said"
	# As at boot, before anybody has written it.
	configure 'resolvers = {system}'
	said=$(check_elsewhere)
	[[ $? -eq 78 && $said = *'/etc/resolv.conf: '* ]] ||
		problem "without resolv.conf: $said"
fi
refuses 'conf:6: socket: "foo": write unix:PATH' 'socket = "foo"'
refuses 'conf:6: socket: .*inet:8891@ADDRESS' 'socket = "inet:8891"'
accepts 'warning: .*conf:6: socket: .*whoever can connect' \
	'socket = "inet:8891@0.0.0.0"'
refuses 'conf:6: trusted_networks: .*bits of a host.*write 10\.0\.0\.0/8' \
	'trusted_networks = {10.0.0.1/8}'
refuses 'conf:6: trusted_networks: .*write 2001:db8::/32' \
	'trusted_networks = {2001:db8::1/32}'
refuses 'conf:6: trusted_networks: "10.0.0.1/33" is no network such as' \
	'trusted_networks = {10.0.0.1/33}'
refuses 'conf:6: resolvers: "zone" .*zone:FILE' 'resolvers = {zone}'
refuses 'conf:6: resolvers: "bogus" is neither' 'resolvers = {bogus}'
refuses 'conf:7: resolvers: "::1@0" is neither' \
	$'resolvers = {"127.0.0.1",\n"::1@0"}'
refuses 'conf:6: resolvers: /nonexistent: No such file' \
	'resolvers = {"zone:/nonexistent"}'
refuses 'conf:6: trust_anchor: .*/nonexistent: No such file' \
	'trust_anchor = "/nonexistent"'
refuses 'conf:6: trust_anchor: .*no DS or DNSKEY' \
	"trust_anchor = \"$folder/empty\""
refuses 'conf:6: socket_group: .*addgroup --system nosuch' \
	'socket_group = "nosuch"'
refuses 'conf:6: authserv_id: "" is not one word' 'authserv_id = ""'
refuses 'conf:6: authserv_id: "foo bar" is not one word' \
	'authserv_id = "foo bar"'
refuses 'conf:6: sign_headers: "X Y;z" is no name' \
	'sign_headers = {From, "X Y;z"}'
refuses 'conf:6: oversign_headers: "Subject:" is no name' \
	'oversign_headers = {"Subject:"}'
refuses 'conf:6: oversign_headers: "" is no name' 'oversign_headers = {""}'
refuses 'conf:6: sign_headers: From must be' 'sign_headers = {Subject}'
if [[ $(id -u) = 0 ]]; then
	refuses 'conf:6: user: .*adduser .* nosuchuser' 'user = "nosuchuser"'
	refuses 'conf:6: user: .*never runs as root' 'user = "root"'
	chmod 700 "$folder/empty"
	refuses "empty: Permission denied" "trust_anchor = \"$folder/empty\""
else
	accepts 'warning: .*adduser .* nosuchuser' 'user = "nosuchuser"'
fi

# The command line.
said=$("$milter" extra 2>&1)
[[ $? -eq 64 && $said = *'"extra"'* ]] || problem "an extra word: $said"
[[ $("$milter" --version) = "$("$milter" -V)" ]] || problem "no --version"
[[ $("$milter" --help) = "$("$milter" -h)" ]] || problem "no --help"

# Keys. The store's own and those of a section.
key=$folder/s1.pem
openssl genpkey -algorithm ED25519 -out "$key" 2>/dev/null
signing="signing \"example.org\" { keys = {\"s1.:$key\"} }"
chown "$user:$group" "$key"
chmod 600 "$key"
accepts 'no errors; signs with 1 keys' "$signing"
refuses "conf:6: $folder/none: there is no such file; .*openssl genpkey" \
	"signing \"example.org\" { keys = {\"s1:$folder/none\"} }"
chmod 640 "$key"
chmod 777 "$folder"
refuses "conf:6: $key: others can write to the folder.*chmod o-w $folder" \
	"$signing"
chmod 755 "$folder"
mkdir -p "$folder/keys/example.org"
printf '{"schema":1,"keys":[{"selector":"s1","algorithm":"ed25519",%s}]}' \
	'"state":"active"' >"$folder/keys/example.org/keys.json"
refuses 's1\.ed25519\.pem: the private key is lost, .*keygen .*sed -i' ''
if [[ $(id -u) = 0 ]]; then
	cp "$key" "$folder/keys/example.org/s1.ed25519.pem"
	stored=$folder/keys/example.org/s1.ed25519.pem
	chown "root:$group" "$stored"
	accepts 'no errors; signs with 1 keys' ''
	chown root:root "$stored"
	chmod 600 "$stored"
	refuses "denied: user $user cannot read this; .*: chgrp $group .*640" ''
	# The command that -t gives mends it.
	eval "$(check | sed -n 's/.*mend it with: //p')"
	accepts 'no errors; signs with 1 keys' ''
	chown 54321:54321 "$stored"
	chmod 600 "$stored"
	refuses "cannot read this; .*: chown root:$group .*chmod 640" ''
	eval "$(check | sed -n 's/.*mend it with: //p')"
	accepts 'no errors; signs with 1 keys' ''
	chmod 700 "$folder/keys"
	refuses "$folder/keys: .*: chgrp $group .*chmod 750" ''
	chmod 711 "$folder/keys"
	chown 54321 "$folder/keys/example.org/keys.json"
	chmod 755 "$folder/keys"
	refuses 'keys.json: the file belongs to user 54321' ''
	chown root "$folder/keys/example.org/keys.json"
	chmod 700 "$folder/keys/example.org"
	refuses "cannot enter the folder $folder/keys/example.org; " ''
	# Somebody else need not be told of commands for root.
	chmod 750 "$folder/keys/example.org"
	cp "$milter" "$folder/milter"
	ordinary=(setpriv --reuid=54321 --regid=54321 --clear-groups)
	said=$("${ordinary[@]}" "$folder/milter" -t -c "$folder/conf" 2>&1)
	grep -q 'Permission denied: .*run it with sudo$' <<<"$said" ||
		problem "an ordinary user is told: $said"
	grep -q 'chgrp' <<<"$said" && problem "told to mend: $said"
fi
exit "$failed"
