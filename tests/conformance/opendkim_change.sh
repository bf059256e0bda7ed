#!/bin/bash
# opendkim_change.sh MILTER ASK: Debian's own opendkim and our milter read the
# same opendkim.conf, get the same messages from the same clients, and sign the
# same ones with the same d= and s=; each one's signatures pass with the other;
# and both say the same of what comes in.
set -u
milter=$1
ask=$2
here=$(cd "$(dirname "$0")" && pwd)
[[ $(id -u) = 0 ]] || { echo "needs root: opendkim gives up its own"; exit 77; }
command -v opendkim >/dev/null || { echo "opendkim is not installed"; exit 77; }
getent passwd opendkim >/dev/null || { echo "no user opendkim"; exit 77; }

# Not below /tmp: opendkim wants no key in a folder that others may write to.
work=$(mktemp -d -p /run)
pids=()
failed=0
compared=0

# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	[[ ${#pids[@]} -eq 0 ]] || kill "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
	rm -rf "$work"
}
trap cleanup EXIT
chmod 711 "$work"

problem() {
	printf '%s\n' "$*" >&2
	failed=1
}

# Where the two differ on purpose: CONFIGURATION/QUESTION-PATTERN and why.  Each
# must match something.
exceptions=(
	# Several authors of one domain, several From fields: we sign and write
	# nothing for what is not one author of one domain (RFC 5322 3.6).
	'*/*.twofrom'
	'*/*.nofrom'
	# TestDNSData cannot say that a name does not exist: that is no answer to
	# opendkim.
	'verifier/bad.domain'
	'verifier/bad.selector'
	# Two authors of two domains: OpenDKIM takes the first.
	'*/*.twodomains'
)
used=()

is_excepted() {
	local i
	for i in "${!exceptions[@]}"; do
		# shellcheck disable=SC2053 # these are patterns
		if [[ $1 == ${exceptions[i]} ]]; then
			used[i]=1
			return 0
		fi
	done
	return 1
}

# message NAME FROM-LINE...: a message with these From fields.
message() {
	local name=$1 line
	shift
	{
		for line in "$@"; do
			[[ -z $line ]] || printf 'From: %s\n' "$line"
		done
		printf '%s\n' 'To: Bob <rcpt@example.net>' "Subject: $name" \
			'Date: Wed, 25 Nov 2026 12:00:00 +0000' \
			"Message-ID: <$name@mua.example>" 'X-Campaign: 7' '' \
			'A line.  ' '' 'Another one.' '' ''
	} >"$work/in/$name"
}

messages() {
	mkdir -p "$work/in" "$work/out"
	message own 'Ann <ann@example.org>'
	message upper 'ANN@EXAMPLE.ORG'
	message display '"Ann, the boss @example.com" <ann@example.org>'
	message comment 'ann@example.org (Ann)'
	message encoded '=?utf-8?q?J=C3=B6rg?= <joerg@example.org>'
	message quoted '"ann lee"@example.org'
	message sub 'ann@mail.example.org'
	message deep 'x@a.b.example.org'
	message com 'Bob <bob@Example.com>'
	message shop '<shop@example.com>'
	message subcom 'bob@sub.example.com'
	message foreign 'eve@example.net'
	message annforeign 'ann@example.net'
	message alike 'ann@notexample.org'
	message two 'ann@example.org, joe@example.org'
	message twodomains 'ann@example.org, bob@example.com'
	message twofrom 'ann@example.org' 'bob@example.com'
	message nofrom ''
}

# The clients: NAME ADDRESS HOST LOGIN.
clients=(
	'loop 127.0.0.1 localhost -'
	'auth 198.51.100.7 mail.example.net ann@example.org'
	'out 198.51.100.7 mail.example.net -'
	'loop6 ::1 localhost -'
	'lan 192.0.2.17 pc17.lan.example -'
	'lanout 192.0.2.66 pc66.lan.example -'
	'partner 203.0.113.5 relay.partner.example -'
	'bad 203.0.113.6 bad.partner.example -'
	'bracket 203.0.113.9 unknown -'
	'v6 2001:db8:1:2::3 unknown -'
	'ten 10.200.1.1 unknown -'
	'other 198.51.100.7 mail.example.net carol'
)

# questions: every message from some clients, and some from every client; the
# full number when MAILREEVE_SOAK is set.
questions() {
	local i name client rest
	for i in "${!clients[@]}"; do
		read -r client rest <<<"${clients[i]}"
		for name in "$work"/in/*; do
			name=${name##*/}
			[[ $i -lt 3 || $name =~ ^(own|sub|shop|foreign)$ ||
				-n ${MAILREEVE_SOAK:-} ]] || continue
			echo "$client.$name $rest $name"
		done
	done
}

