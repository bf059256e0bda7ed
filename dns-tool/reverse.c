#include "reverse.h"

#include "base/buf.h"

#define IPV4_BYTES 4
#define IPV6_BYTES 16
#define LABELS_MAX_BYTES 64

const char *
reverse_labels(const struct network_address *address, struct arena *arena)
{
	bool old = address->family == AF_INET;
	struct buf text;

	buf_init(&text, arena, LABELS_MAX_BYTES);
	for (size_t i = old ? IPV4_BYTES : IPV6_BYTES; i-- > 0;) {
		const unsigned int byte = address->bytes[i];

		if (old)
			buf_printf(&text, "%u%s", byte, i > 0 ? "." : "");
		else
			buf_printf(&text, "%x.%x%s", byte & 15, byte >> 4,
			    i > 0 ? "." : "");
	}
	return (buf_str(&text));
}

const char *
reverse_name(const struct network_address *address, struct arena *arena)
{
	return (arena_printf(arena, "%s.%s", reverse_labels(address, arena),
	    address->family == AF_INET ? "in-addr.arpa" : "ip6.arpa"));
}
