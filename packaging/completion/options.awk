# From what a program of ours prints with --help: a line OPTION, VALUE, TEXT for
# each option, with tabs between.  CMake puts this into the completions.
function emit(name, value, text) {
	if (!(name in seen))
		print name "\t" value "\t" text
	seen[name] = 1
}
{
	head = $0
	text = ""
	if (head ~ /^  -/ && match(substr(head, 3), /  +/)) {
		text = substr(head, 2 + RSTART + RLENGTH)
		head = substr(head, 1, 1 + RSTART)
	}
	count = 0
	while (match(head, /(^|[[ (,|])--?[A-Za-z][A-Za-z0-9-]*/)) {
		name = substr(head, RSTART, RLENGTH)
		sub(/^[^-]/, "", name)
		head = substr(head, RSTART + RLENGTH)
		value = ""
		if (match(head, /^ ([A-Z]+|[a-z0-9]+(\|[a-z0-9]+)+)/))
			value = substr(head, 2, RLENGTH - 1)
		names[++count] = name
		values[count] = value
		same[count] = head ~ /^, -/
	}
	for (i = count; i >= 1; i--)
		if (same[i])
			values[i] = values[i + 1]
	for (i = 1; i <= count; i++)
		emit(names[i], values[i], text)
}
