#include "receiver/difference.h"

#include "receiver/opendkim.h"

/* libopendkim's BUFRSZ: of a key record it keeps less than that. */
#define RECORD_LIMIT 1024

struct disagreement {
	const struct dkim_verification *ours;
	const struct wire_opinion *theirs;
	const struct facts *facts;
};

typedef bool reason_applies(const struct disagreement *of);

static bool
they_pass(const struct disagreement *of)
{
	return (of->theirs->result == WIRE_PASS);
}

static bool
we_pass(const struct disagreement *of)
{
	return (of->ours->result == DKIM_PASS);
}

static bool
they_say(const struct disagreement *of, enum opendkim_code code)
{
	return (of->theirs->code == (uint32_t)code);
}

static bool
is_sha1(const struct disagreement *of)
{
	return (they_pass(of) && of->ours->algorithm == DKIM_RSA_SHA1);
}

static bool
is_partial(const struct disagreement *of)
{
	return (they_pass(of) && of->ours->result == DKIM_POLICY &&
		of->facts->partial);
}

static bool
has_unsigned_from(const struct disagreement *of)
{
	return (they_pass(of) && of->ours->result == DKIM_POLICY &&
		of->facts->unsigned_from);
}

static bool
is_short_here(const struct disagreement *of)
{
	return (they_pass(of) && of->ours->result == DKIM_POLICY &&
		of->facts->short_key);
}

static bool
is_old_version(const struct disagreement *of)
{
	return (they_pass(of) && of->facts->old_version);
}

static bool
is_malformed(const struct disagreement *of)
{
	return (they_pass(of) && of->facts->malformed);
}

/* Both refuse it; a key that cannot be had is no refusal. */
static bool
we_refuse(const struct disagreement *of)
{
	return (!we_pass(of) && of->ours->result != DKIM_TEMPERROR);
}

static bool
is_short_there(const struct disagreement *of)
{
	return (we_refuse(of) && they_say(of, OPENDKIM_KEY_TOO_SMALL));
}

static bool
is_other_clock(const struct disagreement *of)
{
	return (of->facts->other_clock &&
		((they_say(of, OPENDKIM_EXPIRED) && !of->facts->expired) ||
		    (they_say(of, OPENDKIM_FUTURE) && !of->facts->future)));
}

static bool
is_before_key(const struct disagreement *of)
{
	return (
	    of->ours->result == DKIM_TEMPERROR &&
	    (they_say(of, OPENDKIM_EXPIRED) || they_say(of, OPENDKIM_FUTURE)));
}

static bool
is_accepted_expired(const struct disagreement *of)
{
	return (we_pass(of) && of->facts->expired &&
		they_say(of, OPENDKIM_EXPIRED));
}

static bool
is_expired(const struct disagreement *of)
{
	return (we_refuse(of) && they_say(of, OPENDKIM_EXPIRED));
}

static bool
is_future(const struct disagreement *of)
{
	return (we_refuse(of) && they_say(of, OPENDKIM_FUTURE));
}

static bool
is_without_key(const struct disagreement *of)
{
	return (of->ours->result == DKIM_PERMERROR &&
		they_say(of, OPENDKIM_NO_KEY));
}

static bool
is_multiple(const struct disagreement *of)
{
	return (of->facts->records > 1 && they_say(of, OPENDKIM_MULTIPLE));
}

static bool
is_long_record(const struct disagreement *of)
{
	return (we_pass(of) && of->facts->record_bytes >= RECORD_LIMIT &&
		!they_pass(of));
}

static bool
is_bare_rsa(const struct disagreement *of)
{
	return (we_pass(of) && of->facts->record_bare_rsa &&
		they_say(of, OPENDKIM_KEY_DECODE));
}

static bool
is_record_non_ascii(const struct disagreement *of)
{
	return (we_pass(of) && of->facts->record_non_ascii && !they_pass(of));
}

static bool
is_late_v(const struct disagreement *of)
{
	return (they_pass(of) && of->facts->record_late_v);
}

static bool
is_malformed_record(const struct disagreement *of)
{
	return (they_pass(of) && of->facts->record_malformed);
}

