/*
 * run.h: all probes of a check.
 */
#ifndef CHECK_RUN_H
#define CHECK_RUN_H

#include "check/check.h"

/**
 * run_probes(check, only, progress, findings):
 * Run the probes whose names stand in ${only}, separated by commas, or all when
 * it is NULL, side by side, and append what they find to ${findings}.  With
 * ${progress}, keep a line on standard error that says how far it is.
 */
void run_probes(const struct check *check, const char *only, bool progress,
    struct finding_list *findings);

/**
 * run_unknown(only, arena):
 * Return the first word of ${only} that names no probe, or NULL.
 */
const char *run_unknown(const char *only, struct arena *arena);

/**
 * run_accept(settings, findings):
 * Give those of ${findings} that the operator lives with his reason.
 */
void run_accept(
    const struct config_settings *settings, struct finding_list *findings);

#endif
