#!/bin/bash
# guided.sh STEP [ARGUMENT ...]: on the host that move.sh boots, as root: an
# OpenDKIM as guides for a server with several domains have it, and what became
# of mail.
set -euo pipefail

# Root would not like these steps on another machine than a test's.
[ "$(systemd-detect-virt --container)" = systemd-nspawn ] || exit 64

INBOX=/home/bob/Maildir/new
CONF=/etc/opendkim.conf

# opendkim GUIDE: signs for two domains, and Postfix uses it.
opendkim() {
	apt-get -qy -o Dpkg::Use-Pty=0 --no-install-recommends install opendkim
	"$1"
	systemctl restart opendkim
	postconf milter_default_action=accept milter_protocol=6 \
		"non_smtpd_milters=\$smtpd_milters"
	systemctl restart postfix
}

# reader: Ann, who may use sudo, and says yes to apt.  The host knows its name,
# which sudo asks for.
reader() {
	echo "127.0.1.1 $(uname -n)" >>/etc/hosts
	apt-get -qy -o Dpkg::Use-Pty=0 --no-install-recommends install sudo
	useradd -m -s /bin/bash ann
	echo 'ann ALL=(ALL:ALL) NOPASSWD: ALL' >/etc/sudoers.d/ann
	echo 'APT::Get::Assume-Yes yes;' >/etc/apt/apt.conf.d/99yes
}

# queue_socket: tables and keys in a folder of their own, the socket in
# Postfix's queue.
queue_socket() {
	local dir=/etc/opendkim
	install -d -o opendkim -g opendkim "$dir" "$dir/keys"
	keys "$dir/keys" mail -traditional
	tables "$dir" signing.table key.table trusted.hosts
	settings local:/var/spool/postfix/opendkim/opendkim.sock \
		'AutoRestart yes' 'AutoRestartRate 10/1M' 'Background yes' \
		'DNSTimeout 5' 'SignatureAlgorithm rsa-sha256' \
		"KeyTable refile:$dir/key.table" \
		"SigningTable refile:$dir/signing.table" \
		"ExternalIgnoreList $dir/trusted.hosts" \
		"InternalHosts $dir/trusted.hosts"
	chmod -R go-rwx "$dir/keys"
	install -d -o opendkim -g postfix /var/spool/postfix/opendkim
	gpasswd -a postfix opendkim
	postconf smtpd_milters=local:opendkim/opendkim.sock
}

# port: Debian's folder for keys, a port, and two keys a domain, both of which
# sign.
port() {
	local dir=/etc/dkimkeys
	keys "$dir" 2024
	keys "$dir" 2025
	tables /etc SigningTable KeyTable TrustedHosts
	settings inet:8891@localhost \
		'LogWhy Yes' 'MultipleSignatures yes' 'KeyTable /etc/KeyTable' \
		'SigningTable refile:/etc/SigningTable' \
		'ExternalIgnoreList refile:/etc/TrustedHosts' \
		'InternalHosts refile:/etc/TrustedHosts' 'SendReports no'
	postconf smtpd_milters=inet:localhost:8891
}

# keys FOLDER SELECTOR [OPTION]: one for each domain, as opendkim-genkey does;
# the zone has their public halves.
keys() {
	local domain file public
	for domain in a.example b.example; do
		file=$1/$domain/$2.private
		install -d -o opendkim -g opendkim -m 700 "$1/$domain"
		openssl genrsa ${3:+"$3"} -out "$file" 2048
		chown opendkim:opendkim "$file"
		chmod 600 "$file"
		public=$(openssl pkey -in "$file" -pubout -outform DER | base64 -w0)
		printf '%s._domainkey.%s. 60 TXT "v=DKIM1; k=rsa; p=%s" "%s"\n' \
			"$2" "$domain" "${public:0:200}" "${public:200}" >>/tmp/zone
		printf '%s._domainkey.%s %s:%s:%s\n' "$2" "$domain" \
			"$domain" "$2" "$file" >>/tmp/key_table
		printf '*@%s %s._domainkey.%s\n*@*.%s %s._domainkey.%s\n' \
			"$domain" "$2" "$domain" "$domain" "$2" "$domain" \
			>>/tmp/signing_table
	done
}

# tables FOLDER SIGNING KEYS HOSTS
tables() {
	cp /tmp/signing_table "$1/$2"
	cp /tmp/key_table "$1/$3"
	printf '%s\n' 127.0.0.1 ::1 localhost 192.0.2.0/24 '' '*.a.example' \
		>"$1/$4"
}

