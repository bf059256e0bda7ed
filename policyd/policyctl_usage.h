/*
 * policyctl_usage.h: how much of which limit is used, as a table.
 */
#ifndef POLICYD_POLICYCTL_USAGE_H
#define POLICYD_POLICYCTL_USAGE_H

#include "policyctl_print.h"

/**
 * policyctl_usage_table(arena):
 * Begin a table of lines "usage".
 */
struct policyctl_table *policyctl_usage_table(struct arena *arena);

/**
 * policyctl_usage_row(arena, table, line):
 * Add ${line} to ${table}.
 */
void policyctl_usage_row(
    struct arena *arena, struct policyctl_table *table, const json_t *line);

#endif
