/*
 * command.h: run a program to its end and keep what it says.
 */
#ifndef SUPPORT_COMMAND_H
#define SUPPORT_COMMAND_H

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"

struct command_result {
	int status;      /* exit status, or 128 and the signal's number */
	struct span out; /* standard output */
};

/**
 * command_run(arena, arguments, input, result):
 * Run ${arguments}[0] with ${arguments}, which end with NULL, and the file
 * ${input} (NULL: nothing) as standard input; standard error is ours.  Store
 * the outcome, allocated from ${arena}, in ${result}.  Return -1 with errno set
 * when it cannot be run.
 */
int command_run(struct arena *arena, const char *const *arguments,
    const char *input, struct command_result *result) COMPAT_MUST_CHECK;

#endif
