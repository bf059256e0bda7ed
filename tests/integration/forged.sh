#!/bin/bash
# Whatever spelling a stranger finds for a field that could be taken for ours, a
# stock Postfix takes it out when the milter says so: blanks before the colon,
# folds, other cases, control bytes.  Fields of others arrive as they were sent.
set -u
# shellcheck source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

begin
two_hosts
start_hosts 10.53.0.50/32
us=mx.b.example
{
	printf 'Authentication-Results: %s; dmarc=pass forged=1\n' "$us"
	printf 'Authentication-Results : %s; dmarc=pass forged=2\n' "$us"
	printf 'AUTHENTICATION-RESULTS\t:\n %s; dmarc=pass forged=3\n' "$us"
	printf 'Authentication-Results:\n\t(x\n\ty)\n\t%s 1;\n\tforged=4\n' "$us"
	printf 'Authentication-Results: "MX.b.\\example." 7; forged=5\n'
	printf 'Authentication-Results: mx.b.\001example; forged=6\n'
	printf 'Authentication-Results: other.example; dmarc=pass kept=1\n'
	printf 'Authentication-Results: mx2.%s; dmarc=pass forged=7\n' "$us"
	printf 'Authentication-Results: b.example; dmarc=pass forged=8\n'
	printf 'Received-SPF \t: pass (%s: so it is) forged=9\n' "$us"
	printf 'Received-SPF: pass (other.example: so it is) kept=2\n'
	printf 'X-Mailreeve-Verdict : none; forged=10\n'
	printf 'x-mailreeve-score:\n -9 forged=11\n'
	printf 'Authentication-Results: %s; dmarc=pass forged=12\n' "$us"
	printf 'From: Ann <ann@elsewhere.example>\nTo: Bob <bob@b.example>\n'
	printf 'Date: %s\nMessage-ID: <1@elsewhere.example>\n' "$(date -R)"
	printf 'Subject: Of trust\n\nHello Bob\n'
} | sed 's/$/\r/' >"$LAB/forged.eml"
lab_on home curl -sS --url "smtp://$us/home.example" \
	--mail-from ann@elsewhere.example --mail-rcpt bob@b.example \
	--upload-file "$LAB/forged.eml" || fail "$us does not take it"
lab_wait 30 bob_has 1 || fail "it does not arrive"
message=$(find "$(bob)" -type f)
if grep -a 'forged=' "$message"; then
	fail "that arrived"
fi
[ "$(grep -ac 'kept=[12]$' "$message")" = 2 ] ||
	fail "fields of others are gone"
[ "$(grep -aic "^authentication-results: $us;" "$message")" = 1 ] ||
	fail "there is not one field of ours"
settle
say "12 forged fields are gone, 2 of others arrived"
