/*
 * fuzz_lists.c: what strangers have a say in of a score: the codes of a list,
 * the names that it is asked for, HELO, and names that look generic.  Whatever
 * they are, what is asked is a domain name within the list's zone, and texts
 * are bounded ASCII.
 *
 * The input is, each up to a NUL: a code, an address, a name, a zone, and bytes
 * of answers.
 */
#include <string.h>

#include "dns/name.h"
#include "fuzz.h"
#include "lookup_helo.h"
#include "score.h"

#define ZONE "list.example"
#define ADDRESS_BYTES 4
#define MAX_ANSWERS ((size_t)8)

static const char *
take_string(struct arena *arena, struct span *rest)
{
	struct span part;

	(void)span_take_until(rest, '\0', &part);
	return (arena_str(arena, part));
}

static void
check_question(struct arena *arena, const char *name)
{
	if (name == NULL)
		return;
	FUZZ_CHECK(strlen(name) <= NAME_MAX_BYTES);
	FUZZ_CHECK(name_is_within(name, ZONE) && strcmp(name, ZONE) != 0);
	const char *again = name_to_ascii(arena, span_str(name));

	FUZZ_CHECK(again != NULL && strcmp(name, again) == 0);
}

static void
check_code(const struct dns_list *list)
{
	const struct list_code *code = &list->codes[0];
	int weight = 0;

	FUZZ_CHECK(code->low[0] == 127 && code->high[0] == 127);
	FUZZ_CHECK(code->weight <= LIST_MAX_WEIGHT);
	FUZZ_CHECK(code->weight >= -LIST_MAX_WEIGHT);
	for (size_t i = 0; i < ADDRESS_BYTES; i++)
		FUZZ_CHECK(code->low[i] <= code->high[i]);
	/* Its first address is a listing, unless that is a refusal. */
	FUZZ_CHECK(list_weigh(list, code->low, &weight) ||
		   list_refusal(code->low) == LIST_REFUSES);
}

static void
check_helo(struct arena *arena, const char *text)
{
	const char *const ours[] = { "mx.example.org", NULL };
	const struct lookup_helo_ours who = { .names = ours };
	const char *name;
	enum lookup_helo helo =
	    lookup_helo_classify(span_str(text), &who, arena, &name);

	FUZZ_CHECK((helo == LOOKUP_HELO_GOOD) == (name != NULL));
	if (name != NULL) {
		FUZZ_CHECK(lookup_name_is_full(name));
		const char *again = name_to_ascii(arena, span_str(name));

		FUZZ_CHECK(again != NULL && strcmp(name, again) == 0);
	}
}

static void
check_text(const char *text, size_t max)
{
	struct span bytes = span_str(text);

	FUZZ_CHECK(bytes.len > 0 && bytes.len <= max);
	for (size_t i = 0; i < bytes.len; i++)
		FUZZ_CHECK(bytes.data[i] >= ' ' && bytes.data[i] < 0x7f);
}

/* Hits of a list with a name of the input, as far as its answers weigh. */
static void
check_score(struct arena *arena, const struct dns_list *list, struct span rest,
    const char *contact)
{
	struct lookup_hit hits[MAX_ANSWERS];
	struct lookup_findings findings = { .hits = hits };
	const struct score_memory memory = { 0 };
	const struct score_weights weights = { .group_cap = 10 };
	struct span answer;
	struct score score;

	while (findings.hit_count < MAX_ANSWERS &&
	       span_take(&rest, ADDRESS_BYTES, &answer)) {
		struct lookup_hit *hit = &hits[findings.hit_count];

		*hit =
		    (struct lookup_hit){ .list = list, .subject = LIST_CLIENT };
		memcpy(hit->answer, answer.data, ADDRESS_BYTES);
		if (!list_weigh(list, hit->answer, &hit->weight))
			continue;
		FUZZ_CHECK(answer.data[0] == 127);
		FUZZ_CHECK(answer.data[1] != 255 || answer.data[2] != 255);
		findings.hit_count++;
	}
	score_sum(
	    &weights, &findings, &memory, arena, trace_new(arena), &score);
	FUZZ_CHECK(score.points <= 10 && score.points >= -10);
	check_text(score_header(&score, true, arena), SCORE_MAX_HEADER);
	check_text(score_reason(&score, contact, arena), SCORE_MAX_REASON);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct span rest = span_new(data, size);
	struct dns_list list = { .zone = ZONE };
	struct network_address client;
	const char *code = take_string(arena, &rest);
	const char *address = take_string(arena, &rest);
	const char *name = take_string(arena, &rest);
	const char *zone = take_string(arena, &rest);

	if (list_code_parse(code, &list.codes[0]) == 0) {
		list.code_count = 1;
		check_code(&list);
	}
	if (network_address_parse(address, &client) == 0) {
		const char *question = list_name(arena, &list, &client);

		FUZZ_CHECK(question != NULL);
		check_question(arena, question);
	}
	check_question(arena, list_name_of(arena, &list, name));
	check_helo(arena, name);
	(void)lookup_name_is_generic(name, &client);
	list.zone = zone;
	check_score(arena, &list, rest, name);
	arena_free(arena);
	return (0);
}
