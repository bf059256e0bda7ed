/*
 * config_check.h: the rules that the table of options cannot express.
 */
#ifndef MILTER_CONFIG_CHECK_H
#define MILTER_CONFIG_CHECK_H

#include "config_keys.h"

/**
 * config_check(loading):
 * Tell of each option of ${loading} whose value could not be used, and, when
 * the reader is going to serve, of files, users and groups that are not there.
 */
void config_check(struct config_loading *loading);

#endif
