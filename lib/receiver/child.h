/*
 * child.h: a process of our own that is not trusted, and the two pipes to it.
 */
#ifndef RECEIVER_CHILD_H
#define RECEIVER_CHILD_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "receiver/frame.h"
#include "receiver/receiver.h"

struct child;

/* What came of waiting for it. */
enum child_event {
	CHILD_FRAME,
	CHILD_ENDED,  /* the pipe is closed */
	CHILD_LATE,   /* the deadline has come */
	CHILD_BROKEN, /* what it says is no frame */
	CHILD_FAILED, /* the system did, with errno */
};

/**
 * child_start(library, error):
 * Fork a process that enters the sandbox and lets ${library} run there.  Return
 * NULL with the reason in ${error} when the system refuses.
 */
struct child *child_start(
    const struct receiver_library *library, const char **error);

/**
 * child_send(child, type, payload, deadline):
 * Send a frame, until clock_monotonic_ms() is ${deadline}.  Return CHILD_FRAME
 * when it went out.
 */
enum child_event child_send(struct child *child, enum frame_type type,
    struct span payload, int64_t deadline);

/**
 * child_receive(child, deadline, out):
 * Wait for the next frame until ${deadline}; its payload stays until the next
 * call.
 */
enum child_event child_receive(
    struct child *child, int64_t deadline, struct frame *out);

/**
 * child_end(child, kill):
 * Wait for the end of the process, which is killed first if ${kill} is true or
 * it does not end by itself, and return its status as waitpid() gives it.  Only
 * child_free() may follow.
 */
int child_end(struct child *child, bool kill);

/**
 * child_free(child):
 * Kill the process if it is there still, and free ${child}.  NULL is harmless.
 */
void child_free(struct child *child);

#endif
