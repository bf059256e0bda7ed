/*
 * explain_steps.h: the steps of a trace, for people and for programs.
 */
#ifndef MILTER_EXPLAIN_STEPS_H
#define MILTER_EXPLAIN_STEPS_H

#include <jansson.h>
#include <stdio.h>

#include "base/trace.h"

/**
 * explain_steps_text(stream, trace):
 * Write the steps of ${trace} to ${stream}, each part under its name.
 */
void explain_steps_text(FILE *stream, const struct trace *trace);

/**
 * explain_steps_json(trace):
 * Return the steps of ${trace} as an array, which the caller owns.
 */
json_t *explain_steps_json(const struct trace *trace);

#endif
