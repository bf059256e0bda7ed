#include "lookup_helo.h"

#include <string.h>

#include "dns/name.h"

static bool
is_our_address(
    const struct lookup_helo_ours *ours, const struct network_address *address)
{
	return (ours->address.family != AF_UNSPEC &&
		ours->address.family == address->family &&
		memcmp(ours->address.bytes, address->bytes,
		    sizeof(address->bytes)) == 0);
}

static bool
is_our_name(const struct lookup_helo_ours *ours, const char *name)
{
	for (size_t i = 0; ours->names != NULL && ours->names[i] != NULL; i++) {
		struct span own = span_str(ours->names[i]);

		if (own.len > 0 && own.data[own.len - 1] == '.')
			own = span_head(own, own.len - 1);
		if (span_ieq(own, span_str(name)))
			return (true);
	}
	return (false);
}

/* RFC 6531 3.7.1: before SMTPUTF8 is agreed on, EHLO is ASCII. */
static bool
is_printable(struct span helo)
{
	for (size_t i = 0; i < helo.len; i++)
		if (span_is_8bit(helo.data[i]) || span_is_control(helo.data[i]))
			return (false);
	return (true);
}

static enum lookup_helo
classify_address(struct span helo, const struct lookup_helo_ours *ours,
    const struct network_address *address)
{
	if (is_our_address(ours, address))
		return (LOOKUP_HELO_OURS);
	return (
	    span_peek(helo) == '[' ? LOOKUP_HELO_LITERAL : LOOKUP_HELO_ADDRESS);
}

enum lookup_helo
lookup_helo_classify(struct span helo, const struct lookup_helo_ours *ours,
    struct arena *arena, const char **name)
{
	struct network_address address;
	const char *ascii;

	*name = NULL;
	if (!is_printable(helo))
		return (LOOKUP_HELO_INVALID);
	if (network_address_parse(arena_str(arena, helo), &address) == 0)
		return (classify_address(helo, ours, &address));
	ascii = name_to_ascii(arena, helo);
	if (ascii == NULL)
		return (LOOKUP_HELO_INVALID);
	if (is_our_name(ours, ascii))
		return (LOOKUP_HELO_OURS);
	/* RFC 5321 4.1.1.1: a fully-qualified name. */
	if (strchr(ascii, '.') == NULL)
		return (LOOKUP_HELO_NO_DOT);
	if (!lookup_name_is_full(ascii))
		return (LOOKUP_HELO_INVALID);
	*name = ascii;
	return (LOOKUP_HELO_GOOD);
}

void
lookup_helo_ask(
    const char *name, struct lookup_ask *ask, struct lookup_helo_questions *out)
{
	out->a = lookup_ask_add(ask, name, DNS_TYPE_A);
	out->aaaa = lookup_ask_add(ask, name, DNS_TYPE_AAAA);
	out->mx = lookup_ask_add(ask, name, DNS_TYPE_MX);
}

enum lookup_helo
lookup_helo_read(
    const struct lookup_ask *ask, const struct lookup_helo_questions *questions)
{
	const size_t numbers[] = { questions->a, questions->aaaa,
		questions->mx };
	enum lookup_helo helo = LOOKUP_HELO_UNRESOLVED;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (numbers[i] >= ask->count)
			return (LOOKUP_HELO_UNKNOWN);
		switch (ask->answers[numbers[i]].status) {
		case DNS_OK:
			return (LOOKUP_HELO_GOOD);
		case DNS_NODATA:
		case DNS_NXDOMAIN:
			break;
		case DNS_SERVFAIL:
		case DNS_TIMEOUT:
			helo = LOOKUP_HELO_UNKNOWN;
			break;
		}
	}
	return (helo);
}
