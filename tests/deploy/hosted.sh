#!/bin/bash
# hosted.sh STEP [ARGUMENT ...]: on the host that install.sh boots, as root: one
# of these steps.
set -eu

# Root would not like these steps on another machine than a test's.
[ "$(systemd-detect-virt --container)" = systemd-nspawn ] || exit 64

KEYS=/var/lib/mailreeve/keys
STREAM=/tmp/stream

# prepare: apt knows the packages' folder only; there is Bob.
prepare() {
	rm -f /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/50machine
	echo 'deb [trusted=yes] file:/src/packages/repository ./' \
		>/etc/apt/sources.list
	apt-get -q update
	useradd -m bob
}

# working_postfix: it delivers to Bob.
working_postfix() {
	postconf myhostname=mx.a.example mydestination=mx.a.example \
		home_mailbox=Maildir/
	systemctl restart postfix
}

# postfix_state: print all that belongs to Postfix, but our folder in its queue.
postfix_state() {
	find /etc/postfix -type f -exec sha256sum {} + | sort
	postconf -n
	postconf -M
	find /var/spool/postfix -path /var/spool/postfix/mailreeve -prune -o \
		-type d -printf '%p %m %u %g\n' | sort
	ls -l /etc/aliases*
	postfix check 2>&1
}

# owned PATH MODE USER GROUP
owned() {
	stat -c '%a %U %G' "$1"
	stat -c '%a %U %G' "$1" | grep -qx "$2 $3 $4"
}

# installed: the service runs as its own user, started once, with the files
# where they belong.
installed() {
	local page
	set -x
	systemctl is-active mailreeve-milter
	systemctl is-enabled mailreeve-milter
	[ "$(systemctl show -P NRestarts mailreeve-milter)" = 0 ]
	id -nG mailreeve-milter | grep -x 'mailreeve-milter postfix'
	[ "$(stat -c %U "/proc/$(systemctl show -P MainPID mailreeve-milter)")" = \
		mailreeve-milter ]
	owned /var/spool/postfix/mailreeve 2750 mailreeve-milter postfix
	owned /var/spool/postfix/mailreeve/milter.sock 660 mailreeve-milter postfix
	owned "$KEYS" 750 root mailreeve-milter
	[ -s /etc/mailreeve/milter.conf ]
	for page in man8/mailreeve-milter.8 man5/mailreeve-milter.conf.5 \
		man1/mailreeve-explain.1; do
		[ -s "/usr/share/man/$page.gz" ]
	done
	mailreeve-milter -t
	systemd-analyze verify --man=no mailreeve-milter.service
}

# make_keys: by hand, as other tools may: mailreeve-dns is not needed.
make_keys() {
	local dir=$KEYS/a.example
	install -d -g mailreeve-milter -m 750 "$dir"
	openssl genrsa -out "$dir/s1.rsa.pem" 2048
	openssl genpkey -algorithm ed25519 -out "$dir/s1e.ed25519.pem"
	cat >"$dir/keys.json" <<-'JSON'
	{"schema":1,"keys":[
	{"selector":"s1","algorithm":"rsa","state":"active"},
	{"selector":"s1e","algorithm":"ed25519","state":"active"}]}
	JSON
	chgrp mailreeve-milter "$dir"/*
	chmod 640 "$dir"/*
	mailreeve-milter -t
	systemctl reload mailreeve-milter
}

# two_lines: those of README.md.
two_lines() {
	postconf 'smtpd_milters = unix:mailreeve/milter.sock' \
		"non_smtpd_milters = \$smtpd_milters"
	postfix reload
}

# verified MESSAGE: both signatures hold, with the keys that the DNS would have.
verified() {
	local dir=$KEYS/a.example rsa ed
	rsa=$(openssl pkey -in "$dir/s1.rsa.pem" -pubout -outform DER | base64 -w0)
	ed=$(openssl pkey -in "$dir/s1e.ed25519.pem" -pubout -outform DER |
		tail -c 32 | base64)
	cat >/tmp/zone <<-ZONE
	\$ORIGIN a.example.
	\$TTL 60
	@ SOA ns hostmaster 1 60 60 60 60
	s1._domainkey TXT "v=DKIM1; k=rsa; p=${rsa:0:200}" "${rsa:200}"
	s1e._domainkey TXT "v=DKIM1; k=ed25519; p=$ed"
	ZONE
	mailreeve-explain --zone /tmp/zone --client-ip 192.0.2.1 --json "$1" |
		tr -d ' \n' | sed 's/.*"dkim":\(\[[^]]*\]\).*/\1/' >/tmp/verified
	cat /tmp/verified
	[ "$(grep -o '"result":"pass"' /tmp/verified | wc -l)" = 2 ]
}

