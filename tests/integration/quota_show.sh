#!/bin/bash
# quota_show.sh QUOTAD PLUGIN: for people: fifty messages at once, by IMAP, for a mailbox
# with room for ten, by stock's driver and by ours.  Prints what was stored, what
# those who did not fit were told, and what quotad logged, in lines "NAME: text".
set -u
# shellcheck source=quota_common.sh
. "$(dirname "$0")/quota_common.sh"

# crowd DRIVER: what is stored in the end, and one refusal.
crowd() {
	local said stored
	quota_new maildir sqlite "$1"
	quota_up
	said=$(python3 "$CASES/quota_race.py" append slow 50 100000 bob@b.example)
	stored=$(held bob@b.example)
	echo "$1: ${stored#* }"
	if [ "$1" = user ]; then
		echo "refusal: ${said#* * * }"
		echo "log: $(grep -m 1 ' refused ' "$LAB/quotad.log")"
		doveadm_ quota get -u bob@b.example | sed 's/^/quota: /'
	fi
	quota_down
}

crowd count
crowd user
