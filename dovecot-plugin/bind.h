/*
 * bind.h: whose processes may book for a holder.
 */
#ifndef DOVECOT_PLUGIN_BIND_H
#define DOVECOT_PLUGIN_BIND_H

#include "holder.h"

/**
 * bind_owner(holder):
 * If this process is root's, tell the daemon that the owner of the mailboxes of
 * ${holder} may book for him and his accounts: his IMAP sessions are his own.
 */
void bind_owner(const struct holder *holder);

#endif
