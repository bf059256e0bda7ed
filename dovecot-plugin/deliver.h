/*
 * deliver.h: the delivery by LMTP or dovecot-lda that is going on, if this
 * process makes any.
 */
#ifndef DOVECOT_PLUGIN_DELIVER_H
#define DOVECOT_PLUGIN_DELIVER_H

#include "plugin.h"

/**
 * deliver_follow(void), deliver_deinit(void):
 * Hear of deliveries before all others, now that all plugins are there: Sieve
 * calls nobody after itself; and no longer.
 */
void deliver_follow(void);
void deliver_deinit(void);

/**
 * deliver_defer(user):
 * Let the delivery to ${user}, if there is one, be answered as with
 * quota_full_tempfail when it is refused for a quota: 452 4.2.2 (RFC 3463
 * 3.3), or EX_TEMPFAIL of dovecot-lda.
 */
void deliver_defer(struct mail_user *user);

#endif
