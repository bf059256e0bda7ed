#!/bin/bash
# completion.sh COMPLETIONS PROGRAM ...: in bash, zsh and fish, a press of Tab
# offers exactly the options that the program's --help lists, each of which it
# knows, and fitting values.
set -u
completions=$1
shift
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

mkdir "$folder/bin" "$folder/files"
ln -s "$@" "$folder/bin"
PATH=$folder/bin:$PATH
touch "$folder/files/one.eml" "$folder/files/two.eml"
mkdir "$folder/files/folder"
mkdir -p "$folder/store/example.org" "$folder/store/example.net"
# Names of folders that a shell would run, were they words of its own.
# shellcheck disable=SC2016 # nothing is to expand
hostile=('$(touch${IFS}ran).x' '`touch${IFS}ran`.x' '$ran.x' 'a b.x' ';ran.x'
	'~ran.x' "'ran.x" '(touch ran).x' '*.x' $'a\nb.x' '-W.x')
for name in "${hostile[@]}"; do
	mkdir "$folder/store/$name"
done

# listed WORD ...: the options in --help of that command line.
listed() {
	"$@" --help | grep -oE '(^|[^A-Za-z-])--?[A-Za-z][A-Za-z0-9-]*' |
		sed 's/^[^-]//' | sort -u
}

# in_bash WORD ...: what bash offers for the last word.
in_bash() {
	(
		cd "$folder/files" || exit
		# shellcheck source=/dev/null
		. "$completions/bash-completion/completions/$1"
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		_mailreeve "$1" "${*: -1}" "${*: -2:1}"
		printf '%s\n' "${COMPREPLY[@]}"
	) | sed '/^$/d' | sort
}

# in_fish WORD ...: the same, for fish.
in_fish() {
	(
		cd "$folder/files" || exit
		XDG_CONFIG_HOME=$folder fish --no-config -c \
			"source $completions/fish/vendor_completions.d/$1.fish
			complete -C '$*'"
	) | cut -f 1 | sort -u
}

# in_zsh WORD ...: the same, for zsh, which shows it on a terminal only.
in_zsh() {
	(
		cd "$folder/files" || exit
		python3 - "$completions/zsh/vendor-completions" "$*"
	) <<'PYTHON' | sort -u
import os, pty, re, select, sys, time
folder, line = sys.argv[1:]
start = """PS1='> '; LISTMAX=0; unsetopt zle_bracketed_paste 2>/dev/null
fpath=(%s $fpath); autoload -Uz compinit; compinit -D -u
zstyle ':completion:*' verbose no; zstyle ':completion:*' list-packed no
setopt no_list_ambiguous no_auto_menu no_beep list_rows_first; echo REA''DY
""" % folder
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM="dumb", COLUMNS="40", LINES="200")
    os.execvp("zsh", ["zsh", "-f", "-i"])
said = ""
def until(quiet, mark=None):
    global said
    end = time.time() + 20
    while time.time() < end:
        ready, _, _ = select.select([fd], [], [], quiet)
        if not ready and (mark is None or mark in said):
            return
        if ready:
            try:
                said += os.read(fd, 65536).decode(errors="replace")
            except OSError:
                return
os.write(fd, start.encode())
until(0.5, "READY")
said = ""
os.write(fd, (line + "\t").encode())
# The line is echoed at once, the list stands below it.
until(1.5, "\n")
os.kill(pid, 9)
os.waitpid(pid, 0)
text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said).replace("\r", "\n")
for word in re.findall(r"[^\s]+", text[len(line):]):
    print(word)
PYTHON
}

# same WHAT EXPECTED FOUND
same() {
	[[ $2 = "$3" ]] || problem "$1: $(diff <(echo "$2") <(echo "$3"))"
}

# options SHELL WORD ...: all of the command line, and no more.
options() {
	local shell=$1 wanted found
	shift
	case $shell in
	bash)
		same "bash, $*" "$(listed "$@")" "$(in_bash "$@" -)"
		;;
	fish)
		# For one hyphen, fish offers short options only.
		same "fish, $*" "$(listed "$@" | sed -n '/^--/p')" \
			"$(in_fish "$@" --)"
		found=$(in_fish "$@" -)
		while read -r wanted; do
			grep -qx -- "$wanted" <<<"$found" ||
				problem "fish, $*: not $wanted"
		done < <(listed "$@" | sed '/^--/d')
		;;
	zsh)
		found=$(in_zsh "$@" - | grep -oE -- '^--?[A-Za-z][A-Za-z0-9-]*' |
			sort -u)
		same "zsh, $*" "$(listed "$@")" "$found"
		;;
	esac
}

shells=(bash)
for shell in fish zsh; do
	if command -v "$shell" >/dev/null; then
		shells+=("$shell")
	else
		echo "$shell is not installed, and not looked at"
	fi
done

for program in "$@"; do
	for shell in "${shells[@]}"; do
		options "$shell" "${program##*/}"
	done
