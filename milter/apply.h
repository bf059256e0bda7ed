/*
 * apply.h: carry out an outcome through libmilter.
 */
#ifndef MILTER_APPLY_H
#define MILTER_APPLY_H

#include <stdbool.h>

#include "base/arena.h"
#include "outcome.h"
#include <libmilter/mfapi.h>

/**
 * apply_outcome(context, outcome, arena, leading_blank):
 * Change the message of ${context} as ${outcome} says and return what its
 * end-of-message callback returns.  ${leading_blank}: the MTA keeps the blank
 * after a field's colon (SMFIP_HDR_LEADSPC).  A change that libmilter refuses
 * gives SMFIS_TEMPFAIL: better late than unsigned or with a forged field.
 */
sfsistat apply_outcome(SMFICTX *context, const struct outcome *outcome,
    struct arena *arena, bool leading_blank);

/**
 * apply_verdict(context, verdict):
 * Set the SMTP reply of ${verdict} and return its status.
 */
sfsistat apply_verdict(SMFICTX *context, const struct verdict *verdict);

#endif
