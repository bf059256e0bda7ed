# owner.sh: build as the user whose source tree this is, also under sudo, so
# that nothing in it ends up owned by root.
# shellcheck shell=bash

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

# owner_mend: hand what root wrote into the build directory to its owner.
owner_mend() {
	[ "$(id -u)" = 0 ] && [ -d "$TOP/build" ] || return 0
	find "$TOP/build" -user root \
		-exec chown -h --reference="$TOP" {} + 2>/dev/null || :
}

# owner_build PRESET DIRECTORY [OPTION ...]: configure with these options of
# cmake and build in build/DIRECTORY; quiet unless it fails.
owner_build() {
	local preset=$1 directory=build/$2 log
	shift 2
	log=$(mktemp "${TMPDIR:-/tmp}/mailreeve-build.XXXXXX")
	if ! { owner_run cmake --preset "$preset" -B "$directory" "$@" &&
		owner_run cmake --build "$directory"; } >"$log" 2>&1; then
		tail -n 60 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}
