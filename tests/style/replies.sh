#!/bin/bash
# The help page for people whose mail was refused explains each phrase that a
# reply can have.
. "$(dirname "$0")/common.sh"

page=packaging/help/refused.html

# literals FILE: each string constant, adjacent ones joined, one a line.
literals() {
	tr '\n\t' '  ' <"$1" | sed 's/"  *"//g' | grep -oE '"[^"]*"' |
		sed 's/^"//; s/"$//'
}

# phrases: what a reply begins with or says in brackets, up to the first name.
phrases() {
	literals milter/verdict_text.c | grep -E \
		'^(Refused|Deferred|Not sent|Message header|Temporary trouble)'
	tr '\n\t' '  ' <milter/verdict_text.c | sed 's/"  *"//g' |
		grep -oE '\[(SPF|DKIM)_[A-Z]+\] = "[^"]*"' |
		sed 's/^[^"]*"//; s/"$//'
	literals milter/verdict_text.c |
		grep -E '^(the message has|the From field|the SPF record|the authors|SPF has|a broken|no DKIM)'
	literals milter/hooks.c | grep -E '^Restarting'
	tr '\n\t' '  ' <policyd/score.c | sed 's/"  *"//g' |
		grep -oE ' add\([^;]*;|"listed by[^"]*"|"it looks[^"]*"' |
		grep -oE '"[^"]*"' | tr -d '"' | grep -v '^SPF pass$'
	literals policyd/decide.c | grep -E \
		'^(too much mail|blocked here|this account|temporary trouble|the mailbox|greylisted)'
}

# The text of the page in one line.
text=$(sed 's/<[^>]*>//g' "$page" | tr -s '[:space:]' ' ')

count=0
while IFS= read -r phrase; do
	start=${phrase%%%*}
	start=${start%"${start##*[![:space:]]}"}
	[[ -n $start ]] || continue
	count=$((count + 1))
	[[ $text == *"$start"* ]] ||
		problem "$page: does not explain \"$start\""
done < <(phrases | sort -u)
[[ $count -ge 40 ]] || problem "only $count phrases found in the code"
finish
