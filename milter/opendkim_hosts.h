/*
 * opendkim_hosts.h: OpenDKIM's sets of hosts (PeerList in opendkim.conf(5)):
 * names, ".domains", addresses and networks, each perhaps after a `!'. OpenDKIM
 * compares them as text; so do we.
 */
#ifndef MILTER_OPENDKIM_HOSTS_H
#define MILTER_OPENDKIM_HOSTS_H

#include <stdbool.h>

#include "base/network.h"
#include "opendkim_dataset.h"

/* A set with patterns is searched row by row, some hundred times a message. */
#define OPENDKIM_HOSTS_PATTERNS ((size_t)200)

struct opendkim_hosts;

/**
 * opendkim_hosts_new(set, report):
 * Return the hosts of ${set}, which must outlive them.  Tell ${report} of rows
 * that match no host.  Return NULL when it was told of an error.
 */
struct opendkim_hosts *opendkim_hosts_new(
    const struct opendkim_dataset *set, const struct opendkim_report *report);

/**
 * opendkim_hosts_contain(hosts, name, address):
 * Say whether the client ${name}, as the MTA resolved it, or NULL, at
 * ${address} is one of ${hosts}.  A client without an address is 127.0.0.1.
 */
bool opendkim_hosts_contain(const struct opendkim_hosts *hosts,
    const char *name, const struct network_address *address);

#endif
