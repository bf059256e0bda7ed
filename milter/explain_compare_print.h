/*
 * explain_compare_print.h: a comparison for people and for programs.
 */
#ifndef MILTER_EXPLAIN_COMPARE_PRINT_H
#define MILTER_EXPLAIN_COMPARE_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "explain_compare.h"

/**
 * explain_compare_text(stream, comparison):
 * Tell a person on ${stream} what libopendkim says of each signature, and why.
 */
void explain_compare_text(
    FILE *stream, const struct explain_comparison *comparison);

/**
 * explain_compare_json(comparison):
 * Return the member `compare' of what explain_print_json() writes:
 * {"opendkim":{"state":"judged","reason":null,"version":"2.11.0",
 * "questions":1,
 * "signatures":[{"domain","selector","algorithm","ours","ours_reason","result",
 * "reason","bits","difference","explanation","note"}]}}.  state is judged,
 * skipped, crashed, slow, garbage or trouble; difference is same, words,
 * explained or unknown; questions is the number
 * of key records that libopendkim asked for.  The caller owns the reference.
 */
json_t *explain_compare_json(const struct explain_comparison *comparison);

#endif
