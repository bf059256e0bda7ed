#!/bin/bash
# keygen.sh DNS MILTER EXPLAIN: what `mailreeve-dns keygen' makes and prints is
# all that it takes to sign: the milter reads the keys, and its signatures
# verify with the printed records.
set -u
dns=$1
milter=$2
explain=$3
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
unset SUDO_USER

# keygen ARGUMENT ...: in our store, for the milter's group.
keygen() {
	"$dns" keygen --key-store "$folder/keys" --group "$group" "$@"
}

# refuses STATUS REGEX ARGUMENT ...: keygen ends so, says so, and prints
# nothing that could be taken for a record.
refuses() {
	local status=$1 regex=$2 said found
	shift 2
	said=$(keygen "$@" 2>&1 >"$folder/printed")
	found=$?
	[[ $found -eq $status ]] ||
		problem "$*: ended with $found, not $status: $said"
	grep -Eq -- "$regex" <<<"$said" ||
		problem "$*: expected $regex, found: $said"
	[[ ! -s $folder/printed ]] || problem "$*: printed something"
}

# sum: of all that is in the store.
sum() {
	find "$folder/keys" -printf '%p %u %g %m %T@\n' | sort | sha256sum
}

# signs NUMBER: the milter's -t says so.
signs() {
	local said
	said=$("$milter" -t -c "$folder/conf" 2>&1) ||
		problem "-t ended with $?: $said"
	grep -q "signs with $1 keys" <<<"$said" ||
		problem "not $1 keys: $said"
}

# verifies DOMAIN NUMBER: a message of the domain gets so many signatures, and
# all of them pass with the zone file of what keygen printed.
verifies() {
	local passes
	printf '%s\r\n' "From: ann@$1" 'To: bob@example.net' 'Subject: hello' \
		'Date: Wed, 25 Nov 2026 10:00:00 +0000' \
		"Message-ID: <1@$1>" '' 'Hello Bob' >"$folder/draft"
	"$explain" -c "$folder/conf" --auth "ann@$1" "$folder/draft" |
		sed -n '1,/^Fields added:/d; s/^  //; p' |
		sed 's/$/\r/' >"$folder/signed"
	cat "$folder/draft" >>"$folder/signed"
	passes=$("$explain" -c "$folder/conf" --json "$folder/signed" |
		grep -o '"result":"[a-z]*"' | grep -c pass)
	[[ $passes -eq $2 ]] || {
		problem "$1: $passes signatures pass, expected $2"
		"$explain" -c "$folder/conf" "$folder/signed"
	}
}

# publish FILE: put the records of what keygen printed into the zone.
publish() {
	grep $' IN TXT \\|^\t' "$1" >>"$folder/zone"
}

mkdir "$folder/keys"
# Postfix names no relay: our own user's group reaches the socket.
mkdir "$folder/socket"
chown "$user:$group" "$folder/socket"
chmod 2750 "$folder/socket"
cat >"$folder/conf" <<CONF
socket = "unix:$folder/socket/s"
user = "$user"
socket_group = "$group"
key_store = "$folder/keys"
resolvers = {"zone:$folder/zone"}
trusted_networks = {}
CONF
printf '%s\n' "\$TTL 300" >"$folder/zone"

# The first keys.
keygen --active example.org >"$folder/first" || problem "keygen ended with $?"
publish "$folder/first"
signs 2
verifies example.org 2

# Names with dots, letters beyond ASCII, one kind of key.
keygen --active --selector Mail.2026 --rsa 3072 "bücher.example" \
	>"$folder/idn" || problem "keygen ended with $?"
grep -q '^mail\.2026\._domainkey\.xn--bcher-kva\.example\. IN TXT (' \
	"$folder/idn" || problem "IDN: $(cat "$folder/idn")"
publish "$folder/idn"
signs 3
verifies xn--bcher-kva.example 1

# Pending keys sign once the printed commands have run.
keygen --selector next example.org >"$folder/next" ||
	problem "keygen ended with $?"
signs 3
publish "$folder/next"
command=$(sed -n 's/^   \(sudo \)\{0,1\}\(sed -i .*\)/\2/p' "$folder/next")
eval "$command" || problem "cannot run: $command"
signs 5
verifies example.org 4
grep -q 'systemctl reload-or-restart mailreeve-milter$' "$folder/next" ||
	problem "no reload"
