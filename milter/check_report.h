/*
 * check_report.h: what -t tells of a configuration that is right.
 */
#ifndef MILTER_CHECK_REPORT_H
#define MILTER_CHECK_REPORT_H

#include <stddef.h>
#include <stdio.h>

#include "config.h"
#include "postfix.h"

/**
 * check_report_keys(config):
 * Return how many different private keys ${config} has, however often each is
 * loaded.
 */
size_t check_report_keys(const struct config *config);

/**
 * check_report_print(stream, config, postfix, sudo):
 * Write which domains are signed with which keys, where Postfix connects, and
 * the commands that are left to do, with sudo if ${sudo}.  ${postfix} is this
 * host's, or NULL when there is none.
 */
void check_report_print(FILE *stream, const struct config *config,
    const struct postfix *postfix, bool sudo);

#endif
