/*
 * link.h: the process's connection to mailreeve-quotad, and what waits for its
 * return.
 */
#ifndef DOVECOT_PLUGIN_LINK_H
#define DOVECOT_PLUGIN_LINK_H

#include "plugin.h"

/**
 * link_call(user, request, reply):
 * Ask the daemon, and wait.  Return 0, or -1 when nobody answers, which is
 * logged; then, and when its store is away (LEDGER_AWAY), nothing was decided.
 */
int link_call(struct mail_user *user, struct ledger_request *request,
    struct ledger_reply *reply);

/**
 * link_send(user, request):
 * Tell the daemon what has no answer.  When that fails, its holder is doubted.
 */
void link_send(struct mail_user *user, struct ledger_request *request);

/**
 * link_send_late(user, request):
 * As link_send(), but it may wait for some milliseconds, or for the next
 * request: the daemon is woken once for two.
 */
void link_send_late(struct mail_user *user, struct ledger_request *request);

/**
 * link_doubt(user, holder):
 * The daemon does not know all of ${holder}: have it counted anew, now or when
 * it is next reached.
 */
void link_doubt(struct mail_user *user, const char *holder);

/**
 * link_close(void):
 * Tell what waits, if somebody hears it, and close the connection.
 */
void link_close(void);

#endif
