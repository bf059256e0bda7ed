# host.sh: a mail host of the laboratory: a stock Postfix, a stock Dovecot and
# our milter, all with files of their own.  Sourced by lab.sh.
# shellcheck shell=bash

# Users of the laboratory's machines only; see host_users.
HOST_MILTER_ID=64801
HOST_MAIL_ID=64802
HOST_POLICYD_ID=64803

# What the package brings besides programs.
HOST_PACKAGING=$(cd "$LAB_SUPPORT/../../packaging" && pwd)
HOST_MANUAL=$HOST_PACKAGING/deb/mailreeve-milter.README.Debian

# host_new NAME DOMAIN ADDRESS: make and start the machine of mx.DOMAIN, with
# its records in the DNS; its programs are configured, not started.  What the
# domain does not send is to be refused.
host_new() {
	local name=$1 domain=$2 address=$3 fs=$LAB/$1/fs
	mkdir -p "$fs"/etc/postfix "$fs"/etc/dovecot/conf.d "$fs"/var/mail \
		"$fs"/var/spool/postfix/mailreeve "$fs"/var/lib/postfix \
		"$fs"/var/spool/postfix/policyd "$fs"/srv/policyd \
		"$fs"/var/lib/dovecot "$fs"/srv/mailreeve/keys
	host_users "$name"
	host_certificate "$name" "mx.$domain"
	chown "$HOST_MAIL_ID:$HOST_MAIL_ID" "$fs/var/mail"
	chown postfix: "$fs/var/lib/postfix"
	chown "$HOST_MILTER_ID:postfix" "$fs/var/spool/postfix/mailreeve"
	chmod 2750 "$fs/var/spool/postfix/mailreeve"
	chown "$HOST_POLICYD_ID:postfix" "$fs/var/spool/postfix/policyd"
	chmod 2750 "$fs/var/spool/postfix/policyd"
	chown "$HOST_POLICYD_ID" "$fs/srv/policyd"
	echo "$name $domain $address" >"$LAB/$name/host"
	lab_zone "$domain" <<-RECORDS
	@ MX 10 mx.$domain.
	mx A $address
	mx TXT "v=spf1 a -all"
	RECORDS
	lab_author "$domain" reject "v=spf1 mx -all"
	lab_zone . <<<"${address##*.}.0.53.10.in-addr.arpa. PTR mx.$domain."
	host_master "$name"
	lab_machine "$name" "mx.$domain" "$address"
}

# host_domain NAME: print the domain whose mail the machine handles.
host_domain() {
	cut -d' ' -f2 "$LAB/$1/host"
}

# host_users NAME: the machine's own user list: the system's, and ours.
host_users() {
	local etc=$LAB/$1/fs/etc id
	cp /etc/passwd /etc/group "$etc/"
	for id in "mailreeve-milter:x:$HOST_MILTER_ID" "vmail:x:$HOST_MAIL_ID" \
		"mailreeve-policyd:x:$HOST_POLICYD_ID"; do
		grep -q "^${id%%:*}:" "$etc/passwd" && continue
		echo "$id:${id##*:}::/nonexistent:/usr/sbin/nologin" >>"$etc/passwd"
		echo "$id:" >>"$etc/group"
	done
	sed -i '/^postfix:/s/:$/:mailreeve-milter/;t
		/^postfix:/s/$/,mailreeve-milter/' "$etc/group"
	sed -i '/^postfix:/s/$/,mailreeve-policyd/' "$etc/group"
}

# host_certificate NAME HOSTNAME: a throwaway key and certificate; $LAB/ca.pem
# collects the certificates for the clients.
host_certificate() {
	local tls=$LAB/$1/fs/etc/postfix
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj "/CN=$2" -addext "subjectAltName=DNS:$2" \
		-keyout "$tls/key.pem" -out "$tls/cert.pem" 2>/dev/null
	chmod 600 "$tls/key.pem"
	cp "$tls/key.pem" "$tls/cert.pem" "$LAB/$1/fs/etc/dovecot/"
	cat "$tls/cert.pem" >>"$LAB/ca.pem"
}

# host_mailbox NAME USER PASSWORD: add a mailbox; before host_start.
host_mailbox() {
	local address
	address=$2@$(host_domain "$1")
	echo "$address:{PLAIN}$3" >>"$LAB/$1/fs/etc/dovecot/users"
	echo "$address ok" >>"$LAB/$1/fs/etc/postfix/mailboxes"
}

# host_fill NAME FILE: print one of our configuration files with the domain of
# this host filled in.
host_fill() {
	sed "s|@DOMAIN@|$(host_domain "$1")|g" "$LAB_ETC/$2"
}

