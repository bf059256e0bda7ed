/*
 * nearest.h: the option that someone meant who wrote a name we do not know.
 */
#ifndef CONF_NEAREST_H
#define CONF_NEAREST_H

#include "conf/conf.h"

/**
 * nearest_name(table, name):
 * Return the name in ${table} that takes the fewest changes to become ${name},
 * or NULL when all take more than one and a third of its letters.
 */
const char *nearest_name(const struct conf_option *table, const char *name);

#endif
