#include "pattern.h"

#include <string.h>
#include <strings.h>

#include "base/span.h"
#include "dns/name.h"

/* An address's domain begins after its last `@': a quoted local part may hold
 * one itself. */
static bool
split(struct span address, struct span *local_part, struct span *domain)
{
	size_t at = address.len;

	while (at > 0 && address.data[at - 1] != '@')
		at--;
	*domain = span_tail(address, at);
	*local_part = span_head(address, at > 0 ? at - 1 : 0);
	return (at > 0);
}

int
pattern_parse(struct arena *arena, const char *text, struct pattern *out)
{
	struct span local_part, domain;

	*out = (struct pattern){ 0 };
	if (strcmp(text, "*") == 0)
		return (0);
	if (split(span_str(text), &local_part, &domain)) {
		if (local_part.len == 0)
			return (-1);
		if (!span_is(local_part, "*"))
			out->local_part = arena_str(arena, local_part);
	}
	if (span_is(domain, "*"))
		return (0);
	out->below = span_starts(domain, "*.");
	out->domain =
	    name_to_ascii(arena, span_tail(domain, out->below ? 2 : 0));
	return (out->domain == NULL ? -1 : 0);
}

bool
pattern_matches(const struct pattern *pattern, const char *address)
{
	struct span local_part, domain;

	if (!split(span_str(address), &local_part, &domain))
		return (false);
	if (pattern->local_part != NULL &&
	    !span_is_nocase(local_part, pattern->local_part))
		return (false);
	if (pattern->domain == NULL)
		return (true);
	const char *name = (const char *)domain.data;

	if (strcmp(name, pattern->domain) == 0)
		return (!pattern->below);
	return (pattern->below && name_is_within(name, pattern->domain));
}
