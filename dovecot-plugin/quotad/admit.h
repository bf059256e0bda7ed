/*
 * admit.h: whether there is room.  Decides only.
 */
#ifndef QUOTAD_ADMIT_H
#define QUOTAD_ADMIT_H

#include "record.h"

/* How near an account is to a limit, for warnings. */
#define ADMIT_NO_LIMIT (-1)

/**
 * admit_limits(account, configured, out):
 * Store in ${out} the limits that hold for ${account}, 0 for none: of each,
 * what an admin set for this account; else, for hard ones, what Dovecot told;
 * else what the file says (${configured}).
 */
void admit_limits(const struct record_account *account,
    const struct record_limits *configured, struct record_limits *out);

/**
 * admit(account, limits, amount, extra, now):
 * Return whether ${account} has room for ${amount} at ${now} (seconds since
 * 1970), with ${extra} bytes over its hard limit: LEDGER_OK, LEDGER_SOFT,
 * LEDGER_SOFT_EXPIRED, LEDGER_HARD, or LEDGER_UNCERTAIN when only what stale
 * leases hold is in the way.  What adds nothing is always LEDGER_OK.
 */
enum ledger_result admit(const struct record_account *account,
    const struct record_limits *limits, struct ledger_amount amount,
    int64_t extra, int64_t now);

/**
 * admit_percent(account, limits):
 * Return how many hundredths of its hard limit (or soft, when it has no other)
 * ${account} uses, the larger of bytes and messages, or ADMIT_NO_LIMIT.
 */
int64_t admit_percent(
    const struct record_account *account, const struct record_limits *limits);

/**
 * admit_over_since(account, limits, now):
 * Return since when ${account} is over its soft limit: what it says itself, or
 * ${now}, or 0 when it is not.
 */
int64_t admit_over_since(const struct record_account *account,
    const struct record_limits *limits, int64_t now);

#endif
