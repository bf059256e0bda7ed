/*
 * buf.h: an output buffer that grows in an arena up to a hard limit.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"

struct buf {
	struct arena *arena;
	unsigned char *data; /* len bytes and a NUL; NULL while empty */
	size_t len;
	size_t size;
	size_t limit;
	bool overflow; /* something did not fit; everything after was dropped */
};

/**
 * buf_init(buf, arena, limit):
 * Make ${buf} an empty buffer that grows in ${arena} to at most ${limit} bytes.
 */
void buf_init(struct buf *buf, struct arena *arena, size_t limit);

/**
 * buf_add(buf, bytes), buf_add_str(buf, string), buf_add_byte(buf, byte),
 * buf_printf(buf, format, ...):
 * Append to ${buf}.  What would pass the limit is dropped whole, with all that
 * comes after, and sets ${buf}->overflow; callers check once at the end.
 */
void buf_add(struct buf *buf, struct span bytes);
void buf_add_str(struct buf *buf, const char *string);
void buf_add_byte(struct buf *buf, unsigned char byte);
void buf_printf(struct buf *buf, const char *format, ...) COMPAT_PRINTF(2, 3);

/**
 * buf_cut(buf, len):
 * Keep the first ${len} bytes only.
 */
void buf_cut(struct buf *buf, size_t len);

/**
 * buf_span(buf):
 * Return what was written; valid until the next append.
 */
struct span buf_span(const struct buf *buf);

/**
 * buf_str(buf):
 * Return what was written as a C string; valid until the next append.
 */
const char *buf_str(const struct buf *buf);

#endif
