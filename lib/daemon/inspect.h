/*
 * inspect.h: a check of the configuration by the user that will serve.
 */
#ifndef DAEMON_INSPECT_H
#define DAEMON_INSPECT_H

/* Checks, writes what it finds, and returns the status to end with. */
typedef int inspect_check(void *cookie);

/**
 * inspect_as(user, check, cookie):
 * Return what ${check} returns for ${cookie} when ${user} runs it: root can
 * read what the daemon cannot, and only a process of its user knows.  Root
 * makes a child for that, anybody else checks as himself.  EX_CONFIG when root
 * cannot become ${user}, EX_OSERR when the child did not end well; then the
 * reason stands on standard error.
 */
int inspect_as(const char *user, inspect_check *check, void *cookie);

#endif
