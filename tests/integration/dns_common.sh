# dns_common.sh: what the tests of mailreeve-dns share: a private, signed root
# in knotd, and the server mx.a.example with its domain's signed zone.  Sourced
# by bash; the first argument of the test is mailreeve-dns.
# shellcheck shell=bash

DNS_TOOL=${1:?usage: $0 MAILREEVE-DNS}
MILTER=none
CASES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Public ones by the tool's measure, which no other network here has.
ADDRESS=198.18.0.11
FAR=198.18.0.1

# shellcheck source=../support/lab.sh
. "$CASES/../support/lab.sh"
# shellcheck source=common.sh
. "$CASES/common.sh" "$MILTER"

# dns_ca: an authority and the server's certificate of it, for the names of its
# services.
dns_ca() {
	local ca=$LAB/ca tls=$LAB/a/fs/etc/postfix
	mkdir "$ca"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 365 -subj "/CN=Private CA" -keyout "$ca/key.pem" \
		-out "$ca/cert.pem" 2>/dev/null &&
		dns_certificate &&
		cp "$ca/cert.pem" "$LAB/a/fs/srv/ca.pem" &&
		cp "$tls/key.pem" "$tls/cert.pem" "$LAB/a/fs/etc/dovecot/"
}

dns_certificate() {
	local ca=$LAB/ca tls=$LAB/a/fs/etc/postfix
	openssl req -new -key "$tls/key.pem" -subj /CN=mx.a.example \
		-out "$ca/request.pem" &&
		openssl x509 -req -in "$ca/request.pem" -CA "$ca/cert.pem" \
			-CAkey "$ca/key.pem" -CAcreateserial -days 90 \
			-out "$tls/cert.pem" -extfile <(printf %s \
			"subjectAltName=DNS:mx.a.example,DNS:mta-sts.a.example") \
			2>/dev/null
}

# dns_conf [LINE ...]: write dns.conf of the server.
dns_conf() {
	{
		cat <<-CONF
		key_store = "/srv/mailreeve/keys"
		state = "/srv/mailreeve/dns"
		hostname = "mx.a.example"
		addresses = {"$ADDRESS"}
		resolvers = {"recursive:/srv/root.hints"}
		trust_anchor = "/srv/root.ds"
		ca_file = "/srv/ca.pem"
		mta_sts = enforce
		address_lists = {"bl.example"}
		domain_lists = {"dl.example"}
		outgoing_hosts = {"far.example"}
		timeout = "20s"
		ttl = "60s"
		accept "clock.unsynchronized" { reason = "the test has no clock" }
		accept "ns.single" { reason = "one is enough here" }
		CONF
		[ "$#" = 0 ] || printf '%s\n' "$@"
	} >"$LAB/a/fs/srv/dns.conf"
}

# dns_tool COMMAND ...: run the tool on the server.
dns_tool() {
	local command=$1
	shift
	lab_on a "$DNS_TOOL" "$command" -c /srv/dns.conf "$@" a.example
}

# dns_knot: start knotd with the signed root and the domain's signed zone, which
# has the records that the tool itself prints.
dns_knot() {
	local net=$LAB/net zone
	mkdir -p "$net/run" "$net/db"
	cat >"$net/knot.conf" <<-CONF
	server:
	  rundir: "$net/run"
	  listen: $LAB_DNS@53
	database:
	  storage: "$net/db"
	log:
	  - target: stderr
	    any: warning
	policy:
	  - id: test
	    manual: on
	    single-type-signing: on
	template:
	  - id: default
	    storage: "$LAB/zones"
	    dnssec-signing: on
	    dnssec-policy: test
	    zonefile-sync: -1
	    zonefile-load: whole
	    journal-content: none
	zone:
	  - domain: .
	    file: root.zone
	  - domain: a.example.
	    file: a.zone
	CONF
	for zone in . a.example.; do
		dns_keymgr "$zone" generate algorithm=ecdsap256sha256 \
			ksk=yes zsk=yes >/dev/null || return 1
	done
	dns_keymgr . ds | grep ' 2 ' >"$LAB/a/fs/srv/root.ds"
	printf '. 3600 NS dns.example.\ndns.example. 3600 A %s\n' "$LAB_DNS" \
		>"$LAB/a/fs/srv/root.hints"
	dns_zones || return 1
	lab_daemon net knotd knotd -c "$net/knot.conf" &&
		lab_wait 10 dns_answers
}

dns_keymgr() {
	keymgr -c "$LAB/net/knot.conf" "$@"
}

