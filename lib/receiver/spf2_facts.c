#include "receiver/spf2_facts.h"

#include <string.h>

#include "base/network.h"
#include "dns/name.h"
#include "spf/record.h"

/* RFC 7208 12: what modifiers' names consist of. */
static bool
is_name(unsigned char byte)
{
	return (
	    span_is_alnum(byte) || byte == '-' || byte == '_' || byte == '.');
}

/* Split ${term}; false when it is no modifier. */
static bool
take_modifier(struct span term, struct span *name)
{
	*name = span_take_while(&term, is_name);
	return (name->len > 0 && span_peek(term) == '=');
}

/* "/0" for IPv4 may be followed by "/" and what is for IPv6. */
static bool
has_zero_prefix(struct span term)
{
	struct span part;

	(void)span_take_until(&term, '/', &part);
	while (term.len > 0) {
		(void)span_take_until(&term, '/', &part);
		if (span_is(part, "0"))
			return (true);
	}
	return (false);
}

static void
look_at_terms(struct span text, struct spf2_facts *out)
{
	bool redirect = false;
	struct span term, name;

	(void)span_take_until(&text, ' ', &term);
	while (text.len > 0) {
		(void)span_take_until(&text, ' ', &term);
		if (term.len == 0)
			continue;
		if (take_modifier(term, &name)) {
			redirect = redirect || span_is_nocase(name, "redirect");
			if (span_find(name, '.') < name.len)
				out->dotted_modifier = true;
			continue;
		}
		if (redirect)
			out->early_redirect = true;
		if (has_zero_prefix(term))
			out->zero_prefix = true;
	}
}

static void
look_at_records(struct arena *arena, const struct dns_answer *answer,
    struct spf2_facts *out)
{
	for (size_t i = 0; i < answer->count; i++) {
		struct span text = dns_txt(arena, answer->rdata[i]);
		struct spf_record record;

		if (!spf_record_is(text))
			continue;
		spf_record_parse(arena, text, &record);
		if (record.error != NULL)
			out->malformed = true;
		look_at_terms(text, out);
	}
}

static void
look_at_answer(struct arena *arena, const struct receiver_question *question,
    struct spf2_facts *out)
{
	const struct dns_answer *answer = &question->answer;
	bool failed =
	    answer->status == DNS_SERVFAIL || answer->status == DNS_TIMEOUT;

	if (question->type == DNS_TYPE_TXT)
		look_at_records(arena, answer, out);
	else if (answer->count > SPF_MAX_NAMES &&
		 (question->type == DNS_TYPE_PTR ||
		     question->type == DNS_TYPE_MX))
		out->many_names = true;
	if (question->type == DNS_TYPE_PTR) {
		out->failed_ptr = out->failed_ptr || failed;
		out->several_names = out->several_names || answer->count > 1;
	}
}

/* Without a local part, all of it is the domain (RFC 7208 4.3). */
static const char *
domain_of(const struct wire_spf *query)
{
	const char *sender =
	    query->mail_from[0] != '\0' ? query->mail_from : query->helo;
	const char *at = strrchr(sender, '@');

	return (at != NULL ? at + 1 : sender);
}

static bool
is_loopback(const char *client)
{
	static const char *const loopback[] = { "127.0.0.0/8", "::1/128" };
	struct network_address address;
	struct network network;

	if (network_address_parse(client, &address) != 0)
		return (false);
	for (size_t i = 0; i < sizeof(loopback) / sizeof(loopback[0]); i++)
		if (network_parse(loopback[i], &network) == 0 &&
		    network_contains(&network, &address))
			return (true);
	return (false);
}

void
spf2_facts_find(struct arena *arena, const struct wire_spf *query,
    const struct receiver_report *report, struct spf2_facts *out)
{
	const char *domain = domain_of(query);

	*out = (struct spf2_facts){
		.no_domain = name_to_ascii(arena, span_str(domain)) == NULL ||
		             strchr(domain, '.') == NULL,
		.loopback = is_loopback(query->client),
		.mapped = strncasecmp(query->client, "::ffff:", 7) == 0,
	};
	for (size_t i = 0; i < report->question_count; i++)
		look_at_answer(arena, &report->questions[i], out);
}
