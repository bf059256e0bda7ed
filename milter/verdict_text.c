#include "verdict_text.h"

#include "base/buf.h"
#include "dns/name.h"

/* Of what SPF and DKIM say; two domain names have room. */
#define DETAILS_MAX 1024

/* A reply: what comes of a refusal for good, and of a deferral. */
struct reply {
	const char *reject_status;
	const char *tempfail_status;
};

/* RFC 7372 3.4: X.7.26, several checks failed together.  RFC 3463 3.8: X.7.1,
 * the sender may not send this; X.7.0, no more can be said. RFC 3463 3.4:
 * X.3.4, too big for the system; X.3.0, trouble of the system. */
static const struct reply replies[] = {
	[VERDICT_FOR_HEADER_BYTES] = { "5.3.4", "4.3.4" },
	[VERDICT_FOR_HEADER_FIELDS] = { "5.3.4", "4.3.4" },
	[VERDICT_FOR_TROUBLE] = { "5.3.0", "4.3.0" },
	[VERDICT_FOR_DMARC] = { "5.7.26", "4.7.26" },
	[VERDICT_FOR_FROM] = { "5.7.1", "4.7.1" },
	[VERDICT_FOR_RULE] = { "5.7.1", "4.7.1" },
	[VERDICT_FOR_DNS] = { "5.7.0", "4.7.0" },
	[VERDICT_FOR_OUTGOING] = { "5.7.1", "4.7.1" },
};

static void
add_spf(struct buf *out, const struct spf_outcome *spf)
{
	static const char *const words[] = {
		[SPF_NONE] = "no SPF record for",
		[SPF_NEUTRAL] = "SPF is neutral for",
		[SPF_PASS] = "SPF passes, but for",
		[SPF_FAIL] = "SPF fails for",
		[SPF_SOFTFAIL] = "SPF softfails for",
		[SPF_TEMPERROR] = "no answer for the SPF record of",
		[SPF_PERMERROR] = "a broken SPF record of",
	};

	if (spf == NULL || spf->domain == NULL)
		buf_add_str(out, "SPF has no domain to look at");
	else
		buf_printf(out, "%s %s", words[spf->result], spf->domain);
}

static bool
is_related(const char *one, const char *other)
{
	return (name_is_within(one, other) || name_is_within(other, one));
}

/* The signature that the author's domain would want to hear of: its own that
 * does not pass, then one that does, then the first. */
static const struct dkim_verification *
telling_signature(
    const struct verdict_facts *facts, const struct dmarc_outcome *dmarc)
{
	const struct dkim_verification *found = NULL;

	for (size_t i = 0; i < facts->dkim_count; i++) {
		const struct dkim_verification *dkim = &facts->dkim[i];
		bool passes = dkim->result == DKIM_PASS;

		if (dkim->domain == NULL)
			continue;
		if (dmarc != NULL && !passes &&
		    is_related(dmarc->author_domain, dkim->domain))
			return (dkim);
		if (found == NULL || (passes && found->result != DKIM_PASS))
			found = dkim;
	}
	return (found);
}

static void
add_dkim(struct buf *out, const struct verdict_facts *facts,
    const struct dmarc_outcome *dmarc)
{
	static const char *const words[] = {
		[DKIM_NONE] = "no DKIM signature of",
		[DKIM_PASS] = "DKIM passes, but for",
		[DKIM_FAIL] = "DKIM fails for",
		[DKIM_POLICY] = "DKIM is not accepted for",
		[DKIM_NEUTRAL] = "DKIM is neutral for",
		[DKIM_TEMPERROR] = "no answer for the DKIM key of",
		[DKIM_PERMERROR] = "a broken DKIM signature or key of",
	};
	const struct dkim_verification *dkim = telling_signature(facts, dmarc);

	if (dkim != NULL)
		buf_printf(out, "%s %s", words[dkim->result], dkim->domain);
	else
		buf_add_str(out, facts->dkim_count == 0
				     ? "no DKIM signature"
				     : "a broken DKIM signature");
}

static const char several_fields[] = "the message has more than one From field";

/* " (SPF fails for a.example; no DKIM signature)" */
static const char *
details(const struct verdict_facts *facts, const struct dmarc_outcome *dmarc,
    struct arena *arena)
{
	struct buf out;

	/* Whatever SPF and DKIM say, they say it of no author. */
	if (facts->from->status == FROM_SEVERAL_FIELDS && dmarc != NULL &&
	    dmarc->result == DMARC_FAIL)
		return (arena_printf(arena, " (%s)", several_fields));
	buf_init(&out, arena, DETAILS_MAX);
	buf_add_str(&out, " (");
	add_spf(&out, facts->spf);
	buf_add_str(&out, "; ");
	add_dkim(&out, facts, dmarc);
	buf_add_byte(&out, ')');
	return (buf_str(&out));
}

