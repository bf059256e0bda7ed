#include "dns/iprev.h"

#include <netinet/in.h>
#include <string.h>

#include "base/buf.h"
#include "dns/name.h"

/* 32 nibbles with their dots, and ip6.arpa. */
#define REVERSE_MAX ((size_t)32 * 2 + 16)

#define ADDRESS_BYTES_4 4
#define ADDRESS_BYTES_6 16

/* The name that has the PTR records of ${client} (RFC 1035 3.5, RFC 3596 2.5);
 * NULL for none. */
static const char *
reverse_name(struct arena *arena, const struct network_address *client)
{
	struct buf name;

	buf_init(&name, arena, REVERSE_MAX);
	if (client->family == AF_INET) {
		for (size_t i = ADDRESS_BYTES_4; i > 0; i--)
			buf_printf(&name, "%u.", client->bytes[i - 1]);
		buf_add_str(&name, "in-addr.arpa");
	} else if (client->family == AF_INET6) {
		for (size_t i = ADDRESS_BYTES_6; i > 0; i--)
			buf_printf(&name, "%x.%x.", client->bytes[i - 1] & 0x0f,
			    client->bytes[i - 1] >> 4);
		buf_add_str(&name, "ip6.arpa");
	} else {
		return (NULL);
	}
	return (buf_str(&name));
}

void
iprev_prefetch(struct dns *dns, const struct network_address *client)
{
	struct arena *arena = arena_new();
	const char *name = reverse_name(arena, client);

	if (name != NULL)
		dns_prefetch(dns, name, DNS_TYPE_PTR);
	arena_free(arena);
}

/* Return the name in a PTR record as text; NULL when it is no domain name, or
 * one with bytes that no host's name has: a dot inside a label would make it
 * another name. */
static const char *
name_in(struct arena *arena, struct span rdata)
{
	struct buf name;
	struct span label;
	struct span length;

	buf_init(&name, arena, NAME_MAX_BYTES);
	while (span_take(&rdata, 1, &length) && length.data[0] > 0) {
		if (!span_take(&rdata, length.data[0], &label))
			return (NULL);
		if (name.len > 0)
			buf_add_byte(&name, '.');
		if (memchr(label.data, '.', label.len) != NULL)
			return (NULL);
		buf_add(&name, label);
	}
	return (name.overflow ? NULL : name_to_ascii(arena, buf_span(&name)));
}

/* What the questions for the addresses of the names came to. */
struct forward {
	bool found;
	bool failed;
};

static bool
is_address(const struct network_address *client, struct span rdata)
{
	return (rdata.len == (client->family == AF_INET ? ADDRESS_BYTES_4
							: ADDRESS_BYTES_6) &&
		memcmp(rdata.data, client->bytes, rdata.len) == 0);
}

static void
look_at(const struct network_address *client, const struct dns_answer *answer,
    struct forward *forward)
{
	switch (answer->status) {
	case DNS_OK:
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return;
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		forward->failed = true;
		return;
	}
	for (size_t i = 0; i < answer->count; i++)
		if (is_address(client, answer->rdata[i]))
			forward->found = true;
}

/* Ask for the addresses of all names at once. */
static struct forward
ask_forward(struct dns *dns, const struct network_address *client,
    const struct dns_answer *names, int64_t deadline, struct arena *arena,
    struct trace *trace)
{
	struct dns_question questions[IPREV_MAX_NAMES];
	struct dns_answer answers[IPREV_MAX_NAMES];
	struct forward forward = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < names->count && count < IPREV_MAX_NAMES; i++) {
		const char *name = name_in(arena, names->rdata[i]);

		if (name == NULL)
			continue;
		questions[count++] = (struct dns_question){ .name = name,
			.type = client->family == AF_INET ? DNS_TYPE_A
			                                  : DNS_TYPE_AAAA };
	}
	dns_gather(dns, questions, count, deadline, arena, answers);
	for (size_t i = 0; i < count; i++) {
		struct forward one = { 0 };

		look_at(client, &answers[i], &one);
		trace_add(trace, "iprev", 1, "%s %s", questions[i].name,
		    one.found    ? "has the address"
		    : one.failed ? "cannot be asked about"
				 : "does not have the address");
		forward.found |= one.found;
		forward.failed |= one.failed;
	}
	return (forward);
}

static enum iprev_result
evaluate(struct dns *dns, const struct network_address *client,
    const char *reverse, int64_t deadline, struct arena *arena,
    struct trace *trace)
{
	struct dns_answer names;
	struct forward forward;

	dns_lookup(dns, reverse, DNS_TYPE_PTR, deadline, arena, &names);
	switch (names.status) {
	case DNS_OK:
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		return (IPREV_PERMERROR);
	case DNS_SERVFAIL:
	case DNS_TIMEOUT:
		return (IPREV_TEMPERROR);
	}
	forward = ask_forward(dns, client, &names, deadline, arena, trace);
	if (forward.found)
		return (IPREV_PASS);
	return (forward.failed ? IPREV_TEMPERROR : IPREV_FAIL);
}

enum iprev_result
iprev_eval(struct dns *dns, const struct network_address *client,
    int64_t deadline, struct arena *arena, struct trace *trace)
{
	const char *reverse = reverse_name(arena, client);
	enum iprev_result result;

	if (reverse == NULL)
		return (IPREV_NONE);
	trace_add(trace, "iprev", 0, "names of %s", reverse);
	result = evaluate(dns, client, reverse, deadline, arena, trace);
	trace_add(trace, "iprev", 0, "iprev=%s", iprev_result_name(result));
	return (result);
}

const char *
iprev_result_name(enum iprev_result result)
{
	static const char *const names[] = {
		[IPREV_NONE] = "none",
		[IPREV_PASS] = "pass",
		[IPREV_FAIL] = "fail",
		[IPREV_TEMPERROR] = "temperror",
		[IPREV_PERMERROR] = "permerror",
	};

	return (names[result]);
}
