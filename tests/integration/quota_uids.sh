#!/bin/bash
# quota_uids.sh QUOTAD PLUGIN QUOTACTL: mailboxes that each have an owner of their
# own, as a server with system users has them: each books for himself, nobody for
# somebody else, and they share a domain that cannot be overshot.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

# The users a, b and c are 5001, 5002 and 5003.
passwd_file() {
	local i=5000 name
	for name in a b c; do
		i=$((i + 1))
		echo "$name@d.example::$i:$i::$LAB/home/$name@d.example::"
	done
}

userdb_2.3() {
	cat <<-EOT
	userdb {
	  driver = passwd-file
	  args = $LAB/passwd
	}
	EOT
}

userdb_2.4() {
	cat <<-EOT
	userdb passwd-file {
	  passwd_file_path = $LAB/passwd
	}
	EOT
}

homes() {
	local user i=5000
	passwd_file >"$LAB/passwd"
	for user in a b c; do
		i=$((i + 1))
		install -d -o $i -g $i "$LAB/home/$user@d.example"
	done
}

# does USER SCRIPT ANSWERS
does() {
	local said
	said=$(timeout 60 python3 "$CASES/quota_mailbox.py" "$1" "$2" 2>&1 |
		tr '\n' ' ' | sed 's/ $//')
	# shellcheck disable=SC2053 # a pattern
	[[ $said == $3 ]] || fail "$1, $2: \"$said\" is not \"$3\""
}

agrees() {
	local held
	held=$(held a@d.example b@d.example c@d.example)
	[ "$(used domain/d.example)" = "${held% *}" ] ||
		fail "$1: the domain has $(used domain/d.example), not $held"
}

# as_user UID HOLDER KEY: what quotad answers when that user asks for room.
as_user() {
	python3 "$CASES/quota_ask.py" "$LAB/keep/quotad.sock" "$@"
}

# race HOW: fifty at once, where ten fit into the domain.
race() {
	local taken refused rest
	read -r taken refused rest < <(python3 "$CASES/quota_race.py" "$1" \
		slow 50 100000 a@d.example,b@d.example)
	[ "$taken $refused" = '10 40' ] || fail "$1: $taken $refused $rest"
	agrees "$1"
}

OWNER=5999 # of nothing
quota_new maildir sqlite both
homes
quota_up
does a@d.example 'append INBOX 1000' 'NO:*'
grep -q 'peer_denied uid=5001' "$LAB/quotad.log" || fail "no word of it"
does a@d.example 'lmtp 1000;append INBOX 1000;expunge INBOX 1' 'ok ok ok'
echo b@d.example | "$QUOTACTL" --socket "$LAB/keep/quotad.sock" \
	--doveadm "doveadm -c $LAB/dovecot.conf" import - >/dev/null ||
	fail "no import"
does b@d.example 'append INBOX 1000;quota' 'ok *'
agrees "bound by a delivery, and by import"
say "who was delivered to, or counted by root, books for himself"

[ "$(as_user 5001 a@d.example user/a@d.example)" = OK ] || fail "not himself"
[ "$(as_user 5001 b@d.example user/b@d.example)" = DENIED ] || fail "another"
[ "$(as_user 5001 a@d.example user/b@d.example)" = DENIED ] || fail "another"
[ "$(as_user 5003 a@d.example domain/d.example)" = DENIED ] || fail "another"
say "and for nobody else"
quota_down

for how in append lmtp; do
	quota_new maildir sqlite both
	homes
	quota_up
	doveadm_ quota recalc -A || fail "no recount"
	race "$how"
	quota_down
done
say "fifty at once, by two owners, and a domain for ten: exactly ten"
