/*
 * explain_spf2_print.h: a comparison of SPF for people and for programs.
 */
#ifndef MILTER_EXPLAIN_SPF2_PRINT_H
#define MILTER_EXPLAIN_SPF2_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "explain_spf2.h"

/**
 * explain_spf2_text(stream, compared):
 * Tell a person on ${stream} what libspf2 says of the sender, and why.
 */
void explain_spf2_text(FILE *stream, const struct explain_spf2 *compared);

/**
 * explain_spf2_json(compared):
 * Return {"state":"judged","reason":null,"version":"1.2.10","questions":3,
 * "identities":[{"identity","domain","ours","ours_reason","result","reason",
 * "explanation","difference","cause","note"}]}.  state is judged, skipped,
 * crashed, slow, insatiable, garbage or trouble; identity is helo or mailfrom;
 * questions is the number of DNS questions that libspf2 had.  The caller owns
 * the reference.
 */
json_t *explain_spf2_json(const struct explain_spf2 *compared);

#endif
