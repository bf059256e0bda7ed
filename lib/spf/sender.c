#include "spf/sender.h"

#include <string.h>

#include "dns/name.h"

/* RFC 7208 4.3: the local part when there is none. */
#define NO_LOCAL_PART "postmaster"

/* Whether the last label is a number only, as of an address without brackets:
 * no such domain can exist (RFC 3696 2). */
static bool
ends_in_number(const char *domain)
{
	const char *dot = strrchr(domain, '.');
	struct span label = span_str(dot == NULL ? domain : dot + 1);

	(void)span_take_while(&label, span_is_digit);
	return (label.len == 0);
}

/* RFC 7208 4.3: what is no domain name of several labels cannot be asked
 * about.  U-labels become A-labels (RFC 8616 4). */
static void
set_domain(struct arena *arena, struct span domain, struct spf_sender *out)
{
	out->domain = NULL;
	if (domain.len == 0) {
		out->reason = "there is no domain to ask about";
		return;
	}
	if (span_peek(domain) == '[') {
		out->reason = "an address in brackets has no SPF record";
		return;
	}
	const char *ascii = name_to_ascii(arena, domain);

	if (ascii == NULL)
		out->reason = "it is not a domain name";
	else if (strchr(ascii, '.') == NULL)
		out->reason = "it is not a fully qualified domain name";
	else if (ends_in_number(ascii))
		out->reason = "it is an address, not a domain name";
	else
		out->domain = ascii;
}

/* Where the domain in ${address} begins, behind the last `@'; 0 when there is
 * no `@'. */
static size_t
domain_start(struct span address)
{
	size_t at = address.len;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	return (at);
}

void
spf_sender_find(
    struct arena *arena, const struct spf_query *query, struct spf_sender *out)
{
	struct span helo = span_str(query->helo);
	struct span mail_from = span_str(query->mail_from);

	*out = (struct spf_sender){ .local_part = NO_LOCAL_PART };
	out->helo = helo.len == 0 ? "unknown"
	                          : arena_str(arena,
					span_head(helo, SPF_SENDER_MAX_PART));
	/* RFC 7208 2.4: the null path stands for postmaster@helo. */
	if (query->identity == SPF_HELO || mail_from.len == 0) {
		set_domain(arena, helo, out);
		return;
	}
	size_t start = domain_start(mail_from);

	if (start > 1)
		out->local_part =
		    arena_str(arena, span_head(span_head(mail_from, start - 1),
					 SPF_SENDER_MAX_PART));
	set_domain(arena,
	    start == 0 ? span_new(NULL, 0) : span_tail(mail_from, start), out);
}
