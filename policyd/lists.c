#include "lists.h"

#include <limits.h>

#include "base/buf.h"
#include "base/span.h"
#include "dns/name.h"

#define ADDRESS_BYTES_4 ((size_t)4)
#define ADDRESS_BYTES_6 ((size_t)16)

/* RFC 5782 2.1: values of a list are in here. */
#define LOOPBACK 127
/* What lists answer to whom they do not want to answer: 127.255.255.x. */
#define REFUSED 255

/* "Listed" without more, and its two sides. */
/* clang-format off */
#define CODE(a, b, c, d, points)                                               \
	{ { (a), (b), (c), (d) }, { (a), (b), (c), (d) }, (points) }
#define CODES(a, b, c, from, to, points)                                       \
	{ { (a), (b), (c), (from) }, { (a), (b), (c), (to) }, (points) }
#define TRUSTED(d, points)                                                     \
	{ { LOOPBACK, 0, 0, (d) }, { LOOPBACK, 0, UCHAR_MAX, (d) }, (points) }

/* RFC 5782 5: what a list of addresses lists, and what it does not. */
#define TEST_ADDRESSES                                                         \
	.must_be_listed = "2.0.0.127", .must_not_be_listed = "1.0.0.127"
/* clang-format on */

static const struct dns_list defaults[] = {
	/* SBL, CSS and DROP; XBL; PBL, which lists most homes. */
	{ .zone = "zen.spamhaus.org",
	    .subjects = LIST_CLIENT,
	    .codes = { CODES(LOOPBACK, 0, 0, 2, 3, 6),
		CODES(LOOPBACK, 0, 0, 4, 7, 6), CODE(LOOPBACK, 0, 0, 9, 6),
		CODES(LOOPBACK, 0, 0, 10, 11, 3) },
	    .code_count = 4,
	    .group = "spamhaus",
	    TEST_ADDRESSES },
	/* From .102 on: domains of others that are abused.  .255 says that an
	 * address was asked for, which says nothing. */
	{ .zone = "dbl.spamhaus.org",
	    .subjects = LIST_CLIENT_NAME | LIST_HELO | LIST_SENDER,
	    .codes = { CODES(LOOPBACK, 0, 1, 2, 99, 5),
		CODES(LOOPBACK, 0, 1, 102, 106, 2) },
	    .code_count = 2,
	    .group = "spamhaus",
	    /* Its documented test entry; RFC 5782 5 forbids INVALID. */
	    .must_be_listed = "dbltest.com",
	    .must_not_be_listed = "invalid" },
	{ .zone = "bl.spamcop.net",
	    .subjects = LIST_CLIENT,
	    .codes = { CODE(LOOPBACK, 0, 0, 2, 4) },
	    .code_count = 1,
	    .group = "spamcop",
	    TEST_ADDRESSES },
	{ .zone = "psbl.surriel.com",
	    .subjects = LIST_CLIENT,
	    .codes = { CODE(LOOPBACK, 0, 0, 2, 3) },
	    .code_count = 1,
	    .group = "psbl",
	    TEST_ADDRESSES },
	/* The third byte is a trade, the last one how far to trust. */
	{ .zone = "list.dnswl.org",
	    .subjects = LIST_CLIENT,
	    .codes = { TRUSTED(1, -1), TRUSTED(2, -4), TRUSTED(3, -6) },
	    .code_count = 3,
	    .group = "dnswl",
	    TEST_ADDRESSES },
};

const struct dns_list *
lists_default(size_t *count)
{
	*count = sizeof(defaults) / sizeof(defaults[0]);
	return (defaults);
}

static int
read_byte(struct span text, unsigned char *out)
{
	uint64_t number;

	if (!span_to_u64(text, 3, &number) || number > UCHAR_MAX)
		return (-1);
	*out = (unsigned char)number;
	return (0);
}

