#include "lookup_name.h"

#include <string.h>

#include "base/buf.h"
#include "dns/dns_load.h"
#include "dns/name.h"

/* Numbers of a name that are looked at. */
#define MAX_NUMBERS ((size_t)32)
/* So many numbers of the address in a row are no accident. */
#define RUN 3

#define GROUPS 8

/* Words by which access networks name what they connect. */
static const char *const access_words[] = { "adsl", "broadband", "cable",
	"catv", "cgn", "cgnat", "cpe", "dhcp", "dial", "dialin", "dialup",
	"dip", "docsis", "dsl", "dyn", "dynamic", "dynamicip", "dyndns",
	"dynip", "fiber", "fibre", "ftth", "fttb", "fttx", "gprs", "hsd",
	"pool", "pools", "ppp", "pppoe", "sdsl", "umts", "unassigned", "vdsl",
	"wimax", "xdsl", NULL };

/* Words by which mail servers are named. */
static const char *const mail_words[] = { "exchange", "mail", "mailer",
	"mailgw", "mailhost", "mailin", "mailout", "mails", "mta", "mx",
	"mxout", "outbound", "postfix", "relay", "sendmail", "smtp", "smtpd",
	"smtpout", "webmail", NULL };

/* A name taken apart. */
struct parts {
	struct span host;    /* before the domain of its owner, lower case */
	const char *joined;  /* that, letters and digits only */
	const char *hyphens; /* that, its other bytes as hyphens */
};

bool
lookup_name_is_full(const char *name)
{
	struct span rest = span_str(name);
	struct span label;
	struct span digits;
	bool dot = false;

	while (span_take_until(&rest, '.', &label))
		dot = true;
	digits = label;
	(void)span_take_while(&digits, span_is_digit);
	return (dot && digits.len > 0);
}

/* Store ${name} in ${out}; false when it is none, or a domain itself. */
static bool
take_apart(struct arena *arena, const char *name, struct parts *out)
{
	const char *ascii = name_to_ascii(arena, span_str(name));
	struct buf joined;
	struct buf hyphens;

	if (ascii == NULL)
		return (false);
	struct span all = span_str(ascii);
	struct span owner = span_str(dns_load_domain(ascii));

	out->host = span_head(all, all.len - owner.len);
	buf_init(&joined, arena, NAME_MAX_BYTES);
	buf_init(&hyphens, arena, NAME_MAX_BYTES);
	for (size_t i = 0; i < out->host.len; i++) {
		unsigned char byte = out->host.data[i];

		if (span_is_alnum(byte))
			buf_add_byte(&joined, byte);
		buf_add_byte(&hyphens, span_is_alnum(byte) ? byte : '-');
	}
	out->joined = buf_str(&joined);
	out->hyphens = buf_str(&hyphens);
	return (out->host.len > 0);
}

static bool
is_one_of(struct span word, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		if (span_is(word, words[i]))
			return (true);
	return (false);
}

static bool
is_no_letter(unsigned char byte)
{
	return (!span_is_alpha(byte));
}

/* Whether a run of letters in ${host} is one of ${words}. */
static bool
says(struct span host, const char *const *words)
{
	while (host.len > 0) {
		(void)span_take_while(&host, is_no_letter);
		if (is_one_of(span_take_while(&host, span_is_alpha), words))
			return (true);
	}
	return (false);
}

static bool
is_no_digit(unsigned char byte)
{
	return (!span_is_digit(byte));
}

/* Read the decimal numbers of ${host}; those above a byte's are -1. */
static size_t
take_numbers(struct span host, int numbers[MAX_NUMBERS])
{
	size_t count = 0;

	while (host.len > 0 && count < MAX_NUMBERS) {
		(void)span_take_while(&host, is_no_digit);
		struct span digits = span_take_while(&host, span_is_digit);
		uint64_t number;

		if (digits.len > 0)
			numbers[count++] =
			    span_to_u64(digits, 3, &number) && number < 256
				? (int)number
				: -1;
	}
	return (count);
}

/* Whether RUN of ${numbers} are ${bytes} from ${first} on, by ${step}. */
static bool
has_run(const int numbers[MAX_NUMBERS], size_t count,
    const unsigned char bytes[4], int first, int step)
{
	for (size_t at = 0; at + RUN <= count; at++) {
		int same = 0;

		while (same < RUN &&
		       numbers[at + (size_t)same] == bytes[first + same * step])
			same++;
		if (same == RUN)
			return (true);
	}
	return (false);
}

