/*
 * inside.h: the pipes as a library's process sees them.  There, whatever goes
 * wrong with them ends the process.
 */
#ifndef RECEIVER_INSIDE_H
#define RECEIVER_INSIDE_H

#include "base/arena.h"
#include "base/span.h"
#include "dns/dns.h"
#include "receiver/frame.h"
#include "receiver/wire.h"

/* The statuses with which the process says that we, not it, went wrong. */
#define INSIDE_EXIT_SANDBOX 71
#define INSIDE_EXIT_PIPE 74

struct inside {
	int in;
	int out;
};

/**
 * inside_exit(status):
 * End the process, by the bare system call: sanitizers hook _exit() to look for
 * leaks, with a process that the sandbox forbids.
 */
_Noreturn void inside_exit(int status);

/**
 * inside_read(inside, arena, out):
 * Wait for the next frame; its payload lives as long as ${arena}.
 */
void inside_read(
    const struct inside *inside, struct arena *arena, struct frame *out);

/**
 * inside_write(inside, type, payload):
 * Send a frame.
 */
void inside_write(
    const struct inside *inside, enum frame_type type, struct span payload);

/**
 * inside_say(inside, opinion):
 * Send an opinion.
 */
void inside_say(
    const struct inside *inside, const struct wire_opinion *opinion);

/**
 * inside_ask(inside, name, type, arena, answer):
 * Ask what the DNS says of ${type} at ${name}; ${answer} lives as long as
 * ${arena}.
 */
void inside_ask(const struct inside *inside, const char *name, uint32_t type,
    struct arena *arena, struct dns_answer *answer);

#endif