static bool
is_non_ascii(const struct disagreement *of)
{
	return (of->facts->non_ascii && they_say(of, OPENDKIM_REFUSED_FIELD));
}

static bool
is_no_author(const struct disagreement *of)
{
	return (of->facts->no_author && they_say(of, OPENDKIM_REFUSED_MESSAGE));
}

static bool
is_no_final_line(const struct disagreement *of)
{
	return (of->facts->no_final_line &&
		(they_say(of, OPENDKIM_REFUSED_MESSAGE) ||
		    they_say(of, OPENDKIM_BAD_SIGNATURE)));
}

static bool
is_odd_field_name(const struct disagreement *of)
{
	return (we_pass(of) && of->facts->odd_field_name &&
		they_say(of, OPENDKIM_BAD_SIGNATURE));
}

static bool
is_lone_line_end(const struct disagreement *of)
{
	return (
	    of->facts->lone_line_end && they_say(of, OPENDKIM_BAD_SIGNATURE));
}

static bool
is_past_limit(const struct disagreement *of)
{
	return (of->ours->result == DKIM_NEUTRAL);
}

/* They would have the sender try again; we are sure that it cannot help. */
static bool
is_retried(const struct disagreement *of)
{
	return (we_refuse(of) && of->theirs->result == WIRE_TEMPERROR);
}

static bool
is_refused(const struct disagreement *of)
{
	return (we_refuse(of) && !they_pass(of) &&
		of->theirs->result != WIRE_TEMPERROR);
}

/* The first that applies. */
static const struct {
	reason_applies *applies;
	enum difference_kind kind;
	const char *text;
} reasons[] = {
	{ is_sha1, DIFFERENCE_KNOWN,
	    "libopendkim still verifies rsa-sha1, which RFC 8301 3.1 forbids; "
	    "others refuse it, so sign with rsa-sha256" },
	{ is_other_clock, DIFFERENCE_KNOWN,
	    "libopendkim goes by this host's clock, not by --time" },
	{ is_before_key, DIFFERENCE_KNOWN,
	    "libopendkim looks at t= and x= before it asks for the key, of "
	    "which nothing is known now" },
	{ is_accepted_expired, DIFFERENCE_KNOWN,
	    "this site's accept_expired lets an expired signature pass; "
	    "OpenDKIM has no such setting" },
	{ is_old_version, DIFFERENCE_KNOWN,
	    "OpenDKIM still accepts v=0.5 of a draft of 2007; others accept "
	    "what RFC 6376 3.5 says, so write v=1" },
	{ is_past_limit, DIFFERENCE_KNOWN,
	    "we verify max_signatures only, those of the author's domain "
	    "first; libopendkim has no limit" },
	{ is_malformed, DIFFERENCE_KNOWN,
	    "libopendkim does not mind what is malformed in the signature, "
	    "such as a tag that occurs twice (RFC 6376 3.2); others do" },
	{ is_partial, DIFFERENCE_KNOWN,
	    "libopendkim accepts a signature whose l= leaves a part of the "
	    "body unsigned, to which anybody can add (RFC 6376 8.2); others "
	    "do not, so sign without l=" },
	{ has_unsigned_from, DIFFERENCE_KNOWN,
	    "libopendkim accepts a signature that leaves a From field "
	    "unsigned, which anybody can add (RFC 6376 8.15): name From once "
	    "more in h=, and write one" },
	{ is_short_here, DIFFERENCE_KNOWN,
	    "the key is shorter than this site's min_verify_bits; OpenDKIM "
	    "wants 1024 bits unless told otherwise" },
	{ is_short_there, DIFFERENCE_WORDS,
	    "OpenDKIM refuses RSA keys of fewer than 1024 bits too, and calls "
	    "that policy" },
	{ is_expired, DIFFERENCE_WORDS,
	    "OpenDKIM calls an expired signature permerror" },
	{ is_future, DIFFERENCE_WORDS,
	    "OpenDKIM calls a signature from the future permerror, and one "
	    "whose x= is not after t= as well" },
	{ is_without_key, DIFFERENCE_WORDS,
	    "neither finds a key record where s= and d= say: publish it, or "
	    "sign with a key that is published" },
	{ is_multiple, DIFFERENCE_KNOWN,
	    "there are several TXT records at the key's name; libopendkim "
	    "then takes none and calls it temperror, so that receivers defer "
	    "the message: leave one record there" },
	{ is_long_record, DIFFERENCE_KNOWN,
	    "libopendkim reads 1023 bytes of a key record, and this one is "
	    "longer: use an RSA key of 4096 bits at most" },
	{ is_bare_rsa, DIFFERENCE_KNOWN,
	    "p= is a bare RSAPublicKey, as RFC 6376 3.6.1 has it; libopendkim "
	    "reads only a SubjectPublicKeyInfo, as everybody publishes it" },
	{ is_record_non_ascii, DIFFERENCE_KNOWN,
	    "libopendkim refuses key records that hold anything but ASCII" },
	{ is_late_v, DIFFERENCE_KNOWN,
	    "libopendkim does not mind that v= is not first in the key record; "
	    "RFC 6376 3.6.1 does, and so do others" },
	{ is_malformed_record, DIFFERENCE_KNOWN,
	    "libopendkim does not mind what is malformed in the key record "
	    "(RFC 6376 3.2); others do" },
	{ is_non_ascii, DIFFERENCE_KNOWN,
	    "libopendkim knows no internationalized mail (RFC 8616): write d= "
	    "and s= in A-labels and i= in quoted-printable or not at all" },
	{ is_no_author, DIFFERENCE_KNOWN,
	    "libopendkim looks at no signature when From is missing or holds "
	    "no address" },
	{ is_no_final_line, DIFFERENCE_KNOWN,
	    "the saved body lacks its last line end, and libopendkim cannot "
	    "canonicalize that as relaxed; mail that came by SMTP has one" },
	{ is_odd_field_name, DIFFERENCE_KNOWN,
	    "a header field has a tab or an 8-bit byte in its name or before "
	    "the colon; libopendkim drops such a field, and its milter gives "
	    "up on the message" },
	{ is_lone_line_end, DIFFERENCE_KNOWN,
	    "the body holds a CR or LF that stands alone; libopendkim takes "
	    "some of them for line ends, RFC 6376 2.8 knows CRLF only" },
	{ is_retried, DIFFERENCE_WORDS,
	    "both refuse it, but OpenDKIM calls it temperror, so that "
	    "receivers may defer the message for days: mend the key record" },
	{ is_refused, DIFFERENCE_WORDS,
	    "both refuse it; OpenDKIM has another word for that" },
};

