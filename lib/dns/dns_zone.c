#include "dns/dns_zone.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/hash.h"
#include "dns/dns_zone_data.h"
#include "dns/dns_zone_read.h"

/* A longer chain, or a loop, is a failure (RFC 1034 3.6.2). */
#define MAX_CNAMES 10

/* RFC 1035 3.3.13: the last field of an SOA record. */
#define MINIMUM_BYTES 4

struct zone {
	struct dns_backend base;
	struct dns_zone_data data;
};

struct wire_name {
	unsigned char bytes[DNS_ZONE_NAME_MAX];
	size_t len;
};

static struct span
span_of(const struct wire_name *name)
{
	return (span_new(name->bytes, name->len));
}

/* Append a label, or the root's empty one.  The cache and ldns have checked the
 * lengths; false if that is not so. */
static bool
add_label(struct wire_name *name, struct span label)
{
	if (label.len >= sizeof(name->bytes) - name->len)
		return (false);
	name->bytes[name->len++] = (unsigned char)label.len;
	for (size_t i = 0; i < label.len; i++)
		name->bytes[name->len++] = span_lower(label.data[i]);
	return (true);
}

static bool
from_text(struct wire_name *name, const char *text)
{
	struct span rest = span_str(text);
	struct span label;

	name->len = 0;
	while (rest.len > 0) {
		(void)span_take_until(&rest, '.', &label);
		if (!add_label(name, label))
			return (false);
	}
	return (add_label(name, span_new(NULL, 0)));
}

/* Copy the labels of ${wire} behind those of ${name}. */
static bool
add_wire(struct wire_name *name, struct span wire)
{
	struct span label;

	while (wire.len > 0) {
		size_t len = wire.data[0];

		span_skip(&wire, 1);
		if (!span_take(&wire, len, &label) || !add_label(name, label))
			return (false);
	}
	return (true);
}

static const struct dns_zone_node *
existing(const struct zone *zone, struct span name)
{
	const struct dns_zone_node *node =
	    dns_zone_data_node(&zone->data, name);

	return (node != NULL && node->exists ? node : NULL);
}

/* Return the node whose records ${name} has: its own, or those of the wildcard
 * at its closest encloser (RFC 4592 3.3.1); NULL when it does not exist. */
static const struct dns_zone_node *
find_node(const struct zone *zone, struct span name)
{
	const struct dns_zone_node *node = existing(zone, name);
	struct wire_name wildcard = { .len = 0 };

	if (node != NULL)
		return (node);
	while (node == NULL && dns_zone_data_parent(name, &name))
		node = existing(zone, name);
	if (!add_label(&wildcard, span_str("*")) || !add_wire(&wildcard, name))
		return (NULL);
	return (existing(zone, span_of(&wildcard)));
}

/* Whether a comment in the zone file says that this question fails. */
static bool
fails(const struct zone *zone, struct span name, enum dns_type type,
    struct dns_answer *answer)
{
	const struct dns_zone_node *node =
	    dns_zone_data_node(&zone->data, name);
	const struct dns_zone_failure *failure =
	    node == NULL ? NULL : node->failures;

	while (failure != NULL && failure->type != 0 &&
	       failure->type != (unsigned)type)
		failure = failure->next;
	if (failure == NULL)
		return (false);
	answer->status = failure->status;
	return (true);
}

static uint32_t
minimum(struct span soa)
{
	uint32_t value = 0;

	if (soa.len < MINIMUM_BYTES)
		return (0);
	soa = span_tail(soa, soa.len - MINIMUM_BYTES);
	for (size_t i = 0; i < MINIMUM_BYTES; i++)
		value = value << 8 | soa.data[i];
	return (value);
}

/* RFC 2308 5: the lesser of the TTL and the minimum of the SOA that stands over
 * ${name}; without one, a negative answer should not be kept. */
static uint32_t
negative_ttl(const struct zone *zone, struct span name)
{
	bool more = true;

	for (; more; more = dns_zone_data_parent(name, &name)) {
		const struct dns_zone_node *node = existing(zone, name);
		const struct dns_zone_rrset *soa =
		    node == NULL ? NULL
				 : dns_zone_data_rrset(node, DNS_TYPE_SOA);

		if (soa == NULL)
			continue;
		uint32_t least = minimum(soa->rdata[0]);

		return (least < soa->ttl ? least : soa->ttl);
	}
	return (0);
}

static void
lower_ttl(struct dns_answer *answer, uint32_t ttl)
{
	if (ttl < answer->ttl)
		answer->ttl = ttl;
}

static void
set_negative(const struct zone *zone, struct span name, enum dns_status status,
    struct dns_answer *answer)
{
	answer->status = status;
	lower_ttl(answer, negative_ttl(zone, name));
}

/* Answer for ${name} itself; or make it the target of its CNAME and return
 * false. */
static bool
answer_step(const struct zone *zone, struct wire_name *name, enum dns_type type,
    struct dns_answer *answer)
{
	if (fails(zone, span_of(name), type, answer))
		return (true);
	const struct dns_zone_node *node = find_node(zone, span_of(name));

	if (node == NULL) {
		set_negative(zone, span_of(name), DNS_NXDOMAIN, answer);
		return (true);
	}
	const struct dns_zone_rrset *set = dns_zone_data_rrset(node, type);
	const struct dns_zone_rrset *cname =
	    dns_zone_data_rrset(node, DNS_TYPE_CNAME);

	if (set != NULL) {
		answer->status = DNS_OK;
		answer->count = set->count;
		answer->rdata = set->rdata;
		lower_ttl(answer, set->ttl);
		return (true);
	}
	if (cname == NULL) {
		set_negative(zone, span_of(name), DNS_NODATA, answer);
		return (true);
	}
	lower_ttl(answer, cname->ttl);
	name->len = 0;
	return (!add_wire(name, cname->rdata[0]));
}

static void
start(struct dns_backend *backend, const char *name, enum dns_type type,
    dns_done *done, void *cookie)
{
	/* UNSAFE: base is the first member. */
	const struct zone *zone = (const struct zone *)(const void *)backend;
	struct dns_answer answer = { .status = DNS_SERVFAIL,
		.ttl = UINT32_MAX };
	struct wire_name at;

	if (from_text(&at, name))
		for (int i = 0; i <= MAX_CNAMES; i++)
			if (answer_step(zone, &at, type, &answer))
				break;
	done(cookie, &answer);
}

static void
free_zone(struct dns_backend *backend)
{
	/* UNSAFE: base is the first member. */
	struct zone *zone = (struct zone *)(void *)backend;

	dns_zone_data_done(&zone->data);
	free(zone);
}

struct dns_backend *
dns_zone_load(const char *path, struct arena *arena, const char **error)
{
	struct zone *zone = arena_impl_malloc(sizeof(*zone));

	*zone = (struct zone){ .base = { .start = start, .free = free_zone } };
	dns_zone_data_init(&zone->data);
	if (dns_zone_read(path, &zone->data, arena, error) != 0) {
		free_zone(&zone->base);
		return (NULL);
	}
	return (&zone->base);
}
