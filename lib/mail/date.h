/*
 * date.h: date-time of RFC 5322 3.3, the obsolete zones included.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/**
 * date_parse(value, out):
 * Store the seconds since 1970 of the field body ${value} in ${out}.  Return 0,
 * or -1 when it is no date.
 */
int date_parse(struct span value, int64_t *out);

/**
 * date_print(arena, seconds):
 * Return ${seconds} since 1970 as a date-time in UTC ("+0000").
 */
char *date_print(struct arena *arena, int64_t seconds);

#endif
