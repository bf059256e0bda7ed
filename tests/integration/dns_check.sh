#!/bin/bash
# dns_check.sh MAILREEVE-DNS: a server that is set up right has no finding; each
# of many ways to set it up wrong is found under its id, with a cure that makes
# the finding vanish when it is applied to the letter.
set -u
# shellcheck source=dns_common.sh
. "$(dirname "$0")/dns_common.sh"

CURED=0

# probe_of ID: print which probe finds it.
probe_of() {
	case $1 in
	ptr.*) echo ptr ;;
	caa.*) echo caa ;;
	tlsa.*) echo tlsa ;;
	relay.*) echo relay ;;
	auth.* | tls.* | port.*) echo ports ;;
	*.missing | *.extra | *.differs) echo records ;;
	spf.* | helo_spf.*) echo spf ;;
	dmarc.*) echo dmarc ;;
	mta_sts.*) echo mta-sts ;;
	esac
}

# look [OPTION ...]: check the server; the findings are in $LAB/findings.json.
look() {
	local status=0
	dns_tool check --json "$@" >"$LAB/findings.json" 2>"$LAB/check.err" ||
		status=$?
	if [ "$status" -ge 64 ] || [ ! -s "$LAB/findings.json" ]; then
		fail "the check fails: $(cat "$LAB/check.err")"
	fi
	/usr/bin/python3 "$CASES/dns_findings.py" ids "$LAB/findings.json" \
		>"$LAB/ids"
}

is_clean() {
	look
	[ ! -s "$LAB/ids" ]
}

has() {
	cut -f1 "$LAB/ids" | grep -qx "$1"
}

# cure ID: do what the finding says.
cure() {
	local line
	/usr/bin/python3 "$CASES/dns_findings.py" cure "$LAB/findings.json" \
		"$1" >"$LAB/cure" || fail "$1 has no cure"
	while IFS= read -r line; do
		case $line in
		run\ *) lab_on a env PATH="/srv/bin:$PATH" bash -c "${line#run }" \
			</dev/null >>"$LAB/cures.log" 2>&1 ;;
		advice\ *mailreeve-dns\ records\ --format\ mta-sts*) dns_policy ;;
		advice\ *) fail "the cure of $1 is words only: $line" ;;
		*) dns_change "$line" ;;
		esac || fail "the cure of $1 does not work: $line"
	done <"$LAB/cure"
}

# wrong ID BREAK ...: after these changes, or this command, it is found, and its
# cure helps.
wrong() {
	local id=$1
	shift
	case $1 in
	set\ * | unset\ *) dns_change "$@" || fail "cannot do: $*" ;;
	*) lab_on a env PATH="/srv/bin:$PATH" bash -c "$1" >/dev/null 2>&1 ||
		fail "cannot do: $1" ;;
	esac
	lab_wait 5 found "$id" || {
		cat "$LAB/ids"
		fail "$id is not found"
	}
	cure "$id"
	lab_wait 5 not_found "$id" || {
		grep "^$id" "$LAB/ids"
		fail "$id is still found after its cure: $(cat "$LAB/cure")"
	}
	CURED=$((CURED + 1))
}

found() {
	look --only "$(probe_of "$1")"
	has "$1"
}

not_found() {
	look --only "$(probe_of "$1")"
	! has "$1"
}


# replaced ID OWNER TYPE RDATA
replaced() {
	wrong "$1" "unset $2 $3" "set $2 $3 $4"
}

begin
dns_server
lab_wait 10 is_clean || {
	cat "$LAB/ids" "$LAB/check.err"
	fail "a server that is set up right has findings"
}
say "a server that is set up right has no finding"

wrong address.extra 'set mx.a.example. A 198.18.0.99'
wrong address.missing 'unset mx.a.example. A'
wrong ptr.missing 'unset 11.0.18.198.in-addr.arpa. PTR'
replaced ptr.unconfirmed 11.0.18.198.in-addr.arpa. PTR far.example.
wrong mx.missing 'unset a.example. MX'
wrong mx.extra 'set a.example. MX 5 mx1.hostinger.com.'
wrong spf.missing 'unset a.example. TXT'
wrong spf.extra 'set a.example. TXT "v=spf1 include:_spf.mail.hostinger.com ~all"'
replaced spf.permerror a.example. TXT '"v=spf1 ipv4:198.18.0.11 -all"'
replaced spf.not_pass a.example. TXT '"v=spf1 ip4:198.18.0.99 -all"'
replaced spf.all_pass a.example. TXT '"v=spf1 +all"'
replaced spf.lookups a.example. TXT \
	'"v=spf1 ip4:198.18.0.11 a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example a:mx.a.example -all"'
