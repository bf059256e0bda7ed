/*
 * limits.h: the limits of quotad.conf: a default for each kind of account, and
 * patterns, of which the most exact one wins.
 */
#ifndef QUOTAD_LIMITS_H
#define QUOTAD_LIMITS_H

#include "config.h"
#include "record.h"

/**
 * limits_find(config, key, out):
 * Store in ${out} what ${config} says of the account ${key}; what it leaves
 * open is RECORD_UNSET.  A section for the very key ("domain/a.example") goes
 * before one for a kind ("domain"), field by field.
 */
void limits_find(
    const struct config *config, const char *key, struct record_limits *out);

#endif
