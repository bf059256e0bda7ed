/*
 * check.h: verify an inbound message: SPF, DKIM, DMARC and iprev under one
 * deadline.
 */
#ifndef MILTER_CHECK_H
#define MILTER_CHECK_H

#include "base/span.h"
#include "mail.h"
#include "outcome.h"

/* Domains in From for which DMARC is evaluated.  With more there is one
 * permerror besides. */
#define CHECK_MAX_AUTHORS FROM_MAX_DOMAINS

/**
 * check_prefetch(mail):
 * Start asking the DNS for what the envelope of the inbound ${mail} will need:
 * the first SPF records, and the names of a client that the MTA has none for.
 * Never waits.
 */
void check_prefetch(const struct mail *mail);

/**
 * check_new(mail):
 * Begin to check ${mail}, whose header is complete; ask the DNS, never wait.
 * Outbound mail has its signatures verified and nothing else: whoever hands it
 * in is no client that SPF, DMARC or iprev could say something about.
 */
struct check *check_new(struct mail *mail);

/**
 * check_body(check, bytes):
 * The next part of the body.
 */
void check_body(struct check *check, struct span bytes);

/**
 * check_finish(check, outcome):
 * Wait for the answers, dns_timeout from now at most, and store the results in
 * ${outcome}.
 */
void check_finish(struct check *check, struct outcome *outcome);

/**
 * check_free(check):
 * Release what the arena of its message does not.  NULL is harmless.
 */
void check_free(struct check *check);

#endif
