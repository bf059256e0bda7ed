#include "spf/spf.h"

#include "spf/sender.h"

const char *
spf_result_name(enum spf_result result)
{
	switch (result) {
	case SPF_NONE:
		return ("none");
	case SPF_NEUTRAL:
		return ("neutral");
	case SPF_PASS:
		return ("pass");
	case SPF_FAIL:
		return ("fail");
	case SPF_SOFTFAIL:
		return ("softfail");
	case SPF_TEMPERROR:
		return ("temperror");
	case SPF_PERMERROR:
		return ("permerror");
	}
	return ("permerror");
}

void
spf_prefetch(struct dns *dns, const struct spf_query *query)
{
	struct arena *arena = arena_new();
	struct spf_sender sender;

	/* Nothing but the first record: what it refers to is asked for only
	 * when its turn comes, or the limits would not hold. */
	spf_sender_find(arena, query, &sender);
	if (sender.domain != NULL)
		dns_prefetch(dns, sender.domain, DNS_TYPE_TXT);
	arena_free(arena);
}
