#include "dns/dns_load.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena_impl.h"
#include "base/list.h"
#include "dns/dns.h"
#include "dns/name.h"

#define COUNTRY_CODE 2
#define SHORT_LABEL 3

struct dns_domain {
	struct hash_node node;
	size_t under_way;
	char name[];
};

void
dns_load_init(struct dns_load *load)
{
	*load = (struct dns_load){ .domains = hash_new() };
}

void
dns_load_done(struct dns_load *load)
{
	assert(load->total == 0);
	hash_free(load->domains);
}

/* Return where the last ${count} labels of ${name} begin. */
static size_t
last_labels(struct span name, size_t count)
{
	size_t at = name.len;

	for (; at > 0; at--)
		if (name.data[at - 1] == '.' && --count == 0)
			break;
	return (at);
}

/* No list of public suffixes: this only says who shares a limit. */
static size_t
labels_of_owner(const char *name)
{
	struct span text = span_str(name);
	size_t tld = last_labels(text, 1);
	size_t second = last_labels(text, 2);

	if (name_is_within(name, "in-addr.arpa"))
		return (4);
	if (name_is_within(name, "ip6.arpa"))
		return (10);
	return (
	    text.len - tld == COUNTRY_CODE && tld - second <= SHORT_LABEL + 1
		? 3
		: 2);
}

const char *
dns_load_domain(const char *name)
{
	/* UNSAFE: last_labels() stays within the name. */
	return (name + last_labels(span_str(name), labels_of_owner(name)));
}

static struct dns_domain *
domain_new(struct span name)
{
	size_t size = sizeof(struct dns_domain) + name.len + 1;
	struct dns_domain *domain = arena_impl_malloc(size);

	memset(domain, 0, size);
	memcpy(domain->name, name.data, name.len);
	domain->node.key = span_new(domain->name, name.len);
	return (domain);
}

/* Say whether one question more may be under way, for ${domain} or, if that is
 * NULL, for one that has none. */
static bool
has_place(size_t total, const struct dns_domain *domain)
{
	if (domain == NULL)
		return (total < DNS_MAX_UNDER_WAY);
	return (total < DNS_MAX_UNDER_WAY - DNS_KEPT_PLACES &&
		domain->under_way < DNS_MAX_OF_DOMAIN);
}

struct dns_domain *
dns_load_begin(struct dns_load *load, const char *name)
{
	struct span owner = span_str(dns_load_domain(name));
	struct hash_node *node = hash_get(load->domains, owner);
	struct dns_domain *domain = NULL;

	if (node != NULL)
		domain = LIST_VALUE(node, struct dns_domain, node);
	if (!has_place(load->total, domain))
		return (NULL);
	if (domain == NULL) {
		domain = domain_new(owner);
		hash_add(load->domains, &domain->node);
	}
	load->total++;
	domain->under_way++;
	return (domain);
}

void
dns_load_end(struct dns_load *load, struct dns_domain *domain)
{
	load->total--;
	if (--domain->under_way > 0)
		return;
	hash_take(load->domains, &domain->node);
	free(domain);
}
