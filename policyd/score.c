#include "score.h"

#include <string.h>

#include "base/buf.h"

/* The others always find room: there are fewer kinds of them. */
#define MAX_LIST_PARTS ((size_t)20)

/* Sources other than lists, for counting the independent ones. */
enum source {
	SOURCE_HELO,
	SOURCE_NAME,
	SOURCE_SPF,
	SOURCE_BEHAVIOUR,
	SOURCE_REPUTATION,
	SOURCES,
};

static const char *const source_names[] = {
	[SOURCE_HELO] = "helo",
	[SOURCE_NAME] = "name",
	[SOURCE_SPF] = "spf",
	[SOURCE_BEHAVIOUR] = "behaviour",
	[SOURCE_REPUTATION] = "reputation",
};

/* A score being summed. */
struct sum {
	const struct score_weights *weights;
	const struct lookup_findings *findings;
	struct arena *arena;
	struct trace *trace;
	struct score *out;
	int sources[SOURCES];
};

static int
clamp(int points, int most)
{
	if (points > most)
		return (most);
	return (points < -most ? -most : points);
}

static void
add_part(struct sum *sum, const struct score_part *part)
{
	struct score *out = sum->out;

	trace_add(sum->trace, "score", 1, "%s: %+d (%s)%s", part->what,
	    part->points, part->group, part->shadow ? ", in shadow" : "");
	if (out->count < SCORE_MAX_PARTS)
		out->parts[out->count++] = *part;
}

static void
add(struct sum *sum, enum source source, const char *what, int points)
{
	if (points == 0)
		return;
	sum->sources[source] += points;
	add_part(sum, &(struct score_part){ .what = what,
			  .group = source_names[source],
			  .points = points });
}

static const char *
group_of(const struct dns_list *list)
{
	return (list->group != NULL ? list->group : list->zone);
}

/* Whether ${hit} is about a name that the client may have invented. */
static bool
is_forgeable(const struct sum *sum, const struct lookup_hit *hit)
{
	const struct spf_outcome *spf = &sum->findings->spf;

	switch (hit->subject) {
	case LIST_CLIENT:
	case LIST_CLIENT_NAME:
		return (false);
	case LIST_SENDER:
		return (
		    spf->result != SPF_PASS || spf->identity != SPF_MAIL_FROM);
	case LIST_HELO:
		break;
	}
	return (true);
}

static bool
counts(const struct sum *sum, const struct lookup_hit *hit)
{
	return (
	    hit->weight > 0 || (hit->weight < 0 && !is_forgeable(sum, hit)));
}

static const char *
subject_words(enum list_subject subject)
{
	switch (subject) {
	case LIST_CLIENT:
		return ("");
	case LIST_CLIENT_NAME:
		return (" (client name)");
	case LIST_HELO:
		return (" (HELO)");
	case LIST_SENDER:
		return (" (sender)");
	}
	return ("");
}

static void
tell_hit(struct sum *sum, const struct lookup_hit *hit)
{
	const struct dns_list *list = hit->list;
	const unsigned char *answer = hit->answer;

	/* Whoever is vouched for is, also where there is no room to tell. */
	if (!list->shadow && hit->weight <= SCORE_VOUCHES)
		sum->out->vouched = true;
	if (sum->out->count >= MAX_LIST_PARTS)
		return;
	add_part(sum,
	    &(struct score_part){
		.what = arena_printf(sum->arena, "%s %u.%u.%u.%u%s", list->zone,
		    answer[0], answer[1], answer[2], answer[3],
		    subject_words(hit->subject)),
		.group = arena_printf(sum->arena, "list %s", group_of(list)),
		.points = hit->weight,
		.shadow = list->shadow });
}

/* What one group of lists says, capped; with ${shadow} also its shadow lists.
 */
static int
sum_group(const struct sum *sum, const char *group, bool shadow)
{
	int points = 0;

	for (size_t i = 0; i < sum->findings->hit_count; i++) {
		const struct lookup_hit *hit = &sum->findings->hits[i];

		if (strcmp(group_of(hit->list), group) == 0 &&
		    (shadow || !hit->list->shadow) && counts(sum, hit))
			points += hit->weight;
	}
	return (clamp(points, sum->weights->group_cap));
}

