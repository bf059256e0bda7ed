# For each prototype in a header: the comment right above it, or above the
# group of prototypes that it stands in, is a contract (/** ... */) that names
# the function as `name(...):' or `name(...),'.
function forget() { doc = ""; statement = "" }

function strip_comment(line) {
	gsub(/\/\*[^*]*\*\//, "", line)
	return line
}

function check_statement(    name) {
	# Types, variables and the functions of a class are no prototypes.
	if (statement ~ /^(typedef|extern|struct [a-z0-9_]* *(\{|;)|enum)/)
		return
	if (statement !~ /\(/)
		return
	name = statement
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
	if (index(doc, name "(") == 0) {
		printf "%s:%d: %s() has no contract above it\n", FILENAME, FNR,
			name
		bad = 1
	}
}

FNR == 1 { forget(); in_comment = 0; is_doc = 0; depth = 0; macro = 0 }

macro { macro = /\\$/; next }
/^#/ { macro = /\\$/; forget(); next }

in_comment {
	if (is_doc)
		doc = doc "\n" $0
	if (/\*\//)
		in_comment = 0
	next
}
/^\/\*/ {
	is_doc = /^\/\*\*/
	doc = is_doc ? $0 : ""
	in_comment = !/\*\//
	next
}
/^[[:space:]]*$/ {
	if (depth == 0)
		forget()
	next
}
{
	line = strip_comment($0)
	opened = gsub(/\{/, "{", line)
	closed = gsub(/\}/, "}", line)
	if (depth == 0 && statement == "")
		statement = line
	else if (depth == 0)
		statement = statement " " line
	depth += opened - closed
	if (depth == 0 && line ~ /;[[:space:]]*$/) {
		check_statement()
		statement = ""
	}
}
END { exit bad }