# host_start NAME: start Postfix, then Dovecot, whose sockets
# stand in a directory that Postfix makes.
host_start() {
	host_postfix "$1" && host_dovecot "$1"
}

# host_dovecot NAME: start Dovecot, with the configuration of its own version:
# 2.3 and 2.4 do not read each other's.
host_dovecot() {
	local name=$1 etc=$LAB/$1/fs/etc/dovecot version
	version=$(dovecot --version | cut -d. -f1,2)
	if [ ! -e "$LAB_ETC/dovecot-$version.conf" ]; then
		echo "no configuration for Dovecot $version" >&2
		return 1
	fi
	host_fill "$name" "dovecot-$version.conf" >"$etc/dovecot.conf"
	touch "$etc/users"
	chown root:dovecot "$etc/users"
	chmod 640 "$etc/users"
	lab_daemon "$name" dovecot dovecot -F &&
		lab_wait 10 test -S \
			"$LAB/$name/fs/var/spool/postfix/private/dovecot-lmtp"
}

# host_junk NAME: let Dovecot file what the milter tags into Junk; after
# host_start.
host_junk() {
	host_manual "$1" '^Tagged mail into' '^  The copies are'
}

# host_junk_end NAME: and no longer.
host_junk_end() {
	host_manual "$1" '^  The copies are' '^To take it out'
}

# host_manual NAME FROM TO: run the commands of README.Debian between two lines
# on the machine, to the letter, but for the folder of the files, which is that
# of the tree.
host_manual() {
	sed -n "/$2/,/$3/s/^       //p" "$HOST_MANUAL" |
		sed "s|/usr/share/mailreeve/dovecot|$HOST_PACKAGING/dovecot|" \
			>"$LAB/$1/commands"
	[ -s "$LAB/$1/commands" ] && lab_on "$1" bash -ex "$LAB/$1/commands" \
		>>"$LAB/$1/fs/var/log/start.log" 2>&1
}

# host_postfix NAME: start Postfix.
host_postfix() {
	lab_on "$1" postfix start >"$LAB/$1/fs/var/log/start.log" 2>&1
}

# host_master NAME: configure Postfix.  Its files are the package's own; in
# master.cf the chroots are taken out (they would need copies of system files)
# and submission on port 587 is added.
host_master() {
	local etc=$LAB/$1/fs/etc/postfix
	cp -rn /etc/postfix/. "$etc/"
	host_fill "$1" main.cf >"$etc/main.cf"
	touch "$etc/mailboxes"
	cp /usr/share/postfix/master.cf.dist "$etc/master.cf"
	postconf -c "$etc" -F '*/*/chroot=n'
	cat "$LAB_ETC/submission.cf" >>"$etc/master.cf"
}

# host_postconf NAME PARAMETER=VALUE ...: change main.cf; before host_start.
host_postconf() {
	local name=$1
	shift
	lab_on "$name" postconf -e "$@"
}

# host_use_milter NAME: tell Postfix of the milter.  These are the two lines
# of README.md.
host_use_milter() {
	host_postconf "$1" 'smtpd_milters = unix:mailreeve/milter.sock' \
		"non_smtpd_milters = \$smtpd_milters"
}

