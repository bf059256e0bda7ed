/*
 * net.h: connections with deadlines, in clock_monotonic_ms().
 */
#ifndef DNS_TOOL_NET_H
#define DNS_TOOL_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/network.h"

/**
 * net_wait(fd, events, deadline):
 * Wait for ${events} of poll() on ${fd}.  Return false, with errno, when the
 * deadline comes first (ETIMEDOUT).
 */
bool net_wait(int fd, short events, int64_t deadline);

/**
 * net_connect(address, port, type, deadline):
 * Return a non-blocking socket of ${type}, SOCK_STREAM or SOCK_DGRAM, connected
 * to ${address}; or -1 with errno.
 */
int net_connect(const struct network_address *address, uint16_t port, int type,
    int64_t deadline);

/**
 * net_send(fd, data, len, deadline):
 * Send all ${len} bytes of ${data} to the stream ${fd}; false with errno.
 */
bool net_send(int fd, const void *data, size_t len, int64_t deadline);

/**
 * net_receive(fd, data, len, deadline):
 * Receive exactly ${len} bytes from the stream ${fd}; false with errno, 0 when
 * it ended before.
 */
bool net_receive(int fd, void *data, size_t len, int64_t deadline);

#endif
