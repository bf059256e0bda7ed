/*
 * count.h: what import shares with verify and repair.
 */
#ifndef QUOTACTL_COUNT_H
#define QUOTACTL_COUNT_H

#include "doveadm.h"

/**
 * count_gather(ctl, names):
 * Add to ${names} who is meant: those of the command, or all that the ledger
 * knows.  Return an exit status, after saying what is wrong.
 */
int count_gather(struct quotactl *ctl, struct doveadm_names *names);

/**
 * count_holder(ctl, user):
 * Have Dovecot count the mailboxes of ${user}.  Return 0, or -1 after saying
 * that it cannot be done.
 */
int count_holder(struct quotactl *ctl, const char *user);

/**
 * count_progress(what, done, all):
 * On a terminal, say how far it is: "counted 3 of 12".
 */
void count_progress(const char *what, size_t done, size_t all);

#endif