static const char *
from_trouble(enum from_status status)
{
	switch (status) {
	case FROM_OK:
		break;
	case FROM_NONE:
		return ("the message has no From field");
	case FROM_SEVERAL_FIELDS:
		return (several_fields);
	case FROM_SEVERAL_DOMAINS:
		return ("the authors in the From field are at different "
			"domains");
	case FROM_TOO_MANY:
		return ("the From field names more than ten domains");
	case FROM_NO_MAILBOX:
		return ("the From field holds no address");
	case FROM_MALFORMED:
		return ("the From field cannot be read");
	}
	return ("the From field is not accepted");
}

static const char *
limit_reason(enum verdict_limit limit)
{
	return (limit == VERDICT_HEADER_BYTES
		    ? "the header is larger than max_header_bytes"
		    : "the header has more fields than max_header_fields");
}

/* Of a domain whose policy DMARC came to know. */
static const char *
policy_word(const struct dmarc_outcome *dmarc)
{
	switch (dmarc->policy) {
	case DMARC_POLICY_NONE:
		return ("none");
	case DMARC_POLICY_QUARANTINE:
		return ("quarantine");
	case DMARC_POLICY_REJECT:
		return ("reject");
	}
	return ("none");
}

static const char *
dmarc_reason(const struct verdict_facts *facts,
    const struct dmarc_outcome *dmarc, struct arena *arena)
{
	switch (dmarc->result) {
	case DMARC_PASS:
		return (arena_printf(
		    arena, "DMARC passes for %s", dmarc->author_domain));
	case DMARC_NONE:
		return (arena_printf(
		    arena, "%s has no DMARC policy", dmarc->author_domain));
	case DMARC_FAIL:
		return (arena_printf(arena,
		    "DMARC fails for %s, whose policy is %s%s%s",
		    dmarc->author_domain, policy_word(dmarc),
		    dmarc->testing ? " in test mode" : "",
		    details(facts, dmarc, arena)));
	case DMARC_TEMPERROR:
	case DMARC_PERMERROR:
		break;
	}
	return (arena_printf(arena, "DMARC says nothing about %s: %s",
	    dmarc->author_domain, dmarc->reason));
}

/* Why the message goes its way. */
static const char *
none_reason(const struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	if (verdict->dmarc != NULL)
		return (dmarc_reason(facts, verdict->dmarc, arena));
	return ("no rule asks for more");
}

static const char *
reason(const struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	if (verdict->rule != NULL && (verdict->would == VERDICT_NONE ||
					 verdict->cause == VERDICT_FOR_RULE))
		return (arena_printf(
		    arena, "the rule \"%s\" says so", verdict->rule));
	if (verdict->would == VERDICT_NONE)
		return (none_reason(verdict, facts, arena));
	switch (verdict->cause) {
	case VERDICT_FOR_HEADER_BYTES:
	case VERDICT_FOR_HEADER_FIELDS:
		return (limit_reason(facts->limit));
	case VERDICT_FOR_TROUBLE:
		return ("local trouble while handling the message");
	case VERDICT_FOR_DMARC:
		return (dmarc_reason(facts, verdict->dmarc, arena));
	case VERDICT_FOR_FROM:
		return (from_trouble(facts->from->status));
	case VERDICT_FOR_RULE:
		break;
	case VERDICT_FOR_DNS:
		return (arena_printf(arena,
		    "the DNS does not answer, and the answer could matter%s",
		    details(facts, verdict->dmarc, arena)));
	case VERDICT_FOR_OUTGOING:
		return (facts->outgoing);
	}
	return ("no rule asks for more");
}

/* The author's domain, as far as there is one. */
static const char *
author(const struct verdict *verdict)
{
	return (verdict->dmarc != NULL ? verdict->dmarc->author_domain
				       : "its author's domain");
}

static const char *
spf_fault(const struct spf_outcome *spf, const struct network_address *client,
    struct arena *arena)
{
	if (spf->result == SPF_PERMERROR)
		return (arena_printf(
		    arena, "the SPF record of %s is broken", spf->domain));
	if (spf->result == SPF_TEMPERROR)
		return (arena_printf(
		    arena, "no answer for the SPF record of %s", spf->domain));
	return (
	    arena_printf(arena, "%s does not name %s among its mail servers",
		spf->domain, network_address_print(arena, client)));
}

static const char *
spf_phrase(const struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	return (arena_printf(arena, "%s by SPF: %s",
	    verdict->would == VERDICT_TEMPFAIL ? "Deferred" : "Refused",
	    spf_fault(verdict->spf, facts->client, arena)));
}

/* RFC 7372 3.2: X.7.23, an SPF validation that failed; X.7.24, one that came to
 * no result. */
static const char *
spf_status(const struct spf_outcome *spf, bool reject)
{
	if (spf->result == SPF_PERMERROR || spf->result == SPF_TEMPERROR)
		return (reject ? "5.7.24" : "4.7.24");
	return (reject ? "5.7.23" : "4.7.23");
}

/* RFC 7372 3.1 and 3.2 have one status each for DKIM and SPF; where both are
 * lacking the latter is told, which names a domain and an address. */
