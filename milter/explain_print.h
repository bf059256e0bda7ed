/*
 * explain_print.h: an outcome for people.
 */
#ifndef MILTER_EXPLAIN_PRINT_H
#define MILTER_EXPLAIN_PRINT_H

#include <stdio.h>

#include "mail.h"
#include "outcome.h"

/**
 * explain_print_text(stream, mail, outcome):
 * Tell a person on ${stream} what was found of ${mail} and what ${outcome}
 * follows.
 */
void explain_print_text(
    FILE *stream, const struct mail *mail, const struct outcome *outcome);

#endif
