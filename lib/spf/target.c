#include "spf/target.h"

#include "spf/validated.h"

static const char *
validated(void *cookie, const char *domain)
{
	struct spf_work *work = cookie;

	spf_validated_find(work);
	const char *name = spf_validated_nearest(work, domain);

	/* RFC 7208 7.3: when there is none, or the DNS fails. */
	return (name == NULL ? "unknown" : name);
}

void
spf_target_values(
    struct spf_work *work, const char *domain, struct spf_macro_values *out)
{
	const char *receiver = work->query->receiver;

	*out = (struct spf_macro_values){
		.local_part = work->sender.local_part,
		.sender_domain = work->sender.domain,
		.domain = domain,
		.client = &work->query->client,
		.helo = work->sender.helo,
		.receiver = receiver == NULL ? "unknown" : receiver,
		.now = work->query->now,
		.validated = validated,
		.cookie = work,
	};
}

static bool
is_ascii(const char *text)
{
	struct span rest = span_str(text);

	for (size_t i = 0; i < rest.len; i++)
		if (span_is_8bit(rest.data[i]))
			return (false);
	return (true);
}

/* RFC 8616 4: %{s} and %{l} of a local part that is not ASCII match nothing,
 * whatever escapes would make of it. */
static bool
is_never(struct spf_work *work, struct span spec)
{
	return (!is_ascii(work->sender.local_part) &&
		(spf_macro_has(spec, 's') || spf_macro_has(spec, 'l')));
}

bool
spf_target_find(struct spf_work *work, struct span spec, const char *domain,
    const char **name)
{
	struct spf_macro_values values;

	*name = domain;
	if (spec.len == 0)
		return (true);
	*name = NULL;
	if (is_never(work, spec))
		return (true);
	/* RFC 7208 4.6.4: the names behind %{p} count too, once. */
	if (!work->validated && spf_macro_has(spec, 'p') &&
	    !spf_ask_term(work, "%{p}", domain))
		return (false);
	spf_target_values(work, domain, &values);
	const char *expanded = spf_macro_domain(work->arena, spec, &values);

	if (is_ascii(expanded))
		*name = expanded;
	return (true);
}
