/*
 * verify_trace.h: the verification of signatures, told step by step.  With a
 * NULL trace each of these does nothing.
 */
#ifndef DKIM_VERIFY_TRACE_H
#define DKIM_VERIFY_TRACE_H

#include <stddef.h>

#include "base/trace.h"
#include "dkim/evaluate.h"
#include "dkim/signature.h"
#include "dkim/verify.h"
#include "dns/dns.h"

/* Names of signed fields, or bytes of a key record, that are told. */
#define VERIFY_TRACE_MAX_TEXT ((size_t)1000)

/**
 * verify_trace_signature(trace, number, signature):
 * Tell what the DKIM-Signature field ${number}, counted from 1 at the top,
 * claims.
 */
void verify_trace_signature(
    struct trace *trace, size_t number, const struct signature *signature);

/**
 * verify_trace_hashes(trace, facts):
 * Tell what the message yields, beside what its signature says.
 */
void verify_trace_hashes(
    struct trace *trace, const struct evaluate_facts *facts);

/**
 * verify_trace_answer(trace, name, answer):
 * Tell what the DNS says of the key at ${name}.
 */
void verify_trace_answer(
    struct trace *trace, const char *name, const struct dns_answer *answer);

/**
 * verify_trace_key(trace, record, info, result, reason):
 * Tell what the key ${record} is, and what it comes to.
 */
void verify_trace_key(struct trace *trace, struct span record,
    const struct dkim_key_info *info, enum dkim_result result,
    const char *reason);

/**
 * verify_trace_result(trace, verification):
 * Tell the result of the signature.
 */
void verify_trace_result(
    struct trace *trace, const struct dkim_verification *verification);

#endif
