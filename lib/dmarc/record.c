#include "dmarc/record.h"

#include <string.h>

enum tag {
	TAG_P,
	TAG_SP,
	TAG_NP,
	TAG_ADKIM,
	TAG_ASPF,
	TAG_PSD,
	TAG_T,
	TAG_RUA,
	TAG_RUF,
	TAGS,
};

/* fo= is for failure reports (RFC 9991) alone.  All else is unknown, among it
 * pct=, rf= and ri= of RFC 7489: RFC 9989 4.7 has us ignore it. */
static const char *const names[TAGS] = { "p", "sp", "np", "adkim", "aspf",
	"psd", "t", "rua", "ruf" };

struct value {
	struct span text; /* without blanks at its ends */
	size_t count;     /* of tags with this name */
};

static bool
take_version(struct span *text)
{
	struct span spec, name;

	(void)span_take_until(text, ';', &spec);
	/* Blanks may stand at "=" and ";" (dmarc-version, dmarc-sep), and none
	 * before the name. */
	if (span_is_wsp((unsigned char)span_peek(spec)) ||
	    !span_take_until(&spec, '=', &name))
		return (false);
	/* "v" in the ABNF is of either case, %s"DMARC1" is not. */
	return (span_is_nocase(span_trim_end(name, span_is_wsp), "v") &&
		span_is(span_trim(spec, span_is_wsp), "DMARC1"));
}

bool
dmarc_record_is(struct span text)
{
	return (take_version(&text));
}

static void
take_tags(struct span text, struct value *values)
{
	bool more = text.len > 0;

	while (more) {
		struct span spec, name;

		more = span_take_until(&text, ';', &spec);
		/* RFC 9989 4.8: what is no tag is ignored. */
		if (!span_take_until(&spec, '=', &name))
			continue;
		name = span_trim(name, span_is_wsp);
		for (size_t i = 0; i < TAGS; i++) {
			if (!span_is(name, names[i]))
				continue;
			values[i].text = span_trim(spec, span_is_wsp);
			values[i].count++;
		}
	}
}

static void
complain(struct dmarc_record *out, struct arena *arena, enum tag tag,
    const struct value *value)
{
	if (out->complaint != NULL)
		return;
	out->complaint = arena_printf(arena,
	    value->count > 1 ? "%s= occurs twice" : "%s= has no valid value",
	    names[tag]);
}

/* Return the index in ${words} of what ${value} has, or -1: the tag is absent,
 * or what it says counts for nothing. */
static int
choose(const struct value *value, const char *const *words, size_t count)
{
	/* RFC 6376 3.2 forbids a second one and would drop the whole record;
	 * RFC 9989 4.8 drops what is wrong: we cannot tell which is meant. */
	if (value->count != 1)
		return (-1);
	for (size_t i = 0; i < count; i++)
		if (span_is_nocase(value->text, words[i]))
			return ((int)i);
	return (-1);
}

/* As choose() for ${tag}, with ${fallback}, and a complaint where the tag is
 * there in vain. */
static int
choose_tag(struct dmarc_record *out, struct arena *arena,
    const struct value *values, enum tag tag, const char *const *words,
    size_t count, int fallback)
{
	int found = choose(&values[tag], words, count);

	if (found >= 0)
		return (found);
	if (values[tag].count > 0)
		complain(out, arena, tag, &values[tag]);
	return (fallback);
}

/* The characters of RFC 3986, without the two that RFC 9989 4.8 wants encoded:
 * "," and "!". */
static bool
is_uri_byte(unsigned char byte)
{
	return (
	    span_is_alnum(byte) ||
	    (byte != '\0' && strchr("-._~:/?#[]@$&'()*+;=%", byte) != NULL));
}

static bool
is_scheme_byte(unsigned char byte)
{
	return (
	    span_is_alnum(byte) || byte == '+' || byte == '-' || byte == '.');
}

/* obs-dmarc-report-size, without its "!". */
static bool
is_size(struct span size)
{
	if (span_take_while(&size, span_is_digit).len == 0)
		return (false);
	return (size.len == 0 ||
		(size.len == 1 &&
		    strchr("kmgt", span_lower(size.data[0])) != NULL));
}

static bool
are_escapes_whole(struct span text)
{
	while (span_find(text, '%') < text.len) {
		span_skip(&text, span_find(text, '%') + 1);
		struct span hex = span_head(text, 2);

		if (hex.len < 2 || !span_is_hex(hex.data[0]) ||
		    !span_is_hex(hex.data[1]))
			return (false);
	}
	return (true);
}