/* Read "2", "2-11" or "*". */
static int
read_range(struct span text, unsigned char *low, unsigned char *high)
{
	struct span first;

	if (span_is(text, "*")) {
		*low = 0;
		*high = UCHAR_MAX;
		return (0);
	}
	if (!span_take_until(&text, '-', &first))
		text = first;
	if (read_byte(first, low) != 0 || read_byte(text, high) != 0)
		return (-1);
	return (*low <= *high ? 0 : -1);
}

static int
read_weight(struct span text, int *out)
{
	bool negative = span_take_byte(&text, '-');
	uint64_t number;

	if (!span_to_u64(text, 4, &number) || number > LIST_MAX_WEIGHT)
		return (-1);
	*out = negative ? -(int)number : (int)number;
	return (0);
}

/* Whether some of what ${code} means may be a listing. */
static bool
can_be_listing(const struct list_code *code)
{
	return (code->low[0] == LOOPBACK && code->high[0] == LOOPBACK &&
		(code->low[1] < REFUSED || code->low[2] < REFUSED));
}

int
list_code_parse(const char *text, struct list_code *out)
{
	struct span weight = span_str(text);
	struct span address;
	struct span part;

	*out = (struct list_code){ .weight = 0 };
	if (!span_take_until(&weight, '=', &address))
		return (-1);
	for (size_t i = 0; i < ADDRESS_BYTES_4; i++) {
		bool more = span_take_until(&address, '.', &part);

		if (more != (i + 1 < ADDRESS_BYTES_4) ||
		    read_range(part, &out->low[i], &out->high[i]) != 0)
			return (-1);
	}
	if (read_weight(weight, &out->weight) != 0 || !can_be_listing(out))
		return (-1);
	return (0);
}

static bool
is_refusal(const unsigned char address[4])
{
	return (address[0] == LOOPBACK && address[1] == REFUSED &&
		address[2] == REFUSED);
}

static bool
is_in(const struct list_code *code, const unsigned char address[4])
{
	for (size_t i = 0; i < ADDRESS_BYTES_4; i++)
		if (address[i] < code->low[i] || address[i] > code->high[i])
			return (false);
	return (true);
}

bool
list_weigh(
    const struct dns_list *list, const unsigned char address[4], int *weight)
{
	if (address[0] != LOOPBACK || is_refusal(address))
		return (false);
	for (size_t i = 0; i < list->code_count; i++) {
		if (!is_in(&list->codes[i], address))
			continue;
		*weight = list->codes[i].weight;
		return (true);
	}
	return (false);
}

enum list_refusal
list_refusal(const unsigned char address[4])
{
	if (address[0] != LOOPBACK)
		return (LIST_ASTRAY);
	if (is_refusal(address))
		return (LIST_REFUSES);
	/* dnswl.org's word for whoever asks too much. */
	if (address[1] == 0 && address[2] == 0 && address[3] == UCHAR_MAX)
		return (LIST_REFUSES);
	return (LIST_ANSWERS);
}

const char *
list_name(struct arena *arena, const struct dns_list *list,
    const struct network_address *client)
{
	struct buf name;

	buf_init(&name, arena, NAME_MAX_BYTES);
	if (client->family == AF_INET) {
		for (size_t i = ADDRESS_BYTES_4; i > 0; i--)
			buf_printf(&name, "%u.", client->bytes[i - 1]);
	} else if (client->family == AF_INET6) {
		/* RFC 5782 2.4. */
		for (size_t i = ADDRESS_BYTES_6; i > 0; i--)
			buf_printf(&name, "%x.%x.", client->bytes[i - 1] & 0x0f,
			    client->bytes[i - 1] >> 4);
	} else {
		return (NULL);
	}
	buf_add_str(&name, list->zone);
	return (name.overflow ? NULL : buf_str(&name));
}

const char *
list_name_of(
    struct arena *arena, const struct dns_list *list, const char *domain)
{
	const char *ascii = name_to_ascii(arena, span_str(domain));
	struct buf name;

	if (ascii == NULL)
		return (NULL);
	buf_init(&name, arena, NAME_MAX_BYTES);
	buf_printf(&name, "%s.%s", ascii, list->zone);
	return (name.overflow ? NULL : buf_str(&name));
}
