#!/bin/bash
# explain_steps.sh EXPLAIN: mailreeve-explain prints the whole reasoning: each
# SPF term and look-up, each DKIM hash compared, each step of the tree walk, and
# the rule that decided.
set -u
explain=$1
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

cat >"$folder/zone" <<'EOT'
$ORIGIN a.example.
@ 3600 IN SOA ns hostmaster 1 3600 600 86400 60
@ IN TXT "v=spf1 include:_spf.a.example mx -all"
@ IN MX 10 mx
mx IN A 192.0.2.25
_spf IN TXT "v=spf1 ip4:198.51.100.0/24 ?all"
_dmarc IN TXT "v=DMARC1; p=reject; sp=quarantine"
s1._domainkey IN TXT "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
EOT
cat >"$folder/conf" <<'EOT'
authserv_id = mx.example
rule "partners" {
    client = {203.0.113.64/26}
    action = none
}
rule "bounces" {
    results = {"spf=fail"}
    recipient = {bob@b.example}
    action = reject
}
EOT
cat >"$folder/mail" <<'EOT'
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/simple; d=a.example; s=s1;
 h=from:subject; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
From: Ann <ann@lists.a.example>
Subject: look

Other text
EOT

# ask OPTION ...: what becomes of the message.
ask() {
	"$explain" -c "$folder/conf" --zone "$folder/zone" \
		--client-ip 203.0.113.9 --helo mx.a.example \
		--mail-from ann@a.example --rcpt bob@b.example "$@" \
		"$folder/mail"
}

# says LINE: it stands in the explanation, after what was found before.
says() {
	local found
	found=$(grep -nFx -m1 -e "$1" <(tail -n "+$((at + 1))" "$folder/told"))
	if [[ -z $found ]]; then
		problem "not said, or not in its place: $1"
	else
		at=$((at + ${found%%:*}))
	fi
}

ask >"$folder/told" || problem "ended with $?"
at=0
while IFS= read -r line; do
	says "$line"
done <<'EOT'
Author ann@lists.a.example
SPF
  may 203.0.113.9 use a.example in MAIL FROM?
  a.example publishes "v=spf1 include:_spf.a.example mx -all"
  "include:_spf.a.example" in the record of a.example
    look-up 1 of 10
    TXT of _spf.a.example: 1 record
  "ip4:198.51.100.0/24" in the record of _spf.a.example does not match
  "mx" in the record of a.example
    look-up 2 of 10
    A of mx.a.example: 1 record
    it does not match
  "-all" in the record of a.example matches
DKIM
  signature 1: d=a.example s=s1 a=ed25519-sha256 c=relaxed/simple
    signs the fields from:subject
    key at s1._domainkey.a.example: 1 TXT record
    bh= of the signature: 2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=, another: the body was changed
    result: fail, because the body has changed
DMARC
  author domain lists.a.example
    _dmarc.lists.a.example: no such name
    _dmarc.a.example: "v=DMARC1; p=reject; sp=quarantine"
Rules
  "partners" does not match: the client is in none of its networks
  "bounces" matches
Inbound message, results:
Verdict: reject, because the rule "bounces" says so
Fields added:
EOT
grep -Eq '^  SMTP reply: 550 5\.7\.23 Refused by SPF: a\.example ' \
	"$folder/told" || problem "no reply for what SPF fails"
grep -Eq '^    SHA-256 of the body, 12 bytes: [A-Za-z0-9+/]{43}=$' \
	"$folder/told" || problem "the hash of the body is not told"

# The same for programs.
ask --json | python3 -c '
import json, sys
root = json.load(sys.stdin)
parts = {step["part"] for step in root["steps"]}
assert parts >= {"spf", "dkim", "dmarc", "rule"}, parts
assert root["spf_mail_from"]["result"] == "fail", root["spf_mail_from"]
assert root["spf_mail_from"]["mechanism"] == "-all"
assert root["spf_mail_from"]["lookups"] == 2
assert root["dmarc"][0]["policy_tag"] == "sp", root["dmarc"]
assert root["dmarc"][0]["applied"] == "quarantine"
verdict = root["verdict"]
assert (verdict["action"], verdict["rule"]) == ("reject", "bounces"), verdict
assert verdict["reply"].startswith("550 5.7.23 "), verdict
' || problem "the JSON does not say the same"

# A thousand recipients are looked at; of more no rule knows all.
many=()
for ((i = 1; i < 1000; i++)); do
	many+=(--rcpt bob@b.example)
done
ask "${many[@]}" | grep -Fqx '  "bounces" matches' ||
	problem "1000 recipients: the rule for them does not match"
ask "${many[@]}" --rcpt bob@b.example >"$folder/told" ||
	problem "1001 recipients: ended with $?"
grep -Fq '  "bounces" does not match: not every recipient ' "$folder/told" ||
	problem "1001 recipients: $(grep bounces "$folder/told")"

# No author, and one whose record has no policy.
printf '_dmarc.b.example. IN TXT "v=DMARC1; p=rejct"\n' >>"$folder/zone"
printf 'Subject: nobody\n\nText\n' >"$folder/mail"
ask | grep -Fxq '  dmarc=permerror  From without a domain' ||
	problem "no word of the missing author"
ask --json | python3 -c '
import json, sys
(dmarc,) = json.load(sys.stdin)["dmarc"]
assert (dmarc["domain"], dmarc["result"]) == (None, "permerror"), dmarc
' || problem "the JSON does not tell of the missing author"
printf 'From: bob@b.example\n\nText\n' >"$folder/mail"
ask | grep -Fxq '  dmarc=none  From domain b.example, record of b.example' ||
	problem "no word of the record without a policy"
ask --json | python3 -c '
import json, sys
(dmarc,) = json.load(sys.stdin)["dmarc"]
assert dmarc["record_domain"] == "b.example", dmarc
assert (dmarc["policy_tag"], dmarc["policy"]) == (None, None), dmarc
' || problem "the JSON tells of a policy that no record has"

# A name that is no UTF-8 takes nothing else away.
printf 'rule "caf\351" {\n results = {}\n action = tag\n}\n' >>"$folder/conf"
ask --json --rcpt carl@b.example | python3 -c '
import json, sys
assert json.load(sys.stdin)["verdict"]["action"] == "tag"
' || problem "no JSON for the name of a rule in Latin-1"
exit "$failed"
