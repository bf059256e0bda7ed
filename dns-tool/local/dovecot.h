/*
 * dovecot.h: what this host's Dovecot, 2.3 or 2.4, says of itself.
 */
#ifndef LOCAL_DOVECOT_H
#define LOCAL_DOVECOT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "local/server.h"

struct dovecot {
	bool here;
	const char *trouble;     /* why doveconf(1) says nothing; or NULL */
	const char *certificate; /* file; NULL: none */
	bool cleartext;          /* passwords without encryption are taken */
	bool offers[SERVER_SERVICES];
};

/**
 * dovecot_read(arena, out):
 * Ask doveconf(1); ${out}->here is false when there is none, or it cannot read
 * its configuration.
 */
void dovecot_read(struct arena *arena, struct dovecot *out);

/**
 * dovecot_settings(text, arena, out):
 * Take ${text}: NAME=VALUE lines, parts of a name joined by slashes.
 */
void dovecot_settings(
    struct span text, struct arena *arena, struct dovecot *out);

#endif