# host_keys NAME: make a pair of signing keys for the host's domain, put them
# into its key store and their public halves into the DNS; before lab_dns.
host_keys() {
	local name=$1 domain store public
	domain=$(host_domain "$name")
	store=$LAB/$name/fs/srv/mailreeve/keys/$domain
	mkdir -p "$store"
	openssl genpkey -algorithm rsa -pkeyopt rsa_keygen_bits:2048 \
		-out "$store/rsa1.rsa.pem" 2>/dev/null
	openssl genpkey -algorithm ed25519 -out "$store/ed1.ed25519.pem"
	cat >"$store/keys.json" <<-JSON
	{"schema":1,"keys":[
	{"selector":"rsa1","algorithm":"rsa","state":"active",
	"created":"$(date -u +%FT%TZ)","activated":"$(date -u +%FT%TZ)"},
	{"selector":"ed1","algorithm":"ed25519","state":"active",
	"created":"$(date -u +%FT%TZ)","activated":"$(date -u +%FT%TZ)"}]}
	JSON
	chown -R "root:$HOST_MILTER_ID" "$store"
	chmod 640 "$store"/*
	public=$(openssl pkey -in "$store/rsa1.rsa.pem" -pubout -outform DER |
		base64 -w 0)
	# A string of a TXT record holds 255 bytes.
	lab_zone "$domain" <<-RECORDS
	rsa1._domainkey TXT "v=DKIM1; k=rsa; p=${public:0:200}" "${public:200}"
	RECORDS
	# RFC 8463 4.2: the key itself, which ends its SubjectPublicKeyInfo.
	public=$(openssl pkey -in "$store/ed1.ed25519.pem" -pubout \
		-outform DER | tail -c 32 | base64)
	lab_zone "$domain" <<<"ed1._domainkey TXT \"v=DKIM1; k=ed25519; p=$public\""
}

# host_milter NAME PROGRAM [LINE ...]: start our milter; the lines are added to
# its configuration.  What that does not name has its default.
host_milter() {
	local name=$1 srv=$LAB/$1/fs/srv/mailreeve
	install -m 755 "$2" "$srv/mailreeve-milter" || return 1
	host_fill "$name" milter.conf >"$srv/milter.conf"
	shift 2
	[ "$#" = 0 ] || printf '%s\n' "$@" >>"$srv/milter.conf"
	host_milter_again "$name"
}

# host_milter_again NAME: start the milter once more as it was.
host_milter_again() {
	local name=$1
	lab_daemon "$name" mailreeve-milter /srv/mailreeve/mailreeve-milter \
		-f -c /srv/mailreeve/milter.conf &&
		lab_wait 10 host_milter_listens "$name"
}

# The socket's file outlives a killed milter; the kernel's list does not.
host_milter_listens() {
	lab_on "$1" grep -q ' 00010000 .*mailreeve/milter.sock' /proc/net/unix
}

# host_use_policyd NAME: let Postfix ask the policy daemon, by the commands that
# mailreeve-policyctl prints, to the letter; after host_policyd.
host_use_policyd() {
	local commands=$LAB/$1/commands
	host_policyctl "$1" postfix-snippet >"$commands" && [ -s "$commands" ] &&
		lab_on "$1" bash -ex "$commands" \
			>>"$LAB/$1/fs/var/log/start.log" 2>&1
}

# host_policyctl NAME COMMAND ...: run that with the machine's configuration.
host_policyctl() {
	local name=$1 command=$2
	shift 2
	lab_on "$name" /srv/policyd/mailreeve-policyctl "$command" \
		-c /srv/policyd/policyd.conf "$@"
}

# host_policyd NAME PROGRAM [LINE ...]: start our policy daemon; the lines are
# added to its configuration.  mailreeve-policyctl stands beside the program.
host_policyd() {
	local name=$1 srv=$LAB/$1/fs/srv/policyd
	install -m 755 "$2" "${2%d}ctl" "$srv/" || return 1
	shift 2
	host_policyd_conf "$name" "$@"
	lab_daemon "$name" mailreeve-policyd /srv/policyd/mailreeve-policyd \
		-f -c /srv/policyd/policyd.conf &&
		lab_wait 10 host_policyd_listens "$name"
}

# host_policyd_conf NAME [LINE ...]: write its configuration anew.
host_policyd_conf() {
	local name=$1
	shift
	{
		cat <<-CONF
		sockets = {"unix:/var/spool/postfix/policyd/policy.sock"}
		control_socket = "/srv/policyd/control"
		state = "/srv/policyd/state"
		log_to = stderr
		CONF
		[ "$#" = 0 ] || printf '%s\n' "$@"
	} >"$LAB/$name/fs/srv/policyd/policyd.conf"
}

host_policyd_listens() {
	lab_on "$1" grep -q ' 00010000 .*policyd/policy.sock' /proc/net/unix
}

# host_policyd_reload NAME [LINE ...]: and let it read that.
host_policyd_reload() {
	local name=$1 log=$LAB/$1/fs/var/log/mailreeve-policyd.log before
	before=$(grep -c ' reloaded' "$log")
	host_policyd_conf "$@"
	lab_kill "$name" mailreeve-policyd USR1 &&
		lab_wait 10 host_policyd_read "$log" "$before"
}

host_policyd_read() {
	[ "$(grep -c ' reloaded' "$1")" -gt "$2" ]
}

# host_quota NAME: give its mailboxes a quota of 20 kB; before host_start.
host_quota() {
	local version
	version=$(dovecot --version | cut -d. -f1,2)
	cp "$LAB_ETC/quota-$version.conf" \
		"$LAB/$1/fs/etc/dovecot/conf.d/50-quota.conf"
}

# host_fill_mailbox NAME USER: put so much mail there that nothing more fits;
# doveadm does not ask for the quota that stops it.
host_fill_mailbox() {
	local to
	to=$2@$(host_domain "$1")
	{
		printf 'From: a@example.org\nSubject: large\n\n'
		yes 'Words that fill a mailbox' | head -c 19550
	} >"$LAB/$1/large.eml"
	lab_on "$1" doveadm save -u "$to" <"$LAB/$1/large.eml" &&
		lab_on "$1" doveadm quota recalc -u "$to"
}
