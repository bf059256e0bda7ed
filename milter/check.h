/*
 * check.h: verify an inbound message.
 */
#ifndef MILTER_CHECK_H
#define MILTER_CHECK_H

#include "base/span.h"
#include "mail.h"
#include "outcome.h"

/**
 * check_new(mail):
 * Begin to check ${mail}, whose header is complete; ask the DNS, never wait.
 */
struct check *check_new(struct mail *mail);

/**
 * check_body(check, bytes):
 * The next part of the body.
 */
void check_body(struct check *check, struct span bytes);

/**
 * check_finish(check, outcome):
 * Wait for the answers and store the results and the Authentication-Results
 * field for them in ${outcome}.
 */
void check_finish(struct check *check, struct outcome *outcome);

/**
 * check_free(check):
 * Release what the arena of its message does not.  NULL is harmless.
 */
void check_free(struct check *check);

#endif
