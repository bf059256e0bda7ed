/*
 * date.h: date-time of RFC 5322 3.3, the obsolete forms of 4.3 included.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"

/* Years that a date can have (RFC 5322 3.3: 1900 or later). */
#define DATE_MIN_YEAR 1900
#define DATE_MAX_YEAR 9999

/**
 * date_parse(value, out):
 * Store the seconds since 1970 of the field body ${value} in ${out}.  Return 0,
 * or -1 when it is no date: also when its day of the week is another one (RFC
 * 5322 3.3).  A leap second counts as the first second of the next minute.
 */
int date_parse(struct span value, int64_t *out);

/**
 * date_print(arena, seconds):
 * Return ${seconds} since 1970 as a date-time in UTC ("+0000"); a time before
 * DATE_MIN_YEAR or after DATE_MAX_YEAR becomes the first or last one between.
 */
char *date_print(struct arena *arena, int64_t seconds);

#endif
