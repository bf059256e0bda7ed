#!/bin/bash
# What a stock Postfix delivers is what the milter was shown: a message of which
# any reader could think that the victim wrote it has no dmarc=pass, however it
# was put on the wire (NULs, lone CRs, blanks, lines that are no fields).
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# arrived: is the last of the messages there?
arrived() {
	grep -qsa '^Subject: The last$' "$(bob)"/*
}

begin
two_hosts
lab_zone elsewhere.example <<-RECORDS
@ TXT "v=spf1 ip4:10.53.0.50 -all"
_dmarc TXT "v=DMARC1; p=none"
RECORDS
lab_zone victim.example <<-RECORDS
@ TXT "v=spf1 -all"
_dmarc TXT "v=DMARC1; p=reject"
RECORDS
start_hosts 10.53.0.50/32
lab_on home /usr/bin/python3 "$CASES/attacks_mail.py" send mx.b.example ||
	fail "mx.b.example does not take it"
lab_wait 30 arrived || fail "it does not arrive"
/usr/bin/python3 "$CASES/attacks_mail.py" judge "$(bob)" ||
	fail "somebody was fooled"
settle
