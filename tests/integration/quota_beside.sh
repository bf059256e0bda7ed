#!/bin/bash
# quota_beside.sh QUOTAD PLUGIN QUOTACTL: beside what else people run with
# Dovecot: stock's count for users, quota warnings, quota_clone, trash,
# lazy_expunge, hibernation, shared and public namespaces, Sieve, dsync.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

chmod 1777 /mnt

# does USER SCRIPT ANSWERS
does() {
	local said
	said=$(timeout 60 python3 "$CASES/quota_mailbox.py" "$1" "$2" 2>&1 |
		tr '\n' ' ' | sed 's/ $//')
	# shellcheck disable=SC2053 # a pattern
	[[ $said == $3 ]] || fail "$2: \"$said\" is not \"$3\""
}

# has KEY BYTES
has() {
	[ "$(used "$1")" = "$2" ] || fail "$1 has $(used "$1"), not $2"
}

# Each story's settings, for either Dovecot.
count_2.3() {
	echo 'plugin {
	quota2 = count:User quota
	quota2_rule = *:storage=10M
	quota2_grace = 0
	quota_vsizes = yes
	}'
}

count_2.4() {
	echo 'quota User {
	  driver = count
	  quota_storage_size = 10M
	}'
}

count_for_users() {
	quota_new maildir sqlite domain "$("count_$VERSION")"
	quota_up
	local taken refused rest
	read -r taken refused rest < <(python3 "$CASES/quota_race.py" append \
		slow 50 100000 a@d.example,b@d.example)
	[ "$taken $refused" = '10 40' ] || fail "$taken $refused $rest"
	doveadm_ quota get -u a@d.example | grep -q '^User.* STORAGE' ||
		fail "count shows nothing"
	quota_down
	say "count for users, ledger for the domain"
}

warnings_2.3() {
	echo "plugin {
	quota_clone_dict = file:/mnt/clone
	quota_warning = storage=50%% quota-warning 50 %u
	}"
}

warnings_2.4() {
	echo 'quota_clone {
	  dict file {
	    path = /mnt/clone
	  }
	}
	quota "User quota" {
	  quota_warning half {
	    quota_storage_percentage = 50
	    execute quota-warning {
	      args = 50 %{user}
	    }
	  }
	}'
}

warnings_and_clone() {
	cat >/mnt/warn.sh <<-'EOT'
	#!/bin/sh
	echo "$@" >>/mnt/warned
	EOT
	chmod 755 /mnt/warn.sh
	PLUGINS_MORE=quota_clone
	quota_new maildir sqlite user "$("warnings_$VERSION")" \
		'service quota-warning {
	executable = script /mnt/warn.sh
	unix_listener quota-warning {
	mode = 0666
	}
	}'
	quota_up
	does u@d.example 'append INBOX 300000;append INBOX 300000;lmtp 100000' 'ok ok ok'
	until_it 5 grep -qx '50 u@d.example' /mnt/warned || fail "no warning"
	until_it 5 grep -qx "$(used user/u@d.example)" /mnt/clone || fail "$(cat /mnt/clone)"
	quota_down
	say "stock's warnings, and quota_clone"
}

lazy_2.3() {
	echo 'plugin {
	lazy_expunge = Expunged
	quota_rule3 = Expunged:ignore
	}'
}

lazy_2.4() {
	echo 'lazy_expunge_mailbox = Expunged
	namespace inbox {
	  mailbox Expunged {
	    quota_ignore = yes
	  }
	}'
}

lazy_expunge() {
	PLUGINS_MORE=lazy_expunge
	quota_new maildir sqlite user "$("lazy_$VERSION")"
	quota_up
	does u@d.example 'append INBOX 900000;append INBOX 300000;expunge INBOX 1;append INBOX 300000' \
		'ok over ok ok'
	has user/u@d.example 300000
	quota_down
	say "lazy_expunge, into a mailbox that does not count"
}

hibernation() {
	PLUGINS_MORE=''
	quota_new maildir sqlite user 'imap_hibernate_timeout = 1s
	service imap {
	unix_listener imap-master {
	user = dovecot
	}
	}
	service imap-hibernate {
	unix_listener imap-hibernate {
	mode = 0666
	}
	}'
	quota_up
	timeout 30 python3 - <<-'EOT' || fail "after hibernation"
	import imaplib, time
	text = b"Subject: x\r\n\r\n" + b"x" * 300000
	m = imaplib.IMAP4("127.0.0.1", 14143, timeout=10)
	m.login("u@d.example", "x"); m.select()
	assert m.append("INBOX", None, None, text)[0] == "OK"
	m.send(b"i IDLE\r\n"); m.readline(); time.sleep(2)
	m.send(b"DONE\r\n")
	while not m.readline().startswith(b"i "): pass
	assert m.append("INBOX", None, None, text)[0] == "OK"
	assert m.append("INBOX", None, None, text + text)[0] == "NO"
	EOT
	has user/u@d.example 600028
	quota_down
	say "hibernation"
}

trash_2.3() {
	echo '1 Trash' >/mnt/trash.conf
	echo 'plugin {
	trash = /mnt/trash.conf
	}'
}

trash_2.4() {
	echo 'namespace inbox {
	  mailbox Trash {
	    trash_priority = 1
	  }
	}'
}

