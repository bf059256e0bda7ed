/*
 * known.h: holders of whom this process has heard that they were counted.
 */
#ifndef DOVECOT_PLUGIN_KNOWN_H
#define DOVECOT_PLUGIN_KNOWN_H

#include "holder.h"

/**
 * known_ensure(holder):
 * See to it that the mailboxes of ${holder} were counted and are not in doubt,
 * at a moment when this process holds no lock of the storage: counting takes
 * others.  Failures show when room is asked for.
 */
void known_ensure(const struct holder *holder);

/**
 * known_forget(name):
 * The holder ${name} is in doubt: ask again next time.
 */
void known_forget(const char *name);

/**
 * known_close(void):
 * Forget all.
 */
void known_close(void);

#endif
