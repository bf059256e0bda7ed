#include "facts.h"

#include <string.h>

#include "base/buf.h"
#include "dns/name.h"
#include "geo.h"
#include "mail/orgdomain.h"

/* An IPv6 network as text. */
#define NET_MAX_BYTES ((size_t)64)

static const char *const derived_names[FACTS_DERIVED] = {
	[FACTS_SENDER_DOMAIN] = "sender_domain",
	[FACTS_SENDER_MAILBOX] = "sender_mailbox",
	[FACTS_RECIPIENT_DOMAIN] = "recipient_domain",
	[FACTS_RECIPIENT_MAILBOX] = "recipient_mailbox",
	[FACTS_SASL_DOMAIN] = "sasl_domain",
	[FACTS_CLIENT_NET] = "client_net",
	[FACTS_CLIENT_POOL] = "client_pool",
	[FACTS_ASN] = "asn",
	[FACTS_COUNTRY] = "country",
	[FACTS_SENDER_ORG] = "sender_org",
};

static struct span
lower(struct arena *arena, struct span text)
{
	struct buf out;

	buf_init(&out, arena, text.len);
	buf_add(&out, text);
	for (size_t i = 0; i < out.len; i++)
		out.data[i] = span_lower(out.data[i]);
	return (buf_span(&out));
}

/* Index of the "@" before the domain, or the length: a local part in quotes may
 * hold others. */
static size_t
find_at(struct span address)
{
	for (size_t i = address.len; i > 0; i--)
		if (address.data[i - 1] == '@')
			return (i - 1);
	return (address.len);
}

/* One domain has one spelling: whoever writes it in U-labels or with a final
 * dot must not have a counter of its own for it. */
static struct span
domain_of(struct arena *arena, struct span address)
{
	struct span domain = span_tail(address, find_at(address) + 1);

	if (domain.len > 0 && span_at(domain, domain.len - 1) == '.')
		domain.len--;
	for (size_t i = 0; i < domain.len; i++)
		if (span_is_8bit(domain.data[i])) {
			const char *ascii = name_to_ascii(arena, domain);

			return (ascii != NULL ? span_str(ascii)
					      : lower(arena, domain));
		}
	return (lower(arena, domain));
}

/* Without an extension, but not all of the local part (Postfix:
 * split_addr(3)). */
static struct span
cut_extension(struct span local, char delimiter)
{
	size_t at = delimiter == '\0' ? local.len
	                              : 1 + span_find(span_tail(local, 1),
						(unsigned char)delimiter);

	return (span_head(local, at));
}

static struct span
mailbox_of(struct facts *facts, struct span address, struct span domain)
{
	struct span local = span_head(address, find_at(address));
	struct buf out;

	if (address.len == 0)
		return (address);
	local = cut_extension(local, facts->rules->recipient_delimiter);
	buf_init(&out, facts->arena, address.len + domain.len + 1);
	buf_add(&out, lower(facts->arena, local));
	if (domain.len > 0) {
		buf_add_byte(&out, '@');
		buf_add(&out, domain);
	}
	return (buf_span(&out));
}

static void
add_number(struct buf *out, unsigned int number)
{
	if (number > 9)
		add_number(out, number / 10);
	buf_add_byte(out, (unsigned char)('0' + number % 10));
}

/* Asked for at nearly each request: printf() would be what costs most. */
static struct span
print_net(
    struct arena *arena, const struct network_address *net, unsigned int bits)
{
	struct buf out;

	buf_init(&out, arena, NET_MAX_BYTES);
	if (net->family == AF_INET)
		for (size_t i = 0; i < 4; i++) {
			if (i > 0)
				buf_add_byte(&out, '.');
			add_number(&out, net->bytes[i]);
		}
	else
		buf_add_str(&out, network_address_print(arena, net));
	buf_add_byte(&out, '/');
	add_number(&out, bits);
	return (buf_span(&out));
}

static struct span
client_net(const struct facts *facts)
{
	struct network_address net = facts->request->client;
	bool is_inet = net.family == AF_INET;
	unsigned int bits = is_inet ? facts->rules->client_net_ipv4
	                            : facts->rules->client_net_ipv6;
	unsigned int width = is_inet ? 32 : 128;

	if (net.family == AF_UNSPEC)
		return (span_str(NULL));
	if (bits > width)
		bits = width;
	for (unsigned int i = bits; i < width; i++)
		net.bytes[i / 8] &= (unsigned char)~(0x80U >> i % 8);
	return (print_net(facts->arena, &net, bits));
}

