/*
 * sandbox.h: a process that may only think, read one pipe and write another.
 */
#ifndef RECEIVER_SANDBOX_H
#define RECEIVER_SANDBOX_H

#include <stddef.h>

/* The descriptors that it keeps. */
#define SANDBOX_IN 0
#define SANDBOX_OUT 1

/* Of memory, beyond what it has when it enters. */
#define SANDBOX_MEMORY_BYTES ((size_t)256 * 1024 * 1024)
/* Well below the time that a judgement may take, so that it can be told which
 * of them was used up. */
#define SANDBOX_CPU_SECONDS 30

/**
 * sandbox_enter(void):
 * Give up for good all that a library does not need to judge a message.  Root
 * becomes `nobody' without groups.  No new privileges, no core file, no new
 * descriptors, no files, no processes; limits on memory and processor time. The
 * kernel then ends the process at any system call but: read from SANDBOX_IN,
 * write to SANDBOX_OUT, memory that is not executable, locks, the time, random
 * bytes, its own end.  A write elsewhere fails.  It dies with its parent.
 * Return 0; or -1 when any of this is impossible: then the process must end.
 */
int sandbox_enter(void);

#endif
