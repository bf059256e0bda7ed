#include "pattern.h"

#include <string.h>
#include <strings.h>

#include "base/buf.h"
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

/* "*@example.org" and "*@*.example.org" need no comparing of text. */
int
pattern_parse_wildcard(
    struct arena *arena, const char *text, struct pattern *out)
{
	struct span local_part, domain;

	*out = (struct pattern){ 0 };
	if (!split(span_str(text), &local_part, &domain)) {
		out->wildcard = text;
		return (strchr(text, '*') == NULL ? -1 : 0);
	}
	size_t star = span_find(domain, '*');

	out->below = star == 0 && span_starts(domain, "*.");
	domain = span_tail(domain, out->below ? 2 : 0);
	if (span_find(domain, '*') < domain.len) {
		out->below = false;
		out->wildcard = text;
		return (0);
	}
	out->domain = name_to_ascii(arena, domain);
	if (out->domain == NULL || local_part.len == 0)
		return (-1);
	if (span_find(local_part, '*') == local_part.len)
		out->local_part = arena_str(arena, local_part);
	else if (!span_is(local_part, "*"))
		out->wildcard =
		    arena_printf(arena, "%s@*", arena_str(arena, local_part));
	return (0);
}

/* After a star, the shortest text that fits is tried first; only the last star
 * can need another try. */
bool
pattern_is_like(const char *text, const char *wildcard)
{
	struct span rest = span_str(text);
	struct span like = span_str(wildcard);
	struct span text_at_star = { 0 };
	struct span after_star = { 0 };
	bool star = false;

	while (rest.len > 0 || like.len > 0) {
		if (span_take_byte(&like, '*')) {
			star = true;
			after_star = like;
			text_at_star = rest;
		} else if (rest.len > 0 && like.len > 0 &&
			   span_lower(rest.data[0]) ==
			       span_lower(like.data[0])) {
			span_skip(&rest, 1);
			span_skip(&like, 1);
		} else {
			if (!star || text_at_star.len == 0)
				return (false);
			span_skip(&text_at_star, 1);
			rest = text_at_star;
			like = after_star;
		}
	}
	return (true);
}

const char *
pattern_expand(
    struct arena *arena, const char *text, const char *domain, size_t max)
{
	struct span rest = span_str(text);
	struct span part;
	struct buf out;

	buf_init(&out, arena, max);
	while (span_take_until(&rest, '%', &part)) {
		buf_add(&out, part);
		buf_add_str(&out, domain);
	}
	buf_add(&out, part);
	return (out.overflow ? NULL : buf_str(&out));
}

bool
pattern_matches_domain(const struct pattern *pattern, const char *domain)
{
	if (pattern->domain == NULL)
		return (true);
	if (strcmp(domain, pattern->domain) == 0)
		return (!pattern->below);
	return (pattern->below && name_is_within(domain, pattern->domain));
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
	if (pattern->wildcard != NULL &&
	    !pattern_is_like(address, pattern->wildcard))
		return (false);
	/* It ends where the address does. */
	return (pattern_matches_domain(pattern, (const char *)domain.data));
}
