#include "doctor_networks.h"

#include "doctor_items.h"

static bool
is_in(const struct network *inner, const struct network *outer)
{
	return (outer->prefix <= inner->prefix &&
		network_contains(outer, &inner->address));
}

static bool
is_trusted(
    const struct network *network, const struct network *trusted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_in(network, &trusted[i]))
			return (true);
	return (false);
}

/* Postfix writes "[2001:db8::]/32", we "2001:db8::/32". */
static const char *
without_brackets(struct span item, struct arena *arena)
{
	struct span address;

	if (!span_take_byte(&item, '[') ||
	    !span_take_until(&item, ']', &address))
		return (arena_str(arena, item));
	return (arena_printf(
	    arena, "%s%s", arena_str(arena, address), arena_str(arena, item)));
}

const char *
doctor_networks_missing(struct span mynetworks, const struct network *trusted,
    size_t count, struct arena *arena)
{
	const char *missing = "";
	struct span item;

	for (size_t i = 0;
	     i < DOCTOR_NETWORKS_MAX && doctor_items_take(&mynetworks, &item);
	     i++) {
		const char *text = without_brackets(item, arena);
		struct network network;

		if (network_parse(text, &network) == 0 &&
		    !is_trusted(&network, trusted, count))
			missing = arena_printf(arena, "%s, %s", missing, text);
	}
	return (missing);
}

void
doctor_networks_judge(struct doctor_findings *findings, struct span mynetworks,
    const struct network *trusted, size_t count)
{
	const char *missing = doctor_networks_missing(
	    mynetworks, trusted, count, findings->arena);

	if (missing[0] == '\0')
		return;
	doctor_add(findings, DOCTOR_WARNING, "trusted_networks",
	    "Postfix relays for %s (mynetworks), but mailreeve-policyd scores, "
	    "greylists and refuses clients there as strangers: add these "
	    "networks to its trusted_networks, and reload it, with: systemctl "
	    "reload mailreeve-policyd",
	    missing + 2); /* UNSAFE: it begins with ", " */
}
