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
 * gives SMFIS_TEMPFAIL: better late than unsigned or with a forged field; so
 * does a message to hold where the MTA has no such queue (SMFIF_QUARANTINE).
 */
sfsistat apply_outcome(SMFICTX *context, const struct outcome *outcome,
    struct arena *arena, bool leading_blank);

/**
 * apply_verdict(context, verdict):
 * Set the SMTP reply of ${verdict}, if it has one, and return its status, which
 * is SMFIS_CONTINUE unless it refuses or defers.
 */
sfsistat apply_verdict(SMFICTX *context, const struct verdict *verdict);

#endif
