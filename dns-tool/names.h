/*
 * names.h: the names that an operator gives: domains and selectors.
 */
#ifndef DNS_TOOL_NAMES_H
#define DNS_TOOL_NAMES_H

#include "base/arena.h"

/**
 * names_domain(text, arena, problem):
 * Return the mail domain ${text}, in U-labels or A-labels, in lower-case
 * A-labels; or NULL with what is wrong with it in ${problem}.
 */
const char *names_domain(
    const char *text, struct arena *arena, const char **problem);

/**
 * names_selector(text, domain, arena, problem):
 * Return the selector ${text} (RFC 6376 3.1) of keys of ${domain} in lower-case
 * A-labels; or NULL with what is wrong with it in ${problem}.
 */
const char *names_selector(const char *text, const char *domain,
    struct arena *arena, const char **problem);

/**
 * names_selector_of_date(now, arena):
 * Return the selector for keys made at ${now}: YYYYMMDD, in UTC.
 */
const char *names_selector_of_date(int64_t now, struct arena *arena);

#endif