/* Whether the hit ${index} is the first of its group. */
static bool
is_first(const struct sum *sum, size_t index)
{
	const struct lookup_hit *hits = sum->findings->hits;

	for (size_t i = 0; i < index; i++)
		if (strcmp(group_of(hits[i].list),
			group_of(hits[index].list)) == 0)
			return (false);
	return (true);
}

static void
add_lists(struct sum *sum)
{
	struct score *out = sum->out;

	for (size_t i = 0; i < sum->findings->hit_count; i++) {
		const struct lookup_hit *hit = &sum->findings->hits[i];

		if (counts(sum, hit))
			tell_hit(sum, hit);
		if (!is_first(sum, i))
			continue;
		int points = sum_group(sum, group_of(hit->list), false);

		out->points += points;
		out->shadow_points += sum_group(sum, group_of(hit->list), true);
		if (points > 0)
			out->groups++;
	}
}

static void
add_helo(struct sum *sum)
{
	const struct score_weights *weights = sum->weights;

	switch (sum->findings->helo) {
	case LOOKUP_HELO_GOOD:
	case LOOKUP_HELO_UNKNOWN:
		break;
	case LOOKUP_HELO_LITERAL:
		add(sum, SOURCE_HELO, "HELO is an address literal",
		    weights->helo_literal);
		break;
	case LOOKUP_HELO_ADDRESS:
		add(sum, SOURCE_HELO, "HELO is an address without brackets",
		    weights->helo_address);
		break;
	case LOOKUP_HELO_OURS:
		add(sum, SOURCE_HELO, "HELO is our own name",
		    weights->helo_ours);
		break;
	case LOOKUP_HELO_NO_DOT:
		add(sum, SOURCE_HELO, "HELO is no full name",
		    weights->helo_no_dot);
		break;
	case LOOKUP_HELO_INVALID:
		add(sum, SOURCE_HELO, "HELO is no name", weights->helo_invalid);
		break;
	case LOOKUP_HELO_UNRESOLVED:
		add(sum, SOURCE_HELO, "HELO does not exist",
		    weights->helo_unresolved);
		break;
	}
}

static void
add_name(struct sum *sum)
{
	const struct score_weights *weights = sum->weights;

	switch (sum->findings->name) {
	case LOOKUP_NAME_CONFIRMED:
	case LOOKUP_NAME_UNKNOWN:
		break;
	case LOOKUP_NAME_UNCONFIRMED:
		add(sum, SOURCE_NAME, "reverse name unconfirmed",
		    weights->name_unconfirmed);
		break;
	case LOOKUP_NAME_MISSING:
		add(sum, SOURCE_NAME, "no reverse name", weights->name_missing);
		break;
	}
	if (sum->findings->generic_name)
		add(sum, SOURCE_NAME, "generic reverse name",
		    weights->name_generic);
}

static void
add_spf(struct sum *sum)
{
	const struct score_weights *weights = sum->weights;

	if (sum->findings->spf.reason == NULL)
		return;
	switch (sum->findings->spf.result) {
	case SPF_NONE:
		add(sum, SOURCE_SPF, "no SPF record", weights->spf_none);
		break;
	/* RFC 7208 8.2: neutral MUST be treated exactly like none. */
	case SPF_NEUTRAL:
		add(sum, SOURCE_SPF, "SPF neutral", weights->spf_none);
		break;
	case SPF_TEMPERROR:
		break;
	case SPF_PASS:
		add(sum, SOURCE_SPF, "SPF pass", weights->spf_pass);
		break;
	case SPF_FAIL:
		add(sum, SOURCE_SPF, "SPF fail", weights->spf_fail);
		break;
	case SPF_SOFTFAIL:
		add(sum, SOURCE_SPF, "SPF softfail", weights->spf_softfail);
		break;
	case SPF_PERMERROR:
		add(sum, SOURCE_SPF, "SPF record in error",
		    weights->spf_permerror);
		break;
	}
}

/* The two together weigh no more than one of them may. */
static void
add_reputation(struct sum *sum, const struct score_memory *memory)
{
	int most = sum->weights->reputation;
	int network = most * clamp(memory->network_reputation, 100) / 100;
	int domain = most * clamp(memory->domain_reputation, 100) / 100;
	int both = clamp(network + domain, most < 0 ? -most : most);

	add(sum, SOURCE_REPUTATION, "reputation of the domain", domain);
	add(sum, SOURCE_REPUTATION, "reputation of the network", both - domain);
}

