#include "spf/record.h"

#include "base/buf.h"
#include "spf/macro.h"

/* RFC 7208 4.5: the version, before a space or the end. */
#define VERSION "v=spf1"

/* The longest address as text. */
#define MAX_ADDRESS ((size_t)64)

/* What may follow the name of a mechanism. */
enum argument {
	NOTHING,
	DOMAIN,              /* ":" domain-spec */
	MAYBE_DOMAIN,        /* the same, or nothing */
	MAYBE_DOMAIN_PREFIX, /* and then dual-cidr-length */
	NETWORK,             /* ":" an address and maybe its prefix length */
};

static const struct {
	const char *name;
	enum argument argument;
} mechanisms[] = {
	[SPF_MECHANISM_ALL] = { "all", NOTHING },
	[SPF_MECHANISM_INCLUDE] = { "include", DOMAIN },
	[SPF_MECHANISM_A] = { "a", MAYBE_DOMAIN_PREFIX },
	[SPF_MECHANISM_MX] = { "mx", MAYBE_DOMAIN_PREFIX },
	[SPF_MECHANISM_PTR] = { "ptr", MAYBE_DOMAIN },
	[SPF_MECHANISM_IP4] = { "ip4", NETWORK },
	[SPF_MECHANISM_IP6] = { "ip6", NETWORK },
	[SPF_MECHANISM_EXISTS] = { "exists", DOMAIN },
};

#define MECHANISMS (sizeof(mechanisms) / sizeof(mechanisms[0]))

static const char bad_prefix[] = "its prefix length is wrong";

static bool
is_space(unsigned char byte)
{
	return (byte == ' ');
}

static bool
is_visible(unsigned char byte)
{
	return (byte > ' ' && byte < 0x7f);
}

static bool
is_not_space(unsigned char byte)
{
	return (byte != ' ');
}

/* RFC 7208 12: name, after its first letter. */
static bool
is_name(unsigned char byte)
{
	return (
	    span_is_alnum(byte) || byte == '-' || byte == '_' || byte == '.');
}

bool
spf_record_is(struct span text)
{
	size_t len = sizeof(VERSION) - 1;

	return (span_is_nocase(span_head(text, len), VERSION) &&
		(text.len == len || text.data[len] == ' '));
}

/* RFC 7208 12: no leading zeros. */
static bool
read_prefix(struct span digits, unsigned int max, unsigned int *out)
{
	uint64_t value;

	if (!span_to_u64(digits, 3, &value) || value > max ||
	    (digits.len > 1 && digits.data[0] == '0'))
		return (false);
	*out = (unsigned int)value;
	return (true);
}

/* If ${text} ends in ${slashes} and digits, cut both off and store the number
 * in ${out}.  Return false when it is over ${max} or begins with a zero. */
static bool
cut_prefix(
    struct span *text, const char *slashes, unsigned int max, unsigned int *out)
{
	struct span head = span_trim_end(*text, span_is_digit);
	struct span digits = span_tail(*text, head.len);

	if (digits.len == 0 || !span_ends_nocase(head, span_str(slashes)))
		return (true);
	*text = span_head(head, head.len - span_str(slashes).len);
	return (read_prefix(digits, max, out));
}

/* RFC 7208 5.3: [ ":" domain-spec ] [ dual-cidr-length ]. */
static const char *
read_domain_prefix(struct span rest, struct spf_directive *out)
{
	out->prefix4 = 32;
	out->prefix6 = 128;
	if (!cut_prefix(&rest, "//", 128, &out->prefix6) ||
	    !cut_prefix(&rest, "/", 32, &out->prefix4))
		return (bad_prefix);
	if (rest.len == 0)
		return (NULL);
	if (!span_take_byte(&rest, ':'))
		return (bad_prefix);
	out->domain_spec = rest;
	return (spf_macro_check(rest, SPF_MACRO_DOMAIN));
}

/* RFC 7208 5.6: ":" ip4-network [ ip4-cidr-length ], or of IPv6. */
static const char *
read_network(struct span rest, bool v6, struct spf_directive *out)
{
	char copy[MAX_ADDRESS];
	struct span address;
	unsigned int width = v6 ? 128 : 32;

	if (!span_take_byte(&rest, ':'))
		return ("its address is missing");
	bool has_prefix = span_take_until(&rest, '/', &address);

	out->network.prefix = width;
	if (has_prefix && !read_prefix(rest, width, &out->network.prefix))
		return (bad_prefix);
	if (address.len == 0 || address.len >= sizeof(copy))
		return ("its address is wrong");
	for (size_t i = 0; i < address.len; i++)
		copy[i] = (char)address.data[i];
	copy[address.len] = '\0';
	if (network_address_parse_as(
		v6 ? AF_INET6 : AF_INET, copy, &out->network.address) != 0)
		return (v6 ? "its IPv6 address is wrong"
			   : "its IPv4 address is wrong");
	return (NULL);
}

