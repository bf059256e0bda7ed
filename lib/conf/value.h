/*
 * value.h: one value of a configuration, from text to its C type and back.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "conf/conf.h"

/**
 * value_number(option, text, out):
 * Read ${text} as a value of ${option}, which is a boolean (0 or 1), an
 * integer, a size, a duration (of either type) or a word (its index).  Return
 * false when it is none or out of range.
 */
bool value_number(
    const struct conf_option *option, struct span text, int64_t *out);

/**
 * value_needs_unit(option, text, buf):
 * Say whether ${text} is but a duration of ${option} that lacks its unit, and
 * then append to ${buf} what may be meant: `7d, 7h, 7m or 7s'.
 */
bool value_needs_unit(
    const struct conf_option *option, struct span text, struct buf *buf);

/**
 * value_is_text(option):
 * Say whether the values of ${option} are any strings.
 */
bool value_is_text(const struct conf_option *option);

/**
 * value_allowed(buf, option):
 * Append to ${buf} what ${option} may be, for people: `a size from 1k to 1M'.
 */
void value_allowed(struct buf *buf, const struct conf_option *option);

/**
 * value_print(buf, option, number):
 * Append ${number} to ${buf} so that value_number() reads it back.
 */
void value_print(
    struct buf *buf, const struct conf_option *option, int64_t number);

/**
 * value_quote(buf, string):
 * Append ${string} to ${buf} in double quotes.
 */
void value_quote(struct buf *buf, const char *string);

#endif