# What is in the trash goes when it has to, and is counted no more; in 2.3.19,
# beside count too, the mail that made it go is refused once.
trash_makes_room() {
	PLUGINS_MORE=trash
	quota_new maildir sqlite user "$("trash_$VERSION")"
	quota_up
	does u@d.example 'append Trash 600000;append INBOX 400000' 'ok ok'
	does u@d.example 'lmtp 300000;lmtp 300000' '* ok'
	has user/u@d.example "$(held u@d.example | cut -d' ' -f1)"
	does u@d.example 'append INBOX 600000' 'over'
	has user/u@d.example "$(held u@d.example | cut -d' ' -f1)"
	quota_down
	say "trash makes room"
}

shared_2.3() {
	cat <<-EOT
	namespace shared {
	type = shared
	prefix = shared/%%u/
	separator = /
	location = maildir:HOME/%%u/mail
	list = children
	subscriptions = no
	}
	namespace pub {
	type = public
	prefix = Public/
	separator = /
	location = maildir:HOME/public
	list = yes
	}
	plugin {
	quota2 = ledger:Public:public/all:ns=Public/
	quota2_rule = *:storage=500k
	quota2_grace = 0
	}
	EOT
}

shared_2.4() {
	cat <<-EOT
	namespace shared {
	  type = shared
	  prefix = shared/\$user/
	  separator = /
	  mail_path = HOME/%{owner_user}/mail
	  list = children
	  subscriptions = no
	}
	namespace pub {
	  type = public
	  prefix = Public/
	  separator = /
	  mail_path = HOME/public
	  list = yes
	  quota Public {
	    driver = ledger
	    quota_ledger_key = public/all
	    quota_storage_size = 500k
	    quota_storage_grace = 0
	  }
	}
	EOT
}

shared_and_public() {
	quota_new maildir sqlite user "$("shared_$VERSION")"
	sed -i "s|HOME|$LAB/home|" "$LAB/dovecot.conf"
	quota_up
	does a@d.example 'append INBOX 100000;create Public/Box;append Public/Box 200000' \
		'ok ok ok'
	does b@d.example 'append INBOX 1000;append shared/a@d.example 200000;append shared/a@d.example 900000;expunge shared/a@d.example 1' \
		'ok ok over ok'
	does b@d.example 'append Public/Box 200000;append Public/Box 200000;expunge Public/Box 1;append Public/Box 100000' \
		'ok over ok ok'
	has user/a@d.example 200000
	has user/b@d.example 1000
	has public/all 300000
	quota_down
	say "shared mailboxes count for their owner, public ones for themselves"
}

sieve_and_dsync() {
	echo 'require ["fileinto", "mailbox"]; fileinto :create "Filed";' \
		>/mnt/filter.sieve
	quota_new maildir sqlite both "$("sieve_$VERSION")"
	quota_up
	does u@d.example 'lmtp 300000;append INBOX 100000' 'ok ok'
	[ "$(used domain/d.example) 2" = "$(held u@d.example)" ] ||
		fail "filed: $(used domain/d.example), $(held u@d.example)"
	install -d -o "$OWNER" "$LAB/backup"
	doveadm_ backup -u u@d.example "maildir:$LAB/backup/mail" ||
		fail "doveadm backup"
	doveadm_ mailbox delete -u u@d.example Filed || fail "no delete"
	has domain/d.example 100000
	doveadm_ sync -1 -R -u u@d.example "maildir:$LAB/backup/mail"
	doveadm_ quota get -u u@d.example >/dev/null
	[ "$(used domain/d.example) " = "$(held u@d.example | cut -d' ' -f1) " ] ||
		fail "after dsync: $(used domain/d.example), $(held u@d.example)"
	quota_down
	say "Sieve's fileinto, and dsync"
}

count_for_users
warnings_and_clone
# roots_twice_2.3, roots_twice_2.4: two roots for one account.
roots_twice_2.3() {
	echo 'plugin {
	quota2 = ledger:Again:user
	}'
}

roots_twice_2.4() {
	echo 'quota Again {
	  driver = ledger
	}'
}

# What cannot work is said at once, and nobody can take it for a quota.
refused() {
	PLUGINS_MORE=''
	quota_new maildir sqlite user "$("roots_twice_$VERSION")"
	quota_up
	doveadm_ quota get -u u@d.example >"$LAB/said" 2>&1 &&
		fail "two roots for one account work"
	grep -q 'another root is the account user/u@d.example already' "$LAB/said" ||
		fail "$(cat "$LAB/said")"
	quota_down
	# The same plugin for another Dovecot.
	quota_new maildir sqlite user
	rm "$LAB/modules/${PLUGIN##*/}"
	sed 's/\([0-9]\.ABIv\)[0-9]/\1x/' "$PLUGIN" >"$LAB/modules/${PLUGIN##*/}"
	quota_up
	doveadm_ quota get -u u@d.example >"$LAB/said" 2>&1 &&
		fail "it was loaded"
	grep -q 'different ABI version' "$LAB/said" || fail "$(cat "$LAB/said")"
	LAST_WORDS='different ABI version\|returned error 89'
	quota_down
	LAST_WORDS=''
	say "two roots for one account, and the wrong Dovecot, are refused"
}

refused
trash_makes_room
lazy_expunge
hibernation
shared_and_public
sieve_and_dsync
