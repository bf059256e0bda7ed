/*
 * explain_print.h: an outcome for people and for programs.
 */
#ifndef MILTER_EXPLAIN_PRINT_H
#define MILTER_EXPLAIN_PRINT_H

#include <stdio.h>

#include "explain_compare.h"
#include "mail.h"
#include "outcome.h"

/**
 * explain_print_text(stream, mail, outcome):
 * Tell a person on ${stream} what was found of ${mail} and what ${outcome}
 * follows.
 */
void explain_print_text(
    FILE *stream, const struct mail *mail, const struct outcome *outcome);

/**
 * explain_print_json(stream, outcome, comparison):
 * Write ${outcome} and ${comparison}, unless it is NULL, to ${stream} as one
 * JSON object, schema 1:
 * {"schema":1, "direction":"inbound", "dkim":[{"domain","selector","algorithm",
 * "result","reason"}],
 * "signatures":[{"domain","selector","algorithm","value"}], "unsigned":null,
 * "forged_removed":0, "verdict":{"action","reason"},
 * "authentication_results":"...", "compare":{"opendkim":{...}}}; see
 * explain_compare_json() for the last.  Members are only ever added.
 */
void explain_print_json(FILE *stream, const struct outcome *outcome,
    const struct explain_comparison *comparison);

#endif
