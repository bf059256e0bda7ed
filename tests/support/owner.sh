# owner.sh: build as the user whose source tree this is, also under sudo, so
# that nothing in it ends up owned by root.
# shellcheck shell=bash

# shellcheck source=scratch.sh
. "$TOP/tests/support/scratch.sh"

# owner_run COMMAND ...: run a command in the source tree as its owner.
owner_run() {
	local uid gid home
	uid=$(stat -c %u "$TOP")
	gid=$(stat -c %g "$TOP")
	if [ "$(id -u)" != 0 ] || [ "$uid" = 0 ]; then
		(cd "$TOP" && "$@")
		return
	fi
	home=$(getent passwd "$uid" | cut -d: -f6)
	(cd "$TOP" && setpriv --reuid "$uid" --regid "$gid" --clear-groups -- \
		env HOME="${home:-/}" "$@")
}

# owner_mend: at the end, hand what root wrote into the build directory to its
# owner.
owner_mend() {
	[ "$(id -u)" = 0 ] && [ -d "$TOP/build" ] || return 0
	find "$TOP/build" -user root \
		-exec chown -h --reference="$TOP" {} + 2>/dev/null || :
}

# owner_build PRESET DIRECTORY [OPTION ...]: configure with these options of
# cmake and build in build/DIRECTORY; quiet unless it fails.  Two at once would
# spoil each other's files, so the second one waits.
owner_build() {
	local preset=$1 directory=build/$2 status=0
	shift 2
	scratch_file || return 1
	{
		flock 9
		owner_run cmake --preset "$preset" -B "$directory" "$@" &&
			owner_run cmake --build "$directory"
	} >&"$SCRATCH_FILE" 2>&1 9<"$TOP/CMakeLists.txt" || status=1
	[ "$status" = 0 ] || scratch_tail 60 >&2
	scratch_close
	return "$status"
}
