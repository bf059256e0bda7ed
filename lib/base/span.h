/*
 * span.h: bytes from outside, as a pointer and a length.  Parsers read them
 * only through the functions here, which never step past the end.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compat.h"

struct span {
	const unsigned char *data; /* not NUL-terminated; owned by another */
	size_t len;
};

/* A predicate on one byte, such as span_is_digit(). */
typedef bool span_class(unsigned char byte);

/* The literal ${text} as a constant initializer. */
#define SPAN_LITERAL(text)                                                     \
	{                                                                      \
		(const unsigned char *)(text), sizeof(text) - 1                \
	}

/**
 * span_new(data, len):
 * Return the ${len} bytes at ${data} as a span.
 */
struct span span_new(const void *data, size_t len);

/**
 * span_str(string):
 * Return the C string ${string} without its NUL; NULL gives an empty span.
 */
struct span span_str(const char *string);

/**
 * span_eq(a, b), span_ieq(a, b), span_is(a, string), span_is_nocase(a, string):
 * Say whether the two are equal; the `i' and `nocase' forms ignore ASCII case.
 */
bool span_eq(struct span a, struct span b);
bool span_ieq(struct span a, struct span b);
bool span_is(struct span a, const char *string);
bool span_is_nocase(struct span a, const char *string);

/**
 * span_starts(span, prefix), span_ends_nocase(span, suffix):
 * Say whether ${span} begins with ${prefix}, or ends with ${suffix} whatever
 * the ASCII case.
 */
bool span_starts(struct span span, const char *prefix);
bool span_ends_nocase(struct span span, struct span suffix);

/**
 * span_find(span, byte):
 * Return the index of the first ${byte}, or ${span}.len when there is none.
 */
size_t span_find(struct span span, unsigned char byte);

/**
 * span_peek(span):
 * Return the first byte, or -1 at the end.
 */
int span_peek(struct span span);

/**
 * span_at(span, index):
 * Return the byte at ${index}, or -1 past the end.
 */
int span_at(struct span span, size_t index);

/**
 * span_skip(cursor, count):
 * Drop the first ${count} bytes, or as many as there are.
 */
void span_skip(struct span *cursor, size_t count);

/**
 * span_take(cursor, count, out):
 * Move the first ${count} bytes of ${cursor} into ${out}.  Return false, and
 * change nothing, when there are fewer.
 */
bool span_take(
    struct span *cursor, size_t count, struct span *out) COMPAT_MUST_CHECK;

/**
 * span_take_byte(cursor, byte):
 * Drop the first byte if it is ${byte} and say whether it was.
 */
bool span_take_byte(struct span *cursor, unsigned char byte);

/**
 * span_take_while(cursor, class):
 * Drop the longest prefix whose bytes are all in ${class} and return it.
 */
struct span span_take_while(struct span *cursor, span_class *class);

/**
 * span_take_until(cursor, byte, out):
 * Move what stands before the first ${byte} into ${out} and drop both.  Without
 * one, take everything and return false.
 */
bool span_take_until(struct span *cursor, unsigned char byte, struct span *out);

/**
 * span_take_line(cursor, out):
 * Move the next line without its CRLF or LF into ${out}.  Return false at the
 * end.
 */
bool span_take_line(struct span *cursor, struct span *out) COMPAT_MUST_CHECK;

/**
 * span_head(span, len), span_tail(span, from):
 * Return the first ${len} bytes, or those from index ${from} on, or as much as
 * there is.
 */
struct span span_head(struct span span, size_t len);
struct span span_tail(struct span span, size_t from);

/**
 * span_trim(span, class), span_trim_end(span, class):
 * Return ${span} without bytes of ${class} at both ends, or at its end.
 */
struct span span_trim(struct span span, span_class *class);
struct span span_trim_end(struct span span, span_class *class);

/**
 * span_to_u64(span, max_digits, out):
 * Read ${span} as a decimal number of one to ${max_digits} digits.  Return
 * false when it is anything else or does not fit.
 */
bool span_to_u64(
    struct span span, size_t max_digits, uint64_t *out) COMPAT_MUST_CHECK;

/**
 * span_lower(byte):
 * Return ${byte} with an ASCII capital made small.
 */
unsigned char span_lower(unsigned char byte);

/**
 * span_hex_value(byte):
 * Return the value of the hexadecimal digit ${byte}, as span_at() gives it, or
 * -1 when it is none.
 */
int span_hex_value(int byte);

/* Classes: digits; letters; letters and digits; space and tab (WSP of RFC
 * 5234); those and CR and LF; hexadecimal digits; bytes above 0x7f; control
 * bytes. */
span_class span_is_digit, span_is_alpha, span_is_alnum, span_is_wsp,
    span_is_space, span_is_hex, span_is_8bit, span_is_control;

#endif
