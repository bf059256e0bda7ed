/*
 * dns_zone_data.h: the names of a zone file with their records.
 *
 * Names are in lower case and wire format (RFC 1035 3.1), with the root's
 * empty label at their end.
 */
#ifndef DNS_DNS_ZONE_DATA_H
#define DNS_DNS_ZONE_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/span.h"
#include "dns/dns.h"

/* RFC 1035 2.3.4. */
#define DNS_ZONE_NAME_MAX 255

struct dns_zone_rrset {
	struct dns_zone_rrset *next;
	uint16_t type;
	uint32_t ttl; /* the least of its records' */
	size_t count;
	size_t size; /* rdata has room for so many */
	struct span *rdata;
};

/* A question that is to fail. */
struct dns_zone_failure {
	struct dns_zone_failure *next;
	uint16_t type; /* 0: any */
	enum dns_status status;
};

struct dns_zone_node {
	struct hash_node hash; /* key: the name */
	bool exists;           /* it or a name below has records */
	struct dns_zone_rrset *rrsets;
	struct dns_zone_failure *failures;
};

struct dns_zone_data {
	struct arena *arena;
	struct hash *names;
};

/**
 * dns_zone_data_init(data), dns_zone_data_done(data):
 * Make ${data} empty; free all that it holds.
 */
void dns_zone_data_init(struct dns_zone_data *data);
void dns_zone_data_done(struct dns_zone_data *data);

/**
 * dns_zone_data_add(data, name, type, ttl, rdata):
 * Add a record; one that is there already changes nothing but the TTL.
 */
void dns_zone_data_add(struct dns_zone_data *data, struct span name,
    uint16_t type, uint32_t ttl, struct span rdata);

/**
 * dns_zone_data_fail(data, name, type, status):
 * Let questions for ${type}, or any if that is 0, at ${name} fail with
 * ${status}.  The name does not exist by that.
 */
void dns_zone_data_fail(struct dns_zone_data *data, struct span name,
    uint16_t type, enum dns_status status);

/**
 * dns_zone_data_node(data, name):
 * Return what is known of ${name}, or NULL.
 */
const struct dns_zone_node *dns_zone_data_node(
    const struct dns_zone_data *data, struct span name);

/**
 * dns_zone_data_rrset(node, type):
 * Return the records of ${type}, or NULL.
 */
const struct dns_zone_rrset *dns_zone_data_rrset(
    const struct dns_zone_node *node, unsigned type);

/**
 * dns_zone_data_parent(name, parent):
 * Store the name above ${name} in ${parent}; false for the root.
 */
bool dns_zone_data_parent(struct span name, struct span *parent);

#endif
