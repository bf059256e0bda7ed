# common.sh: what every shell scenario needs: $folder, which goes at the end,
# $user and $group, as whom the milter runs, and problem().
# shellcheck shell=bash

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
failed=0

# problem TEXT: the test has failed, but goes on.
problem() {
	printf '%s\n' "$*" >&2
	# shellcheck disable=SC2034 # its exit status
	failed=1
}

# The milter's user: when root runs this, another one, as in real life.
if [[ $(id -u) = 0 ]]; then
	user=nobody
else
	user=$(id -un)
fi
# shellcheck disable=SC2034
group=$(id -gn "$user")
