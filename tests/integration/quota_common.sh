# quota_common.sh: one stock Dovecot, 2.3 or 2.4, with our plugin and quotad, in
# namespaces of its own: whatever ends the test ends them all, and its loopback
# is nobody else's.  Sourced by bash; the arguments of the test are the programs.
# shellcheck shell=bash

QUOTAD=${1:?usage: $0 QUOTAD PLUGIN QUOTACTL}
PLUGIN=${2:?usage: $0 QUOTAD PLUGIN QUOTACTL}
# shellcheck disable=SC2034 # for those who source this
QUOTACTL=${3:-}
CASES=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
MODULES=/usr/lib/dovecot/modules
OWNER=5990 # of all mailboxes; a number without a name
LAB=''

if [ "$(id -u)" != 0 ] || ! command -v dovecot >/dev/null; then
	echo "skipped: needs root and Dovecot"
	exit 77
fi
if [ -z "${QUOTA_INSIDE:-}" ]; then
	QUOTA_INSIDE=yes exec setpriv --pdeathsig KILL -- unshare --net \
		--mount --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi
ip link set lo up
# Mailboxes have an owner, who could not reach a private TMPDIR.
mount -t tmpfs -o mode=755 tmpfs /mnt || exit 1
VERSION=$(dovecot --version | cut -d. -f1,2)
LIMIT=${LIMIT:-1M} LISTEN=${LISTEN:-127.0.0.1}

say() {
	printf '%s\n' "$*"
}

# fail TEXT: the test has failed; show what the programs logged.
fail() {
	say "failed: $*"
	[ -z "$LAB" ] || tail -n 12 "$LAB/dovecot.log" "$LAB/quotad.log"
	exit 1
}

finish() {
	[ -z "$LAB" ] || rm -rf --one-file-system "$LAB"
}
trap finish EXIT

