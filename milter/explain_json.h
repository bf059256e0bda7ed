/*
 * explain_json.h: an outcome for programs.
 */
#ifndef MILTER_EXPLAIN_JSON_H
#define MILTER_EXPLAIN_JSON_H

#include <stdio.h>

#include "explain_compare.h"
#include "mail.h"
#include "outcome.h"

/**
 * explain_json(stream, mail, outcome, comparison):
 * Write what was found of ${mail}, the ${outcome} and ${comparison}, unless it
 * is NULL, to ${stream} as one JSON object, schema 1, as mailreeve-explain(1)
 * describes it.  Members are only ever added.
 */
void explain_json(FILE *stream, const struct mail *mail,
    const struct outcome *outcome, const struct explain_comparison *comparison);

#endif