static void
find_heaviest(struct score *score)
{
	for (size_t i = 0; i < score->count; i++) {
		const struct score_part *part = &score->parts[i];

		if (part->points > 0 && !part->shadow &&
		    (score->heaviest == NULL ||
			part->points > score->heaviest->points))
			score->heaviest = part;
	}
}

void
score_sum(const struct score_weights *weights,
    const struct lookup_findings *findings, const struct score_memory *memory,
    struct arena *arena, struct trace *trace, struct score *out)
{
	struct sum sum = { .weights = weights,
		.findings = findings,
		.arena = arena,
		.trace = trace,
		.out = out };

	*out = (struct score){ .points = 0 };
	trace_add(trace, "score", 0, "what is known of the client");
	add_lists(&sum);
	add_helo(&sum);
	add_name(&sum);
	add_spf(&sum);
	if (memory->null_several)
		add(&sum, SOURCE_BEHAVIOUR, "null sender to several",
		    weights->null_several);
	if (memory->unknown_recipients)
		add(&sum, SOURCE_BEHAVIOUR, "guesses recipients",
		    weights->unknown_recipients);
	add_reputation(&sum, memory);
	for (size_t i = 0; i < SOURCES; i++) {
		out->points += sum.sources[i];
		out->shadow_points += sum.sources[i];
		if (sum.sources[i] > 0)
			out->groups++;
	}
	find_heaviest(out);
	trace_add(trace, "score", 0,
	    "score=%d from %u independent sources, %d with shadow lists",
	    out->points, out->groups, out->shadow_points);
}

/* Append ${text} with what is not printable ASCII as `?': it goes into header
 * fields and replies. */
static void
add_clean(struct buf *out, const char *text)
{
	struct span rest = span_str(text);

	for (size_t i = 0; i < rest.len; i++) {
		unsigned char byte = rest.data[i];

		buf_add_byte(out,
		    span_is_control(byte) || span_is_8bit(byte) ? '?' : byte);
	}
}

/* Append ${part} after ${separator}, or nothing where it does not fit. */
static bool
add_whole(struct buf *out, const char *separator, const char *part)
{
	size_t before = out->len;

	add_clean(out, separator);
	add_clean(out, part);
	if (!out->overflow)
		return (true);
	buf_cut(out, before);
	out->overflow = false;
	return (false);
}

const char *
score_header(const struct score *score, bool junk, struct arena *arena)
{
	struct buf out;
	const char *separator = "; ";

	buf_init(&out, arena, SCORE_MAX_HEADER);
	buf_printf(&out, "%s score=%d", junk ? "junk" : "ok", score->points);
	for (size_t i = 0; i < score->count; i++) {
		const struct score_part *part = &score->parts[i];

		if (part->shadow)
			continue;
		if (!add_whole(&out, separator,
			arena_printf(
			    arena, "%s (%d)", part->what, part->points)))
			break;
		separator = ", ";
	}
	return (buf_str(&out));
}

/* Append what speaks against the client to ${out}. */
static void
add_reasons(struct buf *out, const struct score *score, struct arena *arena)
{
	const char *separator = "";

	for (size_t i = 0; i < score->count; i++) {
		const struct score_part *part = &score->parts[i];
		bool list = span_starts(span_str(part->group), "list ");

		if (part->shadow || part->points <= 0)
			continue;
		if (!add_whole(out, separator,
			list ? arena_printf(arena, "listed by %s", part->what)
			     : part->what))
			break;
		separator = ", ";
	}
	if (out->len == 0)
		buf_add_str(out, "it looks like spam");
}

const char *
score_reason(
    const struct score *score, const char *contact, struct arena *arena)
{
	struct buf suffix;
	struct buf out;

	buf_init(&suffix, arena, SCORE_MAX_REASON / 2);
	if (contact != NULL && contact[0] != '\0')
		(void)add_whole(&suffix, "; contact ", contact);
	buf_init(&out, arena, SCORE_MAX_REASON - suffix.len);
	add_reasons(&out, score, arena);
	return (arena_printf(arena, "%s%s", buf_str(&out), buf_str(&suffix)));
}