static const char *
read_domain(struct span rest, struct spf_directive *out)
{
	if (!span_take_byte(&rest, ':'))
		return ("its domain is missing");
	out->domain_spec = rest;
	return (spf_macro_check(rest, SPF_MACRO_DOMAIN));
}

/* Read ${rest}, which follows the name of the mechanism. */
static const char *
read_argument(struct span rest, struct spf_directive *out)
{
	switch (mechanisms[out->mechanism].argument) {
	case NOTHING:
		return (rest.len == 0 ? NULL : "nothing may follow its name");
	case DOMAIN:
		return (read_domain(rest, out));
	case MAYBE_DOMAIN:
		return (rest.len == 0 ? NULL : read_domain(rest, out));
	case MAYBE_DOMAIN_PREFIX:
		return (read_domain_prefix(rest, out));
	case NETWORK:
		return (read_network(
		    rest, out->mechanism == SPF_MECHANISM_IP6, out));
	}
	return (NULL);
}

static enum spf_result
take_qualifier(struct span *term)
{
	if (span_take_byte(term, '-'))
		return (SPF_FAIL);
	if (span_take_byte(term, '~'))
		return (SPF_SOFTFAIL);
	if (span_take_byte(term, '?'))
		return (SPF_NEUTRAL);
	(void)span_take_byte(term, '+');
	return (SPF_PASS);
}

static bool
is_before_argument(unsigned char byte)
{
	return (byte != ':' && byte != '/');
}

static const char *
read_directive(struct arena *arena, struct span term, struct spf_record *record)
{
	struct spf_directive directive = { .text = term };
	size_t i = 0;

	directive.result = take_qualifier(&term);
	struct span name = span_take_while(&term, is_before_argument);

	while (i < MECHANISMS && !span_is_nocase(name, mechanisms[i].name))
		i++;
	if (i == MECHANISMS)
		return ("there is no such mechanism");
	directive.mechanism = (enum spf_mechanism)i;
	const char *error = read_argument(term, &directive);

	record->directives = arena_room(arena, record->directives,
	    record->count, sizeof(record->directives[0]));
	record->directives[record->count++] = directive;
	return (error);
}

/* RFC 7208 6: redirect and exp at most once each. */
static const char *
read_once(struct span value, struct span *out)
{
	if (out->len > 0)
		return ("it stands there twice");
	*out = value;
	return (spf_macro_check(value, SPF_MACRO_DOMAIN));
}

static const char *
read_modifier(struct span name, struct span value, struct spf_record *record)
{
	if (span_is_nocase(name, "redirect"))
		return (read_once(value, &record->redirect));
	if (span_is_nocase(name, "exp"))
		return (read_once(value, &record->exp));
	/* RFC 7208 6: others are ignored, whatever their value. */
	return (spf_macro_check(value, SPF_MACRO_STRING));
}

/* RFC 7208 4.6.1: a modifier's name ends with `=', before any `:' or `/'. */
static const char *
read_term(struct arena *arena, struct span term, struct spf_record *record)
{
	struct span rest = term;
	struct span visible = term;
	struct span name = span_take_while(&rest, is_name);

	(void)span_take_while(&visible, is_visible);
	if (visible.len > 0)
		return ("it has bytes that are not printable ASCII");
	if (name.len > 0 && span_is_alpha(name.data[0]) &&
	    span_take_byte(&rest, '='))
		return (read_modifier(name, rest, record));
	return (read_directive(arena, term, record));
}

void
spf_record_parse(struct arena *arena, struct span text, struct spf_record *out)
{
	*out = (struct spf_record){ .count = 0 };
	if (text.len > SPF_RECORD_MAX) {
		out->error = arena_printf(arena,
		    "the record has %zu bytes, more than %zu", text.len,
		    SPF_RECORD_MAX);
		return;
	}
	span_skip(&text, sizeof(VERSION) - 1);
	while (out->error == NULL) {
		(void)span_take_while(&text, is_space);
		if (text.len == 0)
			break;
		struct span term = span_take_while(&text, is_not_space);
		const char *error = read_term(arena, term, out);

		if (error != NULL)
			out->error = arena_printf(arena, "\"%s\": %s",
			    spf_record_show(arena, term), error);
	}
}

const char *
spf_record_show(struct arena *arena, struct span text)
{
	struct buf out;

	buf_init(&out, arena, SPF_RECORD_MAX_SHOWN + sizeof("..."));
	for (size_t i = 0; i < text.len && i < SPF_RECORD_MAX_SHOWN; i++)
		buf_add_byte(
		    &out, text.data[i] == ' ' || is_visible(text.data[i])
			      ? text.data[i]
			      : '?');
	if (text.len > SPF_RECORD_MAX_SHOWN)
		buf_add_str(&out, "...");
	return (buf_str(&out));
}