grep -qx '   dig +short TXT next\._domainkey\.example\.org' "$folder/next" ||
	problem "no command to see the record"

# What it prints can be run whatever the store is called.
odd="$folder/it's a \$(store)"
cp -a "$folder/keys" "$odd"
"$dns" keygen --key-store "$odd" --group "$group" --selector odd example.org \
	>"$folder/odd" || problem "keygen ended with $?"
eval "$(sed -n 's/^   \(sudo \)\{0,1\}\(sed -i .*\)/\2/p' "$folder/odd")"
[[ $(grep -c '"odde\{0,1\}".*"active"' "$odd/example.org/keys.json") -eq 2 ]] ||
	problem "cannot activate: $(cat "$folder/odd")"
rm -r "$odd"

# For machines.
keygen --json --ed25519 --selector j example.net >"$folder/json" ||
	problem "keygen --json ended with $?"
python3 - "$folder/json" "$folder/keys/example.net" <<'PYTHON' || problem "JSON"
import json, os, sys
made = json.load(open(sys.argv[1]))
assert made["schema"] == 1 and made["domain"] == "example.net"
(key,) = made["keys"]
assert (key["selector"], key["algorithm"], key["bits"], key["state"]) == (
    "j", "ed25519", 256, "pending")
assert key["file"] == os.path.join(sys.argv[2], "j.ed25519.pem")
assert os.path.exists(key["file"])
record = key["record"]
assert record["name"] == "j._domainkey.example.net."
assert record["type"] == "TXT"
assert record["value"].startswith("v=DKIM1; k=ed25519; p=")
assert record["zone"] == '%s IN TXT "%s"' % (record["name"], record["value"])
PYTHON

# Nothing is overwritten, whatever is asked.
before=$(sum)
refuses 73 'already has a key with the selector next; .*selector nextb .* exa' \
	--selector NEXT example.org
refuses 73 'already has a key with the selector nexte;' \
	--selector nexte --rsa 2048 example.org
# again WANTED OPTION ...: the command that is named repeats these, and the
# store's.
again() {
	local wanted=$1
	shift
	refuses 73 "with: mailreeve-dns keygen --selector nextb $wanted--key-store \
$folder/keys --group $group example\\.org\$" --selector next "$@" example.org
}
again ''
again '' --rsa 2048 --ed25519
again '--active ' --active
again '--rsa 3072 --ed25519 ' --rsa 3072 --ed25519
again '--rsa 2048 ' --rsa 2048
again '--ed25519 --json ' --ed25519 --json
long=$(printf 'A%062d' 0)
refuses 64 "\"$long\" is too long a selector of two keys" \
	--selector "$long" example.org
refuses 64 "\"0$long\" is too long a selector; no part" \
	--selector "0$long" --ed25519 example.org
refuses 64 '"example" is no mail domain' example
refuses 64 'is an address; name its domain' ann@example.org
refuses 64 'is no mail domain' ../../etc/example.org
refuses 64 '"a/b" is no selector' --selector a/b example.org
refuses 64 '"1024" is no size' --rsa 1024 example.org
refuses 64 'name the domain'
refuses 64 '"" is no folder' --key-store '' example.org
refuses 64 '"example.com" is one word too many' example.org example.com
refuses 64 "unrecognized option '--bogus'" --bogus example.org
cp -p "$folder/keys/example.org/keys.json" "$folder/list"
echo '{' >"$folder/keys/example.org/keys.json"
refuses 78 'keys\.json: line .*nothing was changed' --selector x example.org
cp -p "$folder/list" "$folder/keys/example.org/keys.json"
[[ $(sum) = "$before" ]] || problem "the store was changed"

# A store that is not there: the named command makes it.
said=$("$dns" keygen --key-store "$folder/no/store" --group "$group" a.example \
	2>&1)
[[ $? -eq 78 && $said = *'; make it with: install -d '* ]] ||
	problem "no store: $said"
if [[ $(id -u) = 0 ]]; then
	eval "${said##*with: }"
	"$dns" keygen --key-store "$folder/no/store" --group "$group" \
		a.example >/dev/null || problem "the command made no store"
