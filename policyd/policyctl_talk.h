/*
 * policyctl_talk.h: the client of the daemon's control socket.
 */
#ifndef POLICYD_POLICYCTL_TALK_H
#define POLICYD_POLICYCTL_TALK_H

#include <jansson.h>
#include <stdbool.h>

#include "base/arena.h"
#include "policyctl_options.h"

struct policyctl_talk;

/**
 * policyctl_talk_open(path, arena, error, status), policyctl_talk_close(talk):
 * Connect to the daemon.  NULL with the reason and its cure in ${error}, and
 * one of sysexits.h in ${status}.
 */
struct policyctl_talk *policyctl_talk_open(
    const char *path, struct arena *arena, const char **error, int *status);
void policyctl_talk_close(struct policyctl_talk *talk);

/* Takes a line of the answer, its "kind" looked up. */
typedef void policyctl_take(void *cookie, const char *kind, const json_t *line);

/**
 * policyctl_talk_ask(talk, command, take, cookie, error):
 * Send ${command}, which is taken, and give each line of the answer to ${take},
 * the one of kind "end" last.  Return 0; 1 when the daemon says that it cannot,
 * or -1 when it does not answer, with the reason in ${error}, which lives as
 * long as the arena of policyctl_talk_open().
 */
int policyctl_talk_ask(struct policyctl_talk *talk, json_t *command,
    policyctl_take *take, void *cookie, const char **error);

/**
 * policyctl_talk_run(options, command, take, cookie):
 * Do all of that for one command, and tell what went wrong.  With --json print
 * the lines as they are instead.  Return a status of sysexits.h.
 */
int policyctl_talk_run(const struct policyctl_options *options, json_t *command,
    policyctl_take *take, void *cookie);

/**
 * policyctl_talk_command(verb, who, limit):
 * Return a command; NULL ones are left out.
 */
json_t *policyctl_talk_command(
    const char *verb, const char *who, const char *limit);

#endif