make_keys() {
	local name
	mkdir "$work/keys"
	for name in rsa1 rsa2 rsa3; do
		openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
			-out "$work/keys/$name" 2>/dev/null
	done
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 \
		-out "$work/keys/short" 2>/dev/null
	openssl genpkey -algorithm ED25519 -out "$work/keys/ed"
	# As opendkim-genkey writes them.
	openssl rsa -traditional -in "$work/keys/rsa2" -out "$work/keys/rsa2" \
		2>/dev/null
	for name in "$work"/keys/*; do
		openssl pkey -in "$name" -pubout -outform DER | base64 -w 0 \
			>"$name.p"
	done
}

# record DOMAIN SELECTOR KEY: the key record, for both.
record() {
	local p half name="$2._domainkey.$1" type=rsa
	! grep -q "^$name " "$work/dns" || return 0
	p=$(cat "$work/keys/$3.p")
	if [[ $3 == ed ]]; then
		# RFC 8463 4: the key alone, the last 32 bytes.
		p=$(base64 -d <<<"$p" | tail -c 32 | base64 -w 0)
		type=ed25519
	fi
	half=$((${#p} / 2))
	echo "$name v=DKIM1; k=$type; p=$p" >>"$work/dns"
	echo "$name. 300 IN TXT \"v=DKIM1; k=$type; p=${p:0:half}\"" \
		"\"${p:half}\"" >>"$work/zone"
}

# setup NAME: the configuration's files, with keys that only opendkim may read.
setup() {
	local from=$here/opendkim/$1 etc=$work/$1/etc file path domain selector key
	mkdir -p "$etc" "$work/$1/run" "$work/$1/ours" "$work/$1/none"
	for file in "$from"/*; do
		[[ ${file##*/} == keys ]] ||
			sed "s|@ETC@|$etc|g" "$file" >"$etc/${file##*/}"
	done
	printf '%s\n' "Socket local:$work/$1/run/theirs" \
		"PidFile $work/$1/run/pid" "TestDNSData file:$work/dns" \
		'TrustAnchorFile /usr/share/dns/root.key' \
		'Background no' >>"$etc/opendkim.conf"
	sed -i '/^TrustAnchorFile/d' "$etc/opendkim.conf"
	while read -r path domain selector key; do
		mkdir -p "$etc/${path%/*}"
		cp "$work/keys/$key" "$etc/$path"
		record "$domain" "$selector" "$key"
	done <"$from/keys"
	if [[ -d $etc/keys ]]; then
		chown -R opendkim:opendkim "$etc/keys"
		chmod -R u=rwX,go= "$etc/keys"
	fi
	chown opendkim "$work/$1/run"
	chown nobody "$work/$1/ours"
	cat >"$work/$1/milter.conf" <<-CONF
	opendkim_conf = "$etc/opendkim.conf"
	opendkim_keys = "$work/$1/copies"
	socket = "unix:$work/$1/ours/socket"
	socket_group = "nogroup"
	user = "nobody"
	key_store = "$work/$1/none"
	resolvers = {"zone:$work/zone"}
	log_to = stderr
	CONF
}

# give_keys NAME: what -t says has to be done, word for word.
give_keys() {
	local said command
	said=$("$milter" -t -c "$work/$1/milter.conf" 2>&1)
	command=$(sed -n 's/^error:.*OpenDKIM keeps its own, with: //p' <<<"$said")
	if [[ -s $here/opendkim/$1/keys && $1 != verifier && -z $command ]]; then
		problem "$1: -t names no command for the keys: $said"
	fi
	[[ -z $command ]] || sh -c "$command" || problem "$1: $command failed"
	said=$("$milter" -t -c "$work/$1/milter.conf" 2>&1) ||
		problem "$1: -t: $said"
	printf '%s\n' "$said" >"$work/$1/said"
}

wait_for() {
	local i
	for ((i = 0; i < 100; i++)); do
		[[ ! -S $1 ]] || return 0
		sleep 0.1
	done
	return 1
}

# run NAME: both milters, on the same file.
run() {
	opendkim -f -x "$work/$1/etc/opendkim.conf" 2>"$work/$1/theirs.log" &
	pids+=($!)
	"$milter" -c "$work/$1/milter.conf" 2>"$work/$1/ours.log" &
	pids+=($!)
	if ! wait_for "$work/$1/run/theirs"; then
		problem "$1: opendkim did not start: $(cat "$work/$1/theirs.log")"
		return 1
	fi
	if ! wait_for "$work/$1/ours/socket"; then
		problem "$1: the milter did not start: $(cat "$work/$1/ours.log")"
		return 1
	fi
}