dns_zones() {
	cat >"$LAB/zones/root.zone" <<-ZONE
	. 60 SOA dns.example. hostmaster.example. 1 60 60 3600 60
	. 60 NS dns.example.
	dns.example. 60 A $LAB_DNS
	far.example. 60 A $FAR
	r.example. 60 A $FAR
	2.0.0.127.bl.example. 60 A 127.0.0.2
	dl.example. 60 A $FAR
	11.0.18.198.in-addr.arpa. 60 PTR mx.a.example.
	a.example. 60 NS dns.example.
	ZONE
	dns_keymgr a.example. ds | grep ' 2 ' >>"$LAB/zones/root.zone"
	{
		echo 'a.example. 60 SOA dns.example. h.a.example. 1 60 60 3600 60'
		echo 'a.example. 60 NS dns.example.'
		dns_tool records
	} >"$LAB/zones/a.zone"
}

dns_knotc() {
	knotc -c "$LAB/net/knot.conf" -s "$LAB/net/run/knot.sock" "$@"
}

dns_answers() {
	dns_knotc zone-status a.example 2>/dev/null | grep -q serial
}

# dns_change COMMAND ...: one transaction in the zones; each command is
# "set OWNER TYPE RDATA" or "unset OWNER [TYPE [RDATA]]".
dns_change() {
	local command zone owner type rest
	for command in "$@"; do
		read -r command owner type rest <<<"$command"
		zone=.
		case $owner in
		*a.example.) [[ $owner == *.r.example. ]] || zone=a.example. ;;
		esac
		case $command in
		set) dns_commit "$zone" zone-set "$zone" "$owner" 60 "$type" "$rest" ;;
		unset) dns_commit "$zone" zone-unset "$zone" "$owner" ${type:+"$type"} \
			${rest:+"$rest"} ;;
		esac || return 1
	done
}

dns_commit() {
	local zone=$1
	shift
	dns_knotc zone-begin "$zone" >/dev/null &&
		dns_knotc "$@" >/dev/null &&
		dns_knotc zone-commit "$zone" >/dev/null && return
	dns_knotc zone-abort "$zone" >/dev/null
	return 1
}

# dns_server: make and start all of it.
dns_server() {
	host_new a a.example 10.53.0.11 || fail "no machine a"
	lab_on net ip address add "$FAR/24" dev br0
	lab_on a ip address add "$ADDRESS/24" dev eth0
	echo "$ADDRESS mx.a.example mx" >>"$LAB/a/fs/etc/hosts"
	host_keys a
	dns_ca || fail "no certificates"
	rm -f "$LAB"/zones/*.zone
	host_postconf a 'mynetworks = 127.0.0.0/8' \
		'smtpd_tls_protocols = >=TLSv1.2' \
		'smtpd_tls_mandatory_protocols = >=TLSv1.2' \
		'smtpd_tls_auth_only = yes' || fail "postconf does not work"
	dns_systemctl
	dns_conf
	host_start a || fail "mx.a.example does not start"
	dns_knot || fail "no DNS server"
	dns_web || fail "no web server"
	lab_daemon net far python3 -m http.server 25 --bind "$FAR"
}

# dns_systemctl: the machine has no systemd; what cures say to it reaches the
# daemons all the same.
dns_systemctl() {
	mkdir -p "$LAB/a/fs/srv/bin"
	cat >"$LAB/a/fs/srv/bin/systemctl" <<-'SCRIPT'
	#!/bin/bash
	case "$1 $2" in
	"reload postfix") exec postfix reload ;;
	"restart postfix") postfix stop; exec postfix start ;;
	"reload dovecot") exec doveadm reload ;;
	"restart dovecot")
		doveadm stop 2>/dev/null
		exec setsid dovecot -F </dev/null >/dev/null 2>&1 & ;;
	*) exit 1 ;;
	esac
	SCRIPT
	chmod +x "$LAB/a/fs/srv/bin/systemctl"
}

# dns_policy: let the web server give the policy that the tool prints.
dns_policy() {
	local folder=$LAB/a/fs/srv/web/.well-known
	mkdir -p "$folder"
	dns_tool records --format mta-sts >"$folder/mta-sts.txt"
}

dns_web() {
	dns_policy
	cat >"$LAB/a/fs/srv/web.py" <<-'PYTHON'
	import functools, http.server, ssl
	handler = functools.partial(http.server.SimpleHTTPRequestHandler,
	    directory="/srv/web")
	server = http.server.ThreadingHTTPServer(("198.18.0.11", 443), handler)
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain("/etc/postfix/cert.pem", "/etc/postfix/key.pem")
	server.socket = context.wrap_socket(server.socket, server_side=True)
	server.serve_forever()
	PYTHON
	lab_daemon a web python3 /srv/web.py &&
		lab_wait 10 dns_web_answers
}

dns_web_answers() {
	lab_on a curl -so /dev/null --cacert /srv/ca.pem \
		--resolve "mta-sts.a.example:443:$ADDRESS" \
		https://mta-sts.a.example/.well-known/mta-sts.txt
}