# edit_configuration: as an operator does.
edit_configuration() {
	echo 'login_domain = a.example # by the operator' \
		>>/etc/mailreeve/milter.conf
	systemctl reload mailreeve-milter
}

# what_is_kept: print the sums of what the operator made.
what_is_kept() {
	sha256sum /etc/mailreeve/milter.conf "$KEYS"/a.example/*
}

# stream: send mail through SMTP and through sendmail(1) until $STREAM/stop is
# there.  Each message has its own subject, and is sent once more when it was
# deferred.  $STREAM/sent and $STREAM/deferred say how many that were.
stream() {
	local sent=0 deferred=0
	mkdir "$STREAM"
	while [ ! -e "$STREAM/stop" ]; do
		sent=$((sent + 1))
		until smtp-source -m 1 -l 500 -S "number $sent" -f alice@a.example \
			-t bob@mx.a.example 127.0.0.1:25 2>>"$STREAM/reasons"; do
			deferred=$((deferred + 1))
			sleep 0.05
		done
		sent=$((sent + 1))
		sendmail -i -f alice@a.example bob@mx.a.example <<-MAIL
		From: alice@a.example
		To: bob@mx.a.example
		Subject: number $sent

		Hello
		MAIL
		sleep 0.02
	done
	echo "$sent" >"$STREAM/sent"
	echo "$deferred" >"$STREAM/deferred"
}

# streamed: print the subjects of what arrived of it with two signatures.
streamed() {
	local message
	grep -lr '^Subject: number ' /home/bob/Maildir/new | while read -r message; do
		[ "$(grep -c '^DKIM-Signature:' "$message")" != 2 ] ||
			grep '^Subject: ' "$message"
	done
}

# gone: nothing of the package is left but what must stay.
gone() {
	[ ! -e /usr/sbin/mailreeve-milter ]
	[ ! -e /usr/bin/mailreeve-explain ]
	[ ! -e /var/spool/postfix/mailreeve/milter.sock ]
	[ "$(systemctl show -P LoadState mailreeve-milter)" = not-found ]
	getent passwd mailreeve-milter
}

# keygen: mailreeve-dns makes keys for another domain; the milter could sign
# with them.
keygen() {
	local before after
	before=$(mailreeve-milter -t | grep -o '[0-9]* keys')
	mailreeve-dns keygen --active b.example
	after=$(mailreeve-milter -t | grep -o '[0-9]* keys')
	[ "$before $after" = '2 keys 4 keys' ]
	rm -r "$KEYS/b.example"
}

# others: Postfix uses another milter too, and has a service of its own.
others() {
	postconf 'smtpd_milters = inet:127.0.0.1:9, unix:mailreeve/milter.sock'
	postconf -M 'submission/inet=submission inet n - y - - smtpd'
	postconf -P 'submission/inet/smtpd_milters=unix:mailreeve/milter.sock'
	postconf -M 'smtps/inet=smtps inet n - y - - smtpd'
	postconf -P 'smtps/inet/smtpd_milters=unix:mailreeve/milter.sock,inet:127.0.0.1:9'
}

# break_postfix, mend_postfix: main.cf has a line that Postfix cannot read.
break_postfix() {
	echo 'this is no setting' >>/etc/postfix/main.cf
	! postconf -h smtpd_milters
}

mend_postfix() {
	sed -i '/^this is no setting$/d' /etc/postfix/main.cf
}

# forget_postfix: a host that never had one.
forget_postfix() {
	systemctl stop 'postfix*'
	! getent passwd postfix || userdel postfix
	! getent group postfix || groupdel postfix
}

# only_group: there is a group postfix, and no such user.
only_group() {
	getent group postfix
	[ -z "$(getent passwd postfix)" ]
}

# in_group: the user postfix is in the group postfix.
in_group() {
	[ "$(id -gn postfix)" = postfix ]
}

# elsewhere: the commands of README.Debian for a queue elsewhere, to the letter.
elsewhere() {
	local manual=/usr/share/doc/mailreeve-milter/README.Debian
	sed -n '/^A queue elsewhere/,/^  These files/s/^       //p' \
		"$manual" >/tmp/commands
	sed -n '/^  These files/,/^Postfix that/s/^       //p' \
		"$manual" >/tmp/leave
	[ "$(wc -l </tmp/commands)" -gt 5 ]
	systemctl stop postfix
	cp -a /var/spool/postfix /srv/queue
	rm -r /srv/queue/mailreeve
	postconf queue_directory=/srv/queue
	bash -ex /tmp/commands
	systemctl start postfix
	[ -S /srv/queue/mailreeve/milter.sock ]
	mailreeve-milter -t
}

# not_elsewhere: and what it says of taking that away again.
not_elsewhere() {
	bash -ex /tmp/leave
	[ ! -e /srv/queue/mailreeve ]
}

# policy_installed: the policy daemon runs as its own user, started once, behind
# a socket that systemd keeps.
policy_installed() {
	local page
	set -x
	systemctl is-active mailreeve-policyd.socket mailreeve-policyd.service
	systemctl is-enabled mailreeve-policyd.socket mailreeve-policyd.service
	[ "$(systemctl show -P NRestarts mailreeve-policyd)" = 0 ]
	id -nG mailreeve-policyd | grep -x 'mailreeve-policyd postfix postdrop'
	owned /var/spool/postfix/mailreeve/policy.sock 660 mailreeve-policyd postfix
	owned /var/lib/mailreeve/policyd 750 mailreeve-policyd mailreeve-policyd
	owned /var/lib/mailreeve/locked 755 mailreeve-policyd mailreeve-policyd
	owned /var/lib/mailreeve/locked/users 644 mailreeve-policyd mailreeve-policyd
	systemctl show -P ReadWritePaths mailreeve-policyd |
		grep -F /var/lib/mailreeve/locked
	systemctl cat mailreeve-policyd-feed.service
	[ "$(systemctl is-enabled mailreeve-policyd-feed.service)" = disabled ]
	[ -s /usr/share/mailreeve/dovecot/05-mailreeve-locked-2.3.conf ]
	[ -s /usr/share/mailreeve/dovecot/05-mailreeve-locked-2.4.conf ]
	[ -S /run/mailreeve/policyd.sock ]
	[ -s /etc/mailreeve/policyd.conf ]
	for page in man8/mailreeve-policyd.8 man8/mailreeve-policyctl.8 \
		man5/mailreeve-policyd.conf.5; do
		[ -s "/usr/share/man/$page.gz" ]
	done
	mailreeve-policyd -t
	mailreeve-policyctl show
	systemd-analyze verify --man=no mailreeve-policyd.service \
		mailreeve-policyd.socket
}

# policy_lines: those of its README.Debian.
policy_lines() {
	local ask='check_policy_service { unix:mailreeve/policy.sock, timeout=5s, try_limit=2, default_action=DUNNO }'
	postconf \
		"smtpd_recipient_restrictions = $ask, permit_mynetworks, reject_unauth_destination" \
		"smtpd_data_restrictions = $ask" \
		"smtpd_end_of_data_restrictions = $ask"
	postfix reload
}

# policy_notice: what the daemon's user may do in the sandbox of its unit.
policy_notice() {
	systemd-run --wait --pipe -p User=mailreeve-policyd \
		-p 'SupplementaryGroups=postfix postdrop' -p NoNewPrivileges=yes \
		-p ProtectSystem=strict \
		-p 'ReadWritePaths=/var/spool/postfix/maildrop /var/spool/postfix/public' \
		/usr/sbin/sendmail -i -f '' bob@mx.a.example <<-MAIL
	Subject: notice

	An account looks stolen.
	MAIL
	sleep 5
	grep -rx 'Subject: notice' /home/bob/Maildir/new
}

# policy_edit: as an operator does.
policy_edit() {
	echo 'max_connections = 3000 # by the operator' \
		>>/etc/mailreeve/policyd.conf
	systemctl reload mailreeve-policyd
}

# working_dovecot: stock, with a Maildir for each of the system's users.
working_dovecot() {
	case $(dovecot --version) in
	2.3.*) echo 'mail_location = maildir:~/Maildir' ;;
	*) printf '%s\n' 'mail_driver = maildir' 'mail_path = ~/Maildir' \
		'mail_inbox_path = ' ;;
	esac >/etc/dovecot/conf.d/95-test.conf
	doveconf -n >/dev/null
	systemctl restart dovecot
}

# lmtp COUNT: so many messages of 100 kB for bob at once; print how many he got.
lmtp() {
	local i pids=() stored=0
	for ((i = 0; i < $1; i++)); do
		smtp-source -L -m 1 -l 100000 -f alice@a.example -t bob \
			unix:/run/dovecot/lmtp 2>>/tmp/lmtp.log &
		pids+=($!)
	done
	for i in "${pids[@]}"; do
		! wait "$i" || stored=$((stored + 1))
	done
	echo "$stored stored"
}

# quota_installed: the daemon runs as its own user, started once, behind a socket
# that systemd keeps, and Dovecot does not know of the plugin.
quota_installed() {
	local page
	set -x
	systemctl is-active mailreeve-quotad.socket mailreeve-quotad.service \
		mailreeve-quota-repair.timer
	systemctl is-enabled mailreeve-quotad.socket mailreeve-quotad.service \
		mailreeve-quota-repair.timer
	[ "$(systemctl show -P NRestarts mailreeve-quotad)" = 0 ]
	owned /run/mailreeve/quotad.sock 666 root root
	owned /var/lib/mailreeve/quotad 750 mailreeve-quotad mailreeve-quotad
	owned /run/mailreeve-quotad 700 mailreeve-quotad mailreeve-quotad
	for page in man8/mailreeve-quotad.8 man8/mailreeve-quotactl.8 \
		man5/mailreeve-quotad.conf.5; do
		[ -s "/usr/share/man/$page.gz" ]
	done
	mailreeve-quotad -t
	mailreeve-quotactl status
	systemd-analyze verify --man=no mailreeve-quotad.service \
		mailreeve-quotad.socket mailreeve-quota-repair.service
}

# quota_in_use: what its README.Debian says, with numbers of ours.
quota_in_use() {
	local series
	series=$(dovecot --version | cut -d. -f1,2)
	cp "/usr/share/mailreeve/dovecot/90-mailreeve-quota-$series.conf" \
		/etc/dovecot/conf.d/
	sed -i 's/\b1G\b/1M/' "/etc/dovecot/conf.d/90-mailreeve-quota-$series.conf"
	doveconf -n >/dev/null
	systemctl reload dovecot
	echo bob | mailreeve-quotactl import -
}

# quota_edit: as an operator does.
quota_edit() {
	echo 'limit "user/bob" { messages = 1000 } # by the operator' \
		>>/etc/mailreeve/quotad.conf
	systemctl reload mailreeve-quotad
}

# quota_agrees: the ledger has what bob's mailboxes hold.
quota_agrees() {
	sleep 0.2
	mailreeve-quotactl verify bob
}

# quota_not_dirty: nobody is to be counted anew.
quota_not_dirty() {
	mailreeve-quotactl --json status
	mailreeve-quotactl --json status | grep '"dirty":0'
}

# quota_stream: mail to bob, one by one, each removed again, until $STREAM/stop is
# there.
quota_stream() {
	local sent=0 deferred=0
	mkdir "$STREAM"
	while [ ! -e "$STREAM/stop" ]; do
		smtp-source -L -m 1 -l 1000 -f alice@a.example -t bob \
			unix:/run/dovecot/lmtp 2>>"$STREAM/reasons" || deferred=$((deferred + 1))
		sent=$((sent + 1))
		echo "$sent" >"$STREAM/sent"
		sleep 0.02
	done
	echo "$deferred" >"$STREAM/deferred"
}

# quota_killed: who kills the daemon has everybody counted.
quota_killed() {
	systemctl kill -s KILL mailreeve-quotad
	sleep 2
	systemctl is-active mailreeve-quotad
	mailreeve-quotactl --json status | grep '"dirty":1'
	systemctl start mailreeve-quota-repair
	quota_not_dirty
}

"$@"
