/*
 * dnsserver.h: a real authoritative DNS server, started by a test on a free
 * port of 127.0.0.1.
 */
#ifndef SUPPORT_DNSSERVER_H
#define SUPPORT_DNSSERVER_H

#include <stdbool.h>
#include <stddef.h>

enum dnsserver_kind {
	DNSSERVER_KNOT,
	DNSSERVER_NSD,
};

struct dnsserver_zone {
	const char *origin; /* with its final dot */
	const char *text;
	bool sign; /* Knot only */
};

struct dnsserver;

/**
 * dnsserver_has(kind):
 * Say whether the server ${kind} is installed.
 */
bool dnsserver_has(enum dnsserver_kind kind);

/**
 * dnsserver_new(kind, zones, count):
 * Write a configuration for ${count} ${zones} to a new directory, start the
 * server and wait until it answers.  Any failure ends the test program.
 */
struct dnsserver *dnsserver_new(
    enum dnsserver_kind kind, const struct dnsserver_zone *zones, size_t count);

/**
 * dnsserver_free(server):
 * Stop ${server} and remove its directory.  NULL is harmless.
 */
void dnsserver_free(struct dnsserver *server);

/**
 * dnsserver_stop(server), dnsserver_start(server):
 * Stop ${server}; start it again on the same port and wait until it answers.
 */
void dnsserver_stop(struct dnsserver *server);
void dnsserver_start(struct dnsserver *server);

/**
 * dnsserver_address(server):
 * Return "127.0.0.1@PORT".
 */
const char *dnsserver_address(const struct dnsserver *server);

/**
 * dnsserver_anchor(server, origin):
 * Write the DS record of the signed zone ${origin} to a file and return its
 * path, which lives as long as ${server}.
 */
const char *dnsserver_anchor(struct dnsserver *server, const char *origin);

#endif
