/*
 * milter_wire.h: packets of the milter protocol over a socket, as an MTA sends
 * and reads them: buffered writes, bounded reads, a time-out for each.
 */
#ifndef SUPPORT_MILTER_WIRE_H
#define SUPPORT_MILTER_WIRE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/compat.h"
#include "base/span.h"

/* A packet from the filter that claims more is an error. */
#define MILTER_WIRE_MAX (4U * 1024 * 1024)
/* Bytes that wait before they are written unasked, as in a stdio buffer. */
#define MILTER_WIRE_BUFFER 16384

enum milter_wire_status {
	MILTER_WIRE_PACKET,
	MILTER_WIRE_CLOSED,  /* the filter closed the connection */
	MILTER_WIRE_TIMEOUT, /* nothing came in time */
	MILTER_WIRE_ERROR,   /* a broken packet or socket */
};

struct milter_packet {
	char command; /* SMFIC_* or SMFIR_* */
	struct span data;
};

struct milter_wire;

/* Sees what is sent, in order; a call with no bytes means that a reply is
 * waited for. */
typedef void milter_wire_listener(void *cookie, struct span bytes);

/**
 * milter_wire_open(arena, address, error):
 * Connect to ${address}, "unix:PATH" or "inet:PORT@HOST" with a numeric host.
 * Return NULL with the reason in ${error} when that fails.  The result lives in
 * ${arena}; milter_wire_close() must be called for it.
 */
struct milter_wire *milter_wire_open(
    struct arena *arena, const char *address, const char **error);

/**
 * milter_wire_close(wire):
 * Close the socket; what was not flushed is lost.  NULL is harmless.
 */
void milter_wire_close(struct milter_wire *wire);

/**
 * milter_wire_reset(wire):
 * Close the socket with a TCP reset where the socket is one.
 */
void milter_wire_reset(struct milter_wire *wire);

/**
 * milter_wire_listen(wire, listener, cookie):
 * From now on tell ${listener} what is sent; NULL: nobody.
 */
void milter_wire_listen(
    struct milter_wire *wire, milter_wire_listener *listener, void *cookie);

/**
 * milter_wire_send(wire, command, data):
 * Queue the packet of ${command} with ${data}.  Return -1 when the filter is
 * gone.
 */
int milter_wire_send(
    struct milter_wire *wire, char command, struct span data) COMPAT_MUST_CHECK;

/**
 * milter_wire_raw(wire, bytes):
 * Queue ${bytes}, whatever they are.  Return -1 when the filter is gone.
 */
int milter_wire_raw(
    struct milter_wire *wire, struct span bytes) COMPAT_MUST_CHECK;

/**
 * milter_wire_flush(wire):
 * Write what is queued.  Return -1 when the filter is gone or takes nothing for
 * 30 seconds.
 */
int milter_wire_flush(struct milter_wire *wire) COMPAT_MUST_CHECK;

/**
 * milter_wire_recv(wire, arena, timeout_ms, packet):
 * Flush, then wait up to ${timeout_ms} for a packet and store it, allocated
 * from ${arena}, in ${packet}.
 */
enum milter_wire_status milter_wire_recv(struct milter_wire *wire,
    struct arena *arena, int timeout_ms, struct milter_packet *packet);

/**
 * milter_wire_status_name(status):
 * Return a word for an error message.
 */
const char *milter_wire_status_name(enum milter_wire_status status);

/**
 * milter_wire_u32(out, number):
 * Store ${number} as the protocol writes it, in ${out}[0..3].
 */
void milter_wire_u32(unsigned char out[4], uint32_t number);

/**
 * milter_wire_get_u32(cursor, out):
 * Take a number off the front of ${cursor}.  Return false when it is too short.
 */
bool milter_wire_get_u32(struct span *cursor, uint32_t *out) COMPAT_MUST_CHECK;

/**
 * milter_wire_get_string(cursor, out):
 * Take a NUL-terminated string, without its NUL, off the front of ${cursor}.
 * Return false when there is none.
 */
bool milter_wire_get_string(
    struct span *cursor, struct span *out) COMPAT_MUST_CHECK;

#endif
