/*
 * frame.h: what goes through the pipes between us and a library's process:
 * a version byte, a type byte, four bytes of length (highest first), payload.
 */
#ifndef RECEIVER_FRAME_H
#define RECEIVER_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define FRAME_VERSION 1
#define FRAME_HEADER_BYTES 6
/* Payload that the process may send, and that it may be sent. */
#define FRAME_MAX_FROM_CHILD 8192
#define FRAME_MAX_TO_CHILD ((size_t)1200 * 1024)

enum frame_type {
	/* To the process. */
	FRAME_FIELD,         /* a header field, name ":" value */
	FRAME_END_OF_FIELDS, /* answered by questions and FRAME_READY */
	FRAME_BODY,          /* the next part of the body */
	FRAME_END, /* answered by questions, opinions and FRAME_DONE */
	FRAME_ANSWER,
	/* From it. */
	FRAME_HELLO, /* the library's version; comes first */
	FRAME_QUESTION,
	FRAME_READY,
	FRAME_OPINION,
	FRAME_DONE,
	/* Likewise, where it is about SPF. */
	FRAME_SPF, /* answered by questions, FRAME_SPF_OPINION, FRAME_DONE */
	FRAME_SPF_OPINION,
};
#define FRAME_LAST FRAME_SPF_OPINION

struct frame {
	enum frame_type type;
	struct span payload; /* in the buffer that it was taken from */
};

enum frame_status {
	FRAME_WHOLE,
	FRAME_PARTIAL, /* more must come */
	FRAME_BROKEN,  /* this is no frame, or one that is too long */
};

/**
 * frame_take(cursor, max, out):
 * Move the first frame of ${cursor}, of up to ${max} bytes of payload, into
 * ${out}.  Unless it is FRAME_WHOLE, ${cursor} stays.
 */
enum frame_status frame_take(
    struct span *cursor, size_t max, struct frame *out);

/**
 * frame_header(type, len, out):
 * Write the header of a frame with ${len} bytes of payload to ${out}.
 */
void frame_header(
    enum frame_type type, size_t len, unsigned char out[FRAME_HEADER_BYTES]);

/**
 * frame_add(buf, type, payload):
 * Append a frame to ${buf}.
 */
void frame_add(struct buf *buf, enum frame_type type, struct span payload);

/**
 * frame_add_number(buf, number), frame_add_bytes(buf, bytes):
 * Append a number of four bytes, or bytes after their count, to a payload.
 */
void frame_add_number(struct buf *buf, uint32_t number);
void frame_add_bytes(struct buf *buf, struct span bytes);

/**
 * frame_take_number(cursor, out), frame_take_bytes(cursor, max, out):
 * Read back what these append; false when it is not there, or has more than
 * ${max} bytes.
 */
bool frame_take_number(struct span *cursor, uint32_t *out) COMPAT_MUST_CHECK;
bool frame_take_bytes(
    struct span *cursor, size_t max, struct span *out) COMPAT_MUST_CHECK;

#endif
