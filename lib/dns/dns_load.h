/*
 * dns_load.h: how many questions are under way, in all and for each domain, so
 * that one domain with silent servers does not take the place of all others.
 * dns.c calls it under its lock.
 */
#ifndef DNS_DNS_LOAD_H
#define DNS_DNS_LOAD_H

#include "base/hash.h"

struct dns_load {
	struct hash *domains;
	size_t total;
};

struct dns_domain;

/**
 * dns_load_init(load), dns_load_done(load):
 * Begin with nothing under way; free what ${load} holds, when again nothing is.
 */
void dns_load_init(struct dns_load *load);
void dns_load_done(struct dns_load *load);

/**
 * dns_load_begin(load, name):
 * Count a question for ${name}, lower-case without a final dot, and return what
 * dns_load_end() wants; or NULL when DNS_MAX_UNDER_WAY are, or
 * DNS_MAX_OF_DOMAIN of the same domain, or when its domain has some and only
 * DNS_KEPT_PLACES are left.
 */
struct dns_domain *dns_load_begin(struct dns_load *load, const char *name);

/**
 * dns_load_end(load, domain):
 * A question that dns_load_begin() counted under ${domain} has its answer.
 */
void dns_load_end(struct dns_load *load, struct dns_domain *domain);

/**
 * dns_load_domain(name):
 * Return the end of ${name} that stands for one owner: two labels; three below
 * country code and a short label such as "co.uk"; an IPv4 /16 and an IPv6 /32
 * in the reverse trees.
 */
const char *dns_load_domain(const char *name);

#endif
