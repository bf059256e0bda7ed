#!/bin/bash
# check_verdict.sh MILTER: -t names each mistake in rules and verdicts with file
# and line, warns of what does not do what its author thinks, and says what
# becomes of mail that fails.
set -u
# shellcheck source=check_common.sh
. "$(dirname "$0")/check_common.sh"
printf 'example.org. 300 IN A 192.0.2.1\n' >"$folder/zone"
mkdir "$folder/keys"

# silent LINE ...: -t has nothing to say of LINE.
silent() {
	local said
	configure "$@"
	if ! said=$(check) || grep -q 'conf:[6-9]' <<<"$said"; then
		problem "$*: expected no word, found: $said"
	fi
}

# Each is a rule "r" { ... } on line 6.
rule_refuses() {
	refuses "conf:6: $1" "rule \"r\" { $2 }"
}
rule_warns() {
	accepts "warning: .*conf:6: rule \"r\": $1" "rule \"r\" { $2 }"
}
rule_refuses 'from: "a@@" is no address, domain or pattern' 'from = {"a@@"}'
rule_refuses 'recipient: "@x" is no address' 'recipient = {"@x"}'
rule_refuses 'client: .*bits of a host.*write 192\.0\.2\.0/24' \
	'client = {192.0.2.1/24}'
rule_refuses 'client: "lan" is no network such as' 'client = {lan}'
rule_refuses 'signed_by: "a@b.example" is no domain' \
	'signed_by = {"a@b.example"}'
rule_refuses 'mail_from: "a..b" is no domain' 'mail_from = {"a..b"}'
rule_refuses 'results: "dmarc=fial" is no result; the nearest is "dmarc=fail"' \
	'results = {"dmarc=fial"}'
rule_refuses 'results: "virus" is no result such as' 'results = {"virus"}'
rule_refuses 'found .=. where .*; a value that holds one needs quotes' \
	'results = {dmarc=fail}'
rule_refuses 'option .action.: found .drop., allowed is policy, none, tag' \
	'action = drop'
rule_refuses 'unknown option .form.; the nearest name is .from.' \
	'form = {a.example}'
refuses 'conf:8: from: ' $'# 1\n# 2\nrule "r" { from = {"a@@"} }'
refuses 'conf:7: a section with the title .r. stands above already' \
	$'rule "r" { }\nrule "r" { }'
# All of them at once, each by itself.
configure 'rule "r" { from = {"a@@"} client = {lan} }' \
	'rule "s" { results = {x} }'
said=$(check)
[[ $(grep -c '^error: .*conf:[67]: ' <<<"$said") -eq 3 ]] ||
	problem "three errors: $said"

# What somebody else could write, too.
forged='lets pass what anybody can forge: add a client, mail_from or signed_by'
rule_warns "$forged" 'action = none'
rule_warns "$forged" 'from = {a.example} action = none'
rule_warns "$forged" 'recipient = {a.example} results = {} action = none'
rule_warns "$forged" 'signed_by = {"*"} action = none'
rule_warns "$forged" 'mail_from = {"*"} action = none'
silent 'rule "r" { from = {a.example} client = {192.0.2.1} action = none }'
silent 'rule "r" { signed_by = {"*.a.example"} action = none }'
silent 'rule "r" { mail_from = {bücher.example} action = none }'
silent 'rule "r" { from = {a.example} action = tag }'
silent 'rule "r" { from = {a.example} results = {"dmarc=none"} action = none }'
silent 'rule "r" { action = hold }'
rule_warns 'it has no condition, .* passes DMARC, too: reject' \
	'results = {} action = reject'
rule_warns 'never matches: signed_by wants a signature that passes' \
	'signed_by = {a.example} results = {"dkim=fail"}'
rule_warns 'never matches: mail_from wants SPF to pass' \
	'mail_from = {a.example} results = {"spf=softfail", "dmarc=fail"}'
