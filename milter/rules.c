#include "rules.h"

/* Which of ${count} ${patterns} means ${address}. */
static bool
any_pattern(const struct pattern *patterns, size_t count, const char *address)
{
	for (size_t i = 0; i < count; i++)
		if (pattern_matches(&patterns[i], address))
			return (true);
	return (false);
}

static bool
any_domain(const struct pattern *patterns, size_t count, const char *domain)
{
	for (size_t i = 0; i < count; i++)
		if (pattern_matches_domain(&patterns[i], domain))
			return (true);
	return (false);
}

/* One address that is not meant is enough for no: a rule for one partner must
 * not let him speak for another one beside himself. */
static bool
all_addresses(const struct pattern *patterns, size_t pattern_count,
    const char *const *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!any_pattern(patterns, pattern_count, addresses[i]))
			return (false);
	return (count > 0);
}

static bool
is_from(const struct rule *rule, const struct rules_facts *facts)
{
	const struct from *from = facts->from;

	return (rule->from_count == 0 ||
		(from != NULL && all_addresses(rule->from, rule->from_count,
				     from->addresses, from->address_count)));
}

static bool
is_for(const struct rule *rule, const struct rules_facts *facts)
{
	return (rule->recipient_count == 0 ||
		(facts->recipients != NULL &&
		    all_addresses(rule->recipients, rule->recipient_count,
			facts->recipients, facts->recipient_count)));
}

static bool
is_client(const struct rule *rule, const struct rules_facts *facts)
{
	for (size_t i = 0; i < rule->client_count; i++)
		if (network_contains(&rule->clients[i], facts->client))
			return (true);
	return (rule->client_count == 0);
}

static bool
is_signed_by(const struct rule *rule, const struct rules_facts *facts)
{
	for (size_t i = 0; i < facts->signed_by_count; i++)
		if (any_domain(rule->signed_by, rule->signed_by_count,
			facts->signed_by[i]))
			return (true);
	return (rule->signed_by_count == 0);
}

static bool
is_mail_from(const struct rule *rule, const struct rules_facts *facts)
{
	return (rule->mail_from_count == 0 ||
		(facts->spf == SPF_PASS && facts->mail_from != NULL &&
		    any_domain(rule->mail_from, rule->mail_from_count,
			facts->mail_from)));
}

static bool
has_bit(unsigned int bits, unsigned int result)
{
	return (bits == 0 || (bits & 1U << result) != 0);
}

static bool
matches(const struct rule *rule, const struct rules_facts *facts)
{
	return (has_bit(rule->spf, facts->spf) &&
		has_bit(rule->dkim, facts->dkim) &&
		has_bit(rule->dmarc, facts->dmarc) && is_client(rule, facts) &&
		is_from(rule, facts) && is_for(rule, facts) &&
		is_mail_from(rule, facts) && is_signed_by(rule, facts));
}

const struct rule *
rules_find(
    const struct rule *rules, size_t count, const struct rules_facts *facts)
{
	for (size_t i = 0; i < count; i++)
		if (matches(&rules[i], facts))
			return (&rules[i]);
	return (NULL);
}