static bool
is_in(const struct facts_pool *pool, const struct network_address *client)
{
	for (size_t i = 0; i < pool->count; i++)
		if (network_contains(&pool->networks[i], client))
			return (true);
	return (false);
}

const struct facts_pool *
facts_pool(const struct facts *facts)
{
	const struct facts_rules *rules = facts->rules;

	for (size_t i = 0; i < rules->pool_count; i++)
		if (is_in(&rules->pools[i], &facts->request->client))
			return (&rules->pools[i]);
	return (NULL);
}

static struct span
country(const struct facts *facts)
{
	char code[3];

	geo_country(facts->rules->geo, &facts->request->client, code);
	return (span_str(arena_strdup(facts->arena, code)));
}

static struct span
asn(const struct facts *facts)
{
	uint32_t number = geo_asn(facts->rules->geo, &facts->request->client);

	return (span_str(
	    number == 0 ? NULL : arena_printf(facts->arena, "%u", number)));
}

static struct span
sender_org(struct facts *facts)
{
	struct span domain = facts_get(facts, FACTS_SENDER_DOMAIN);

	if (domain.len == 0 || facts->rules->suffixes == NULL)
		return (domain);
	return (span_str(orgdomain_find(
	    facts->rules->suffixes, arena_str(facts->arena, domain))));
}

static struct span
derive(struct facts *facts, enum facts_derived derived)
{
	struct arena *arena = facts->arena;
	struct span sender = facts_attribute(facts, REQUEST_SENDER);
	struct span recipient = facts_attribute(facts, REQUEST_RECIPIENT);
	const struct facts_pool *pool;

	switch (derived) {
	case FACTS_SENDER_DOMAIN:
		return (domain_of(arena, sender));
	case FACTS_SENDER_MAILBOX:
		return (mailbox_of(
		    facts, sender, facts_get(facts, FACTS_SENDER_DOMAIN)));
	case FACTS_RECIPIENT_DOMAIN:
		return (domain_of(arena, recipient));
	case FACTS_RECIPIENT_MAILBOX:
		return (mailbox_of(facts, recipient,
		    facts_get(facts, FACTS_RECIPIENT_DOMAIN)));
	case FACTS_SASL_DOMAIN:
		return (domain_of(
		    arena, facts_attribute(facts, REQUEST_SASL_USERNAME)));
	case FACTS_CLIENT_NET:
		return (client_net(facts));
	case FACTS_CLIENT_POOL:
		pool = facts_pool(facts);
		return (pool != NULL ? span_str(pool->name)
				     : facts_get(facts, FACTS_CLIENT_NET));
	case FACTS_ASN:
		return (
		    facts->rules->geo == NULL ? span_str(NULL) : asn(facts));
	case FACTS_COUNTRY:
		return (facts->rules->geo == NULL ? span_str(NULL)
						  : country(facts));
	case FACTS_SENDER_ORG:
		return (sender_org(facts));
	case FACTS_DERIVED:
		break;
	}
	return (span_str(NULL));
}

void
facts_init(struct facts *facts, const struct request *request,
    const struct facts_rules *rules, struct arena *arena)
{
	*facts = (struct facts){
		.request = request, .rules = rules, .arena = arena
	};
}

struct span
facts_get(struct facts *facts, enum facts_derived derived)
{
	if (derived >= FACTS_DERIVED)
		return (span_str(NULL));
	if (!facts->known[derived]) {
		facts->derived[derived] = derive(facts, derived);
		facts->known[derived] = true;
	}
	return (facts->derived[derived]);
}

struct span
facts_attribute(const struct facts *facts, enum request_attribute attribute)
{
	return (facts->request->attributes[attribute]);
}

const char *
facts_derived_name(enum facts_derived derived)
{
	return (derived_names[derived]);
}

enum facts_derived
facts_derived_find(struct span name)
{
	size_t at = 0;

	while (at < FACTS_DERIVED && !span_is(name, derived_names[at]))
		at++;
	return ((enum facts_derived)at);
}
