/*
 * config_networks.h: lists of networks in a configuration.
 */
#ifndef MILTER_CONFIG_NETWORKS_H
#define MILTER_CONFIG_NETWORKS_H

#include "base/network.h"
#include "conf/conf.h"

/**
 * config_networks_explain(arena, text):
 * Say what is wrong with ${text}, which network_parse() refuses, and what may
 * be meant.
 */
const char *config_networks_explain(struct arena *arena, const char *text);

#endif
