/*
 * report.h: results as an Authentication-Results field.
 */
#ifndef MILTER_REPORT_H
#define MILTER_REPORT_H

#include <stddef.h>

#include "base/arena.h"
#include "dkim/verify.h"

/**
 * report_authres(arena, authserv_id, dkim, count):
 * Return the body of the Authentication-Results field (RFC 8601) in which
 * ${authserv_id} tells of ${count} verifications; none is dkim=none.  It leaves
 * out signatures beyond max_signatures and all but ten permerrors, so that junk
 * cannot push out what was verified.  It starts with the blank after the colon.
 */
const char *report_authres(struct arena *arena, const char *authserv_id,
    const struct dkim_verification *dkim, size_t count);

#endif
