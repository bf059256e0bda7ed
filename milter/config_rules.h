/*
 * config_rules.h: the rules of a configuration, and what else decides about a
 * message.
 */
#ifndef MILTER_CONFIG_RULES_H
#define MILTER_CONFIG_RULES_H

#include "config_keys.h"

/**
 * config_rules_read(loading):
 * Fill in the rules of the configuration, and tell of each value that is none.
 * Warn of rules that match nothing, and of those by which anybody passes.
 */
void config_rules_read(struct config_loading *loading);

#endif