# stop: let both end; opendkim takes some seconds, for which nobody waits.
stop() {
	[[ ${#pids[@]} -eq 0 ]] || kill "${pids[@]}" 2>/dev/null
	pids=()
}

# ask_both NAME STEP: the questions on standard input to both; the messages
# are kept in out.theirs and out.ours.
ask_both() {
	local list
	list=$(cat)
	rm -rf "$work/out"
	mkdir "$work/out"
	"$ask" "unix:$work/$1/run/theirs" "$work" <<<"$list" \
		>"$work/$1/$2.theirs" || problem "$1: asking opendkim failed"
	mv "$work/out" "$work/$1/$2.out.theirs"
	mkdir "$work/out"
	"$ask" "unix:$work/$1/ours/socket" "$work" <<<"$list" \
		>"$work/$1/$2.ours" || problem "$1: asking the milter failed"
	mv "$work/out" "$work/$1/$2.out.ours"
}

# normal FILE: answers in the order of their questions; what came of mail that
# has no signature is the same whether a field says so or not; results carry
# d= of i= only in opendkim.
normal() {
	sed -E '/ result (none|neutral) d=-/d' "$1" | sort
}

# compare NAME STEP: say where they differ.
compare() {
	local theirs=$work/$1/$2.theirs ours=$work/$1/$2.ours question before=$failed
	normal "$theirs" >"$theirs.n"
	normal "$ours" >"$ours.n"
	while read -r question; do
		compared=$((compared + 1))
		if ! is_excepted "$1/$question"; then
			problem "$1/$question differs:"
			grep -F "$question " "$theirs" | sed 's/^/  opendkim: /' >&2
			grep -F "$question " "$ours" | sed 's/^/  ours:     /' >&2
		fi
	done < <(diff "$theirs.n" "$ours.n" | sed -n 's/^[<>] \([^ ]*\) .*/\1/p' |
		sort -u)
	[[ $failed == "$before" ]] || sed 's/^/  /' "$work/$1/said" >&2
	printf '%-11s %s: %d answers, %d signed\n' "$1" "$2" \
		"$(grep -c ' reply ' "$ours")" \
		"$(grep ' signed ' "$ours" | cut -d' ' -f1 | sort -u | wc -l)"
}

# check_signed NAME: a configuration that signs does.
check_signed() {
	[[ ! -s $here/opendkim/$1/keys ]] || grep -q ' signed ' "$work/$1/send.ours" ||
		problem "$1: nothing was signed"
}

# incoming: what both signed, and what has come to harm on the way, from
# elsewhere.
incoming() {
	local name who file
	for name in "${names[@]}"; do
		for who in theirs ours; do
			for file in "$work/$name/send.out.$who"/{loop,lan,auth}.*; do
				grep -q '^DKIM-Signature:' "$file" || continue
				arrive "$who.$name.${file##*/}" cat "$file"
			done
		done
	done
	file=$work/multiple/send.out.theirs/loop.shop
	arrive bad.body sed 's/Another/An other/' "$file"
	arrive bad.subject sed 's/^Subject: .*/Subject: Other\r/' "$file"
	arrive bad.selector sed 's/\bs=relay;/s=nobody;/' "$file"
	arrive bad.domain sed 's/\bd=provider.example;/d=example.net;/' "$file"
	arrive bad.hash sed 's/bh=../bh=AA/' "$file"
	arrive good.trace sed '1i Received: from x by y; Wed, 25 Nov 2026\r' "$file"
	arrive good.unsigned cat "$work/single/send.out.theirs/out.own"
	arrive good.two cat "$file"
}

# arrive NAME COMMAND...: what COMMAND prints is a message that comes in.
arrive() {
	local name=$1
	shift
	"$@" >"$work/in/$name"
	echo "$name 198.51.100.7 mail.example.net - $name"
}

# check_results: whatever either signed passes with the other, signature by
# signature; what came to harm does not.  OpenDKIM signs one of several From
# fields and takes the others as they are, which for us is no signature of
# the message.
check_results() {
	local who other signed passed
	for who in theirs ours; do
		for other in theirs ours; do
			signed=$(cat "$work"/*/send."$who" |
				grep -v '\.twofrom ' |
				grep -Ec '^(loop|lan|auth)\..* signed ')
			passed=$(grep -v '\.twofrom ' \
				"$work/verifier/check.$other" |
				grep -c "^$who\..* result pass ")
			echo "signed by $who, passed by $other: $passed of $signed"
			[[ $signed -gt 0 && $passed == "$signed" ]] || problem \
				"$(grep "^$who\..* result " \
				"$work/verifier/check.$other" | grep -v ' pass ')"
		done
	done
	if grep '\.twofrom result pass' "$work/verifier/check.ours"; then
		problem 'a From field that nobody signed has passed'
	fi
	if grep '^bad\.\(body\|subject\|hash\) result pass' \
		"$work/verifier/check.ours"; then
		problem 'a message that was changed has passed'
	fi
}

messages
make_keys
names=()
for folder in "$here"/opendkim/*/; do
	folder=${folder%/}
	names+=("${folder##*/}")
done
: >"$work/dns"
: >"$work/zone"
for name in "${names[@]}"; do
	setup "$name"
done
chmod 644 "$work/dns" "$work/zone"
for name in "${names[@]}"; do
	[[ $name != verifier ]] || continue
	give_keys "$name"
	if run "$name"; then
		questions | ask_both "$name" send
		compare "$name" send
		check_signed "$name"
	fi
	stop
done
give_keys verifier
if run verifier; then
	questions | ask_both verifier send
	compare verifier send
	rm -rf "$work/in"
	mkdir "$work/in"
	incoming | ask_both verifier check
	compare verifier check
	check_results
fi
stop
for i in "${!exceptions[@]}"; do
	[[ -n ${used[i]:-} ]] || problem "no difference: ${exceptions[i]}"
done
exit "$failed"
