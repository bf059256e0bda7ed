#include "opendkim_hosts.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "pattern.h"

#define ADDRESS_BITS 128
/* "![" and an address, "]/128". */
#define TEXT_MAX (INET6_ADDRSTRLEN + 10)

struct opendkim_hosts {
	bool patterns;     /* of a refile; else: */
	const char **keys; /* sorted */
	size_t count;
	/* Networks of this length are in the set. */
	bool lengths[ADDRESS_BITS + 1];
};

static int
compare(const void *a, const void *b)
{
	return (strcasecmp(*(const char *const *)a, *(const char *const *)b));
}

static bool
has(const struct opendkim_hosts *hosts, const char *text)
{
	if (!hosts->patterns)
		return (hosts->count > 0 &&
			bsearch(&text, hosts->keys, hosts->count,
			    sizeof(*hosts->keys), compare) != NULL);
	for (size_t i = 0; i < hosts->count; i++)
		if (pattern_is_like(text, hosts->keys[i]))
			return (true);
	return (false);
}

enum answer {
	UNKNOWN,
	IS_IN,
	IS_OUT,
};

/* ${text}, which has a `!' before it: with it, then without. */
static enum answer
ask(const struct opendkim_hosts *hosts, const char *text)
{
	if (has(hosts, text))
		return (IS_OUT);
	return (has(hosts, text + 1) ? IS_IN : UNKNOWN);
}

/* example.org, then .org */
static bool
has_name(const struct opendkim_hosts *hosts, const char *name)
{
	char text[1 + NI_MAXHOST];
	enum answer answer = UNKNOWN;

	for (const char *at = name; at != NULL && answer == UNKNOWN;
	     at = strchr(at + 1, '.')) {
		(void)snprintf(text, sizeof(text), "!%s", at);
		answer = ask(hosts, text);
		if (at[0] == '\0')
			break;
	}
	return (answer == IS_IN);
}

/* An address or a network, bare and in square brackets. */
static enum answer
ask_address(
    const struct opendkim_hosts *hosts, const char *address, const char *suffix)
{
	char text[TEXT_MAX];

	(void)snprintf(text, sizeof(text), "!%s%s", address, suffix);
	enum answer answer = ask(hosts, text);

	if (answer != UNKNOWN)
		return (answer);
	(void)snprintf(text, sizeof(text), "![%s]%s", address, suffix);
	return (ask(hosts, text));
}

static bool
has_address(
    const struct opendkim_hosts *hosts, const struct network_address *client)
{
	struct network_address net = *client;
	unsigned int bits = net.family == AF_INET ? 32 : ADDRESS_BITS;
	char address[INET6_ADDRSTRLEN];
	char suffix[12];

	(void)inet_ntop(net.family, net.bytes, address, sizeof(address));
	enum answer answer = ask_address(hosts, address, "");

	for (unsigned int length = bits + 1;
	     answer == UNKNOWN && length-- > 0;) {
		if (length < bits)
			net.bytes[length / CHAR_BIT] &=
			    (unsigned char)~(0x80U >> length % CHAR_BIT);
		if (!hosts->lengths[length])
			continue;
		(void)inet_ntop(
		    net.family, net.bytes, address, sizeof(address));
		(void)snprintf(suffix, sizeof(suffix), "/%u", length);
		answer = ask_address(hosts, address, suffix);
	}
	return (answer == IS_IN);
}

bool
opendkim_hosts_contain(const struct opendkim_hosts *hosts, const char *name,
    const struct network_address *address)
{
	static const struct network_address here = { AF_INET,
		{ 127, 0, 0, 1 } };

	if (name != NULL && name[0] != '\0' && strlen(name) < NI_MAXHOST &&
	    has_name(hosts, name))
		return (true);
	return (
	    has_address(hosts, address->family == AF_UNSPEC ? &here : address));
}

/* The length of the network ${text} in bits, or -1 when it is none. */
static int
prefix_length(const char *text)
{
	struct span rest = span_str(text);
	struct span address;
	uint64_t length;

	if (!span_take_until(&rest, '/', &address) ||
	    !span_to_u64(rest, 3, &length) || length > ADDRESS_BITS)
		return (-1);
	return ((int)length);
}

static bool
is_address_byte(unsigned char byte)
{
	return (span_is_hex(byte) || byte == '.' || byte == ':');
}

/* How OpenDKIM would have to find the address in ${text} written; NULL: as it
 * is, or it is no address. */
