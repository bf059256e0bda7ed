/*
 * postfix.h: what this host's Postfix is configured for; only ever read.
 */
#ifndef MILTER_POSTFIX_H
#define MILTER_POSTFIX_H

#include <stdbool.h>

#include "base/arena.h"

/* One of its parameters that list milters. */
struct postfix_list {
	const char *written; /* as it stands in main.cf */
	const char *means;   /* with the values of $names in it */
};

struct postfix {
	const char *queue_directory;
	const char *mydomain;
	struct postfix_list smtpd_milters;
	struct postfix_list non_smtpd_milters;
};

/**
 * postfix_read(arena, out):
 * Ask postconf(1), for a few seconds at most.  Return false when there is none,
 * or it does not say.
 */
bool postfix_read(struct arena *arena, struct postfix *out);

#endif
