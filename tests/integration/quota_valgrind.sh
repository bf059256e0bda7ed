#!/bin/bash
# quota_valgrind.sh QUOTAD PLUGIN QUOTACTL: Dovecot's processes with our plugin
# under valgrind: nothing of it touches memory that it should not, or leaks.
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

if ! command -v valgrind >/dev/null; then
	echo "skipped: needs valgrind"
	exit 77
fi

# under PROGRAM: Dovecot's setting of a service that valgrind looks at.
under() {
	echo "service $1 {
	executable = /usr/bin/valgrind -q --vgdb=no --leak-check=full --log-file=/mnt/$1.%p /usr/lib/dovecot/$1
	vsz_limit = 4G
	}"
}

chmod 1777 /mnt
quota_new maildir sqlite both "$(under imap)" "$(under lmtp)"
quota_up
said=$(timeout 120 python3 "$CASES/quota_mailbox.py" u@d.example \
	'append INBOX 300000;append INBOX 900000;create A;copy INBOX 1 A;move INBOX 1 A;expunge A 1;lmtp 1000;quota;delete A' |
	tr '\n' ' ')
[[ $said == 'ok over ok ok ok ok ok '*'1024 ok ' ]] || fail "$said"
doveadm_ stop
gone() {
	! pgrep -f '^/usr/bin/valgrind' >/dev/null
}
until_it 30 gone || fail "they do not end"
logs=(/mnt/imap.* /mnt/lmtp.*)
if [ ! -e "${logs[0]}" ] || [ "${#logs[@]}" -lt 2 ]; then
	fail "valgrind saw nothing"
fi
if grep -h . "${logs[@]}"; then
	fail "valgrind found something"
fi
quota_down
say "valgrind finds nothing in ${#logs[@]} processes"
