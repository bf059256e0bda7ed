# scratch.sh: folders and files of one run, in $TMPDIR.  A run that dies by
# SIGKILL cannot delete its folder; but its processes hold the folder's lock as
# long as they live, so a later run can tell.  Sourced by bash.
# shellcheck shell=bash

SCRATCH=''
SCRATCH_FILE=''

# scratch_new PREFIX: make a folder PREFIX.XXXXXX for this shell and what it
# starts; its path is SCRATCH.  Older ones that nobody holds are deleted.
scratch_new() {
	scratch_tidy "$1"
	SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/$1.XXXXXX") || return 1
	# It gets its name only once it is held: nobody ever finds it free.
	exec {SCRATCH_LOCK}>"$SCRATCH/lock.new"
	flock -s "$SCRATCH_LOCK" && mv "$SCRATCH/lock.new" "$SCRATCH/lock"
}

# scratch_tidy PREFIX: delete such folders of runs that were killed, if they
# are ours: in a folder that all may write to, others can use the same names.
scratch_tidy() {
	local dir
	for dir in "${TMPDIR:-/tmp}/$1".??????; do
		[ ! -L "$dir" ] && [ -O "$dir" ] || continue
		[ -f "$dir/lock" ] && [ -O "$dir/lock" ] || continue
		flock -n "$dir/lock" rm -rf --one-file-system "$dir" || :
	done
}

# scratch_file: open an empty file that no run can leave behind, for it has no
# name; SCRATCH_FILE is its descriptor, scratch_tail prints its end.
scratch_file() {
	local name
	name=$(mktemp "${TMPDIR:-/tmp}/mailreeve-log.XXXXXX") || return 1
	exec {SCRATCH_FILE}<>"$name"
	rm -f "$name"
}

# scratch_tail LINES: the end of that file.
scratch_tail() {
	tail -n "$1" "/proc/self/fd/$SCRATCH_FILE"
}

# scratch_close: give it up.
scratch_close() {
	exec {SCRATCH_FILE}>&-
}