done
for shell in "${shells[@]}"; do
	options "$shell" mailreeve-dns keygen
	for command in show feed replay postfix-snippet; do
		options "$shell" mailreeve-policyctl "$command"
	done
done

# Each option that is offered is one that the program knows.
for line in mailreeve-milter mailreeve-explain mailreeve-dns \
	'mailreeve-dns keygen' 'mailreeve-dns records' 'mailreeve-dns check' \
	mailreeve-policyd mailreeve-policyctl \
	'mailreeve-policyctl top' 'mailreeve-policyctl explain'; do
	read -r -a words <<<"$line"
	while read -r option; do
		said=$(timeout 20 "${words[@]}" "$option" --help </dev/null 2>&1)
		grep -Eq 'unrecognized option|invalid option' <<<"$said" &&
			problem "$line does not know $option"
	done < <(in_bash "${words[@]}" -)
done

# Values, and what is no option.
same 'a file' $'folder\none.eml\ntwo.eml' "$(in_bash mailreeve-explain '')"
same 'a file begun' 'one.eml' "$(in_bash mailreeve-explain --json on)"
same 'a zone' $'folder\none.eml\ntwo.eml' \
	"$(in_bash mailreeve-explain --zone '')"
same 'after =' 'two.eml' "$(in_bash mailreeve-explain --zone = tw)"
same 'just after =' $'folder\none.eml\ntwo.eml' \
	"$(in_bash mailreeve-explain --zone =)"
same 'an address' '' "$(in_bash mailreeve-explain --client-ip '')"
same 'a configuration' $'folder\none.eml\ntwo.eml' \
	"$(in_bash mailreeve-milter -c '')"
same 'no argument' '' "$(in_bash mailreeve-milter -t '')"
same 'a command' 'keygen' "$(in_bash mailreeve-dns k)"
same 'a command begun' $'release\nreplay\nreset' \
	"$(in_bash mailreeve-policyctl re)"
same 'a log' $'folder\none.eml\ntwo.eml' \
	"$(in_bash mailreeve-policyctl replay '')"
same 'sizes' $'2048\n3072\n4096' "$(in_bash mailreeve-dns keygen --rsa '')"
same 'a folder' 'folder' "$(in_bash mailreeve-dns keygen --key-store '')"
same 'domains' $'example.net\nexample.org' \
	"$(in_bash mailreeve-dns keygen --key-store "$folder/store" '')"
same 'a domain begun' 'example.net' \
	"$(in_bash mailreeve-dns keygen --key-store "$folder/store" example.n)"
# shellcheck disable=SC2016 # nothing is to expand
for begun in '$' '`' '*' ';' 'a' '('; do
	same "a hostile name after $begun" '' "$(in_bash mailreeve-dns keygen \
		--key-store "$folder/store" "$begun")"
done
grep -qx root <<<"$(in_bash mailreeve-dns keygen --group ro)" ||
	problem "a group"
if [[ " ${shells[*]} " = *' fish '* ]]; then
	same 'sizes in fish' $'2048\n3072\n4096' \
		"$(in_fish mailreeve-dns keygen --rsa ' ')"
	same 'a command in fish' 'keygen' "$(in_fish mailreeve-dns ' k')"
fi
if [[ " ${shells[*]} " = *' zsh '* ]]; then
	same 'sizes in zsh' $'2048\n3072\n4096' "$(in_zsh mailreeve-dns keygen \
		--rsa ' ' | grep -x '[0-9]*')"
	grep -qx 'one.eml' <<<"$(in_zsh mailreeve-explain --zone ' ')" ||
		problem "no files in zsh"
fi

# Nor do the other shells run what is in the store; fish knows the default store
# only, which is ours here.
if [[ " ${shells[*]} " = *' zsh '* ]]; then
	grep -qx 'example.net' <<<"$(in_zsh mailreeve-dns keygen \
		--key-store "$folder/store" ' ')" || problem "no domains in zsh"
fi
if [[ " ${shells[*]} " = *' fish '* ]]; then
	mkdir -p "$folder/own/fish/vendor_completions.d"
	sed "s|/var/lib/mailreeve/keys|$folder/store|" \
		"$completions/fish/vendor_completions.d/mailreeve-dns.fish" \
		>"$folder/own/fish/vendor_completions.d/mailreeve-dns.fish"
	grep -qx 'example.net' <<<"$(completions=$folder/own \
		in_fish mailreeve-dns keygen ' ')" || problem "no domains in fish"
fi
find "$folder" -name ran | grep . && problem "a folder's name was run"

# bash-completion finds it by the program's name.
loader=/usr/share/bash-completion/bash_completion
if [[ -e $loader ]]; then
	found=$(BASH_COMPLETION_USER_DIR=$completions/bash-completion \
		bash -c '. "$1"; _completion_loader mailreeve-explain ||
			_comp_load mailreeve-explain; complete -p mailreeve-explain' \
		- "$loader" 2>/dev/null)
	[[ $found = *'-F _mailreeve mailreeve-explain' ]] ||
		problem "bash-completion does not find it: $found"
fi
exit "$failed"