/* RFC 6068 2: one address at least, which is before any "?". */
static bool
is_mailto_target(struct span rest)
{
	struct span target;

	(void)span_take_until(&rest, '?', &target);
	size_t at = span_find(target, '@');

	return (at > 0 && at + 1 < target.len);
}

/* (dmarc-uri / obs-dmarc-uri) of RFC 9989 4.8. */
static bool
is_uri(struct span text)
{
	struct span uri;

	text = span_trim(text, span_is_wsp);
	if (span_take_until(&text, '!', &uri) && !is_size(text))
		return (false);
	struct span rest = uri;
	struct span scheme = span_take_while(&rest, is_scheme_byte);

	if (scheme.len == 0 || !span_is_alpha(scheme.data[0]) ||
	    !span_take_byte(&rest, ':') || rest.len == 0)
		return (false);
	struct span bytes = rest;

	(void)span_take_while(&bytes, is_uri_byte);
	if (bytes.len > 0 || !are_escapes_whole(rest))
		return (false);
	return (!span_is_nocase(scheme, "mailto") || is_mailto_target(rest));
}

/* dmarc-value, with the tabs that may stand around a comma. */
static bool
is_value_byte(unsigned char byte)
{
	return ((byte >= ' ' && byte < 0x7f) || byte == '\t');
}

static bool
is_value(struct span text)
{
	(void)span_take_while(&text, is_value_byte);
	return (text.len == 0);
}

/* Return the URIs that ${tag} has, as they stand, or NULL when none is valid.
 */
static const char *
take_uris(struct dmarc_record *out, struct arena *arena,
    const struct value *values, enum tag tag)
{
	struct span list = values[tag].text, item;
	/* What is no value at all is not searched for a good piece. */
	bool more = values[tag].count == 1 && is_value(list);

	while (more) {
		more = span_take_until(&list, ',', &item);
		if (is_uri(item))
			return (arena_str(arena, values[tag].text));
	}
	if (values[tag].count > 0)
		complain(out, arena, tag, &values[tag]);
	return (NULL);
}

static void
take_policies(
    struct dmarc_record *out, struct arena *arena, const struct value *values)
{
	static const char *const words[] = {
		[DMARC_POLICY_NONE] = "none",
		[DMARC_POLICY_QUARANTINE] = "quarantine",
		[DMARC_POLICY_REJECT] = "reject",
	};
	int p = choose_tag(out, arena, values, TAG_P, words, 3, -1);
	int sp = choose_tag(out, arena, values, TAG_SP, words, 3, -1);
	int np = choose_tag(out, arena, values, TAG_NP, words, 3, -1);

	out->has_sp = sp >= 0;
	out->has_np = np >= 0;
	if (p < 0 || (sp < 0 && values[TAG_SP].count > 0) ||
	    (np < 0 && values[TAG_NP].count > 0)) {
		/* RFC 9989 4.10.1: with rua=, as if it had p=none. */
		out->has_policy = out->rua != NULL;
		out->has_sp = false;
		out->has_np = false;
		p = DMARC_POLICY_NONE;
	} else {
		out->has_policy = true;
	}
	out->p = (enum dmarc_policy)p;
	out->sp = out->has_sp ? (enum dmarc_policy)sp : out->p;
	out->np = out->has_np ? (enum dmarc_policy)np : out->sp;
}

void
dmarc_record_parse(
    struct span text, struct arena *arena, struct dmarc_record *out)
{
	static const char *const alignments[] = { "r", "s" };
	static const char *const yes_or_no[] = { "n", "y" };
	static const char *const psds[] = {
		[DMARC_PSD_UNKNOWN] = "u",
		[DMARC_PSD_YES] = "y",
		[DMARC_PSD_NO] = "n",
	};
	struct value values[TAGS] = { { .count = 0 } };

	*out = (struct dmarc_record){ .has_policy = false };
	if (text.len > DMARC_RECORD_MAX)
		out->complaint = "it is too long";
	else if (take_version(&text))
		take_tags(text, values);
	out->rua = take_uris(out, arena, values, TAG_RUA);
	out->ruf = take_uris(out, arena, values, TAG_RUF);
	take_policies(out, arena, values);
	out->strict_dkim =
	    choose_tag(out, arena, values, TAG_ADKIM, alignments, 2, 0) == 1;
	out->strict_spf =
	    choose_tag(out, arena, values, TAG_ASPF, alignments, 2, 0) == 1;
	out->testing =
	    choose_tag(out, arena, values, TAG_T, yes_or_no, 2, 0) == 1;
	out->psd = (enum dmarc_psd)choose_tag(
	    out, arena, values, TAG_PSD, psds, 3, DMARC_PSD_UNKNOWN);
}
