#include "dmarc/align.h"

#include <string.h>

#include "dns/name.h"

void
align_set(struct align *align, const struct dmarc_organization *organization)
{
	align->organization = *organization;
	align->trouble = DMARC_AT_NOTHING;
	align->is_known = true;
	trace_add(align->discover->trace, "dmarc", 1,
	    "the organizational domain is %s, by the %s", organization->domain,
	    organization->method == DMARC_PSL ? "public suffix list"
					      : "tree walk");
}

const char *
align_bound(const struct align *align, const char *domain)
{
	switch (align->discovery) {
	case DMARC_TREEWALK:
		return (NULL);
	case DMARC_PSL:
	case DMARC_AUTO:
		return (orgdomain_find(align->suffixes, domain));
	}
	return (NULL);
}

/* Find the organizational domain of ${domain}; return what was in the way, or
 * DMARC_AT_NOTHING. */
static enum dmarc_at
find_organization(const struct align *align, const char *domain,
    struct dmarc_organization *found)
{
	struct dmarc_walk walk;

	if (align->discovery == DMARC_PSL) {
		found->domain = align_bound(align, domain);
		found->method = DMARC_PSL;
		return (DMARC_AT_NOTHING);
	}
	discover_walk(align->discover, domain, &walk);
	if (walk.trouble == DMARC_AT_NOTHING)
		*found = dmarc_evaluate_organization(
		    &walk, align_bound(align, domain));
	return (walk.trouble);
}

/* Only names that end alike can have an organization in common. */
static bool
share_last_label(const char *a, const char *b)
{
	const char *last_of_a = strrchr(a, '.');
	const char *last_of_b = strrchr(b, '.');

	return (strcmp(last_of_a != NULL ? last_of_a + 1 : a,
		    last_of_b != NULL ? last_of_b + 1 : b) == 0);
}

static enum align_result
report(struct align *align, const char *what, const char *domain,
    enum align_result result, const char *why)
{
	static const char *const words[] = {
		[ALIGN_NO] = "not aligned",
		[ALIGN_YES] = "aligned",
		[ALIGN_UNDECIDED] = "undecided",
	};

	trace_add(align->discover->trace, "dmarc", 1, "%s %s: %s, %s", what,
	    domain, words[result], why);
	return (result);
}

static enum align_result
report_trouble(struct align *align, const char *what, const char *domain,
    enum dmarc_at trouble)
{
	/* The limit will be there the next time too: an answer later is no
	 * answer, and nothing passes by it. */
	if (trouble == DMARC_AT_LIMIT)
		return (report(align, what, domain, ALIGN_NO,
		    "the message names too many domains"));
	return (report(align, what, domain, ALIGN_UNDECIDED,
	    "the organizational domain is not known"));
}

static void
find_own_organization(struct align *align)
{
	struct dmarc_organization found;

	if (align->is_known)
		return;
	align->trouble = find_organization(align, align->author_domain, &found);
	if (align->trouble == DMARC_AT_NOTHING)
		align_set(align, &found);
	align->is_known = true;
}

/* RFC 9989 3.2.10.1: the two have the same organizational domain. */
static enum align_result
check_relaxed(struct align *align, const char *what, const char *domain)
{
	struct dmarc_organization other;

	if (!share_last_label(domain, align->author_domain))
		return (report(align, what, domain, ALIGN_NO,
		    "it has nothing in common with the author's domain"));
	find_own_organization(align);
	if (align->trouble != DMARC_AT_NOTHING)
		return (report_trouble(align, what, domain, align->trouble));
	/* An organizational domain is a part of each of its domains: the walk
	 * for another cannot end at it. */
	if (!name_is_within(domain, align->organization.domain))
		return (report(align, what, domain, ALIGN_NO,
		    "it is outside of the author's organizational domain"));
	enum dmarc_at trouble = find_organization(align, domain, &other);

	if (trouble != DMARC_AT_NOTHING)
		return (report_trouble(align, what, domain, trouble));
	if (strcmp(other.domain, align->organization.domain) == 0)
		return (report(align, what, domain, ALIGN_YES,
		    "it has the author's organizational domain"));
	return (report(align, what, domain, ALIGN_NO,
	    arena_printf(align->discover->arena,
		"its organizational domain is %s", other.domain)));
}

enum align_result
align_check(
    struct align *align, const char *what, const char *domain, bool strict)
{
	/* RFC 9989 4.10.2: the same domain needs no walk, in either mode. */
	if (strcmp(domain, align->author_domain) == 0)
		return (report(align, what, domain, ALIGN_YES,
		    "it is the author's domain"));
	if (strict)
		return (report(align, what, domain, ALIGN_NO,
		    "the record asks for the very domain of the author"));
	return (check_relaxed(align, what, domain));
}
