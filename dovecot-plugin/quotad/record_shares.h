/*
 * record_shares.h: shares as text, one a line: "BYTES MESSAGES ACCOUNT".
 */
#ifndef QUOTAD_RECORD_SHARES_H
#define QUOTAD_RECORD_SHARES_H

#include "base/span.h"
#include "record.h"

/* Bytes that all of them can need, with a NUL. */
#define RECORD_SHARES_MAX                                                      \
	(RECORD_MAX_ACCOUNTS * (RECORD_MAX_NAME + 2 * 20 + 3) + 1)

/**
 * record_shares_print(shares, count, out):
 * Write ${count} shares to ${out}, which has room for RECORD_SHARES_MAX bytes,
 * and a NUL; return the bytes before it.
 */
size_t record_shares_print(
    const struct record_share *shares, size_t count, char *out);

/**
 * record_shares_parse(text, shares, count):
 * Read ${text} into ${shares}, which has room for RECORD_MAX_ACCOUNTS, and
 * their number into ${count}.  Return -1 for what record_shares_print() never
 * writes.
 */
int record_shares_parse(
    struct span text, struct record_share *shares, size_t *count);

/**
 * record_shares_number(text, out):
 * Take a number, and the blank after it, off ${text}.  Return -1 if there is
 * none.
 */
int record_shares_number(struct span *text, int64_t *out);

#endif
