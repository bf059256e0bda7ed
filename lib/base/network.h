/*
 * network.h: IP addresses and the networks that they are in.
 */
#ifndef BASE_NETWORK_H
#define BASE_NETWORK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/arena.h"

/* An address of either family; an IPv4-mapped IPv6 address is its IPv4 one. */
struct network_address {
	int family; /* AF_INET, AF_INET6, or AF_UNSPEC: none, as of a UNIX
	               socket */
	unsigned char bytes[16];
};

struct network {
	struct network_address address;
	unsigned int prefix; /* in bits */
};

/**
 * network_address_parse(text, out):
 * Store the address written as ${text} in ${out}; brackets and an "IPv6:"
 * before it, as Postfix writes them, may be there.  Return 0, or -1 when it is
 * none.
 */
int network_address_parse(const char *text, struct network_address *out);

/**
 * network_address_parse_as(family, text, out):
 * Store the address of ${family}, AF_INET or AF_INET6, written as ${text} and
 * nothing else in ${out}; an IPv4-mapped one stays AF_INET6.  Return 0, or -1
 * when it is none.
 */
int network_address_parse_as(
    int family, const char *text, struct network_address *out);

/**
 * network_address_from(address, out):
 * Store the IP address in ${address} in ${out}; another family or NULL gives
 * AF_UNSPEC.
 */
void network_address_from(
    const struct sockaddr *address, struct network_address *out);

/**
 * network_address_print(arena, address):
 * Return ${address} as text, or "unknown" for AF_UNSPEC.
 */
char *network_address_print(
    struct arena *arena, const struct network_address *address);

/**
 * network_parse(text, out):
 * Store the network ${text}, "192.0.2.0/24" or a single address, in ${out}.
 * Return 0, or -1 when it is none or has bits set below its prefix.
 */
int network_parse(const char *text, struct network *out);

/**
 * network_explain(arena, text):
 * Say what is wrong with ${text}, which network_parse() refuses, and what may
 * be meant.
 */
const char *network_explain(struct arena *arena, const char *text);

/**
 * network_contains(network, address):
 * Say whether ${address} is in ${network}.
 */
bool network_contains(
    const struct network *network, const struct network_address *address);

#endif