/* The order is that of enum dkim_result. */
static const enum wire_result equals[] = {
	[DKIM_NONE] = WIRE_NONE,
	[DKIM_PASS] = WIRE_PASS,
	[DKIM_FAIL] = WIRE_FAIL,
	[DKIM_POLICY] = WIRE_POLICY,
	[DKIM_NEUTRAL] = WIRE_NEUTRAL,
	[DKIM_TEMPERROR] = WIRE_TEMPERROR,
	[DKIM_PERMERROR] = WIRE_PERMERROR,
};

/* What the milter does with it, whatever its library says. */
static const char *
find_note(const struct disagreement *of)
{
	if (they_say(of, OPENDKIM_REFUSED_FIELD))
		return ("at such a field OpenDKIM's milter gives up on all "
			"signatures of the message");
	if (of->facts->position >= OPENDKIM_MILTER_SIGNATURES)
		return ("OpenDKIM's milter looks at the three topmost "
			"signatures only (MaximumSignaturesToVerify)");
	return (NULL);
}

struct difference
difference_find(const struct dkim_verification *ours,
    const struct wire_opinion *theirs, const struct facts *facts)
{
	const struct disagreement of = { ours, theirs, facts };
	struct difference difference = { .note = find_note(&of) };

	if (equals[ours->result] == theirs->result)
		return (difference);
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].applies(&of)) {
			difference.kind = reasons[i].kind;
			difference.text = reasons[i].text;
			return (difference);
		}
	difference.kind = DIFFERENCE_UNKNOWN;
	difference.text = "it is not known why; please report it to Mailreeve "
			  "with this message and its key record";
	return (difference);
}

const char *
difference_name(enum difference_kind kind)
{
	static const char *const names[] = { "same", "words", "explained",
		"unknown" };

	return (names[kind]);
}
