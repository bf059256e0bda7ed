/*
 * observe.h: who hears of an account that changed: those who watch, and those
 * who are to be warned.
 */
#ifndef QUOTAD_OBSERVE_H
#define QUOTAD_OBSERVE_H

#include "serve.h"
#include "warn.h"

struct observe {
	struct serve *serve;
	struct warn *warn;
	const struct log *log;
};

/**
 * observe_change(cookie, account, limits, level):
 * As ledger_changed; ${cookie} is a struct observe.
 */
void observe_change(void *cookie, const struct record_account *account,
    const struct record_limits *limits, int64_t level);

#endif