replaced helo_spf.not_pass mx.a.example. TXT '"v=spf1 -all"'
wrong dkim.missing 'unset rsa1._domainkey.a.example. TXT'
replaced dkim.differs ed1._domainkey.a.example. TXT \
	'"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="'
wrong dmarc.missing 'unset _dmarc.a.example. TXT'
replaced dmarc.weak _dmarc.a.example. TXT \
	'"v=DMARC1; p=none; rua=mailto:postmaster@a.example"'
replaced dmarc.unreadable _dmarc.a.example. TXT '"v=DMARC1; p=perhaps"'
replaced dmarc.rua_refused _dmarc.a.example. TXT \
	'"v=DMARC1; p=reject; rua=mailto:x@r.example"'
wrong mta_sts.missing 'unset _mta-sts.a.example. TXT'
replaced mta_sts.differs _mta-sts.a.example. TXT '"v=STSv1; id=1"'
wrong mta_sts_host.missing 'unset mta-sts.a.example. CNAME'
wrong tls_rpt.missing 'unset _smtp._tls.a.example. TXT'
replaced srv.differs _imaps._tcp.a.example. SRV '0 1 993 old.a.example.'
wrong autoconfig.missing 'unset autoconfig.a.example. CNAME'
replaced caa.forbids a.example. CAA '0 issue "other.example"'
wrong caa.missing 'unset a.example. CAA'
wrong tlsa.missing 'unset _25._tcp.mx.a.example. TLSA'
replaced tlsa.stale _25._tcp.mx.a.example. TLSA \
	"3 1 1 $(printf '%064d' 0)"
wrong tlsa.leftover "set _25._tcp.mx.a.example. TLSA 3 1 1 $(printf '%064d' 1)"
wrong relay.networks 'postconf -e mynetworks=0.0.0.0/0 && systemctl reload postfix'
wrong relay.restrictions 'postconf -e smtpd_relay_restrictions=permit_mynetworks,reject smtpd_recipient_restrictions= && systemctl reload postfix'
wrong auth.cleartext 'postconf -e smtpd_tls_auth_only=no && postconf -P submission/inet/smtpd_tls_security_level=may && systemctl reload postfix'
wrong tls.old_version "postconf -e 'smtpd_tls_protocols = >=TLSv1' && systemctl reload postfix"
wrong mta_sts.mx 'sed -i "s/^mx: .*/mx: old.a.example\r/" /srv/web/.well-known/mta-sts.txt'
wrong mta_sts.malformed 'echo "<html>" >/srv/web/.well-known/mta-sts.txt'
wrong mta_sts.too_large 'head -c 1000000 /dev/zero >/srv/web/.well-known/mta-sts.txt'
wrong port.closed 'postfix stop; true'

# What strangers write reaches no terminal as it stands, and goes by its cure.
dns_change 'set _dmarc.a.example. TXT "v=DMARC1; p=none \027[2J\007"' ||
	fail "no record with an escape"
for form in --all --json --nagios --prometheus --html; do
	dns_tool check "$form" >"$LAB/said"
	grep -q "$(printf '[\033\007]')" "$LAB/said" &&
		fail "check $form lets an escape through"
	grep -qi 'BEGIN.*PRIVATE' "$LAB/said" && fail "check $form shows a key"
done
wrong dmarc.differs 'set _dmarc.a.example. TXT "v=DMARC1; p=reject \027[3J"'

lab_wait 10 is_clean || {
	cat "$LAB/ids"
	fail "after all cures something is left"
}
[ "$CURED" -ge 25 ] || fail "only $CURED set-ups were tried"
say "$CURED broken set-ups: each found, and cured by what its finding says"

# A change is told once.
dns_tool check --since last >"$LAB/said"
grep -q '^a.example: nothing new' "$LAB/said" || fail "--since last tells old news"
dns_change 'unset _smtp._tls.a.example. TXT'
dns_tool check --since last >"$LAB/said"
grep -q 'tls_rpt.missing' "$LAB/said" || fail "--since last misses a change"
dns_tool check --since last >"$LAB/said"
grep -q 'tls_rpt.missing' "$LAB/said" && fail "--since last tells it twice"

# Name servers that fall silent: it says so, and ends.
lab_kill net knotd STOP
dns_tool check --json --timeout 3 >"$LAB/findings.json" 2>"$LAB/check.err"
[ "$?" = 2 ] || fail "silence is not an error: $(cat "$LAB/check.err")"
lab_kill net knotd CONT
/usr/bin/python3 "$CASES/dns_findings.py" ids "$LAB/findings.json" >"$LAB/ids"
has ns.none || has ns.silent || fail "silent name servers are not told"
took=$(sed -n 's/^ "milliseconds": \([0-9]*\),$/\1/p' "$LAB/findings.json")
say "with silent name servers and a deadline of 3 s it ended after $took ms"
[ "$took" -lt 10000 ] || fail "the deadline does not hold"