# settings SOCKET LINE ...: added to Debian's file, whose own socket goes.
settings() {
	sed -i 's/^Socket/#&/' "$CONF"
	printf '%s\n' '' 'Mode sv' "Socket $1" "${@:2}" >>"$CONF"
}

# theirs: the sums of all that is OpenDKIM's, and its owners and modes.
theirs() {
	find "$CONF" /etc/default/opendkim /etc/opendkim /etc/dkimkeys \
		/etc/*Table /etc/TrustedHosts /var/spool/postfix/opendkim \
		! -type s -printf '%p %u %g %m\n' 2>/dev/null | sort
	find "$CONF" /etc/opendkim /etc/dkimkeys /etc/*Table -type f \
		-exec sha256sum {} + 2>/dev/null | sort
}

# taken: what -t must say of these tables.
taken() {
	echo "$(wc -l </tmp/signing_table) signing rules," \
		"$(wc -l </tmp/key_table) keys, 5 internal hosts"
}

# probe SUBJECT SIGNER: mail of both domains, through SMTP and through
# sendmail(1), is signed, and SIGNER says that it did it; print for each message
# what signed it.
probe() {
	local domain file
	for domain in a.example b.example; do
		smtp-source -m 1 -S "$1, $domain, smtp" -f "alice@$domain" \
			-t bob@mx.a.example 127.0.0.1:25
		sendmail -i -f "alice@$domain" bob@mx.a.example <<-MAIL
		From: Alice <alice@$domain>
		To: bob@mx.a.example
		Subject: $1, $domain, sendmail

		Hello
		MAIL
	done
	arrived "$1, .*" 4
	grep -lrx "Subject: $1, .*" "$INBOX" | while read -r file; do
		logged "$2" "$file"
		printf '%s: %s\n' "$(sed -n "s/^Subject: $1, //p" "$file")" \
			"$(tags "$file")"
	done | sort
}

# arrived SUBJECT COUNT: wait for so many.
arrived() {
	local try
	for try in {1..200}; do
		[ "$(subjects "$1" | wc -l)" != "$2" ] || return 0
		sleep 0.1
	done
	echo "not $2 messages in $((try / 10)) seconds, but:"
	subjects "$1"
	return 1
}

# subjects REGEX: print those of what arrived.
subjects() {
	grep -hrx "Subject: $1" "$INBOX" || :
}

# fields FILE: print its signatures, a line each.
fields() {
	sed '/^$/q' "$1" | sed ':a; N; $!ba; s/\n[ \t]\+//g' |
		grep '^DKIM-Signature:' | tr -d ' \t' || :
}

# tags FILE: print d= and s= of its signatures.
tags() {
	local field
	fields "$1" | while read -r field; do
		tr ';' '\n' <<<"$field" | grep '^[ds]=' | sort | xargs
	done | sort | xargs
}

# logged SIGNER FILE: it says that it signed this message.
logged() {
	local id said
	id=$(sed -nE '/\<id [0-9A-F]{6}/ { s/.*\<id ([0-9A-F]+).*/\1/p; q }' "$2")
	case $1 in
	opendkim) said="^$id: DKIM-Signature field added" ;;
	*) said="^message queue_id=$id .* signed=" ;;
	esac
	journalctl --sync
	journalctl --no-pager -o cat -u "$1" --grep "$said" >/tmp/logged || {
		echo "$1 has not logged: $said"
		return 1
	}
}

# verified SUBJECT: all signatures of such mail hold.
verified() {
	local file
	grep -lrx "Subject: $1, .*" "$INBOX" | while read -r file; do
		mailreeve-explain --zone /tmp/zone --client-ip 198.51.100.1 \
			--json "$file" | tr -d ' \n' |
			sed 's/.*"dkim":\(\[[^]]*\]\).*/\1/' >/tmp/verified
		cat /tmp/verified
		[ "$(grep -o '"result":"[a-z]*"' /tmp/verified)" = \
			"$(fields "$file" | sed 's/.*/"result":"pass"/')" ]
	done
}

# strange TAGS: print the subjects of the stream that arrived with other
# signatures.
strange() {
	local file
	grep -lr '^Subject: number ' "$INBOX" | while read -r file; do
		[ "$(tags "$file")" = "$1" ] || echo "$(grep '^Subject: ' "$file"):" \
			"$(tags "$file")"
	done
}

"$@"
