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
 * Tell a person on ${stream} what libopendkim says of each signature, and
 * libspf2 of the sender, and why.
 */
void explain_compare_text(
    FILE *stream, const struct explain_comparison *comparison);

/**
 * explain_compare_json(comparison):
 * Return the member `compare' of what explain_print_json() writes:
 * {"opendkim":{"state":"judged","reason":null,"version":"2.11.0",
 * "questions":1,
 * "signatures":[{"domain","selector","algorithm","ours","ours_reason","result",
 * "reason","bits","difference","explanation","note"}]},"spf2":{...}}, the
 * latter from explain_spf2_json().  state is judged, skipped, crashed, slow,
 * garbage or trouble; difference is same, words, explained or unknown;
 * questions is the number of key records that libopendkim asked for.  The
 * caller owns the reference.
 */
json_t *explain_compare_json(const struct explain_comparison *comparison);

/**
 * explain_compare_wrapped(stream, head, indent, text):
 * Print ${text} after ${head}, in lines of which the others begin with
 * ${indent}.
 */
void explain_compare_wrapped(
    FILE *stream, const char *head, const char *indent, const char *text);

/**
 * explain_compare_result(stream, who, result, reason):
 * Print what ${who} says, with its ${reason} unless that is NULL.
 */
void explain_compare_result(
    FILE *stream, const char *who, const char *result, const char *reason);

/**
 * explain_compare_string(value):
 * Return ${value}, or NULL, for JSON.  The caller owns the reference.
 */
json_t *explain_compare_string(const char *value);

/**
 * explain_compare_state(state):
 * Return the word for ${state}.
 */
const char *explain_compare_state(enum receiver_state state);

#endif