static const char *
rule_phrase(const struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	const char *colon = verdict->no_dkim ? ": " : "";
	const char *why = verdict->no_dkim ? "no DKIM signature passes" : "";

	if (verdict->spf != NULL)
		return (spf_phrase(verdict, facts, arena));
	return (arena_printf(arena,
	    verdict->would == VERDICT_TEMPFAIL
		? "Deferred by a rule of this server for mail from %s%s%s, "
		  "please try again later"
		: "Refused by a rule of this server for mail from %s%s%s",
	    author(verdict), colon, why));
}

/* The phrases by which a help page explains a reply; the details come after. */
static const char *
phrase(const struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	switch (verdict->cause) {
	case VERDICT_FOR_HEADER_BYTES:
	case VERDICT_FOR_HEADER_FIELDS:
		return ("Message header too large");
	case VERDICT_FOR_TROUBLE:
		return ("Temporary trouble, please try again later");
	case VERDICT_FOR_DMARC:
		return (arena_printf(arena,
		    "Refused by the DMARC policy of %s: nothing proves that "
		    "this message comes from there",
		    author(verdict)));
	case VERDICT_FOR_FROM:
		return (arena_printf(
		    arena, "Refused: %s", from_trouble(facts->from->status)));
	case VERDICT_FOR_RULE:
		return (rule_phrase(verdict, facts, arena));
	case VERDICT_FOR_DNS:
		return (arena_printf(arena,
		    "Deferred: the DNS does not answer what tells whether this "
		    "message is from %s, please try again later",
		    author(verdict)));
	case VERDICT_FOR_OUTGOING:
		return (arena_printf(arena, "Not sent: %s", facts->outgoing));
	}
	return ("Refused");
}

/* Whether what SPF and DKIM say explains the refusal. */
static bool
has_details(const struct verdict *verdict)
{
	return (verdict->cause == VERDICT_FOR_DMARC ||
		(verdict->cause == VERDICT_FOR_RULE && verdict->dmarc != NULL &&
		    verdict->dmarc->result == DMARC_FAIL));
}

static const char *
contact(const struct verdict_facts *facts, struct arena *arena)
{
	if (facts->policy == NULL || facts->policy->contact == NULL)
		return ("");
	return (arena_printf(arena, ". Help: %s", facts->policy->contact));
}

/* Names of domains and authors come from strangers, and an MTA takes the text
 * for a format. */
static void
add_clean(struct buf *out, const char *text, size_t limit)
{
	for (; *text != '\0' && out->len < limit; text++)
		buf_add_byte(out, *text < ' ' || *text > '~' || *text == '%'
				      ? '?'
				      : (unsigned char)*text);
}

/* RFC 7208 6.2: whose words an explanation is must be clear. */
static const char *
more_of(const struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	if (verdict->spf != NULL)
		return (
		    verdict->spf->explanation == NULL
			? ""
			: arena_printf(arena, " (%s explains: %s)",
			      verdict->spf->domain, verdict->spf->explanation));
	return (
	    has_details(verdict) ? details(facts, verdict->dmarc, arena) : "");
}

/* The phrase and the contact always, the details where they fit in whole. */
static const char *
reply_text(const struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	struct span help = span_str(contact(facts, arena));
	const char *more = more_of(verdict, facts, arena);
	size_t limit = VERDICT_TEXT_MAX - help.len;
	struct buf out;

	buf_init(&out, arena, VERDICT_TEXT_MAX);
	add_clean(&out, phrase(verdict, facts, arena), limit);
	if (out.len + span_str(more).len <= limit)
		add_clean(&out, more, limit);
	add_clean(&out, (const char *)help.data, VERDICT_TEXT_MAX);
	return (buf_str(&out));
}

static bool
is_limit(enum verdict_cause cause)
{
	return (cause == VERDICT_FOR_HEADER_BYTES ||
		cause == VERDICT_FOR_HEADER_FIELDS);
}

void
verdict_text_add(struct verdict *verdict, const struct verdict_facts *facts,
    struct arena *arena)
{
	bool reject = verdict->would == VERDICT_REJECT;

	verdict->reason = reason(verdict, facts, arena);
	if (!reject && verdict->would != VERDICT_TEMPFAIL)
		return;
	/* RFC 5321 4.2.3: 552 is too much data. */
	verdict->code = !reject                    ? "451"
	                : is_limit(verdict->cause) ? "552"
	                                           : "550";
	verdict->status = reject ? replies[verdict->cause].reject_status
	                         : replies[verdict->cause].tempfail_status;
	/* RFC 7372 3.1: X.7.20, no passing DKIM signature was found. */
	if (verdict->no_dkim)
		verdict->status = reject ? "5.7.20" : "4.7.20";
	if (verdict->spf != NULL)
		verdict->status = spf_status(verdict->spf, reject);
	verdict->text = reply_text(verdict, facts, arena);
}
