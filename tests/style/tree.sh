#!/bin/bash
# Files stay short, each folder's README lists its files, each header is in a
# header set (so that it is compiled alone), and nothing names a package host.
. "$(dirname "$0")/common.sh"

while IFS= read -r file; do
	lines=$(wc -l <"$file")
	if [[ $lines -gt 600 ]]; then
		problem "$file:600: $lines lines; split it at 600"
	fi
done < <(files '\.[ch]$|\.sh$')

while IFS= read -r folder; do
	readme=$folder/README.md
	if [[ ! -f $readme ]]; then
		problem "$readme: missing"
		continue
	fi
	while IFS= read -r file; do
		name=${file##*/}
		if ! grep -qE "\`${name%.c}(\.c)?\`" "$readme"; then
			problem "$readme: does not list \`$name\`"
		fi
	done < <(files "^$folder/[^/]*\.c$")
done < <(files '^(lib/[^/]*|milter|dns-tool)/[^/]*\.c$' | xargs -r dirname | sort -u)

while IFS= read -r file; do
	if ! grep -qwF "${file##*/}" "${file%/*}/CMakeLists.txt"; then
		problem "$file: not in HEADERS of ${file%/*}/CMakeLists.txt"
	fi
done < <(files '^lib/[^/]*/[^/]*\.h$')

# Packages come from where the machine's own configuration says.
hosts='(deb|security|snapshot|ftp[.a-z]*)[.]debian[.]org|archive[.]ubuntu[.]com'
hosts+='|pypi[.]org|registry[.]npmjs[.]org|proxy[.]golang[.]org'
while IFS= read -r found; do
	problem "$found"
done < <(all_files | xargs -r -d '\n' grep -InE "$hosts" || true)
finish
