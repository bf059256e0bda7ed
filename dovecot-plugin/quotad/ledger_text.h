/*
 * ledger_text.h: why something was refused, in words that a sender may read.
 */
#ifndef QUOTAD_LEDGER_TEXT_H
#define QUOTAD_LEDGER_TEXT_H

#include "base/arena.h"
#include "record.h"

/**
 * ledger_text(account, limits, amount, result, arena):
 * Return why ${amount} got ${result} from ${account}: "domain a.example is
 * full: it may hold 1.0 GB"; allocated from ${arena}, or "" for LEDGER_OK.
 */
const char *ledger_text(const struct record_account *account,
    const struct record_limits *limits, struct ledger_amount amount,
    enum ledger_result result, struct arena *arena);

/**
 * ledger_text_size(bytes, arena):
 * Return ${bytes} for people: "1.5 GB", in powers of 1024.
 */
const char *ledger_text_size(int64_t bytes, struct arena *arena);

#endif
