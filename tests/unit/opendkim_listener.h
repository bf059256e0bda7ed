/*
 * opendkim_listener.h: what was told while OpenDKIM's files were read.
 */
#ifndef UNIT_OPENDKIM_LISTENER_H
#define UNIT_OPENDKIM_LISTENER_H

#include "opendkim_report.h"

struct listener {
	const char *error; /* the last one */
	const char *warning;
	size_t errors;
	size_t warnings;
};

static inline void
hear_error(void *cookie, const char *text)
{
	struct listener *listener = cookie;

	listener->error = text;
	listener->errors++;
}

static inline void
hear_warning(void *cookie, const char *text)
{
	struct listener *listener = cookie;

	listener->warning = text;
	listener->warnings++;
}

/**
 * listener_report(listener, arena):
 * Return a report that tells ${listener}.
 */
static inline struct opendkim_report
listener_report(struct listener *listener, struct arena *arena)
{
	return ((struct opendkim_report){ .error = hear_error,
	    .warning = hear_warning,
	    .cookie = listener,
	    .arena = arena });
}

#endif
