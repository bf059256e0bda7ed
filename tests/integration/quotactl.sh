#!/bin/bash
# quotactl.sh QUOTAD PLUGIN QUOTACTL: the admin's command, beside a server that
# had stock's count before: taken over, looked at, limited, compared, repaired.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

ctl() {
	"$QUOTACTL" --socket "$LAB/keep/quotad.sock" \
		--doveadm "doveadm -c $LAB/dovecot.conf" "$@" 2>&1
}

# says PATTERN ARGUMENT ...: what the command prints.
says() {
	local pattern=$1 said
	shift
	said=$(ctl "$@")
	# shellcheck disable=SC2053 # a pattern
	[[ $said == $pattern ]] || fail "quotactl $*: \"$said\""
}

# exits STATUS ARGUMENT ...
exits() {
	local wanted=$1 status
	shift
	ctl "$@" >/dev/null
	status=$?
	[ "$status" = "$wanted" ] || fail "quotactl $* exits with $status"
}

deliver() {
	python3 "$CASES/quota_mailbox.py" "$1" "$2"
}

# take_over DRIVER: a server with that, and mail; then the same with ledger, where
# everybody is counted before mail comes.
take_over() {
	local user
	quota_new maildir sqlite "$1"
	quota_up
	for user in a@x.example b@x.example; do
		[ "$(deliver "$user" 'append INBOX 100000;lmtp 50000')" = \
			$'ok\nok' ] || fail "mail does not come in"
	done
	doveadm_ stop
	ROOTS=both
	quotad_configure
	"dovecot_$VERSION" >"$LAB/dovecot.conf"
	quota_up
	printf 'a@x.example\nb@x.example\n' | ctl import - >"$LAB/said" ||
		fail "import: $(cat "$LAB/said")"
	exits 0 verify --all
}

if [ "$VERSION" = 2.3 ]; then
	take_over dict
	quota_down
	say "taken over from dict"
fi

# What maildirsize says holds where Dovecot has no limit any more.
LIMIT=200k take_over maildir
says '*200.0k (dovecot)*' get user/a@x.example
doveadm_ stop
LIMIT=0
"dovecot_$VERSION" >"$LAB/dovecot.conf"
dovecot_up
doveadm_ quota recalc -u a@x.example
says '*user/a@x.example *k * 2 * - *- *- *-*' get user/a@x.example
exits 0 import a@x.example
says '*200.0k (set)*' get user/a@x.example
rm "$LAB/home/b@x.example/mail/maildirsize"
mkfifo "$LAB/home/b@x.example/mail/maildirsize"
exits 0 import b@x.example
LIMIT=1M
quota_down
say "taken over from Maildir++"

take_over count
says '*domain/x.example*293.*k*4*28%*1.0M (dovecot)*' get domain/x.example
says '*domain/x.example*user/a@x.example*user/b@x.example*' list
says '*a@x.example*under way*user/a@x.example*domain/x.example*' holders
says '*"account":"domain/x.example"*"schema":1*' --json get domain/x.example
says '*domain/x.example*' top domain/ 1

# Limits of one account go before Dovecot's, and back.
exits 0 set domain/x.example storage=400k soft_storage=350k period=1h
says '*400.0k (set)*350.0k (set)*' get domain/x.example
[ "$(deliver a@x.example 'append INBOX 120000')" = over ] ||
	fail "the limit that was set does not hold"
[ "$(deliver a@x.example 'append INBOX 80000')" = ok ] ||
	fail "what fits does not come in"
exits 0 set domain/x.example storage=unset soft_storage=unset
says '*1.0M (dovecot)*' get domain/x.example

# What somebody takes away behind everybody's back is found, and mended.
rm -f "$LAB"/home/b@x.example/mail/{cur,new}/*
doveadm_ mailbox status -u b@x.example messages INBOX >/dev/null
exits 1 verify --all
says '*b@x.example: the ledger has * the mailboxes 0 in 0*' verify b@x.example
exits 0 repair b@x.example
exits 0 verify --all
exits 0 dirty a@x.example
says '*"dirty":1*' --json status
exits 0 repair --dirty
says '*"dirty":0*' --json status

# Who is not there any more.
exits 0 forget b@x.example
exits 67 get b@x.example
exits 0 bind 1234 a@x.example user/a@x.example
exits 0 unbind 1234 a@x.example

# A line for each change.
ctl --json watch >"$LAB/watched" &
watcher=$!
sleep 0.3
deliver a@x.example 'append INBOX 1000' >/dev/null
until_it 5 grep -q '"account":"user/a@x.example"' "$LAB/watched" ||
	fail "watch shows nothing"
kill "$watcher"

# Mistakes.
exits 64 nonsense
exits 64 set domain/x.example storage=lots
exits 64 set x storage=1G
exits 67 get nobody@nowhere.example
says '*start it, with: systemctl start mailreeve-quotad*' \
	--socket /nonexistent/socket status
exits 69 --socket /nonexistent/socket status
quota_down
say "taken over, shown, limited, compared, repaired, watched"