fi
said=$("$dns" keygen --key-store "$folder/list" --group "$group" a.example 2>&1)
[[ $? -eq 74 && $said = *'list: Not a directory'* ]] ||
	problem "a file as store: $said"

# Two at once for one selector: one gets it.  Twenty for twenty: all do.
for i in 1 2; do
	keygen --selector twins --ed25519 example.com >/dev/null 2>&1 &
	pids[i]=$!
done
won=0
for i in 1 2; do
	wait "${pids[i]}"
	case $? in
	0) won=$((won + 1)) ;;
	73) ;;
	*) problem "one of two ended otherwise" ;;
	esac
done
[[ $won -eq 1 ]] || problem "$won of two keygens got the selector"
pids=()
for i in {1..20}; do
	keygen --active --selector "t$i" --ed25519 twenty.example \
		>/dev/null 2>&1 &
	pids+=($!)
done
for i in "${pids[@]}"; do
	wait "$i" || problem "one of twenty keygens ended with $?"
done
signs 25

# A full disk, and one that is read-only.
if [[ $(id -u) = 0 ]] && unshare --mount true 2>/dev/null; then
	# shellcheck disable=SC2016 # expands inside
	said=$(unshare --mount sh -c 'mount -t tmpfs -o size=4k,mode=755 none "$2" &&
		"$1" keygen --key-store "$2" --group "$3" a.example 2>&1' \
		- "$dns" "$folder/no" "$group")
	[[ $? -eq 74 && $said = *'No space left on device; make room'* ]] ||
		problem "a full disk: $said"
	# shellcheck disable=SC2016 # expands inside
	said=$(unshare --mount sh -c 'mount --bind "$2" "$2" &&
		mount -o remount,bind,ro "$2" &&
		"$1" keygen --key-store "$2" --group "$3" a.example 2>&1' \
		- "$dns" "$folder/keys" "$group")
	[[ $? -eq 77 && $said = *'Read-only file system; nothing can'* ]] ||
		problem "a read-only file system: $said"
	# Somebody who may not; the default store, and a group that is none.
	cp "$dns" "$folder/dns"
	said=$(setpriv --reuid=54321 --regid=54321 --clear-groups \
		"$folder/dns" keygen --key-store "$folder/keys" z.example 2>&1)
	[[ $? -eq 77 && $said = *'Permission denied; run it with sudo' ]] ||
		problem "an ordinary user: $said"
	said=$("$dns" keygen --group no-such-group a.example 2>&1)
	[[ $? -eq 78 && $said = *'with: adduser --system --group --no-create'* ]] ||
		problem "no group: $said"
	# What a sudoer is shown, a sudoer can paste.
	SUDO_USER=ann keygen --selector sudo a.example >"$folder/sudo"
	[[ $(grep -c '^   sudo \(sed -i\|systemctl\) ' "$folder/sudo") -eq 2 ]] ||
		problem "no sudo: $(cat "$folder/sudo")"
	[[ $(find "$folder/keys" -name '*.pem' \( -not -user root \
		-o -not -group "$group" -o -not -perm 0640 \)) = '' ]] ||
		problem "a key belongs to others"
fi

# A reader who went away is told of by the exit status, the keys are there.
keygen --selector gone a.example 2>"$folder/said" >/dev/full
[[ $? -eq 74 ]] || problem "nobody could read it: $(cat "$folder/said")"
grep -q 'the keys are made, but cannot be shown: No space' "$folder/said" ||
	problem "nobody could read it: $(cat "$folder/said")"

# The command line of the program itself.
said=$("$dns" 2>&1)
[[ $? -eq 64 && $said = *'name a command'* ]] || problem "no command: $said"
said=$("$dns" nosuch 2>&1)
[[ $? -eq 64 && $said = *'there is no command nosuch'* ]] ||
	problem "an unknown command: $said"
[[ $("$dns" --help) = *keygen* && $("$dns" -h) = "$("$dns" --help)" ]] ||
	problem "no --help"
[[ $("$dns" --version) = "$("$dns" -V)" ]] || problem "no --version"
[[ $(keygen --help) = *--selector* ]] || problem "no keygen --help"
exit "$failed"
