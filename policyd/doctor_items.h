/*
 * doctor_items.h: Postfix's lists of restrictions, item by item.  No I/O.
 */
#ifndef POLICYD_DOCTOR_ITEMS_H
#define POLICYD_DOCTOR_ITEMS_H

#include <stdbool.h>

#include "base/span.h"

/**
 * doctor_items_take(rest, item):
 * Move the next item of a list into ${item}: what stands between blanks and
 * commas, or within braces, which belong to it.  Return false at the end.
 */
bool doctor_items_take(struct span *rest, struct span *item);

/**
 * doctor_items_endpoint(item):
 * Return where a policy service is: ${item}, or its first word in braces.
 */
struct span doctor_items_endpoint(struct span item);

/**
 * doctor_items_option(item, name, value):
 * Store in ${value} what ${item}, "{ endpoint, name=value, ... }", sets ${name}
 * to.  Return false when it does not.
 */
bool doctor_items_option(
    struct span item, const char *name, struct span *value);

/**
 * doctor_items_has(list, item):
 * Say whether ${item} is one of ${list}.
 */
bool doctor_items_has(struct span list, struct span item);

#endif
