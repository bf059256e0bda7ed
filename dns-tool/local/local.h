/*
 * local.h: read what this mail server is: its key store, Postfix, Dovecot,
 * certificates, host name and addresses.
 */
#ifndef LOCAL_LOCAL_H
#define LOCAL_LOCAL_H

#include "config.h"
#include "local/server.h"

/* Receives a sentence without a line end: something could not be read. */
typedef void local_complain(void *cookie, const char *text);

/**
 * local_read(domain, settings, complain, cookie, arena, out):
 * Read into ${out} what this host is for ${domain}, in lower-case A-labels, and
 * what ${settings} say of it.  What is missing is left empty, and ${complain}
 * told where that is no ordinary thing.  All lives as long as ${arena}.  May
 * take some seconds; changes nothing.
 */
void local_read(const char *domain, const struct config_settings *settings,
    local_complain *complain, void *cookie, struct arena *arena,
    struct server *out);

#endif
