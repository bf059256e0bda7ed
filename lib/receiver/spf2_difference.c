#include "receiver/spf2_difference.h"

#include <string.h>

#include "receiver/spf2.h"

struct disagreement {
	const struct spf_outcome *ours;
	const struct wire_spf_opinion *theirs;
	const struct spf2_facts *facts;
};

typedef bool reason_applies(const struct disagreement *of);

static bool
they_say(const struct disagreement *of, enum spf2_code code)
{
	return (of->theirs->code == (uint32_t)code);
}

static bool
we_refuse(const struct disagreement *of)
{
	return (of->ours->result == SPF_PERMERROR);
}

static bool
is_loopback(const struct disagreement *of)
{
	return (of->facts->loopback && of->theirs->result == SPF_PASS);
}

static bool
is_mapped(const struct disagreement *of)
{
	return (of->facts->mapped);
}

static bool
is_no_domain(const struct disagreement *of)
{
	return (of->facts->no_domain && of->ours->result == SPF_NONE);
}

static bool
is_zero_prefix(const struct disagreement *of)
{
	return (of->facts->zero_prefix && they_say(of, SPF2_INVALID_CIDR));
}

/* The eleventh term is not counted. */
static bool
is_over_terms(const struct disagreement *of)
{
	return (we_refuse(of) && of->ours->terms == SPF_MAX_TERMS);
}

static bool
is_over_voids(const struct disagreement *of)
{
	return (we_refuse(of) && of->ours->voids > SPF_MAX_VOIDS);
}

static bool
is_malformed(const struct disagreement *of)
{
	return (we_refuse(of) && of->facts->malformed);
}

static bool
is_early_redirect(const struct disagreement *of)
{
	return (of->facts->early_redirect);
}

static bool
is_dotted_modifier(const struct disagreement *of)
{
	return (of->facts->dotted_modifier && !we_refuse(of) &&
		of->theirs->result == SPF_PERMERROR);
}

static bool
is_delimiter(const struct disagreement *of)
{
	return (!we_refuse(of) && they_say(of, SPF2_INVALID_DELIM));
}

static bool
is_many_names(const struct disagreement *of)
{
	return (of->facts->many_names && they_say(of, SPF2_BIG_DNS));
}

static bool
is_failed_ptr(const struct disagreement *of)
{
	return (of->facts->failed_ptr && of->theirs->result == SPF_TEMPERROR);
}

static bool
is_several_names(const struct disagreement *of)
{
	return (of->facts->several_names && !we_refuse(of) &&
		of->theirs->result != SPF_PERMERROR);
}

static bool
is_one_failure(const struct disagreement *of)
{
	return (
	    of->ours->result == SPF_TEMPERROR || they_say(of, SPF2_DNS_ERROR));
}

/* The first that applies. */
static const struct {
	reason_applies *applies;
	const char *text;
} reasons[] = {
	{ is_loopback,
	    "libspf2 lets this host's own addresses pass without a look at the "
	    "record" },
	{ is_no_domain,
	    "the sender's domain is no domain name, which is none (RFC 7208 "
	    "4.3); libspf2 asks for it and takes the failure for an error" },
	{ is_malformed,
	    "libspf2 does not mind what is malformed in the record (RFC 7208 "
	    "4.6); others call it permerror, so mend it" },
	{ is_early_redirect,
	    "libspf2 goes where redirect= points as soon as it comes to it, and "
	    "mechanisms after it never count (RFC 7208 6.1): write it last" },
	{ is_zero_prefix,
	    "libspf2 refuses the prefix length 0, which RFC 7208 12 allows; "
	    "leave out such a mechanism, which means everybody" },
	{ is_dotted_modifier,
	    "libspf2 refuses modifiers with a dot in their name, which RFC 7208 "
	    "12 allows" },
	{ is_delimiter,
	    "libspf2 refuses the macro delimiters , and / of RFC 7208 7.1" },
	{ is_over_voids,
	    "more than two look-ups find nothing (RFC 7208 4.6.4), for which "
	    "libspf2 has no limit; others call it permerror: remove names that "
	    "are gone" },
	{ is_over_terms,
	    "evaluation takes more than ten look-ups (RFC 7208 4.6.4); libspf2 "
	    "counts them anew in every include and redirect, others call it "
	    "permerror: use fewer" },
	{ is_many_names,
	    "libspf2 calls more than ten names in a ptr answer permerror; "
	    "RFC 7208 4.6.4 looks at the first ten" },
	{ is_failed_ptr,
	    "the client's names cannot be had, which is no match (RFC 7208 "
	    "5.5); libspf2 calls it temperror, so that receivers defer mail" },
	{ is_mapped,
	    "libspf2 takes an IPv4-mapped IPv6 address for IPv6; RFC 7208 5 "
	    "says that it is IPv4" },
	{ is_several_names,
	    "the client has several names, and RFC 7208 7.3 leaves open which "
	    "of them %{p} is" },
	{ is_one_failure,
	    "the DNS failed, and the two do not ask the same questions" },
};

/* Both say fail: what is told to the sender? */
static const char *
find_note(const struct disagreement *of)
{
	const char *ours = of->ours->explanation;
	const char *theirs = of->theirs->explanation;

	if (of->ours->result != SPF_FAIL || of->theirs->result != SPF_FAIL ||
	    (ours == NULL && theirs == NULL))
		return (NULL);
	if (ours == NULL)
		return ("libspf2 tells an explanation that RFC 7208 6.2 "
			"does not allow");
	if (theirs == NULL)
		return ("libspf2 does not tell the explanation (exp=)");
	if (strcmp(ours, theirs) == 0)
		return (NULL);
	if (span_ieq(span_str(ours), span_str(theirs)))
		return ("libspf2 writes the %XX of capital macros in lower "
			"case");
	return ("libspf2 garbles the explanation (exp=): it writes % for a "
		"blank and leaves the macro after it as it is");
}

struct difference
spf2_difference_find(const struct spf_outcome *ours,
    const struct wire_spf_opinion *theirs, const struct spf2_facts *facts)
{
	const struct disagreement of = { ours, theirs, facts };
	struct difference difference = { .note = find_note(&of) };

	if (ours->result == theirs->result)
		return (difference);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].applies(&of)) {
			difference.kind = DIFFERENCE_KNOWN;
			difference.text = reasons[i].text;
			return (difference);
		}
	difference.kind = DIFFERENCE_UNKNOWN;
	difference.text = "it is not known why; please report it to Mailreeve "
			  "with the record";
	return (difference);
}
