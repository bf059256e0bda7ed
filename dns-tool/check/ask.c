#include "check/ask.h"

#include <string.h>

static bool
begins_with_tag(const char *text, const char *version)
{
	size_t len = strlen(version);

	/* strchr() finds the NUL, too: the tag may stand alone. */
	return (strncasecmp(text, version, len) == 0 &&
		strchr(" ;\t", text[len]) != NULL);
}

void
ask_texts(const struct check *check, const char *name, const char *version,
    struct arena *arena, struct ask_texts *out)
{
	struct dns_answer answer;

	dns_lookup(
	    check->dns, name, DNS_TYPE_TXT, check->deadline, arena, &answer);
	*out = (struct ask_texts){ .status = answer.status,
		.security = answer.security,
		.items = arena_array(arena, answer.count, sizeof(char *)) };
	for (size_t i = 0; i < answer.count; i++) {
		const char *text =
		    arena_str(arena, dns_txt(arena, answer.rdata[i]));

		if (begins_with_tag(text, version))
			out->items[out->count++] = text;
	}
}

static void
take_addresses(
    const struct dns_answer *answer, int family, struct ask_addresses *out)
{
	const size_t len = family == AF_INET ? 4 : 16;

	for (size_t i = 0; i < answer->count; i++) {
		struct network_address *to = &out->items[out->count];

		if (answer->rdata[i].len != len)
			continue;
		*to = (struct network_address){ .family = family };
		memcpy(to->bytes, answer->rdata[i].data, len);
		out->count++;
	}
}

void
ask_addresses(const struct check *check, const char *name, struct arena *arena,
    struct ask_addresses *out)
{
	const struct dns_question questions[] = { { name, DNS_TYPE_A },
		{ name, DNS_TYPE_AAAA } };
	struct dns_answer answers[2];

	dns_gather(check->dns, questions, 2, check->deadline, arena, answers);
	*out = (struct ask_addresses){ .items = arena_array(arena,
					   answers[0].count + answers[1].count,
					   sizeof(*out->items)) };
	take_addresses(&answers[0], AF_INET, out);
	take_addresses(&answers[1], AF_INET6, out);
	if (out->count > 0)
		out->status = DNS_OK;
	else if (ask_failed(answers[0].status))
		out->status = answers[0].status;
	else
		out->status = answers[1].status;
}

bool
ask_is_own(const struct server *server, const struct network_address *address)
{
	for (size_t i = 0; i < server->address_count; i++)
		if (server->addresses[i].family == address->family &&
		    memcmp(server->addresses[i].bytes, address->bytes,
			sizeof(address->bytes)) == 0)
			return (true);
	return (false);
}

bool
ask_failed(enum dns_status status)
{
	return (status == DNS_SERVFAIL || status == DNS_TIMEOUT);
}

const char *
ask_trouble(enum dns_status status)
{
	switch (status) {
	case DNS_OK:
		return ("there is an answer");
	case DNS_NODATA:
		return ("the name has no such record");
	case DNS_NXDOMAIN:
		return ("the name does not exist");
	case DNS_SERVFAIL:
		return ("the name servers fail, or their signatures are wrong");
	case DNS_TIMEOUT:
		return ("no answer came in time");
	}
	return ("");
}
