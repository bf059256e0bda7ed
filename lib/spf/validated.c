#include "spf/validated.h"

#include <string.h>

#include "base/buf.h"
#include "dns/name.h"

/* RFC 1035 3.5, RFC 3596 2.5. */
static const char *
reverse_name(struct arena *arena, const struct network_address *client)
{
	const unsigned char *bytes = client->bytes;
	struct buf out;

	if (client->family != AF_INET6)
		return (arena_printf(arena, "%u.%u.%u.%u.in-addr.arpa",
		    bytes[3], bytes[2], bytes[1], bytes[0]));
	buf_init(&out, arena, NAME_MAX_BYTES);
	for (size_t i = sizeof(client->bytes); i > 0; i--)
		buf_printf(
		    &out, "%x.%x.", bytes[i - 1] & 0xfU, bytes[i - 1] >> 4U);
	buf_add_str(&out, "ip6.arpa");
	return (buf_str(&out));
}

/* Whether ${answer} holds the client's address itself. */
static bool
confirms(struct spf_work *work, const struct dns_answer *answer)
{
	const struct network_address *client = &work->query->client;

	for (size_t i = 0; i < answer->count; i++)
		if (spf_ask_contains(answer->rdata[i], client,
			client->family == AF_INET6 ? 128 : 32))
			return (true);
	return (false);
}

/* Keep those of ${count} ${names} that have the client's address.  RFC 7208
 * 5.5: a name whose look-up fails is skipped. */
static void
validate(struct spf_work *work, const char *const *names, size_t count)
{
	struct dns_answer answers[SPF_MAX_NAMES];

	spf_ask_addresses(work, names, count, answers);
	for (size_t i = 0; i < count; i++)
		if (confirms(work, &answers[i]))
			work->names[work->name_count++] = names[i];
}

void
spf_validated_find(struct spf_work *work)
{
	const char *names[SPF_MAX_NAMES];
	struct dns_answer answer;
	size_t count = 0;

	if (work->validated)
		return;
	work->validated = true;
	work->names =
	    arena_array(work->arena, SPF_MAX_NAMES, sizeof(work->names[0]));
	spf_ask(work, reverse_name(work->arena, &work->query->client),
	    DNS_TYPE_PTR, &answer);
	work->validated_status = answer.status;
	/* RFC 7208 4.6.4: of more than ten names, the first ten count. */
	if (answer.count > SPF_MAX_NAMES)
		trace_add(work->trace, "spf", 1,
		    "only the first %d of these names are looked at",
		    SPF_MAX_NAMES);
	for (size_t i = 0; i < answer.count && i < SPF_MAX_NAMES; i++) {
		const char *name = spf_ask_name(work->arena, answer.rdata[i]);

		if (name != NULL && name[0] != '\0')
			names[count++] = name;
	}
	if (count > 0)
		validate(work, names, count);
}

const char *
spf_validated_nearest(struct spf_work *work, const char *domain)
{
	const char *below = NULL;

	for (size_t i = 0; i < work->name_count; i++) {
		if (span_is_nocase(span_str(domain), work->names[i]))
			return (work->names[i]);
		if (below == NULL && name_is_within(work->names[i], domain))
			below = work->names[i];
	}
	if (below != NULL)
		return (below);
	return (work->name_count > 0 ? work->names[0] : NULL);
}
