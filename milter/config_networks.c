#include "config_networks.h"

#include <limits.h>

#include "base/span.h"

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
config_networks_explain(struct arena *arena, const char *text)
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