static const char *
proper_address(struct arena *arena, struct span text)
{
	struct span rest = text;
	struct network network;
	const char *length = "";

	(void)span_take_while(&rest, is_address_byte);
	if (rest.len > 0 && span_peek(rest) != '/')
		return (NULL);
	const char *address =
	    arena_str(arena, span_head(text, text.len - rest.len));

	if (network_address_parse(address, &network.address) != 0)
		return (rest.len > 0 ? "an address of four numbers" : NULL);
	if (rest.len > 0)
		length = arena_str(arena, rest);
	const char *proper = arena_printf(arena, "%s%s",
	    network_address_print(arena, &network.address), length);

	if (strcmp(proper, arena_str(arena, text)) != 0)
		return (proper);
	if (rest.len > 0 && network_parse(proper, &network) != 0)
		return ("the first address of the network");
	return (NULL);
}

static void
check_row(const struct opendkim_row *row, const char *file,
    const struct opendkim_report *report)
{
	const struct opendkim_place place = { file, row->line };
	struct span text = span_str(row->key);

	(void)span_take_byte(&text, '!');
	if (span_take_byte(&text, '['))
		return;
	const char *proper = proper_address(report->arena, text);

	if (proper != NULL)
		opendkim_warning(report, &place,
		    "\"%s\" matches no client, as in OpenDKIM, which wants %s "
		    "there",
		    row->key, proper);
}

/* "*.example.org" is like "!www.example.org", too, with which OpenDKIM asks
 * first: not in the set. */
static void
check_pattern(const struct opendkim_row *row, const char *file,
    const struct opendkim_report *report)
{
	const struct opendkim_place place = { file, row->line };

	if (row->key[0] == '*')
		opendkim_warning(report, &place,
		    "\"%s\" takes clients out of the set, as in OpenDKIM, for "
		    "which it also is like \"!\" and a client; for a domain "
		    "write .example.org",
		    row->key);
}

/* Without an exception there would be more clients than OpenDKIM has; without
 * another row there are fewer. */
static bool
refuse_expression(const struct opendkim_row *row, const char *file,
    const struct opendkim_report *report)
{
	const struct opendkim_place place = { file, row->line };

	if (row->key[0] == '!' || row->key[0] == '*') {
		opendkim_error(report, &place,
		    "\"%s\" is a regular expression, which is not read here: "
		    "write each host or network in a row of its own",
		    row->key);
		return (false);
	}
	opendkim_warning(report, &place,
	    "\"%s\" is a regular expression, which is not read here; it "
	    "matches no client: write each host or network in a row of its own",
	    row->key);
	return (true);
}

static void
add_row(struct opendkim_hosts *hosts, const struct opendkim_row *row,
    const char *file, const struct opendkim_report *report)
{
	int length = prefix_length(row->key);

	if (hosts->patterns && strchr(row->key, '*') != NULL) {
		check_pattern(row, file, report);
		memset(hosts->lengths, true, sizeof(hosts->lengths));
	} else {
		check_row(row, file, report);
	}
	if (length >= 0)
		hosts->lengths[length] = true;
	hosts->keys[hosts->count++] = row->key;
}

struct opendkim_hosts *
opendkim_hosts_new(
    const struct opendkim_dataset *set, const struct opendkim_report *report)
{
	struct opendkim_hosts *hosts =
	    arena_alloc(report->arena, sizeof(*hosts));
	bool usable = true;

	hosts->patterns = set->type == OPENDKIM_REFILE;
	if (hosts->patterns && set->count > OPENDKIM_HOSTS_PATTERNS) {
		const struct opendkim_place place = { set->file, 1 };

		opendkim_error(report, &place,
		    "more than %zu patterns of hosts; name the file without "
		    "refile:",
		    OPENDKIM_HOSTS_PATTERNS);
		return (NULL);
	}
	hosts->keys =
	    arena_array(report->arena, set->count, sizeof(*hosts->keys));
	for (size_t i = 0; i < set->count; i++) {
		const struct opendkim_row *row = &set->rows[i];

		if (opendkim_dataset_is_expression(set, row->key))
			usable &= refuse_expression(row, set->file, report);
		else
			add_row(hosts, row, set->file, report);
	}
	if (!hosts->patterns && hosts->count > 0)
		qsort(hosts->keys, hosts->count, sizeof(*hosts->keys), compare);
	return (usable ? hosts : NULL);
}
