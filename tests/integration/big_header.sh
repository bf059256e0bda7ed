#!/bin/bash
# A header field of 90 kB is signed and verified in the form that a real Postfix
# gives it.  That is 60,000 bytes: where a milter is configured, Postfix's
# cleanup cuts a field there (KLUDGE_HEADER_LIMIT in cleanup_message.c), whatever
# header_size_limit says, before the milter and the queue see it.  All 90 kB and
# more reach the milter from a client of our own: scenario.robust-line.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# references COUNT: that many message ids, one a line.
references() {
	local number
	for ((number = 1; number <= $1; number++)); do
		printf ' <%072d@a.example>\n' "$number"
	done
}

begin
two_hosts
start_hosts 10.53.0.50/32
{
	printf 'From: Alice <alice@a.example>\nTo: Bob <bob@b.example>\n'
	printf 'Date: %s\nMessage-ID: <big@a.example>\n' "$(date -R)"
	printf 'Subject: A long thread\nReferences:\n'
	references 1050
	printf '\nHello Bob\n'
} | sed 's/$/\r/' >"$LAB/big.eml"
lab_on home curl -sS --url smtp://mx.a.example/home.example \
	--mail-from alice@a.example --mail-rcpt bob@b.example \
	--upload-file "$LAB/big.eml" || fail "mx.a.example does not take it"
lab_wait 30 bob_has 1 || fail "it does not arrive"
message=$(find "$(bob)" -type f)
ids=$(grep -c '^ <0[0-9]*@a.example>' "$message")
size=$(references "$ids" | wc -c)
[ "$size" -gt 59000 ] || fail "only $size bytes of the field arrived"
tr -d '\r\n\t ' <"$message" | grep -q 'h=[^;]*:References[:;]' ||
	fail "the field was not signed"
judge 1
settle
say "a References field arrived with $size bytes, signed and verified"
