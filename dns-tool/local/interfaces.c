#include "local/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A line of /proc/net/if_inet6, and a flag in it (linux/if_addr.h). */
#define LINE_MAX_BYTES 256
#define FLAG_TEMPORARY 0x01
#define FLAG_DEPRECATED 0x20
#define IPV6_HEX_DIGITS 32

/* RFC 6890: networks that the Internet does not reach. */
static const char *const special[] = { "0.0.0.0/8", "10.0.0.0/8",
	"100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.168.0.0/16", "224.0.0.0/3", "::/3", "fc00::/7",
	"fe80::/10", "ff00::/8" };

bool
interfaces_is_public(const struct network_address *address)
{
	struct network network;

	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (network_parse(special[i], &network) == 0 &&
		    network_contains(&network, address))
			return (false);
	return (address->family != AF_UNSPEC);
}

/* Does the kernel call the IPv6 address temporary or deprecated? */
static bool
is_passing(const struct network_address *address)
{
	char line[LINE_MAX_BYTES];
	char hex[IPV6_HEX_DIGITS + 1] = "";
	bool passing = false;
	FILE *file = fopen("/proc/net/if_inet6", "re");

	if (file == NULL)
		return (false);
	for (size_t i = 0; i < sizeof(address->bytes); i++)
		(void)snprintf(&hex[2 * i], sizeof(hex) - 2 * i, "%02x",
		    address->bytes[i]);
	/* ADDRESS INDEX PREFIX SCOPE FLAGS NAME, in hexadecimal. */
	while (fgets(line, sizeof(line), file) != NULL) {
		char *rest = NULL;
		unsigned long flags = 0;

		if (strncmp(line, hex, IPV6_HEX_DIGITS) != 0)
			continue;
		rest = &line[IPV6_HEX_DIGITS];
		for (size_t i = 0; i < 4; i++)
			flags = strtoul(rest, &rest, 16);
		passing = (flags & (FLAG_TEMPORARY | FLAG_DEPRECATED)) != 0;
	}
	(void)fclose(file);
	return (passing);
}

static bool
is_wanted(const struct ifaddrs *item, int family, struct network_address *out)
{
	if (item->ifa_addr == NULL || item->ifa_addr->sa_family != family ||
	    (item->ifa_flags & IFF_UP) == 0)
		return (false);
	network_address_from(item->ifa_addr, out);
	return (interfaces_is_public(out) &&
		(family == AF_INET || !is_passing(out)));
}

size_t
interfaces_read(struct arena *arena, struct network_address **out)
{
	static const int families[] = { AF_INET, AF_INET6 };
	struct ifaddrs *list = NULL;
	size_t count = 0;

	*out = arena_array(arena, INTERFACES_MAX_ADDRESSES, sizeof(**out));
	if (getifaddrs(&list) != 0)
		return (0);
	for (size_t i = 0; i < 2; i++)
		for (struct ifaddrs *item = list; item != NULL;
		     item = item->ifa_next)
			if (count < INTERFACES_MAX_ADDRESSES &&
			    is_wanted(item, families[i], &(*out)[count]))
				count++;
	freeifaddrs(list);
	return (count);
}
