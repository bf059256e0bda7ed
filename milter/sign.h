/*
 * sign.h: sign an outbound message.
 */
#ifndef MILTER_SIGN_H
#define MILTER_SIGN_H

#include <stdbool.h>

#include "base/span.h"
#include "mail.h"
#include "outcome.h"

/**
 * sign_new(mail):
 * Find the keys for ${mail}, whose header is complete, and begin to sign it.
 */
struct sign *sign_new(struct mail *mail);

/**
 * sign_is_ours(sign):
 * Say whether the author of the message is one that keys sign for, or one who
 * was refused for another reason.
 */
bool sign_is_ours(const struct sign *sign);

/**
 * sign_body(sign, bytes):
 * The next part of the body.
 */
void sign_body(struct sign *sign, struct span bytes);

/**
 * sign_fields(sign, count):
 * Return the names of the fields that the signatures cover, with their number
 * in ${count}: 0 when there are none.
 */
const char *const *sign_fields(const struct sign *sign, size_t *count);

/**
 * sign_finish(sign, outcome):
 * Store the signatures, or why there are none, in ${outcome}.  Return 0, or -1
 * when signing itself failed or the message must wait for its key.
 */
int sign_finish(struct sign *sign, struct outcome *outcome);

/**
 * sign_free(sign):
 * Release what the arena of its message does not.  NULL is harmless.
 */
void sign_free(struct sign *sign);

#endif
