/*
 * verdict_text.h: a verdict in words, for the log and for the person whose mail
 * was refused.  This file only decides: no I/O, no clock, no state.
 */
#ifndef MILTER_VERDICT_TEXT_H
#define MILTER_VERDICT_TEXT_H

#include "verdict.h"

/**
 * verdict_text_add(verdict, facts, arena):
 * Add to ${verdict} on ${facts}, of which action, cause, rule and dmarc are
 * there, its reason and reply.
 */
void verdict_text_add(struct verdict *verdict,
    const struct verdict_facts *facts, struct arena *arena);

#endif
