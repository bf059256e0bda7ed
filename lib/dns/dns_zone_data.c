#include "dns/dns_zone_data.h"

#define FIRST_RECORDS 4

void
dns_zone_data_init(struct dns_zone_data *data)
{
	data->arena = arena_new();
	data->names = hash_new();
}

void
dns_zone_data_done(struct dns_zone_data *data)
{
	hash_free(data->names);
	arena_free(data->arena);
}

static struct dns_zone_node *
node_of(struct hash_node *hash)
{
	return ((struct dns_zone_node *)(void *)hash);
}

/* The node of ${name}, made if there is none. */
static struct dns_zone_node *
make_node(struct dns_zone_data *data, struct span name)
{
	struct hash_node *found = hash_get(data->names, name);

	if (found != NULL)
		return (node_of(found));
	struct dns_zone_node *node = arena_alloc(data->arena, sizeof(*node));

	node->hash.key = arena_dup(data->arena, name);
	hash_add(data->names, &node->hash);
	return (node);
}

/* RFC 4592 2.2.2: a name exists when a name below it does. */
static struct dns_zone_node *
make_existing(struct dns_zone_data *data, struct span name)
{
	struct dns_zone_node *node = make_node(data, name);

	for (struct dns_zone_node *at = node; !at->exists;) {
		at->exists = true;
		if (dns_zone_data_parent(name, &name))
			at = make_node(data, name);
	}
	return (node);
}

static struct dns_zone_rrset *
make_rrset(struct dns_zone_data *data, struct dns_zone_node *node,
    uint16_t type, uint32_t ttl)
{
	struct dns_zone_rrset *set = node->rrsets;

	while (set != NULL && set->type != type)
		set = set->next;
	if (set != NULL)
		return (set);
	set = arena_alloc(data->arena, sizeof(*set));
	*set = (struct dns_zone_rrset){
		.next = node->rrsets, .type = type, .ttl = ttl
	};
	node->rrsets = set;
	return (set);
}

static bool
has_record(const struct dns_zone_rrset *set, struct span rdata)
{
	for (size_t i = 0; i < set->count; i++)
		if (span_eq(set->rdata[i], rdata))
			return (true);
	return (false);
}

static void
make_room(struct dns_zone_data *data, struct dns_zone_rrset *set)
{
	if (set->count < set->size)
		return;
	size_t size = set->size == 0 ? FIRST_RECORDS : set->size * 2;

	set->rdata = arena_grow(data->arena, set->rdata,
	    set->count * sizeof(struct span), size * sizeof(struct span));
	set->size = size;
}

void
dns_zone_data_add(struct dns_zone_data *data, struct span name, uint16_t type,
    uint32_t ttl, struct span rdata)
{
	struct dns_zone_node *node = make_existing(data, name);
	struct dns_zone_rrset *set = make_rrset(data, node, type, ttl);

	/* RFC 2181 5.2: one TTL for all, the lowest where they differ. */
	if (ttl < set->ttl)
		set->ttl = ttl;
	/* RFC 2181 5: a set has no record twice.  One record over the limit is
	 * kept, so that the cache sees that there are too many. */
	if (set->count > DNS_MAX_RECORDS || has_record(set, rdata))
		return;
	make_room(data, set);
	set->rdata[set->count++] = arena_dup(data->arena, rdata);
}

void
dns_zone_data_fail(struct dns_zone_data *data, struct span name, uint16_t type,
    enum dns_status status)
{
	struct dns_zone_node *node = make_node(data, name);
	struct dns_zone_failure *failure =
	    arena_alloc(data->arena, sizeof(*failure));

	*failure = (struct dns_zone_failure){
		.next = node->failures, .type = type, .status = status
	};
	node->failures = failure;
}

const struct dns_zone_node *
dns_zone_data_node(const struct dns_zone_data *data, struct span name)
{
	struct hash_node *found = hash_get(data->names, name);

	return (found == NULL ? NULL : node_of(found));
}

const struct dns_zone_rrset *
dns_zone_data_rrset(const struct dns_zone_node *node, unsigned type)
{
	const struct dns_zone_rrset *set = node->rrsets;

	while (set != NULL && set->type != type)
		set = set->next;
	return (set);
}

bool
dns_zone_data_parent(struct span name, struct span *parent)
{
	int label = span_peek(name);

	if (label <= 0)
		return (false);
	*parent = span_tail(name, (size_t)label + 1);
	return (true);
}