# quota_new FORMAT STORE ROOTS [LINE ...]: make the configuration of a server.
# FORMAT is maildir, mdbox or sdbox; STORE sqlite or redis; ROOTS user, domain,
# both, or none; or stock's own driver: count, maildir or (2.3) dict.  The lines are Dovecot's.
quota_new() {
	finish
	LAB=$(mktemp -d -p /mnt) || fail "no folder"
	chmod 755 "$LAB"
	mkdir "$LAB"/{run,home,modules,keep}
	chown "$OWNER:$OWNER" "$LAB/home"
	chown nobody "$LAB/keep"
	ln -s "$MODULES"/* "$PLUGIN" "$LAB/modules/"
	FORMAT=$1 STORE=$2 ROOTS=$3
	shift 3
	quotad_configure
	{
		"dovecot_$VERSION" && printf '%s\n' "$@"
	} >"$LAB/dovecot.conf"
	# 2.4 looks for settings in its own folder alone.
	[ "$VERSION" = 2.3 ] || settings_mount
}

settings_mount() {
	local folder=$LAB/settings
	mkdir "$folder"
	cp "$MODULES"/settings/*.so "$folder" 2>/dev/null
	cp "${PLUGIN%_plugin.so}_settings.so" "$folder" ||
		fail "no module of settings"
	mount --bind "$folder" "$MODULES/settings" || fail "no mount"
}

quotad_configure() {
	local store=$LAB/keep/ledger.sqlite
	[ "$STORE" != redis ] || store=redis:unix:$LAB/keep/redis.sock
	cat >"$LAB/quotad.conf" <<-EOT
	socket = "$LAB/keep/quotad.sock"
	user = "nobody"
	store = "$store"
	trusted_users = {"$OWNER"}
	lease_ttl = 5s
	$QUOTAD_MORE
	EOT
}
QUOTAD_MORE=''

# roots_2.3, roots_2.4: what ROOTS says, 1 MB wherever a limit is.
roots_2.3() {
	case $ROOTS in
	none) return ;;
	count) echo "quota = count:User quota
		quota_vsizes = yes" ;;
	maildir) echo "quota = maildir:User quota" ;;
	dict) echo "quota = dict:User quota::file:%h/dict" ;;
	user | both) echo "quota = ledger:User quota:user" ;;
	domain) echo "quota = ledger:Domain quota:domain" ;;
	esac
	echo "quota_rule = *:storage=$LIMIT
		quota_rule2 = Trash:storage=+10%%
		quota_grace = 0"
	[ "$ROOTS" != both ] || echo "quota2 = ledger:Domain quota:domain
		quota2_rule = *:storage=$LIMIT
		quota2_rule2 = Trash:storage=+10%%
		quota2_grace = 0"
}

roots_2.4() {
	case $ROOTS in
	count | maildir) root_2.4 User "$ROOTS" ;;
	user) root_2.4 "User quota" ledger ;;
	domain) root_2.4 Domain ledger domain ;;
	both) root_2.4 User ledger user && root_2.4 Domain ledger domain ;;
	esac
}

root_2.4() {
	cat <<-EOT
	quota "$1" {
	  driver = $2
	  quota_storage_size = $LIMIT
	  quota_storage_grace = 0
	  ${3:+quota_ledger_key = $3}
	}
	EOT
}

# is_ours: whether the roots are of our driver.
is_ours() {
	[[ $ROOTS = user || $ROOTS = domain || $ROOTS = both ]]
}

plugins() {
	[ "$ROOTS" = none ] ||
		echo "quota $(is_ours && echo mailreeve_quota) $PLUGINS_MORE"
}
PLUGINS_MORE=''

# userdb_2.3, userdb_2.4: everybody is there, and all mailboxes are OWNER's.
userdb_2.3() {
	cat <<-EOT
	userdb {
	  driver = static
	  args = uid=$OWNER gid=$OWNER home=$LAB/home/%u allow_all_users=yes
	}
	EOT
}

userdb_2.4() {
	cat <<-EOT
	userdb static {
	  fields {
	    uid = $OWNER
	    gid = $OWNER
	    home = $LAB/home/%{user}
	  }
	  userdb_static_allow_all_users = yes
	}
	EOT
}

# sieve_2.3, sieve_2.4: settings for LMTP with the script /mnt/filter.sieve.
sieve_2.3() {
	echo 'protocol lmtp {
	mail_plugins = quota mailreeve_quota sieve
	}
	plugin {
	sieve = file:/mnt/filter.sieve
	}'
}

sieve_2.4() {
	echo 'protocol lmtp {
	  mail_plugins {
	    sieve = yes
	  }
	  sieve_script personal {
	    path = /mnt/filter.sieve
	  }
	}'
}

dovecot_2.3() {
	cat <<-EOT
	$(dovecot_common)
	disable_plaintext_auth = no
	mail_location = $FORMAT:%h/mail
	mail_plugins = $(plugins)
	passdb {
	  driver = static
	  args = nopassword=y
	}
	$(userdb_2.3)
	protocol imap {
	  mail_plugins = $(plugins) imap_quota
	}
	plugin {
	  $(roots_2.3)
	  mailreeve_quota_socket = $LAB/keep/quotad.sock
	}
	EOT
}

dovecot_2.4() {
	local name
	cat <<-EOT
	dovecot_config_version = 2.4.1
	dovecot_storage_version = 2.4.1
	$(dovecot_common)
	auth_allow_cleartext = yes
	lmtp_user_concurrency_limit = unlimited
	mail_driver = $FORMAT
	mail_path = %{home}/mail
	mail_plugins {
	$(for name in $(plugins); do echo "  $name = yes"; done)
	}
	protocol imap {
	  mail_plugins {
	    $([ "$ROOTS" = none ] || echo "imap_quota = yes")
	  }
	}
	passdb static {
	  passdb_static_password = x
	}
	$(userdb_2.4)
	$(roots_2.4)
	$(is_ours && echo "mailreeve_quota_socket = $LAB/keep/quotad.sock")
	EOT
}

dovecot_common() {
	cat <<-EOT
	base_dir = $LAB/run
	log_path = $LAB/dovecot.log
	listen = $LISTEN
	ssl = no
	protocols = imap lmtp
	first_valid_uid = 100
	mail_plugin_dir = $LAB/modules
	mail_max_userip_connections = 1000
	namespace inbox {
	  inbox = yes
	  separator = /
	  mailbox Trash {
	    special_use = \Trash
	    auto = create
	    $([ "$VERSION" = 2.3 ] || echo "quota_storage_percentage = 110")
	  }
	}
	service imap-login {
	  inet_listener imap {
	    port = 14143
	  }
	  inet_listener imaps {
	    port = 0
	  }
	}
	service lmtp {
	  inet_listener lmtp {
	    port = 14024
	  }
	}
	EOT
}

# until SECONDS COMMAND ...: try until the command succeeds.
until_it() {
	local end=$((SECONDS + $1))
	shift
	until "$@" 2>/dev/null; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.05
	done
}

answers() {
	(: <"/dev/tcp/$LISTEN/$1") 2>/dev/null
}

quotad_up() {
	"$QUOTAD" -c "$LAB/quotad.conf" >>"$LAB/quotad.log" 2>&1 &
	QUOTAD_PID=$!
	until_it 10 test -S "$LAB/keep/quotad.sock" ||
		fail "quotad does not start"
}

redis_up() {
	local server
	server=$(command -v valkey-server || command -v redis-server) ||
		fail "there is no Valkey and no Redis"
	"$server" --port 0 --unixsocket "$LAB/keep/redis.sock" \
		--unixsocketperm 777 --save '' --dir "$LAB/keep" \
		>"$LAB/redis.log" 2>&1 &
	REDIS_PID=$!
	until_it 10 test -S "$LAB/keep/redis.sock" || fail "no Redis"
}

quota_up() {
	[ "$STORE" != redis ] || redis_up
	! is_ours || quotad_up
	dovecot_up
}

dovecot_up() {
	dovecot -c "$LAB/dovecot.conf" || fail "Dovecot does not start"
	until_it 10 answers 14143 && until_it 10 answers 14024 ||
		fail "Dovecot does not listen"
}

# quota_down: end what quota_up started.  No process may have died, unless its
# last words contain LAST_WORDS.
quota_down() {
	doveadm -c "$LAB/dovecot.conf" stop 2>/dev/null
	[ -z "${QUOTAD_PID:-}" ] || kill "$QUOTAD_PID" 2>/dev/null
	[ -z "${REDIS_PID:-}" ] || kill "$REDIS_PID" 2>/dev/null
	wait 2>/dev/null
	QUOTAD_PID='' REDIS_PID=''
	[ ! -d "$LAB/settings" ] || umount "$MODULES/settings"
	grep -E 'Panic|Fatal' "$LAB/dovecot.log" |
		grep -v -e 'list.index.log.*deadlock' -e 'killed with signal' \
			-e "${LAST_WORDS:-killed with signal}" |
		grep . && fail "Dovecot panics"
	return 0
}

doveadm_() {
	doveadm -c "$LAB/dovecot.conf" "$@"
}

redis_cli() {
	"$(command -v valkey-cli || command -v redis-cli)" \
		-s "$LAB/keep/redis.sock" "$@"
}

# used KEY: the bytes that the ledger has for an account, once it has heard what
# waits for company (LATER_MS of link.c).
used() {
	sleep 0.05
	if [ "$STORE" = redis ]; then
		redis_cli GET "mailreeve:1:quota:account:$1" | cut -d' ' -f2
	else
		sqlite3 "$LAB/keep/ledger.sqlite" \
			"SELECT used_bytes FROM account WHERE key = '$1'"
	fi
}

# held: what mailboxes hold, in bytes and messages, of the users named.
held() {
	local user
	for user in "$@"; do
		doveadm_ -f flow mailbox status -u "$user" 'messages vsize' '*'
	done | sed 's/.*messages=\([0-9]*\) .*vsize=\([0-9]*\).*/\1 \2/' |
		awk '{ messages += $1; bytes += $2 }
			END { print bytes + 0, messages + 0 }'
}
