/*
 * postfix.h: what this host's Postfix says of itself.
 */
#ifndef LOCAL_POSTFIX_H
#define LOCAL_POSTFIX_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "local/server.h"

/* Files with certificates that one server names. */
#define POSTFIX_MAX_FILES 16

struct postfix {
	bool here;
	const char *hostname; /* as myhostname has it */
	const char *mynetworks;
	const char *relay_restrictions;       /* and those for recipients */
	const char *files[POSTFIX_MAX_FILES]; /* that smtpd's certificates are
	                                       * in */
	size_t file_count;
	bool offers[SERVER_SERVICES];
};

/**
 * postfix_read(arena, out):
 * Ask postconf(1); ${out}->here is false when there is none.
 */
void postfix_read(struct arena *arena, struct postfix *out);

/**
 * postfix_parameters(text, arena, out):
 * Take what "postconf -xh" printed of the parameters that postfix_read() asks
 * for, a line each.
 */
void postfix_parameters(
    struct span text, struct arena *arena, struct postfix *out);

/**
 * postfix_services(text, out):
 * Take from ${text}, lines of master.cf, at which ports smtpd(8) or
 * postscreen(8) listens.
 */
void postfix_services(struct span text, struct postfix *out);

#endif
