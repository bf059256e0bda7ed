/*
 * opendkim_rules.h: OpenDKIM's KeyTable and SigningTable, or its single key,
 * become rules of the signtable.
 */
#ifndef MILTER_OPENDKIM_RULES_H
#define MILTER_OPENDKIM_RULES_H

#include "config_keys.h"

/* Rules of all tables together: a key name "%" or a path with one can make
 * several of one row. */
#define OPENDKIM_RULES ((size_t)400000)
/* Keys that are looked at for such rows, over all rows. */
#define OPENDKIM_RULES_LOOKED ((size_t)20 * 1000 * 1000)

/**
 * opendkim_rules_read(loading):
 * Append rules and keys as ${loading}->opendkim says to the configuration;
 * without keys only look at the tables.
 */
void opendkim_rules_read(struct config_loading *loading);

#endif
