#!/bin/bash
# quota_status.sh ASK: what stock Dovecot's quota-status says of mailboxes is
# understood, in its own words and in an operator's, and a Dovecot that starts
# anew under an idle connection is asked again.
set -u
ask=$1
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
[[ -x /usr/lib/dovecot/quota-status ]] || exit 77
# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	exec 3>&- 4<&-
	stop
	wait
	rm -rf "$folder"
}
trap cleanup EXIT

stop() {
	[[ -s $folder/run/master.pid ]] || return 0
	doveadm -c "$folder/dovecot.conf" stop
	while [[ -s $folder/run/master.pid ]]; do sleep 0.05; done
}

# start: Dovecot, with the settings from the standard input.
start() {
	{
		common
		cat
	} >"$folder/dovecot.conf"
	dovecot -c "$folder/dovecot.conf" || {
		problem "dovecot does not start"
		exit 1
	}
}

# common: what both series of Dovecot call the same.
common() {
	local version
	version=$(dovecot --version)
	version=${version%%[ -]*}
	case $version in
	2.3.*) ;;
	*)
		echo "dovecot_config_version = $version"
		echo "dovecot_storage_version = $version"
		;;
	esac
	cat <<-CONF
	base_dir = $folder/run
	state_dir = $folder/run
	log_path = $folder/log
	protocols =
	ssl = no
	default_internal_user = $user
	default_internal_group = $group
	default_login_user = $user
	first_valid_uid = 1
	first_valid_gid = 1
	service quota-status {
	  executable = quota-status -p postfix
	  unix_listener $folder/socket {
	    mode = 0666
	  }
	  client_limit = 1
	}
	CONF
	case $version in
	2.3.*) series_23 ;;
	*) series_24 ;;
	esac
}

series_23() {
	cat <<-CONF
	mail_location = maildir:~/Maildir
	mail_plugins = quota
	passdb {
	  driver = passwd-file
	  args = $folder/users
	}
	userdb {
	  driver = passwd-file
	  args = $folder/users
	}
	plugin {
	  quota = count:User quota
	  quota_vsizes = yes
	  quota_rule = *:storage=100k
	  quota_grace = 0
	}
	CONF
}

series_24() {
	cat <<-CONF
	mail_driver = maildir
	mail_path = ~/Maildir
	mail_plugins {
	  quota = yes
	}
	passdb passwd-file {
	  passwd_file_path = $folder/users
	}
	userdb passwd-file {
	  passwd_file_path = $folder/users
	}
	quota "User quota" {
	  driver = count
	}
	quota_storage_size = 100k
	quota_storage_grace = 0
	CONF
}

# own NAME VALUE: a setting of quota-status, as each series has it.
own() {
	case $(dovecot --version) in
	2.3.*) printf 'plugin {\n  %s = %s\n}\n' "$1" "$2" ;;
	*) printf '%s = %s\n' "$1" "$2" ;;
	esac
}

# expect RECIPIENT SIZE REGEX: what the answer must be.
expect() {
	local said=
	echo "$1 $2" >&3
	read -r -t 20 said <&4
	[[ $said =~ ^($3)$ ]] || problem "$1 $2: expected $3, found: $said"
}

mkdir "$folder/mail" "$folder/run"
chmod 755 "$folder/run"
chown "$user:$group" "$folder/mail"
uid=$(id -u "$user")
gid=$(id -g "$user")
printf '%s:{PLAIN}x:%s:%s::%s::%s\n' \
	ann "$uid" "$gid" "$folder/mail/ann" '' \
	bob "$uid" "$gid" "$folder/mail/bob" \
	'userdb_quota_rule=*:storage=10M userdb_quota_storage_size=10M' \
	cut "$uid" "$gid" "$folder/users/cut" '' >"$folder/users"
touch "$folder/log"
chmod 666 "$folder/log"

# More than the whole mailbox may hold: 2.4.1 has no words for that.
large='hard (Quota exceeded|Message is larger).*'

mkfifo "$folder/in" "$folder/out"
"$ask" "unix:$folder/socket" <"$folder/in" >"$folder/out" &
exec 3>"$folder/in" 4<"$folder/out"

expect ann 1 'tempfail -' # nobody is there yet
start </dev/null
expect ann 0 'under -'
expect ann 50000 'under -'
expect ann 200000 "$large"
expect ann+folder 200000 "$large"
expect bob 200000 'under -'
expect bob 20000000 "$large"
expect nobody 1 'unknown .+'
expect ann@elsewhere.example 1 'unknown .+'
expect cut 1 'tempfail .*'
expect ann 200000 "$large"

# As full as may be; then not one byte more.
mkdir -p "$folder/mail/ann/Maildir/"{cur,new,tmp}
head -c 102400 /dev/zero | tr '\0' 'x' \
	>"$folder/mail/ann/Maildir/new/1700000000.M1P1.host,S=102400,W=102400"
chown -R "$user:$group" "$folder/mail"
expect ann 1 'hard Quota exceeded.*'

# Dovecot starts anew, with an operator's words.
stop
start < <(
	own quota_status_success DUNNO
	own quota_status_overquota '452 4.2.2 Mailbox is full'
	own quota_status_nouser DUNNO
)
expect bob 1 'under -'
expect ann 1 'soft Mailbox is full'
expect nobody 1 'under -'
if [[ $failed != 0 ]]; then
	cat "$folder/log" >&2
fi
exit "$failed"
