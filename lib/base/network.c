#include "base/network.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/span.h"

static const unsigned char mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static void
set_v6(struct network_address *out, const unsigned char bytes[16])
{
	*out = (struct network_address){ .family = AF_INET6 };
	if (memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) != 0) {
		memcpy(out->bytes, bytes, 16);
		return;
	}
	out->family = AF_INET;
	memcpy(out->bytes, &bytes[12], 4);
}

int
network_address_parse(const char *text, struct network_address *out)
{
	struct span rest = span_str(text);
	unsigned char bytes[16];
	char copy[INET6_ADDRSTRLEN];

	if (span_peek(rest) == '[' && span_at(rest, rest.len - 1) == ']')
		rest = span_tail(span_head(rest, rest.len - 1), 1);
	if (span_is_nocase(span_head(rest, 5), "IPv6:"))
		span_skip(&rest, 5);
	*out = (struct network_address){ .family = AF_UNSPEC };
	if (rest.len == 0 || rest.len >= sizeof(copy))
		return (-1);
	memcpy(copy, rest.data, rest.len);
	copy[rest.len] = '\0';
	if (inet_pton(AF_INET, copy, out->bytes) == 1) {
		out->family = AF_INET;
		return (0);
	}
	if (inet_pton(AF_INET6, copy, bytes) != 1)
		return (-1);
	set_v6(out, bytes);
	return (0);
}

int
network_address_parse_as(
    int family, const char *text, struct network_address *out)
{
	*out = (struct network_address){ .family = AF_UNSPEC };
	if (inet_pton(family, text, out->bytes) != 1)
		return (-1);
	out->family = family;
	return (0);
}

void
network_address_from(
    const struct sockaddr *address, struct network_address *out)
{
	*out = (struct network_address){ .family = AF_UNSPEC };
	if (address == NULL)
		return;
	if (address->sa_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, address, sizeof(v4));
		out->family = AF_INET;
		memcpy(out->bytes, &v4.sin_addr, 4);
	} else if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 v6;

		memcpy(&v6, address, sizeof(v6));
		set_v6(out, v6.sin6_addr.s6_addr);
	}
}

char *
network_address_print(
    struct arena *arena, const struct network_address *address)
{
	char text[INET6_ADDRSTRLEN];

	if (address->family == AF_UNSPEC ||
	    inet_ntop(address->family, address->bytes, text, sizeof(text)) ==
		NULL)
		return (arena_strdup(arena, "unknown"));
	return (arena_strdup(arena, text));
}

static unsigned int
width(const struct network_address *address)
{
	return (address->family == AF_INET ? 32 : 128);
}

/* The bit ${index} of ${address}, the most significant first. */
static bool
bit(const struct network_address *address, unsigned int index)
{
	return ((address->bytes[index / 8] >> (7 - index % 8) & 1) != 0);
}

int
network_parse(const char *text, struct network *out)
{
	struct span prefix = span_str(text);
	struct span address;
	char copy[INET6_ADDRSTRLEN];
	uint64_t bits;
	bool has_prefix = span_take_until(&prefix, '/', &address);

	if (address.len >= sizeof(copy))
		return (-1);
	memcpy(copy, address.data, address.len);
	copy[address.len] = '\0';
	if (network_address_parse(copy, &out->address) != 0)
		return (-1);
	bits = width(&out->address);
	if (has_prefix &&
	    (!span_to_u64(prefix, 3, &bits) || bits > width(&out->address)))
		return (-1);
	out->prefix = (unsigned int)bits;
	for (unsigned int i = out->prefix; i < width(&out->address); i++)
		if (bit(&out->address, i))
			return (-1);
	return (0);
}

bool
network_contains(
    const struct network *network, const struct network_address *address)
{
	if (address->family == AF_UNSPEC ||
	    address->family != network->address.family)
		return (false);
	for (unsigned int i = 0; i < network->prefix; i++)
		if (bit(&network->address, i) != bit(address, i))
			return (false);
	return (true);
}

/* The network that ${text}, which is none, has an address of; or NULL. */
static const char *
surrounding_network(struct arena *arena, const char *text)
{
	struct span bits = span_str(text);
	struct span address;
	struct network network;

	(void)span_take_until(&bits, '/', &address);
	if (network_address_parse(
		arena_str(arena, address), &network.address) != 0)
		return (NULL);
	for (unsigned int i = sizeof(network.address.bytes) * CHAR_BIT;
	     i-- > 0;) {
		const char *name = arena_printf(arena, "%s/%s",
		    network_address_print(arena, &network.address),
		    arena_str(arena, bits));

		if (network_parse(name, &network) == 0)
			return (name);
		network.address.bytes[i / CHAR_BIT] &=
		    (unsigned char)~(0x80U >> i % CHAR_BIT);
	}
	return (NULL);
}

const char *
network_explain(struct arena *arena, const char *text)
{
	const char *network = surrounding_network(arena, text);

	if (network != NULL)
		return (arena_printf(arena,
		    "\"%s\" has bits of a host's address below its prefix; "
		    "write %s for the network, or the address alone",
		    text, network));
	return (arena_printf(arena,
	    "\"%s\" is no network such as 192.0.2.0/24 or 2001:db8::/32",
	    text));
}
