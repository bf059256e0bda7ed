/*
 * doctor_calls.h: what Postfix asks, and what it should.  Only decides.
 */
#ifndef POLICYD_DOCTOR_CALLS_H
#define POLICYD_DOCTOR_CALLS_H

#include "doctor.h"
#include "doctor_postfix.h"

/**
 * doctor_calls_judge(findings, postfix):
 * Say which requests Postfix does not make that it should, and how.
 */
void doctor_calls_judge(
    struct doctor_findings *findings, const struct doctor_postfix *postfix);

/**
 * doctor_calls_text(name, arena):
 * Return the check_policy_service that should stand in Postfix's lists, for our
 * socket that it calls ${name}.
 */
const char *doctor_calls_text(const char *name, struct arena *arena);

/**
 * doctor_calls_wire(postfix, service, list, arena):
 * Return the command that puts our call at the front of ${list} of ${service},
 * without the reload.
 */
const char *doctor_calls_wire(const struct doctor_postfix *postfix,
    const struct doctor_service *service, enum doctor_list list,
    struct arena *arena);

#endif
