#include "daemon/endpoint.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "base/span.h"

#define PORT_DIGITS 5

struct tcp {
	int family;
	const char *prefix;
	const char *example;
};

static const struct tcp tcp_kinds[] = {
	{ AF_INET, "inet:", "inet:8891@127.0.0.1" },
	{ AF_INET6, "inet6:", "inet6:8891@::1" },
};

static bool
set_inet(const char *text, uint16_t port, struct endpoint *out)
{
	struct sockaddr_in inet = { .sin_family = AF_INET,
		.sin_port = htons(port) };

	if (inet_pton(AF_INET, text, &inet.sin_addr) != 1)
		return (false);
	out->loopback = ntohl(inet.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	out->address_len = sizeof(inet);
	memcpy(&out->address, &inet, sizeof(inet));
	return (true);
}

static bool
set_inet6(const char *text, uint16_t port, struct endpoint *out)
{
	struct sockaddr_in6 inet6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };

	if (inet_pton(AF_INET6, text, &inet6.sin6_addr) != 1)
		return (false);
	out->loopback = IN6_IS_ADDR_LOOPBACK(&inet6.sin6_addr);
	out->address_len = sizeof(inet6);
	memcpy(&out->address, &inet6, sizeof(inet6));
	return (true);
}

/* An IP address, with or without brackets, or localhost, which is 127.0.0.1
 * everywhere; other names need not be this host's, nor stay so. */
static bool
read_address(const struct tcp *tcp, struct span text, uint16_t port,
    struct arena *arena, struct endpoint *out)
{
	if (tcp->family == AF_INET && span_is_nocase(text, "localhost"))
		text = span_str("127.0.0.1");
	if (span_take_byte(&text, '[')) {
		if (text.len == 0 || span_at(text, text.len - 1) != ']')
			return (false);
		text = span_head(text, text.len - 1);
	}
	return (tcp->family == AF_INET
		    ? set_inet(arena_str(arena, text), port, out)
		    : set_inet6(arena_str(arena, text), port, out));
}

/* What somebody meant by ${text} who wrote a host and a port as Postfix does,
 * or NULL. */
static const char *
from_postfix(const struct tcp *tcp, struct span text, struct arena *arena)
{
	char *host = arena_str(arena, text);
	char *colon = strrchr(host, ':');
	uint64_t number;

	if (colon == NULL || colon == host ||
	    /* UNSAFE: the string goes on after its colon. */
	    !span_to_u64(span_str(colon + 1), PORT_DIGITS, &number))
		return (NULL);
	*colon = '\0';
	return (arena_printf(
	    arena, "%s%u@%s", tcp->prefix, (unsigned int)number, host));
}

static const char *
parse_tcp(const struct tcp *tcp, struct span rest, struct arena *arena,
    struct endpoint *out)
{
	bool has_address = span_find(rest, '@') < rest.len;
	const char *meant = has_address ? NULL : from_postfix(tcp, rest, arena);
	struct span port;
	uint64_t number;

	if (meant != NULL)
		return (arena_printf(arena, "write %s", meant));
	(void)span_take_until(&rest, '@', &port);
	if (!span_to_u64(port, PORT_DIGITS, &number) || number == 0 ||
	    number > UINT16_MAX)
		return (arena_printf(arena,
		    "a port from 1 to 65535 should stand after %s, such as %s",
		    tcp->prefix, tcp->example));
	/* libmilter would listen on every address of the host. */
	if (!has_address)
		return (arena_printf(arena,
		    "without an address whoever reaches this host could have "
		    "mail signed; write %s@ADDRESS, such as %s",
		    arena_printf(
			arena, "%s%u", tcp->prefix, (unsigned int)number),
		    tcp->example));
	if (!read_address(tcp, rest, (uint16_t)number, arena, out))
		return (arena_printf(arena,
		    "an %s address should stand after @, such as %s",
		    tcp->family == AF_INET ? "IPv4" : "IPv6", tcp->example));
	return (NULL);
}

static const char *
parse_unix(struct span path, struct arena *arena, struct endpoint *out)
{
	const size_t room = sizeof(((struct sockaddr_un *)0)->sun_path);

	if (!span_starts(path, "/"))
		return (arena_printf(arena,
		    "write the whole path, such as "
		    "unix:/var/spool/postfix/%s, which Postfix calls unix:%s",
		    arena_str(arena, path), arena_str(arena, path)));
	if (path.len >= room)
		return (arena_printf(arena,
		    "%zu bytes are too long for the name of a UNIX socket; at "
		    "most %zu are possible",
		    path.len, room - 1));
	out->path = arena_str(arena, path);
	out->loopback = true;
	return (NULL);
}

const char *
endpoint_parse(const char *text, struct arena *arena, struct endpoint *out)
{
	struct span rest = span_str(text);
	struct span kind;

	*out = (struct endpoint){ 0 };
	for (size_t i = 0; i < sizeof(tcp_kinds) / sizeof(tcp_kinds[0]); i++)
		if (span_starts(rest, tcp_kinds[i].prefix)) {
			(void)span_take_until(&rest, ':', &kind);
			return (parse_tcp(&tcp_kinds[i], rest, arena, out));
		}
	if (span_starts(rest, "unix:") || span_starts(rest, "local:")) {
		(void)span_take_until(&rest, ':', &kind);
		return (parse_unix(rest, arena, out));
	}
	if (span_starts(rest, "/"))
		return (arena_printf(arena, "write unix:%s", text));
	return ("write unix:PATH, inet:PORT@ADDRESS or inet6:PORT@ADDRESS");
}
