/*
 * config_verdict.h: the settings by which a configuration decides about
 * messages, its rules aside.
 */
#ifndef MILTER_CONFIG_VERDICT_H
#define MILTER_CONFIG_VERDICT_H

#include "config_keys.h"

/**
 * config_verdict_read(loading):
 * Fill in the verdict policy and the public suffix list of the configuration,
 * and tell of each value that could not be used, or is to be looked at.
 */
void config_verdict_read(struct config_loading *loading);

#endif
