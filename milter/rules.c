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

/* Return the first condition of ${rule} that is not met, in words that go on
 * "it does not match: "; or NULL. */
static const char *
unmet(const struct rule *rule, const struct rules_facts *facts)
{
	if (!has_bit(rule->helo, facts->helo))
		return ("it is not for this SPF result of HELO");
	if (!has_bit(rule->spf, facts->spf))
		return ("it is not for this SPF result");
	if (!has_bit(rule->dkim, facts->dkim))
		return ("it is not for this DKIM result");
	if (!has_bit(rule->dmarc, facts->dmarc))
		return ("it is not for this DMARC result");
	if (!is_client(rule, facts))
		return ("the client is in none of its networks");
	if (!is_from(rule, facts))
		return ("not every author is one of its authors");
	if (!is_for(rule, facts))
		return ("not every recipient is one of its recipients");
	if (!is_mail_from(rule, facts))
		return ("MAIL FROM passes SPF for none of its domains");
	if (!is_signed_by(rule, facts))
		return ("DKIM passes for none of its domains");
	return (NULL);
}

const struct rule *
rules_find(const struct rule *rules, size_t count,
    const struct rules_facts *facts, struct trace *trace)
{
	for (size_t i = 0; i < count; i++) {
		const char *why_not = unmet(&rules[i], facts);

		trace_add(trace, "rule", 0, "\"%s\" %s%s", rules[i].name,
		    why_not == NULL ? "matches" : "does not match: ",
		    why_not == NULL ? "" : why_not);
		if (why_not == NULL)
			return (&rules[i]);
	}
	return (NULL);
}

const struct rule *
rules_reduce(const struct rule *rules, size_t count,
    const struct rules_facts *facts, struct arena *arena, size_t *reduced)
{
	struct rule *left = arena_array(arena, count, sizeof(*left));

	*reduced = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_client(&rules[i], facts) ||
		    !is_from(&rules[i], facts) || !is_for(&rules[i], facts))
			continue;
		struct rule *copy = &left[(*reduced)++];

		*copy = rules[i];
		copy->client_count = 0;
		copy->from_count = 0;
		copy->recipient_count = 0;
	}
	return (left);
}
