/*
 * recount.h: what the mailboxes hold, counted and told to the ledger.
 */
#ifndef DOVECOT_PLUGIN_RECOUNT_H
#define DOVECOT_PLUGIN_RECOUNT_H

#include "holder.h"

/**
 * recount(holder):
 * Count all mailboxes that count for the holder of ${holder}, until no change
 * came in between, or a few times.  Return 0 when the ledger took the numbers,
 * or had got them of somebody else; -1 otherwise, which is logged.
 */
int recount(const struct holder *holder);

#endif