accepts 'conf:7: rule "s": never matches: the rule "r" above takes all such' \
	$'rule "r" { results = {} }\nrule "s" { from = {a.example} }'
accepts 'conf:7: rule "s": never matches: the rule "r" above takes all such' \
	$'rule "r" { action = tag }\nrule "s" { from = {a.example} }'
silent $'rule "r" { action = tag }\nrule "s" { results = {"dmarc=none"} }'
# An exception that the rule below it does not know of.
spf='rule "spf" { results = {"spf=fail"} action = reject }'
excuse='conf:6: rule "r": lets nothing pass but what fails DMARC: .* "spf" '
accepts "$excuse" \
	"rule \"r\" { client = {192.0.2.1} action = none }"$'\n'"$spf"
accepts "$excuse" \
	"rule \"r\" { signed_by = {a.example} action = none }"$'\n'"$spf"
unaware() {
	configure "$1"$'\n'"$spf"
	check 2>&1 | grep -q 'but what fails DMARC' && problem "$1: a warning"
}
unaware 'rule "r" { client = {192.0.2.1} results = {} action = none }'
unaware 'rule "r" { client = {192.0.2.1} action = tag }'
unaware 'rule "r" { mail_from = {a.example} action = none }'
accepts 'conf:6: verify: rules mean nothing where' \
	$'verify = no\nrule "r" { action = tag }'

# The policy.
accepts 'conf:6: enforce: nothing is acted upon' 'enforce = no'
accepts 'conf:6: on_reject: this is milder than on_quarantine' \
	'on_reject = none'
silent $'on_reject = tag\non_quarantine = tag'
refuses 'conf:6: option .on_dns_trouble.: found .reject., allowed is pass' \
	'on_dns_trouble = reject'
accepts '^Where DMARC fails: p=reject: reject; p=quarantine: tag, for Sieve to file it into Junk; 0 rules before that$' ''
accepts '^Where DMARC fails: p=reject: hold; p=quarantine: none; 1 rule before that; all of it only in the log \(enforce = no\)$' \
	$'on_reject = hold\non_quarantine = none\nenforce = no\nrule "r" { }'
accepts '^Inbound mail is not verified$' 'verify = no'
refuses 'conf:6: public_suffix_list: .*/nonexistent.*discovery = treewalk' \
	'public_suffix_list = /nonexistent'
silent $'public_suffix_list = /nonexistent\ndiscovery = treewalk'

# Whom refusals name.
long=https://example.org/$(printf '%0101d' 0)
silent "contact = \"${long:0:120}\""
refuses 'conf:6: contact: it is longer than 120 characters' "contact = \"$long\""
silent 'contact = "postmaster@example.org"'
silent 'contact = "https://example.org:8443/mail?q=1#refused"'
for contact in '' http://example.org/ https:// https:///x https://a..b/ \
	ftp://example.org/ example.org/help @example.org postmaster@ \
	postmaster; do
	refuses "conf:6: contact: \"$contact\" is neither a URL such as https:" \
		"contact = \"$contact\""
done
for contact in 'https://example.org/a b' https://example.org/%20 \
	https://example.org/ü '<a@example.org>' \
	$'a\tb@example.org'; do
	refuses 'conf:6: contact: ".* holds what a reply cannot' \
		"contact = \"$contact\""
done

# Submitted mail.
silent 'outgoing_refuse = {not_aligned, no_from, duplicate, no_date, one_click}'
refuses 'conf:6: outgoing_refuse: "oneclick" is no warning; the nearest is "one' \
	'outgoing_refuse = {oneclick}'
refuses 'conf:6: outgoing_refuse: "spam" is no warning such as' \
	'outgoing_refuse = {spam}'
accepts 'conf:6: outgoing_refuse: nothing is refused with outgoing_check = no' \
	$'outgoing_refuse = {no_date}\noutgoing_check = no'
exit "$failed"