/* "host-192-0-2-1", "1.2.0.192", "192-000-002", ... */
static bool
spells_numbers(const struct parts *parts, const unsigned char bytes[4])
{
	int numbers[MAX_NUMBERS] = { 0 };
	size_t count = take_numbers(parts->host, numbers);

	return (has_run(numbers, count, bytes, 0, 1) ||
		has_run(numbers, count, bytes, 1, 1) ||
		has_run(numbers, count, bytes, 3, -1) ||
		has_run(numbers, count, bytes, 2, -1));
}

static bool
has(const char *text, const char *part)
{
	return (strstr(text, part) != NULL);
}

/* "192000002001", "c0000201", both backwards, and "3221225985". */
static bool
spells_joined(struct arena *arena, const struct parts *parts,
    const unsigned char bytes[4])
{
	unsigned int a = bytes[0];
	unsigned int b = bytes[1];
	unsigned int c = bytes[2];
	unsigned int d = bytes[3];
	const char *spellings[] = {
		arena_printf(arena, "%03u%03u%03u%03u", a, b, c, d),
		arena_printf(arena, "%03u%03u%03u%03u", d, c, b, a),
		arena_printf(arena, "%02x%02x%02x%02x", a, b, c, d),
		arena_printf(arena, "%02x%02x%02x%02x", d, c, b, a),
		arena_printf(arena, "%u", a << 24 | b << 16 | c << 8 | d),
	};

	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (has(parts->joined, spellings[i]))
			return (true);
	return (false);
}

/* Four of the ${groups} from ${first} on as a name has them, with ${hyphen} or
 * padded without any. */
static const char *
half(struct arena *arena, const unsigned int groups[GROUPS], size_t first,
    bool hyphen)
{
	unsigned int a = groups[first];
	unsigned int b = groups[first + 1];
	unsigned int c = groups[first + 2];
	unsigned int d = groups[first + 3];

	if (hyphen)
		return (arena_printf(arena, "%x-%x-%x-%x", a, b, c, d));
	return (arena_printf(arena, "%04x%04x%04x%04x", a, b, c, d));
}

/* A half of the address, unless it is little more than zeros, or all of it as
 * RFC 5952 has it, with hyphens. */
static bool
spells_groups(struct arena *arena, const struct parts *parts,
    const struct network_address *client)
{
	unsigned int groups[GROUPS];
	char *text = network_address_print(arena, client);

	for (char *at = strchr(text, ':'); at != NULL; at = strchr(at, ':'))
		*at = '-';
	if (strlen(text) > GROUPS && has(parts->hyphens, text))
		return (true);
	for (size_t i = 0; i < GROUPS; i++)
		groups[i] = (unsigned int)client->bytes[2 * i] << 8 |
		            client->bytes[2 * i + 1];
	for (size_t i = 0; i < GROUPS; i += GROUPS / 2)
		if (groups[i] != 0 &&
		    (has(parts->hyphens, half(arena, groups, i, true)) ||
			has(parts->joined, half(arena, groups, i, false))))
			return (true);
	return (false);
}

static bool
spells(struct arena *arena, const struct parts *parts,
    const struct network_address *client)
{
	if (client->family == AF_INET)
		return (spells_numbers(parts, client->bytes) ||
			spells_joined(arena, parts, client->bytes));
	return (
	    client->family == AF_INET6 && spells_groups(arena, parts, client));
}

/* A mail server in an access network's range is one by its first label; below
 * other names the word of the access network counts more. */
static bool
is_generic(struct arena *arena, const struct parts *parts,
    const struct network_address *client)
{
	struct span first = span_head(parts->host, span_find(parts->host, '.'));

	if (says(first, mail_words))
		return (false);
	if (says(parts->host, access_words))
		return (true);
	return (!says(parts->host, mail_words) && spells(arena, parts, client));
}

bool
lookup_name_is_generic(const char *name, const struct network_address *client)
{
	struct arena *arena = arena_new();
	struct parts parts;
	bool generic = take_apart(arena, name, &parts) &&
	               is_generic(arena, &parts, client);

	arena_free(arena);
	return (generic);
}
