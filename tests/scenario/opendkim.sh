#!/bin/bash
# opendkim.sh MILTER ASK: what opendkim_conf cannot honour is named with file
# and line, what our own file sets wins, and a reload reads all of it anew.
set -u
milter=$1
ask=$2
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
pid=
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	[[ -z $pid ]] || kill "$pid" 2>/dev/null
	wait
	rm -rf "$folder"
}
trap cleanup EXIT
chown "$user:$group" "$folder"

# ours LINE ...: our configuration, with these lines.
ours() {
	cat >"$folder/milter.conf" <<-CONF
	opendkim_conf = "$folder/opendkim.conf"
	opendkim_keys = "$folder/copies"
	socket = "unix:$folder/socket"
	user = "$user"
	socket_group = "$group"
	key_store = "$folder/store"
	resolvers = {"zone:$folder/zone"}
	log_to = stderr
	CONF
	printf '%s\n' "$@" >>"$folder/milter.conf"
}

# theirs LINE ...: OpenDKIM's; @ is the folder.
theirs() {
	printf '%s\n' "$@" | sed "s|@/|$folder/|g" >"$folder/opendkim.conf"
}

# check STATUS REGEX: -t ends with STATUS and says REGEX.
check() {
	local said status
	said=$("$milter" -t -c "$folder/milter.conf" 2>&1)
	status=$?
	said=${said//$folder\//@/}
	if [[ $status -ne $1 ]]; then
		problem "-t ended with $status, not $1: $said"
	elif ! grep -Eq -- "$2" <<<"$said"; then
		problem "expected $2, found: $said"
	fi
}

# silent REGEX: -t says nothing of the kind.
silent() {
	local said
	said=$("$milter" -t -c "$folder/milter.conf" 2>&1)
	! grep -E -- "$1" <<<"$said" || problem "-t need not say that"
}

# cure MARK: run what -t names after MARK and "with:", word for word.
cure() {
	local command
	command=$("$milter" -t -c "$folder/milter.conf" 2>&1 |
		sed -n "s/.*$1with: //p")
	sh -c "${command:-false}" || problem "it failed: $command"
}

# option NAME VALUE: what -P says is in force.
option() {
	local found
	found=$("$milter" -P -c "$folder/milter.conf" | grep "^$1 = ")
	[[ $found == "$1 = $2" ]] || problem "expected $1 = $2, found: $found"
}

key() {
	openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$2" \
		-out "$folder/$1" 2>/dev/null
	chgrp "$group" "$folder/$1"
	chmod 640 "$folder/$1"
}

mkdir "$folder/store" "$folder/in" "$folder/out"
printf 'a.example. 1 IN TXT "x"\n' >"$folder/zone"
key good.pem 2048
key short.pem 1024
key tiny.pem 768 2>/dev/null
printf 'a a.example:s:%s/good.pem\nb b.example:t:%s/good.pem\n' \
	"$folder" "$folder" >"$folder/keys"
printf '*@a.example a\n*@b.example b\n' >"$folder/authors"
ours

# What was taken, in one line; what means nothing here is no warning.
theirs 'Syslog yes' 'UMask 007' 'KeyTable @/keys' 'SigningTable refile:@/authors' \
	'InternalHosts 127.0.0.1,::1,192.0.2.0/24'
check 0 '^@/opendkim.conf: 2 signing rules, 1 keys, 3 internal hosts; not needed here: Syslog, UMask$'
silent 'cannot be honoured'
# Debian's file as it comes signs nothing, and says so.
theirs 'Syslog yes' 'OversignHeaders From' 'UserID opendkim'
check 0 'outbound mail goes unsigned'

# What cannot be honoured.
theirs '# a comment' 'DontSignMailTo a@b.example' 'Quarantine yes' \
	'On-BadSignature reject' 'SenderHeaders Sender,From' 'Wibble 3'
check 0 'warning: @/opendkim.conf:2: DontSignMailTo cannot be honoured: mail to them is signed, too'
check 0 'warning: @/opendkim.conf:3: Quarantine cannot be honoured: '
check 0 'warning: @/opendkim.conf:4: On-BadSignature cannot be honoured: '
check 0 'warning: @/opendkim.conf:5: SenderHeaders cannot be honoured: the author is the one in From'
check 0 'warning: @/opendkim.conf:6: Wibble is no setting'
theirs 'Quarantine no' 'On-BadSignature accept' 'RemoveOldSignatures False'
silent 'cannot be honoured'
theirs 'MacroList a=b' 'MacroList c=d'
check 0 'opendkim.conf:2: MacroList cannot be honoured'
silent 'opendkim.conf:1: '
theirs 'SignatureAlgorithm rsa-sha1' 'MinimumKeyBits 512'
check 0 'opendkim.conf:1: SignatureAlgorithm rsa-sha1 must not be used'
check 0 'opendkim.conf:2: MinimumKeyBits 512 is out of range here; 1024 counts'

theirs 'Nameservers 192.0.2.53' 'TrustAnchorFile /usr/share/dns/root.key' \
	'SoftwareHeader yes' 'IdentityHeaderRemove yes' 'X-Header no'
check 0 'warning: @/opendkim.conf:2: TrustAnchorFile is not taken over: set .trust_anchor. in our own'
check 0 'warning: @/opendkim.conf:3: SoftwareHeader cannot be honoured: no field names the filter'
check 0 'warning: @/opendkim.conf:4: IdentityHeaderRemove cannot be honoured: the field stays'
# Our own file has resolvers.
silent 'Nameservers|X-Header|no setting'

# Where the file and its settings stand.
theirs 'Syslog yes' 'AuthservID foo bar'
check 78 '^error: @/opendkim.conf:2: AuthservID: "foo bar" is not one word'
theirs 'OversignHeaders From,a;b'
check 78 '^error: @/opendkim.conf:1: OversignHeaders: "a;b" is no name'
ours 'authserv_id = "foo bar"'
theirs 'AuthservID mx.example'
check 78 '^error: @/milter.conf:[0-9]*: authserv_id: "foo bar" is not one word'
for path in '' rel.conf; do
	ours
	sed -i "s|^opendkim_conf.*|opendkim_conf = \"$path\"|" "$folder/milter.conf"
	check 78 "^error: @/milter.conf:1: opendkim_conf: \"$path\" is no whole path"
done
ours
rm "$folder/opendkim.conf"
check 78 '^error: @/milter.conf:1: opendkim_conf: @/opendkim.conf: No such file'

# What is wrong.
theirs 'KeyTable db:@/keys.db' 'SigningTable refile:@/authors'
check 78 'error: @/opendkim.conf:1: KeyTable: "db:@/keys.db" is not a list, a file or a refile'
theirs 'SigningTable refile:@/none' 'KeyTable @/keys'
check 78 'error: @/opendkim.conf:1: SigningTable: @/none: No such file'
theirs 'SigningTable refile:@/authors'
check 78 'error: @/opendkim.conf:1: SigningTable needs a KeyTable'
theirs 'KeyTable @/keys'
check 0 'opendkim.conf:1: KeyTable without SigningTable signs nothing'
theirs 'Domain a.example' 'Selector s'
check 78 'opendkim.conf:1: Domain needs KeyFile and Selector'
theirs 'Canonicalization loose'
check 78 'opendkim.conf:1: Canonicalization: "loose" is unknown'
theirs 'Mode'
check 78 'opendkim.conf:1: Mode has no value'
theirs 'Include @/other.conf'
check 78 '@/other.conf: No such file'
printf '\nClockDrift soon\n' >"$folder/other.conf"
check 78 '@/other.conf:2: ClockDrift: "soon" is no number'

# A KeyFile is a path, never a key; it must be a whole one.
theirs 'Domain a.example' 'Selector s' 'KeyFile m1/etc/keys/m'
check 78 'error: @/opendkim.conf:3: the key file "m1/etc/keys/m" is relative; write its whole path'
theirs 'Domain a.example' 'Selector s' 'KeyFile good.pem' 'BaseDirectory @/'
check 0 '1 signing rules, 1 keys'
theirs 'KeyTable csl:z=a.example:s:./good.pem' 'SigningTable csl:a.example=z'
check 78 'error: @/opendkim.conf:1: the key file "./good.pem" is relative; write its'

# Tables with holes: as OpenDKIM, such mail waits.
theirs 'KeyTable csl:x=a.example:s:@/none.pem,y=a.example,z=a.example:s:MIIB' \
	'SigningTable csl:a.example=x,b.example=y,c.example=nobody'
check 0 'opendkim.conf:2: @/opendkim.conf:1: the key file @/none.pem does not exist: mail of these authors is deferred'
check 0 'opendkim.conf:2: @/opendkim.conf:1: the row is not NAME DOMAIN:SELECTOR:FILE'
check 0 'opendkim.conf:2: there is no key "nobody" in the KeyTable'
check 0 'warning: @/opendkim.conf: its tables name no key that can be used: mail of their authors waits, other'
silent 'make the first of a domain'
# No selector may add tags to a signature.
theirs 'KeyTable csl:k=a.example:m x;l:@/good.pem' 'SigningTable csl:a.example=k'
check 0 'opendkim.conf:2: @/opendkim.conf:1: "m x;l" is no selector: mail of these authors is deferred$'
theirs 'KeyTable csl:k=a.example:m_1.x:@/good.pem' \
	'SigningTable csl:a.example=k:foo,b.example=k:%@a.example'
check 0 'opendkim.conf:2: "foo" is no address, and so signatures have no i='
silent 'no selector|"%@a.example"'
theirs 'KeyTable csl:z=a.example:s:MIIB' 'SigningTable csl:a.example=z'
check 78 'opendkim.conf:1: the key of "z" stands in the table itself'

# Short keys sign, with a warning, unless our own file says otherwise.
theirs 'Domain a.example' 'Selector s' 'KeyFile @/short.pem'
check 0 'warning: @/short.pem: signing with an RSA key of only 1024 bits'
ours 'min_signing_bits = 2048'
check 78 'short.pem: an RSA key of 1024 bits is too short'
ours
if [[ -s $folder/tiny.pem ]]; then
	theirs 'Domain a.example' 'Selector s' 'KeyFile @/tiny.pem'
	check 78 'tiny.pem: an RSA key of 768 bits is too short'
fi

# A key that all may read: that is said, and a command that takes it from
# nobody.
cp "$folder/good.pem" "$folder/world.pem"
chmod 644 "$folder/world.pem"
theirs 'Domain a.example' 'Selector s' 'KeyFile @/world.pem'
check 78 "opendkim.conf:3: @/world.pem: the milter does not take OpenDKIM's key from there \\(others can read this file\\); give it copies, OpenDKIM keeps its own, with: "
mkfifo "$folder/fifo.pem"
theirs 'Domain a.example' 'Selector s' 'KeyFile @/fifo.pem'
check 78 'opendkim.conf:3: @/fifo.pem: not a regular file'

# A key that the milter may not read: the command, and it helps.
if [[ $(id -u) = 0 ]]; then
	mkdir -m 700 "$folder/shut" "$folder/shut/it's"
	cp "$folder/good.pem" "$folder/shut/it's/key"
	theirs 'Domain a.example' 'Selector s' "KeyFile @/shut/it's/key"
	check 78 "opendkim.conf:3: @/shut/it's/key: the milter may not read OpenDKIM's key; give it copies, OpenDKIM keeps its own, with: install -d -o root"
	SUDO_USER=ann "$milter" -t -c "$folder/milter.conf" 2>&1 |
		grep -q 'with: sudo install .* && sudo cp .* && sudo chown ' ||
		problem 'a sudoer is shown no sudo'
	cure 'keeps its own, '
	check 0 '1 signing rules, 1 keys'
	[[ $(stat -c %a "$folder/shut") == 700 ]] || problem "shut was opened"
	# Of many keys, the folder that they are all below is copied.
	for i in $(seq 12); do
		mkdir "$folder/shut/$i"
		cp "$folder/good.pem" "$folder/shut/$i/key"
		echo "$i d$i.example:s:$folder/shut/$i/key"
	done >"$folder/many"
	for i in $(seq 12); do
		echo "*@d$i.example $i"
	done >"$folder/manyauthors"
	theirs 'KeyTable @/many' 'SigningTable refile:@/manyauthors'
	check 78 "many:1: @/shut/1/key: .*, nor 11 more of its keys; .*--parents @/shut $folder/copies|--parents @/shut @/copies"
	cure 'keeps its own, '
	check 0 '12 signing rules, 12 keys'
	# A panel adds a domain, and a key changes: only root sees that.
	mkdir -p "$folder/shut/panel/a.example" "$folder/shut/panel/b.example"
	cp "$folder/good.pem" "$folder/shut/panel/a.example/m"
	theirs 'KeyTable csl:k=%:m:@/shut/panel/%/m' 'SigningTable csl:*=k'
	check 78 'conf:1: @/shut/panel: the milter may not read'
	cure 'keeps its own, '
	check 0 '2 signing rules, 1 keys'
	silent 'no copy'
	cp "$folder/good.pem" "$folder/shut/panel/b.example/m"
	check 0 'warning: @/opendkim.conf:1: @/shut/panel/b.example/m: the milter has no copy of OpenDKIM.s key as it is now; renew it, and then reload, with: install'
	cure 'then reload, '
	check 0 '3 signing rules, 2 keys'
	silent 'no copy'
	touch -d '1 hour ago' "$folder/copies$folder/shut/panel/a.example/m"
	check 0 'warning: @/opendkim.conf:1: @/shut/panel/a.example/m: the milter has no copy'
	cure 'then reload, '
	silent 'no copy'
	# A row whose key is gone: that mail waits, and no command wants it.
	mkdir "$folder/shut2"
	chmod 700 "$folder/shut2"
	cp "$folder/good.pem" "$folder/shut2/a"
	theirs 'KeyTable csl:a=a.example:s:@/shut2/a,b=b.example:s:@/shut2/none' \
		'SigningTable csl:a.example=a,b.example=b'
	check 78 '@/shut2/a: the milter may not read OpenDKIM.s key; give it'
	cure 'keeps its own, '
	check 0 'the key file @/shut2/none does not exist: mail of these authors is deferred'
	# So it is for the milter's user, who cannot see that.
	cp "$milter" "$folder/milter"
	setpriv --reuid="$user" --regid="$group" --clear-groups \
		"$folder/milter" -t -c "$folder/milter.conf" >"$folder/said" 2>&1
	[[ $(grep -c -e 'no copy of the key file .*/none: mail' \
		-e 'no errors; signs with 1 keys' "$folder/said") == 2 ]] ||
		problem "its user differs: $(cat "$folder/said")"
	# A link of OpenDKIM's user to a file that is not his is not copied.
	cp "$folder/good.pem" "$folder/shut/secret"
	ln -s "$folder/shut/secret" "$folder/shut2/link"
	theirs 'Domain a.example' 'Selector s' 'KeyFile @/shut2/link'
	check 78 '@/shut2/link: the milter may not read'
	cure 'keeps its own, '
	check 78 'opendkim.conf:3: @/shut2/link: a symbolic link, which is not followed'
	[[ ! -e $folder/copies$folder/shut/secret ]] || problem 'it was copied'
	cp "$folder/authors" "$folder/shut/it's/table"
	chmod 600 "$folder/shut/it's/table"
	theirs 'KeyTable @/keys' "SigningTable refile:@/shut/table"
	mv "$folder/shut/it's/table" "$folder/shut/table"
	check 78 "SigningTable: @/shut/table: this user may not read it; mend it with: chmod o\\+x @/shut && chmod o\\+r @/shut/table"
fi

# Our own file wins; what it does not set is theirs, and else the default.
theirs 'Canonicalization simple' 'SignatureTTL 3600' 'Mode v' \
	'AuthservID their.example' 'OversignHeaders From,To' \
	'SignHeaders *,-List-Id,+X-Own' 'MTA orig'
option canonicalization simple/simple
option signature_ttl 1h
option sign no
option verify yes
option authserv_id '"their.example"'
option oversign_headers '{"From", "To"}'
option originating_daemons '{"orig"}'
option min_verify_bits 1024
option author_check table
"$milter" -P -c "$folder/milter.conf" | grep '^sign_headers = ' |
	grep '"From".*"X-Own"' | grep -qv List-Id ||
	problem 'SignHeaders was not taken'
ours 'canonicalization = relaxed/relaxed' 'sign = yes' 'signature_ttl = 1d' \
	'authserv_id = "our.example"' 'author_check = login' \
	'oversign_headers = {Subject}'
option canonicalization relaxed/relaxed
option signature_ttl 1d
option sign yes
option authserv_id '"our.example"'
option author_check login
option oversign_headers '{"Subject"}'
ours
silent 'Canonicalization'
theirs 'KeyTable @/keys' 'SigningTable refile:@/authors'
check 0 'whoever logs in may write as every author'
check 0 'restrict it with author_check = login, with sender sections for exceptions, or'
ours 'author_check = table'
silent 'whoever logs in'
# A section is for those whom it names; the others need the warning still.
ours 'sender "joe" { from = {a.example} }'
check 0 'whoever logs in may write as every author'
ours 'sender "*" { from = {a.example} }'
silent 'whoever logs in'
ours

# signs AUTHOR EXPECTED [LOGIN]: d= of the message's signature.
signs() {
	printf 'From: %s\nSubject: x\n\nx\n' "$1" >"$folder/in/m"
	local found
	found=$(echo "q 203.0.113.1 pc.lan.example ${3:--} m" |
		"$ask" "unix:$folder/socket" "$folder" |
		sed -n 's/^q signed d=\([^ ]*\).*/\1/p; s/^q reply 451/wait/p')
	[[ ${found:-none} == "$2" ]] || problem "$1: $2 expected, $found found"
}

# reload EVENT: SIGUSR1, until the log says how it went.
reload() {
	local i before
	before=$(grep -c "$1" "$folder/log")
	kill -USR1 "$pid"
	for ((i = 0; i < 100; i++)); do
		[[ $(grep -c "$1" "$folder/log") -le $before ]] || return 0
		sleep 0.1
	done
	problem "no $1 in the log: $(tail -3 "$folder/log")"
}

# A reload reads tables and hosts anew; a bad one changes nothing.
theirs 'KeyTable @/keys' 'SigningTable refile:@/authors' \
	'InternalHosts @/hosts'
echo .lan.example >"$folder/hosts"
ours
rm -f "$folder/socket"
"$milter" -c "$folder/milter.conf" 2>"$folder/log" &
pid=$!
for ((i = 0; i < 100; i++)); do
	[[ ! -S $folder/socket ]] || break
	sleep 0.1
done
signs x@a.example a.example
signs x@c.example none
signs x@a.example a.example joe
printf '*@a.example a\n*@c.example b\n*@d.example lost\n' >"$folder/authors"
reload ' reloaded'
signs x@c.example b.example
signs x@d.example wait
echo 'Domain' >>"$folder/opendkim.conf"
printf '' >"$folder/authors"
reload 'reload_failed'
signs x@c.example b.example
theirs 'KeyTable @/keys' 'SigningTable refile:@/authors' 'InternalHosts 192.0.2.1'
printf '*@a.example a\n' >"$folder/authors"
reload ' reloaded'
signs x@a.example none
signs x@a.example a.example joe
exit "$failed"
